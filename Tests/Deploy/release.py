#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what a release consists of: bills of materials by their own specifications, the same bytes
for the same programs, signatures that break when anything does.

    release.py [--build DIR] [--packages DIR]

PACKAGES is where `swift build` left Package.resolved and .build/checkouts.
"""
import argparse
import base64
import importlib.resources
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import jsonschema
import packageurl
import referencing
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

ROOT = pathlib.Path(__file__).resolve().parents[2]
TOOLS = ROOT / "deploy/release"
sys.path.insert(0, str(TOOLS))
import materials  # noqa: E402
import scan  # noqa: E402

OPTIONS = argparse.Namespace(build=ROOT / ".build/release", packages=ROOT)


def run(*words, **more) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in words], capture_output=True, text=True, **more)


def bill(folder: pathlib.Path, program: str = "martlet",
         resolved: pathlib.Path | None = None) -> subprocess.CompletedProcess:
    return run(sys.executable, TOOLS / "sbom.py", "--binary", OPTIONS.build / program,
               "--resolved", resolved or OPTIONS.packages / "Package.resolved",
               "--checkouts", OPTIONS.packages / ".build/checkouts",
               "--package", "ca-certificates", "--output", folder,
               env={**os.environ, "SOURCE_DATE_EPOCH": "1790000000", "SOURCE_COMMIT": "a" * 40})


def cyclonedx_problems(document: dict) -> list[str]:
    """By the schema of CycloneDX 1.6 and the two that it refers to."""
    folder = importlib.resources.files("cyclonedx.schema") / "_res"
    names = ("bom-1.6", "spdx", "jsf-0.82")
    schemas = [json.loads((folder / f"{name}.SNAPSHOT.schema.json").read_text()) for name in names]
    # They refer to one another as files of one folder.
    registry = referencing.Registry().with_resources([
        (f"http://cyclonedx.org/schema/{name}.SNAPSHOT.schema.json",
         referencing.Resource.from_contents(schema)) for name, schema in zip(names, schemas)])
    judge = jsonschema.Draft7Validator(schemas[0], registry=registry)
    return [error.message for error in judge.iter_errors(document)]


def spdx_problems(document: dict) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "document.spdx.json"
        path.write_text(json.dumps(document))
        try:
            return [problem.validation_message
                    for problem in validate_full_spdx_document(parse_file(str(path)))]
        except Exception as problem:  # The parser has many of its own.
            return [str(problem)]


class BillTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.path = pathlib.Path(cls.folder.name)
        for program in ("martlet", "martlet-train"):
            answer = bill(cls.path, program)
            if answer.returncode != 0:
                raise AssertionError(answer.stderr)

    def read(self, name):
        return json.loads((self.path / name).read_text())

    def test_documents_are_valid(self):
        for program in ("martlet", "martlet-train"):
            self.assertEqual(cyclonedx_problems(self.read(f"{program}.cdx.json")), [])
            self.assertEqual(spdx_problems(self.read(f"{program}.spdx.json")), [])

    def test_invalid_documents_are_found(self):
        document = self.read("martlet.cdx.json")
        document["components"][0]["type"] = "thing"
        self.assertNotEqual(cyclonedx_problems(document), [])
        document = self.read("martlet.spdx.json")
        document["relationships"][1]["relatedSpdxElement"] = "SPDXRef-nothing"
        self.assertNotEqual(spdx_problems(document), [])

    def test_both_name_the_same_parts_by_sound_identifiers(self):
        cyclonedx = self.read("martlet.cdx.json")
        purls = [component["purl"] for component in cyclonedx["components"]]
        spdx = [reference["referenceLocator"]
                for package in self.read("martlet.spdx.json")["packages"][1:]
                for reference in package["externalRefs"] if reference["referenceType"] == "purl"]
        self.assertEqual(purls, spdx)
        self.assertEqual(len(purls), len(set(purls)))
        for purl in purls:
            parsed = packageurl.PackageURL.from_string(purl)
            again = packageurl.PackageURL.from_string(parsed.to_string())
            self.assertEqual(parsed, again)
            component = next(one for one in cyclonedx["components"] if one["purl"] == purl)
            self.assertEqual((parsed.name.lower(), parsed.version),
                             (component["name"].lower(), component["version"]))

    def test_nothing_that_is_linked_or_pinned_is_left_out(self):
        components = self.read("martlet.cdx.json")["components"]
        names = {component["name"] for component in components}
        loaded = run("ldd", OPTIONS.build / "martlet").stdout
        for library, package in (("libssl", "libssl3"), ("libcrypto", "libssl3"),
                                 ("libz", "zlib1g"), ("libsqlite3", "libsqlite3-0"),
                                 ("libc.so", "libc6")):
            self.assertIn(library, loaded)
            self.assertIn(package, names)
        pins = json.loads((OPTIONS.packages / "Package.resolved").read_text())["pins"]
        self.assertEqual(
            {(pin["location"].removesuffix(".git").rsplit("/", 1)[1], pin["state"]["version"])
             for pin in pins},
            {(one["name"], one["version"]) for one in components
             if one["purl"].startswith("pkg:swift/")})
        self.assertTrue(any(one["purl"].startswith("pkg:generic/swift@") for one in components))

    def test_the_program_is_told_by_its_bytes(self):
        digest = run("sha256sum", OPTIONS.build / "martlet").stdout.split()[0]
        root = self.read("martlet.cdx.json")["metadata"]["component"]
        self.assertEqual(root["hashes"], [{"alg": "SHA-256", "content": digest}])
        package = self.read("martlet.spdx.json")["packages"][0]
        self.assertEqual(package["checksums"][0]["checksumValue"], digest)
        self.assertEqual(package["sourceInfo"], "commit " + "a" * 40)

    def test_the_same_program_gives_the_same_bytes(self):
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(bill(pathlib.Path(folder)).returncode, 0)
            for name in ("martlet.spdx.json", "martlet.cdx.json"):
                self.assertEqual((pathlib.Path(folder) / name).read_bytes(),
                                 (self.path / name).read_bytes())

    def test_what_is_not_released_is_refused(self):
        text = (OPTIONS.packages / "Package.resolved").read_text()
        for change in (lambda pin: pin["state"].pop("version"),
                       lambda pin: pin["state"].update(revision="main"),
                       lambda pin: pin.update(location="/home/somebody/package")):
            tree = json.loads(text)
            change(tree["pins"][0])
            with tempfile.TemporaryDirectory() as folder:
                resolved = pathlib.Path(folder) / "Package.resolved"
                resolved.write_text(json.dumps(tree))
                answer = bill(pathlib.Path(folder), resolved=resolved)
                self.assertEqual(answer.returncode, 1, answer.stdout)
                self.assertFalse(list(pathlib.Path(folder).glob("*.spdx.json")))


class ScanTests(unittest.TestCase):
    SQLITE = {"name": "libsqlite3-0", "version": "3.40.1-2", "purl": "pkg:deb/debian/x"}
    SWIFT = {"name": "a", "version": "1.2.3", "purl": "pkg:swift/b/a@1.2.3",
             "licenses": [{"license": {"id": "MIT"}}]}

    def test_an_old_library_is_found(self):
        def judge(newest):
            return scan.of_component(self.SQLITE, lambda name: newest)
        self.assertEqual(judge("3.40.1-2"), [])
        self.assertEqual(judge("3.40.1-1"), [])
        self.assertIn("3.40.1-2+deb12u2", judge("3.40.1-2+deb12u2")[0])
        self.assertIn("no archive", judge(None)[0])

    def test_licences_and_versions(self):
        self.assertEqual(scan.of_component(self.SWIFT), [])
        unlicensed = {key: self.SWIFT[key] for key in self.SWIFT if key != "licenses"}
        self.assertIn("unknown", scan.of_component(unlicensed)[0])
        strict = {**self.SWIFT, "licenses": [{"license": {"id": "AGPL-3.0-only"}}]}
        self.assertIn("AGPL", scan.of_component(strict)[0])
        self.assertIn("released", scan.of_component({**self.SWIFT, "version": "main"})[0])

    def test_requirements_are_pinned(self):
        self.assertEqual(scan.of_requirements("# tools\nPyYAML==6.0.3\n"), [])
        self.assertEqual(len(scan.of_requirements("PyYAML>=6\nzizmor\n")), 2)


class PackagesTests(unittest.TestCase):
    def lay_out(self, folder, *libraries):
        image = pathlib.Path(folder)
        for library in libraries:
            path = image / library.lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"")
        return run(sys.executable, TOOLS / "packages.py", "--image", image,
                   "--package", "ca-certificates")

    def test_an_image_tells_its_packages(self):
        paths = materials.library_paths(OPTIONS.build / "martlet")
        with tempfile.TemporaryDirectory() as folder:
            self.assertEqual(self.lay_out(folder, *paths).returncode, 0)
            status = pathlib.Path(folder) / "var/lib/dpkg/status.d"
            self.assertLessEqual({"libc6", "libssl3", "libsqlite3-0", "zlib1g", "ca-certificates"},
                                 {path.name for path in status.iterdir()})
            self.assertRegex((status / "libssl3").read_text(), r"(?m)^Package: libssl3$")
            self.assertRegex((status / "libssl3").read_text(), r"(?m)^Version: \S+$")
            self.assertIn("ID=debian", (pathlib.Path(folder) / "etc/os-release").read_text())

    def test_a_library_of_nobody_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = self.lay_out(folder, "/usr/lib/libnobody.so.1")
            self.assertEqual(answer.returncode, 1)
            self.assertIn("libnobody", answer.stderr)


class FilesTests(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.files = self.folder / "files"
        self.files.mkdir()
        (self.files / "martlet.tar.gz").write_bytes(b"program")
        (self.files / "martlet.spdx.json").write_bytes(b"{}")

    def sums(self, verb, key):
        return run("bash", TOOLS / "sums.sh", verb, self.files, self.folder / key).returncode

    def make_key(self, name):
        key = self.folder / f"{name}.pem"
        run("openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", key,
            check=True)
        run("openssl", "ec", "-in", key, "-pubout", "-out", self.folder / f"{name}.pub", check=True)

    def test_a_signature_breaks_when_anything_does(self):
        self.make_key("ours")
        self.make_key("theirs")
        self.assertEqual(self.sums("sign", "ours.pem"), 0)
        signature = base64.b64decode((self.files / "SHA256SUMS.sig").read_text(), validate=True)
        self.assertEqual(signature[0], 0x30, "a DER sequence, as cosign writes")
        self.assertEqual(self.sums("verify", "ours.pub"), 0)
        self.assertNotEqual(self.sums("verify", "theirs.pub"), 0)
        program = self.files / "martlet.tar.gz"
        for text, path in ((b"prograM", program), (b"new", self.files / "added")):
            before = path.read_bytes() if path.exists() else None
            path.write_bytes(text)
            self.assertNotEqual(self.sums("verify", "ours.pub"), 0, path)
            path.unlink()
            if before:
                path.write_bytes(before)
        self.assertEqual(self.sums("verify", "ours.pub"), 0)
        program.unlink()
        self.assertNotEqual(self.sums("verify", "ours.pub"), 0)

    def test_an_empty_folder_is_not_signed(self):
        self.make_key("ours")
        for path in self.files.iterdir():
            path.unlink()
        self.assertNotEqual(self.sums("sign", "ours.pem"), 0)

    def test_packing_twice_gives_the_same_bytes(self):
        programs = self.folder / "programs"
        programs.mkdir()
        digests = set()
        for age in (0, 86400):
            for program in ("martlet", "martlet-train"):
                path = programs / program
                path.write_text("#!/bin/sh\necho 1.2.3\n")
                path.chmod(0o755 if age else 0o700)
                os.utime(path, (time.time() - age,) * 2)
            out = self.folder / f"out-{age}"
            answer = run("bash", TOOLS / "files.sh", programs, self.files, out, env={
                **os.environ, "SOURCE_DATE_EPOCH": "1790000000",
                "RESOLVED": str(OPTIONS.packages / "Package.resolved")})
            self.assertEqual(answer.returncode, 0, answer.stderr)
            archive = next(out.glob("martlet-1.2.3-linux-*.tar.gz"))
            digests.add(run("sha256sum", archive).stdout.split()[0])
            listed = run("tar", "--list", "--file", archive).stdout.split()
            self.assertEqual([name.split("/", 1)[1] for name in listed],
                             ["", "LICENSE", "Package.resolved", "martlet", "martlet-train"])
            self.assertTrue(list(out.glob("martlet-1.2.3-linux-*.spdx.json")))
        self.assertEqual(len(digests), 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=pathlib.Path, default=OPTIONS.build)
    parser.add_argument("--packages", type=pathlib.Path, default=OPTIONS.packages)
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest])
