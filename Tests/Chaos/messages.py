#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Whether the messages, problems, settings and metrics that a page quotes are in the sources.

    messages.py docs/troubleshooting.md …

A quoted text counts as there if its words, between the points where the program puts in a name
(`…`), are parts of the sources' string literals. Exits with 1 and names what is nowhere.
"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parent.parent.parent
# What the system says, or a shell is told, and no source of ours holds.
FOREIGN = {"Address already in use", "Permission denied", "file is not a database", "ss -ltnp",
           "ulimit -n", "curl -s HOST:PORT/healthz", "python3 Tests/Chaos/chaos.py --list"}
LINE = re.compile(r"`([^`]+)`")


def sources():
    """The text of the programs, in which a literal that is split over lines is one again."""
    text = "\n".join(path.read_text() for path in sorted(ROOT.glob("Sources/**/*.swift")))
    text = re.sub(r'"\s*\n?\s*\+ "', "", text)
    return re.sub(r"\\\n\s*", "", text).replace('\\"', '"')


def pieces(quoted):
    """What must be found of a quoted text."""
    if quoted in FOREIGN:
        return []
    if quoted.startswith("make "):
        return []
    if quoted.startswith(("martlet ", "--")):
        return [word[2:] for word in re.findall(r"--[a-z-]+", quoted)] + [
            f'commandName: "{word}"' for word in quoted.split()[1:3] if word.islower()
            and word.isalpha() and quoted.startswith("martlet ")]
    quoted = re.sub(r"\{.*\}", "", quoted)
    for foreign in FOREIGN:
        quoted = quoted.replace(foreign, "…")
    return [piece for part in quoted.split("…") if (piece := part.strip(' ":'))]


def main():
    text, targets = sources(), (ROOT / "Makefile").read_text()
    missing, count = [], 0
    for page in sys.argv[1:]:
        body = re.sub(r"```.*?```", "", pathlib.Path(page).read_text(), flags=re.DOTALL)
        for quoted in LINE.findall(body):
            count += 1
            if quoted.startswith("make ") and f"\n{quoted[5:]}:" not in targets:
                missing.append((page, quoted, quoted))
            missing += [(page, quoted, piece) for piece in pieces(quoted) if piece not in text]
    for page, quoted, piece in missing:
        print(f"{page}: `{quoted}`: no source has '{piece}'")
    print(f"{count} quotations, {len(missing)} of nothing")
    return 1 if missing or not count else 0


if __name__ == "__main__":
    sys.exit(main())
