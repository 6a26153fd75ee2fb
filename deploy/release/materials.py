#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a built program consists of: Swift packages, the Swift runtime, Debian's libraries.

Nothing is guessed: Package.resolved says which sources were compiled, the loader says which
libraries are opened, dpkg says whose they are. What none of them says is left out.
"""
import dataclasses
import hashlib
import json
import pathlib
import re
import subprocess
import urllib.parse

STATIC, DYNAMIC, BESIDE = "static", "dynamic", "beside"
# The first words that tell the licences which our dependencies may have from one another.
LICENCES = {
    "Apache-2.0": "Apache License Version 2.0",
    "MIT": "Permission is hereby granted, free of charge, to any person obtaining a copy",
    "BSD-3-Clause": "Neither the name of",
}


class Unknown(Exception):
    """Something is inside the program of which nobody says what it is."""


@dataclasses.dataclass(frozen=True)
class Component:
    """A part of the program that somebody else made."""
    name: str
    version: str
    purl: str
    linkage: str
    supplier: str | None = None
    licence: str | None = None
    download: str | None = None
    cpe: str | None = None


@dataclasses.dataclass(frozen=True)
class Program:
    """The program itself: its bytes, and where its sources are from."""
    name: str
    version: str
    sha256: str
    commit: str | None


def said(*words: str) -> str:
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout


def sha256(path: pathlib.Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def purl_text(text: str) -> str:
    """As package-url demands: everything is escaped but what is unreserved, and the colon."""
    return urllib.parse.quote(text, safe=":")


def licence_of(folder: pathlib.Path) -> str | None:
    """The licence of a checked-out package, by its text; None when it is none of those we know."""
    for path in sorted(folder.glob("LICEN[CS]E*")):
        text = " ".join(path.read_text(encoding="utf-8", errors="replace").split())
        for identifier, words in LICENCES.items():
            if words in text:
                exception = "Runtime Library Exception" in text and identifier == "Apache-2.0"
                return identifier + (" WITH Swift-exception" if exception else "")
    return None


def swift_packages(resolved: pathlib.Path, checkouts: pathlib.Path) -> list[Component]:
    """Every pin: a version that is a branch, or no version, is nothing to release."""
    found = []
    for pin in json.loads(resolved.read_text(encoding="utf-8"))["pins"]:
        location = urllib.parse.urlparse(pin["location"].removesuffix(".git"))
        version, revision = pin["state"].get("version"), pin["state"].get("revision")
        if pin["kind"] != "remoteSourceControl" or location.scheme != "https":
            raise Unknown(f"{pin['identity']}: not from a repository reached by https")
        if not version or not re.fullmatch("[0-9a-f]{40}", revision or ""):
            raise Unknown(f"{pin['identity']}: not pinned to a released version and its revision")
        folder, name = location.path.strip("/").rsplit("/", 1)
        found.append(Component(
            name, version,
            f"pkg:swift/{location.netloc}/{purl_text(folder)}/{purl_text(name)}@{version}",
            STATIC, supplier=folder, licence=licence_of(checkouts / name),
            download=f"git+{location.geturl()}@{revision}"))
    return sorted(found, key=lambda component: component.purl)


def toolchain() -> Component:
    """The compiler's release: its standard library is linked into the program."""
    version = re.search(r"Swift version (\d+(?:\.\d+)+)", said("swift", "--version"))
    if not version:
        raise Unknown("swift --version names no version")
    number = version.group(1)
    return Component(
        "swift", number, f"pkg:generic/swift@{number}", STATIC, supplier="swift.org",
        licence="Apache-2.0 WITH Swift-exception",
        download=f"git+https://github.com/swiftlang/swift@swift-{number}-RELEASE",
        cpe=f"cpe:2.3:a:apple:swift:{number}:*:*:*:*:*:*:*")


def library_paths(binary: pathlib.Path) -> list[str]:
    """What the loader opens before main. The kernel's own vdso has no path."""
    text = said("ldd", str(binary))
    missing = re.findall(r"(\S+) => not found", text)
    if missing:
        raise Unknown(f"{binary.name}: not on this machine: {' '.join(missing)}")
    return re.findall(r"(/\S+) \(0x", text)


def owner(path: str) -> str:
    """The Debian package of a library. /lib may be /usr/lib while dpkg knows only one of both."""
    names = [path, f"/usr{path}", path.removeprefix("/usr"), str(pathlib.Path(path).resolve())]
    for name in names:
        answer = subprocess.run(["dpkg-query", "--search", name], capture_output=True, text=True)
        for line in answer.stdout.splitlines():
            if line.endswith(f": {name}") and not line.startswith("diversion"):
                return line.removesuffix(f": {name}").split(",")[0]
    raise Unknown(f"no Debian package owns {path}")


def debian_packages(names: dict[str, str], release: str) -> list[Component]:
    """From names of installed packages to how each is used."""
    found = {}
    for package, linkage in names.items():
        form = "${Package}\t${Version}\t${Architecture}\t${Maintainer}\t" \
               "${source:Package}\t${source:Version}"
        name, version, architecture, maintainer, source, source_version = said(
            "dpkg-query", "--show", "--showformat", form, package).split("\t")
        purl = f"pkg:deb/debian/{purl_text(name)}@{purl_text(version)}" \
               f"?arch={architecture}&distro=debian-{release}"
        found[purl] = Component(
            name, version, purl, linkage, supplier=maintainer.split(" <")[0],
            download=f"https://snapshot.debian.org/package/{source}/{purl_text(source_version)}/")
    return [found[purl] for purl in sorted(found)]


def debian_release() -> str:
    text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
    if fields.get("ID") != "debian":
        raise Unknown("releases are built on Debian; this is " + fields.get("ID", "nothing known"))
    return fields["VERSION_ID"].strip('"')


def components(binary: pathlib.Path, resolved: pathlib.Path, checkouts: pathlib.Path,
               beside: list[str]) -> list[Component]:
    """`beside` are the Debian packages of which an image has files that the program never links."""
    names = dict.fromkeys(beside, BESIDE) | dict.fromkeys(
        (owner(path) for path in library_paths(binary)), DYNAMIC)
    return [*swift_packages(resolved, checkouts), toolchain(),
            *debian_packages(names, debian_release())]


def program(binary: pathlib.Path, commit: str | None) -> Program:
    return Program(binary.name, said(str(binary), "--version").strip(), sha256(binary), commit)
