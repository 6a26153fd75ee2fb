#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a program's bill of materials, as SPDX 2.3 and CycloneDX 1.6.

    sbom.py --binary .build/image/usr/local/bin/martlet --output .build/sbom

The same program gives the same bytes: the time is SOURCE_DATE_EPOCH, or else that of the commit.
"""
import argparse
import datetime
import json
import os
import pathlib
import subprocess
import sys
import uuid

import cyclonedx_form
import materials
import spdx_form


def commit(root: pathlib.Path) -> tuple[str | None, int]:
    """The commit that the sources are of, and its time; SOURCE_COMMIT where there is no git."""
    answer = subprocess.run(["git", "-C", str(root), "log", "-1", "--format=%H %ct"],
                            capture_output=True, text=True)
    digest, time = answer.stdout.split() if answer.returncode == 0 else (None, "0")
    digest = os.environ.get("SOURCE_COMMIT") or digest
    return digest, int(os.environ.get("SOURCE_DATE_EPOCH") or time)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--resolved", type=pathlib.Path, default=pathlib.Path("Package.resolved"))
    parser.add_argument("--checkouts", type=pathlib.Path, default=pathlib.Path(".build/checkouts"))
    parser.add_argument("--package", action="append", default=[],
                        help="a Debian package of which files lie beside the program")
    parser.add_argument("--output", type=pathlib.Path, required=True)
    options = parser.parse_args()

    digest, time = commit(pathlib.Path(__file__).parent)
    created = datetime.datetime.fromtimestamp(time, datetime.timezone.utc)
    stamp = created.strftime("%Y-%m-%dT%H:%M:%SZ")
    try:
        program = materials.program(options.binary, digest)
        components = materials.components(options.binary, options.resolved, options.checkouts,
                                          options.package)
    except (materials.Unknown, OSError, subprocess.CalledProcessError) as problem:
        print(f"sbom: {problem}", file=sys.stderr)
        return 1
    unique = str(uuid.uuid5(uuid.NAMESPACE_URL, repr((program, components, stamp))))

    options.output.mkdir(parents=True, exist_ok=True)
    for suffix, form in ((".spdx.json", spdx_form), (".cdx.json", cyclonedx_form)):
        path = options.output / (program.name + suffix)
        text = json.dumps(form.document(program, components, stamp, unique), indent=2)
        path.write_text(text + "\n", encoding="utf-8")
        print(f"{path}: {program.name} {program.version}, {len(components)} components")
    return 0


if __name__ == "__main__":
    sys.exit(main())
