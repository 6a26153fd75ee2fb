# SPDX-License-Identifier: Apache-2.0
"""results.md: one section for each program that measures, which replaces its own."""
import pathlib
import re

PATH = pathlib.Path(__file__).resolve().with_name("results.md")
TITLES = ["Over HTTP", "Inference in process", "Reading and writing JSON", "Learning",
          "What models reach"]


def write_section(title, text):
    """Replaces the section of this title, or puts it in its place. Headings in `text` are ###."""
    sections = {}
    if PATH.exists():
        parts = re.split(r"(?m)^## (.+)\n", PATH.read_text(encoding="utf-8"))
        sections = dict(zip(parts[1::2], parts[2::2]))
    sections[title] = text
    body = "".join(f"\n## {each}\n\n{sections[each].strip()}\n"
                   for each in TITLES if each in sections)
    PATH.write_text(f"# Measured\n{body}", encoding="utf-8")
