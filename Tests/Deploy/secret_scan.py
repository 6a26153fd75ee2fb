#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks for secrets in every file that git knows, or would know.

    secret_scan.py [FILE]...

What looks like a secret and is none (digests, test vectors) is in secrets.baseline, each entry with
the verdict of somebody who looked. To enter one: `detect-secrets scan --baseline
Tests/Deploy/secrets.baseline`, then `detect-secrets audit` on the same file.
"""
import json
import pathlib
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BASELINE = "Tests/Deploy/secrets.baseline"
HOOK = pathlib.Path(sys.executable).parent / "detect-secrets-hook"
# Of the forms that leak most. In pieces, or this file would be a finding itself.
PLANTED = {
    "a cloud key": ("aws_access_key_id = AK", "IA", "IOSFODNN7", "WXAMPLQ"),
    "a private key": ("-----BEGIN EC PRI", "VATE KEY-----\nMHcCAQEEIBkg4LVWM9nuwNSk3yBy\n",
                      "-----END EC PRI", "VATE KEY-----"),
    "a token of GitHub": ("token: gh", "p_", "wWPw5k4aXcaT4fNP", "0UcnZwJUVFk6LO0pINUx"),
    "a password": ("pass", "word = ", '"', "hunter2", "-Tr0ub4dor", '"'),
}


def scan(files: list[str]) -> subprocess.CompletedProcess:
    """The hook gets names by the hundred: that it judges them one by one is all the same."""
    return subprocess.run([HOOK, "--baseline", BASELINE, *files], cwd=ROOT,
                          capture_output=True, text=True)


def known_files() -> list[str]:
    text = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
                          cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return sorted(name for name in text.split("\0")
                  if name and name != BASELINE and (ROOT / name).is_file())


def unaudited() -> list[str]:
    results = json.loads((ROOT / BASELINE).read_text(encoding="utf-8"))["results"]
    problems = []
    for name, entries in results.items():
        if not (ROOT / name).exists():
            problems.append(f"{BASELINE}: {name} does not exist any more")
        problems += [f"{BASELINE}: {name}:{entry['line_number']}: nobody has looked at it"
                     for entry in entries if entry.get("is_secret") is not False]
    return problems


def check_itself() -> list[str]:
    problems = []
    for what, pieces in PLANTED.items():
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            file.write("".join(pieces) + "\n")
            file.flush()
            if scan([file.name]).returncode != 1:
                problems.append(f"{what} is not found")
    return problems


def main(files: list[str]) -> int:
    begin = time.monotonic()
    files = files or known_files()
    problems = check_itself() + unaudited()
    answer = scan(files)
    if answer.returncode != 0:
        problems.append(answer.stdout + answer.stderr)
    print("\n".join(problems))
    print(f"{len(files)} files, {len(problems)} problems, {time.monotonic() - begin:.1f} s")
    return 1 if problems or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
