# SPDX-License-Identifier: Apache-2.0
"""The manifests' jobs and gates from data to a verdict, with the built programs."""
import json
import re
from collections.abc import Iterator

from addresses import free_port
from container_stage import SERVERS, Stage, ask, until
from manifests import Rendered
from traffic import Traffic

# The rollout's plan as in the manifests, but for times that nobody has to wait for.
QUICK = {"steps": [0.05, 0.25, 0.5], "shadow_pairs": 500, "shadow_seconds": 2, "step_seconds": 2,
         "bake_seconds": 3, "step_deadline_seconds": 60}


def jobs(stage: Stage, rendered: Rendered, argo: Rendered, gated: Rendered) -> Iterator[str]:
    """Training makes a version, requests judge it, and the job's status says how. A server that
    cannot write the registry follows."""
    pods = dict(rendered.pods())
    first, train = pods["Job martlet-first-training"], pods["CronJob martlet-train"]
    controller = stage.serve(rendered, SERVERS[1])
    until(lambda: controller.probe("startup") == 200, "the controller does not start")
    follower = stage.serve(rendered, SERVERS[0])
    plan = json.loads(rendered.one("ConfigMap", "martlet-plan")["data"]["plan.json"])
    stage.files["plan.json"] = json.dumps(plan | QUICK)
    data = stage.volume("martlet-data") / "latest.csv"

    def job(what: str, status: int, text: str, pod: dict = train, **variables: str):
        result = stage.run(rendered, pod, "train", **variables)
        if result.returncode != status or text not in result.stdout + result.stderr:
            yield f"{what}: {result.returncode}, not {status}: {result.stdout}{result.stderr}"

    def serve(version: int) -> bool:
        documents = [ask(server.address("admin") + "/models/demo", stage.token("viewer"))[1]
                     for server in (controller, follower)]
        return all(json.loads(each)["serving_version"] == version for each in documents)

    made = stage.run(rendered, first, "synthetic")
    if made.returncode:
        yield f"made-up data: {made.stderr}"
    yield from job("the first version", 0, "demo@production is version 1", first)
    controller.until_ready()
    follower.until_ready()
    yield from job("the same data again", 0, "in production already", first)
    lines = data.read_text().splitlines()
    rows = [[float(cell) for cell in line.split(",")[:-1]] for line in lines[1:4001]]
    ports = [each.ports["http"] for each in (controller, follower)]
    with Traffic(ports, rows) as traffic:
        data.write_text("\n".join(lines[:-200]) + "\n")
        yield from job("a good version", 0, "promoted")
        until(lambda: serve(2), "not every server serves the promoted version")
        data.write_text("\n".join(lines[:1] + [_broken(line) for line in lines[1:]]) + "\n")
        yield from job("a broken version", 3, "rolled_back")
        yield from job("the broken one again", 3, "of the same version ended as rolled_back")
        if not serve(2):
            yield "a server does not serve version 2 after the roll-back"
    if traffic.failures or traffic.answers < 5000:
        yield f"{traffic.failures} of {traffic.answers} answers failed meanwhile"
    yield from verdicts(stage, argo, gated)
    yield from upkeep(stage, rendered)
    alias = train["spec"]["containers"][0]["args"]
    alias += ["--alias", "production"]
    yield from job("an alias", 2, "--alias would go round the rollout")
    del alias[-2:]
    data.write_text("\n".join(lines[:-400]) + "\n")
    controller.process.kill()
    yield from job("no controller", 1, "no rollout could be started", START_SECONDS="1")


def _broken(line: str) -> str:
    """The first column in another unit."""
    first, rest = line.split(",", 1)
    return f"{float(first) * 100},{rest}"


def verdicts(stage: Stage, argo: Rendered, gated: Rendered) -> Iterator[str]:
    """Rollout 1 was promoted and 2 rolled back: what Argo and Flagger are told of them."""
    metric = argo.one("AnalysisTemplate", "martlet-verdict")["spec"]["metrics"][0]
    web = metric["provider"]["web"]
    header = web["headers"][0]
    for rollout, wanted, condition in ((1, "pass", "successCondition"),
                                       (2, "fail", "failureCondition")):
        url = web["url"].replace("{{args.rollout}}", str(rollout))
        for text, place in stage.texts.items():
            url = url.replace(f"//{text}/", f"//{place}/")
        token = header["value"].replace("{{args.token}}", stage.token("viewer"))
        status, text = ask(url, token.removeprefix("Bearer "))
        found = json.loads(text).get("verdict") if status == 200 else status
        if header["key"] != "Authorization" or web["jsonPath"] != "{$.verdict}" or found != wanted:
            yield f"Argo's question about rollout {rollout}: {found}, not {wanted}"
        if metric[condition] != f'result == "{found}"':
            yield f"Argo's {condition} does not hold for {found}"
    yield from _gate(stage, gated)


def _gate(stage: Stage, rendered: Rendered) -> Iterator[str]:
    pod = dict(rendered.pods())["Deployment martlet-gate"]
    place = f"127.0.0.1:{free_port()}"
    stage.texts |= {"bind :8080": f"bind {place}"}
    stage.start(rendered, pod, "gate", "gate.log")
    probe = pod["spec"]["containers"][0]["readinessProbe"]["httpGet"]["path"]
    until(lambda: ask(f"http://{place}{probe}")[0] == 200, "the gate does not answer")
    hooks = rendered.one("Canary", "martlet")["spec"]["analysis"]["webhooks"]
    kinds = {each["type"]: each["url"] for each in hooks}
    for kind, rollout, wanted in (("confirm-promotion", 1, 200), ("confirm-promotion", 2, 409),
                                  ("rollback", 1, 409), ("rollback", 2, 200)):
        url = re.sub(r"//[^/]+/rollouts/[0-9]+", f"//{place}/rollouts/{rollout}", kinds[kind])
        found = ask(url, body={"name": "martlet", "phase": "Progressing"})[0]
        if found != wanted:
            yield f"Flagger's {kind} of rollout {rollout}: {found}, not {wanted}"
    for path, method in (("/rollouts/1", "GET"), ("/rollouts", "POST"),
                         ("/rollouts/1/promote", "POST"),
                         ("/rollouts/1/confirm-promotion", "GET"), ("/metrics", "GET")):
        if ask(f"http://{place}{path}", method=method)[0] != 404:
            yield f"the gate lets {method} {path} through"


def upkeep(stage: Stage, rendered: Rendered) -> Iterator[str]:
    pods = dict(rendered.pods())
    verify, backup = pods["CronJob martlet-verify"], pods["CronJob martlet-backup"]
    found = stage.run(rendered, verify, "verify")
    if found.returncode or "3 versions verified" not in found.stdout:
        yield f"verify: {found.returncode}: {found.stdout}{found.stderr}"
    folder = stage.volume("martlet-backups")
    for day in range(1, 16):
        (folder / f"models-202001{day:02}T000000Z.registry").write_text("an old one")
    (folder / "notes.txt").write_text("something else")
    found = stage.run(rendered, backup, "backup")
    kept = sorted(path.name for path in folder.iterdir())
    if found.returncode or len(kept) != 15 or "notes.txt" not in kept or kept[0] != \
            "models-20200103T000000Z.registry":
        yield f"backup: {found.returncode}: {kept}: {found.stdout}{found.stderr}"
        return
    # A backup is a registry: it verifies in the registry's place, and damage to it does not.
    newest = folder / kept[-2]
    place = stage.volume("martlet-registry") / "models.registry"
    original = place.read_bytes()
    for what, contents, is_sound in (("a backup", newest.read_bytes(), True),
                                     ("damage", _damaged(newest.read_bytes()), False)):
        place.write_bytes(contents)
        found = stage.run(rendered, verify, "verify")
        if (found.returncode == 0) != is_sound:
            yield f"verify of {what}: {found.returncode}: {found.stdout}{found.stderr}"
    place.write_bytes(original)


def _damaged(contents: bytes) -> bytes:
    """One bit, in the middle of an artifact or of what leads there."""
    place = len(contents) // 2
    return contents[:place] + bytes([contents[place] ^ 1]) + contents[place + 1:]
