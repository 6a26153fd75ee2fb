#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Leaves in an image what scanners read: which Debian it is, and the packages that files are of.

    packages.py --image .build/image [--package NAME]...

An image without a package manager looks empty to a scanner; /var/lib/dpkg/status.d is where those
of Google's distroless have them, and where Trivy, Syft and OSV-Scanner look.
"""
import argparse
import pathlib
import sys

import materials


def libraries(image: pathlib.Path) -> list[str]:
    """Shared objects, as paths in the image, which are the paths they were copied from."""
    return sorted(f"/{path.relative_to(image)}" for path in image.rglob("*.so*") if path.is_file())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--image", type=pathlib.Path, required=True)
    parser.add_argument("--package", action="append", default=[])
    options = parser.parse_args()
    try:
        materials.debian_release()
        names = {*options.package, *(materials.owner(path) for path in libraries(options.image))}
    except materials.Unknown as problem:
        print(f"packages: {problem}", file=sys.stderr)
        return 1
    folder = options.image / "var/lib/dpkg/status.d"
    folder.mkdir(parents=True, exist_ok=True)
    for name in sorted(names):
        text = materials.said("dpkg-query", "--status", name)
        (folder / name.split(":")[0]).write_text(text, encoding="utf-8")
    (options.image / "etc").mkdir(exist_ok=True)
    release = pathlib.Path("/etc/os-release").read_bytes()
    (options.image / "etc/os-release").write_bytes(release)
    print(f"{folder}: {len(names)} packages")
    return 0


if __name__ == "__main__":
    sys.exit(main())
