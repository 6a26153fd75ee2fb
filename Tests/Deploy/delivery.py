#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what builds, signs and deploys images against programs that record what they are told:
docker, cosign and kubectl. Kustomize is the real one.

    delivery.py
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
DIGEST = "sha256:" + "ab" * 32
IMAGE = f"registry.test/owner/martlet@{DIGEST}"
TRAINER = f"registry.test/owner/martlet-trainer@sha256:{'cd' * 32}"
# Each writes its words down, one call a line, and answers as `answer` says.
FAKE = """#!/bin/bash
printf '%s' "${0##*/}" >> "$CALLS"
printf ' %q' "$@" >> "$CALLS"
echo >> "$CALLS"
"""
DOCKER = FAKE + """
previous= out=
for word; do
    if [ "$previous" = --metadata-file ]; then
        digest=sha256:$(printf 'ab%.0s' {1..32})
        printf '{\\n  "containerimage.digest": "%s"\\n}\\n' "$digest" > "$word"
    fi
    case $word in type=local,dest=*) out=${word#type=local,dest=} ;; esac
    previous=$word
done
if [ -n "$out" ]; then
    mkdir -p "$out"
    touch "$out/martlet-1.2.3-linux-amd64.tar.gz" "$out/martlet-1.2.3-linux-amd64.spdx.json"
    touch "$out/martlet-train-1.2.3-linux-amd64.spdx.json"
fi
case "$*" in *"imagetools inspect"*) echo "${INSPECTED:-sha256:$(printf 'ef%.0s' {1..32})}" ;; esac
"""
KUBECTL = FAKE + """
case "$1 $*" in
    kustomize*) exec "$REAL_KUBECTL" "$@" ;;
    *"rollout status"*) [ "${READY:-yes}" = yes ] ;;
    *readyz*) [ "${ANSWERS:-yes}" = yes ] ;;
esac
"""


class Delivery(unittest.TestCase):
    """A copy of the tree's deployment part, and programs that only take notes."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.tree = self.folder / "tree"
        shutil.copytree(ROOT / "deploy", self.tree / "deploy")
        self.calls = self.folder / "calls"
        programs = self.folder / "programs"
        programs.mkdir()
        for name, text in (("docker", DOCKER), ("cosign", FAKE), ("kubectl", KUBECTL)):
            (programs / name).write_text(text)
            (programs / name).chmod(0o755)
        self.output = self.folder / "output"
        self.environment = {
            **os.environ, "CALLS": str(self.calls), "PATH": f"{programs}:{os.environ['PATH']}",
            "REAL_KUBECTL": shutil.which("kubectl") or sys.exit("delivery.py needs kubectl"),
            "GITHUB_OUTPUT": str(self.output)}
        git = ("git", "-c", "user.name=t", "-c", "user.email=t@t", "-C", str(self.tree))
        for words in (("init", "--quiet"), ("commit", "--quiet", "--allow-empty", "-m", "t")):
            subprocess.run((*git, *words), check=True, capture_output=True)

    def run_script(self, script, *words, **environment):
        """The status, what was said, and the calls of this run."""
        self.calls.write_text("")
        answer = subprocess.run(["bash", self.tree / "deploy" / script, *words], text=True,
                                capture_output=True, env={**self.environment, **environment})
        said = answer.stdout + answer.stderr
        return answer.returncode, said, self.calls.read_text().splitlines()

    def image(self, verb, **environment):
        return self.run_script("release/image.sh", verb, **{
            "IMAGE": "registry.test/Owner/martlet", **environment})

    def apply(self, overlay="production", **environment):
        return self.run_script("apply.sh", overlay, **{
            "IMAGE": IMAGE, "TRAINER_IMAGE": TRAINER, **environment})


class ImageTests(Delivery):
    def test_from_sources_to_signatures(self):
        status, said, calls = self.image("push")
        self.assertEqual(status, 0, said)
        pushed = [call for call in calls if "push=true" in call]
        self.assertEqual(len(pushed), 2)
        # Lower case, as registries demand; by digest, so that no tag moves before all is built.
        self.assertIn("name=registry.test/owner/martlet\\,push-by-digest=true", pushed[0])
        self.assertIn("name=registry.test/owner/martlet-trainer\\,", pushed[1])
        self.assertRegex(pushed[0], r"SOURCE_COMMIT=[0-9a-f]{40} ")

        status, said, calls = self.image("publish", VERSION="v1.2.3")
        self.assertEqual(status, 0, said)
        self.assertIn(f"docker buildx imagetools create --tag registry.test/owner/martlet:1.2.3 "
                      f"registry.test/owner/martlet@{DIGEST}", calls)
        outputs = dict(line.split("=", 1) for line in self.output.read_text().splitlines())
        joined = "sha256:" + "ef" * 32
        self.assertEqual(outputs, {
            "name": "registry.test/owner/martlet", "digest": joined,
            "image": f"registry.test/owner/martlet@{joined}",
            "trainer-image": f"registry.test/owner/martlet-trainer@{joined}"})
        sums = (self.tree / ".build/release-files/SHA256SUMS").read_text()
        self.assertEqual(len(sums.splitlines()), 3, sums)

        status, said, calls = self.image("sign")
        self.assertEqual(status, 0, said)
        signed = [call for call in calls if call.startswith("cosign sign ")]
        self.assertEqual([call.split()[-1] for call in signed],
                         [f"registry.test/owner/martlet@{joined}",
                          f"registry.test/owner/martlet-trainer@{joined}"])
        attested = [call for call in calls if call.startswith("cosign attest ")]
        self.assertEqual([re.search(r"martlet(-train)?-1\.2\.3", call).group()
                          for call in attested], ["martlet-1.2.3", "martlet-train-1.2.3"])
        self.assertTrue(all(call.endswith(DIGEST) for call in attested))
        self.assertTrue(calls[-1].startswith("cosign sign-blob "))

    def test_another_version_is_not_published(self):
        self.image("push")
        for version in ("v1.2.4", "latest", "1.2.3; true", ""):
            status, _, calls = self.image("publish", VERSION=version)
            self.assertNotEqual(status, 0, version)
            self.assertEqual(calls, [], version)

    def test_what_is_no_digest_is_not_signed(self):
        self.image("push")
        status, _, _ = self.image("publish", VERSION="v1.2.3", INSPECTED="sha256:beef --yes")
        self.assertNotEqual(status, 0)
        status, _, calls = self.image("sign")
        self.assertNotEqual(status, 0)
        self.assertFalse([call for call in calls if "cosign sign" in call])

    def test_only_the_delivery_of_a_version_is_trusted(self):
        status, _, calls = self.image("verify", IMAGE=IMAGE)
        self.assertEqual(status, 0)
        words = subprocess.run(["bash", "-c", f"printf '%s\\n' {calls[0]}"], check=True, text=True,
                               capture_output=True).stdout.splitlines()
        self.assertIn("https://token.actions.githubusercontent.com", words)
        identity = re.compile(words[words.index("--certificate-identity-regexp") + 1])
        workflows = "https://github.com/Owner/martlet/.github/workflows/"
        self.assertTrue(identity.search(workflows + "delivery.yml@refs/tags/v1.2.3"))
        for other in (workflows + "tests.yml@refs/tags/v1.2.3",
                      workflows + "delivery.yml@refs/heads/main",
                      workflows + "delivery.yml@refs/pull/1/merge",
                      (workflows + "delivery.yml@refs/tags/v1").replace("Owner", "other"),
                      "https://evil.test/" + workflows + "delivery.yml@refs/tags/v1.2.3",
                      workflows + "delivery.yml@refs/tags/v1.2.3/x"):
            self.assertFalse(identity.search(other), other)

    def test_a_tag_is_not_verified(self):
        for image in ("registry.test/owner/martlet:1.2.3", "registry.test/owner/martlet",
                      "registry.test/owner/martlet@sha256:beef"):
            status, _, calls = self.image("verify", IMAGE=image)
            self.assertNotEqual(status, 0, image)
            self.assertEqual(calls, [])


class ApplyTests(Delivery):
    def verbs(self, calls):
        return [next(verb for verb in ("kustomize", "apply", "status", "undo", "--raw")
                     if f" {verb}" in call) for call in calls]

    def test_an_overlay_is_applied_and_waited_for(self):
        status, said, calls = self.apply()
        self.assertEqual(status, 0, said)
        self.assertEqual(self.verbs(calls), ["kustomize", "apply", "status", "status", "--raw"])
        # Nothing of it stays, and the reviewed files are as they were.
        self.assertEqual(list((self.tree / ".build").iterdir()), [])
        ours, copied = ROOT / "deploy/kubernetes", self.tree / "deploy/kubernetes"
        self.assertEqual(subprocess.run(["diff", "-r", ours, copied]).returncode, 0)

    def test_only_a_digest_is_applied(self):
        for image in ("registry.test/owner/martlet:1.2.3", "registry.test/owner/martlet",
                      f"registry.test/owner/martlet@{DIGEST}0", "a b@" + DIGEST):
            for wrong in ({"IMAGE": image}, {"TRAINER_IMAGE": image}):
                status, _, calls = self.apply(**wrong)
                self.assertNotEqual(status, 0, wrong)
                self.assertEqual(calls, [], wrong)

    def test_no_overlay_no_change(self):
        status, _, calls = self.apply("nowhere")
        self.assertNotEqual(status, 0)
        self.assertEqual(calls, [])

    def test_a_placeholder_is_not_applied(self):
        status, said, calls = self.apply(TRAINER_IMAGE="")
        self.assertNotEqual(status, 0)
        self.assertIn("placeholder", said)
        self.assertEqual(self.verbs(calls), ["kustomize"])

    def test_what_is_not_ready_is_undone(self):
        for wrong, undone in (({"READY": "no"}, 1), ({"ANSWERS": "no"}, 1)):
            status, said, calls = self.apply(**wrong)
            self.assertNotEqual(status, 0, said)
            self.assertEqual(self.verbs(calls)[-2:], ["undo", "undo"], calls)
            self.assertIn("undone", said)


if __name__ == "__main__":
    unittest.main()
