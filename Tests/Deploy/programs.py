# SPDX-License-Identifier: Apache-2.0
"""The manifests' settings, probes, tokens and queries, with the built programs."""
import os
import pathlib
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator

import yaml

from manifests import ARGO, PROMETHEUS, ROOT, Rendered
from releases import jobs
from container_stage import SERVERS, Server, Stage, ask, until


def tests(build: pathlib.Path, all_rendered: list[Rendered]) -> Iterator[tuple[str, Callable]]:
    named = {each.name: each for each in all_rendered}
    argo = next(each for each in all_rendered if each.name.endswith(f"+ {ARGO}"))
    gate = next(each for each in all_rendered if each.one_or_none("Deployment", "martlet-gate"))
    scenarios = (
        ("no token, no Secret", no_token_no_secret),
        ("settings are accepted", lambda stage: settings(stage, all_rendered)),
        ("probes and drain", lambda stage: probes_and_drain(stage, named["production"])),
        ("tokens are replaced", lambda stage: tokens(stage)),
        ("expressions", lambda stage: expressions(stage, all_rendered)),
        ("jobs, from data to a verdict", lambda stage: jobs(stage, named["dev"], argo, gate)),
    )
    for name, scenario in scenarios:
        yield name, lambda scenario=scenario: staged(build, scenario)


def staged(build: pathlib.Path, scenario: Callable) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(pathlib.Path(folder), build)
        try:
            yield from scenario(stage)
        except (TimeoutError, subprocess.SubprocessError) as error:
            logs = "".join(path.read_text()[-1500:] for path in stage.folder.glob("*.log"))
            yield f"{type(error).__name__}: {error}\n{logs}"
        finally:
            stage.close()


def no_token_no_secret(_: Stage) -> Iterator[str]:
    """An empty Secret, applied, would lock out who has a token now."""
    for program in ("false", "echo", "/nowhere/martlet"):
        result = subprocess.run(
            ["sh", ROOT / "deploy/kubernetes/tokens.sh"], capture_output=True, text=True,
            env=os.environ | {"MARTLET": program})
        if result.returncode == 0 or result.stdout or not result.stderr:
            yield f"tokens.sh with {program}: {result.returncode}, {result.stdout!r}"


def settings(stage: Stage, all_rendered: list[Rendered]) -> Iterator[str]:
    """`--print-config` reads the file, the environment and the flags, and refuses what is none."""
    seen = set()
    for rendered in all_rendered:
        for owner in SERVERS:
            pod = dict(rendered.pods())[owner]
            words, environment = stage.prepare(rendered, pod, "martlet", ("feedback",))
            result = subprocess.run([*words, "--print-config"], env=environment, text=True,
                                    capture_output=True)
            given = re.findall(
                r"(?m)^([a-z-]+: \S+) +#.*(?:martlet\.yaml|MARTLET_|--)", result.stdout)
            if result.returncode or len(given) < 8:
                yield f"{rendered.name}: {owner}: {result.stderr.strip() or result.stdout}"
            seen.add(tuple(each for each in given if str(stage.folder) not in each))
    if len(seen) != 4:
        yield f"dev, production and the controller of each are not told apart: {seen}"


def probes_and_drain(stage: Stage, rendered: Rendered, patience: float = 30) -> Iterator[str]:
    server = stage.serve(rendered, SERVERS[0])
    until(lambda: server.probe("startup") == 200, "the startup probe never succeeds", patience)
    # No registry yet: alive, not ready, and not ended by it.
    if server.probe("readiness") != 503 or server.probe("liveness") != 200:
        yield f"without a registry: {server.probe('readiness')}, {server.probe('liveness')}"
    _train(stage)
    server.until_ready()
    yield from _access(stage, rendered, server)
    began = time.monotonic()
    server.process.terminate()
    until(lambda: server.probe("readiness") == 503, "/readyz says yes while it drains")
    status, _ = ask(server.address() + "/predict", body={"features": [0.0] * 4})
    if status != 200 or server.probe("liveness") != 200:
        yield f"in the drain's delay a prediction is {status}"
    grace = server.pod["spec"]["terminationGracePeriodSeconds"]
    try:
        code = server.process.wait(grace)
    except subprocess.TimeoutExpired:
        yield f"it is not over after {grace} s of grace"
        return
    took, config = time.monotonic() - began, rendered.one("ConfigMap", "martlet-settings")
    delay = yaml.safe_load(config["data"]["martlet.yaml"])["drain-delay-seconds"]
    if code != 0 or not delay <= took < delay + 5:
        yield f"an idle server ended with {code} after {took:.1f} s; its delay is {delay} s"


def _train(stage: Stage) -> None:
    data = stage.volume("martlet-data") / "latest.csv"
    for words in (["synthetic", "--rows", "2000", "--features", "4", "--output", data],
                  ["fit", "--data", data, "--target", "label", "--model", "logistic", "--name",
                   "demo", "--alias", "production", "--registry",
                   stage.volume("martlet-registry") / "models.registry"]):
        subprocess.run([stage.binaries / "martlet-train", *words], check=True, capture_output=True)


def _access(stage: Stage, rendered: Rendered, server: Server) -> Iterator[str]:
    """Predictions are open, the rest is by token, and Prometheus' is one."""
    admin, viewer = server.address("admin"), stage.token("viewer")
    operator, order = stage.token("operator"), {"candidate": 1}
    for what, found, wanted in (
        ("a prediction", ask(server.address() + "/predict", body={"features": [0.0] * 4})[0], 200),
        ("models without a token", ask(admin + "/models")[0], 401),
        ("metrics without a token", ask(admin + "/metrics")[0], 401),
        ("metrics by the viewer", ask(admin + "/metrics", viewer)[0], 200),
        ("models where predictions are", ask(server.address() + "/models", operator)[0], 404),
        ("an order by the viewer", ask(admin + "/rollouts", viewer, order)[0], 403),
        ("an order by the operator", ask(admin + "/rollouts", operator, order)[0], 409),
    ):
        if found != wanted:
            yield f"{what}: {found}, not {wanted}"


def tokens(stage: Stage) -> Iterator[str]:
    """Made again with KEEP, the old ones count beside the new; without it they do not."""
    old = stage.secrets["martlet-tokens"]["tokens"]
    for kept, wanted in ((old, 4), ("", 2)):
        text = stage.make_secrets(KEEP=kept)["martlet-tokens"]["tokens"]
        path = stage.folder / "tokens"
        path.write_text(text)
        subprocess.run([stage.binaries / "martlet", "tokens", "check", path], check=True,
                       capture_output=True)
        lines = text.splitlines()
        if len(set(lines)) != wanted or lines[:wanted - 2] != kept.splitlines():
            yield f"with {len(kept.splitlines())} lines to keep there are {lines}"


def expressions(stage: Stage, all_rendered: list[Rendered]) -> Iterator[str]:
    """Queries of Argo, Flagger and the adapter parse, and name metrics that a server has."""
    adapter = yaml.safe_load((ROOT / "deploy/kubernetes/components" / PROMETHEUS /
                              "prometheus-adapter.yaml").read_text())["rules"]["custom"]
    queries = {each["name"]["as"]: re.sub(r"<<\.GroupBy>>", "pod", each["metricsQuery"]).replace(
        "<<.LabelMatchers>>", 'pod="x"') for each in adapter}
    wanted = set()
    for rendered in all_rendered:
        for each in rendered.of("MetricTemplate"):
            queries[each["metadata"]["name"]] = each["spec"]["query"]
        for each in rendered.of("AnalysisTemplate"):
            queries |= {metric["name"]: metric["provider"]["prometheus"]["query"]
                        for metric in each["spec"]["metrics"] if "prometheus" in metric["provider"]}
        wanted |= {metric["pods"]["metric"]["name"]
                   for each in rendered.of("HorizontalPodAutoscaler")
                   for metric in each["spec"]["metrics"] if metric["type"] == "Pods"}
    if not wanted or not wanted <= set(queries):
        yield f"the adapter does not make {wanted}"
    rules = [{"record": re.sub(r"\W", "_", name), "expr": re.sub(
        r"\{\{[\w. -]+\}\}", "x", query.replace("{{ interval }}", "3m"))}
        for name, query in queries.items()]
    path = stage.folder / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "queries", "rules": rules}]}))
    result = subprocess.run(["promtool", "check", "rules", path], capture_output=True, text=True)
    if result.returncode or len(rules) < 6:
        yield f"promtool: {len(rules)} queries: {result.stderr}{result.stdout}"
    _train(stage)
    server = stage.serve(all_rendered[0], SERVERS[1])
    server.until_ready()
    ask(server.address() + "/predict", body={"features": [0.0] * 4})
    known = set(re.findall(r"(?m)^([a-z_]+)[{ ]", ask(
        server.address("admin") + "/metrics", stage.token("viewer"))[1]))
    for rule in rules:
        for name in re.findall(r"\b([a-z]+_[a-z_]+)\{", rule["expr"]):
            if name not in known:
                yield f"{rule['record']}: no metric {name}"
