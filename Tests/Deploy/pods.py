# SPDX-License-Identifier: Apache-2.0
"""How pods run: what they may do, what they may use, and how they begin and end."""
import json
import re
from collections.abc import Iterator

import yaml

from manifests import Rendered, containers, label

UNITS = {"": 1, "m": 0.001, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def quantity(text: str) -> float:
    number, unit = re.fullmatch(r"([0-9.]+)(\w*)", str(text)).groups()
    return float(number) * UNITS[unit]


def settings(rendered: Rendered, pod: dict) -> dict:
    """What a server's pod runs with: its file, and over that its environment."""
    values = yaml.safe_load(rendered.one("ConfigMap", "martlet-settings")["data"]["martlet.yaml"])
    for each in pod["spec"]["containers"][0].get("env", []):
        name = each["name"].removeprefix("MARTLET_").lower().replace("_", "-")
        if name != "config" and "value" in each:
            values[name] = yaml.safe_load(each["value"])
    return values


def security(rendered: Rendered) -> Iterator[str]:
    """The Pod Security Standard `restricted`, and what it leaves open."""
    levels = rendered.one("Namespace", "martlet")["metadata"]["labels"]
    if levels.get("pod-security.kubernetes.io/enforce") != "restricted":
        yield "Namespace martlet: does not enforce restricted"
    for owner, pod in rendered.pods():
        spec, context = pod["spec"], pod["spec"].get("securityContext", {})
        wanted = [
            (spec.get("automountServiceAccountToken") is False, "a token of the API server"),
            (spec.get("enableServiceLinks") is False, "variables of every Service"),
            (context.get("runAsNonRoot") is True, "may be root"),
            (context.get("runAsUser", 0) >= 10_000, "a user that the node may have"),
            (context.get("seccompProfile", {}).get("type") == "RuntimeDefault", "no seccomp"),
            ("fsGroup" in context, "no group for its volumes"),
            (not any(name in spec for name in ("hostNetwork", "hostPID", "hostIPC")), "the host's"),
            (all(set(each) & {"configMap", "secret", "emptyDir", "persistentVolumeClaim"}
                 for each in spec.get("volumes", [])), "a volume of another kind"),
        ]
        for container in containers(pod):
            own = container.get("securityContext", {})
            wanted += [
                (own.get("allowPrivilegeEscalation") is False, "may gain privileges"),
                (own.get("readOnlyRootFilesystem") is True, "may write its root"),
                (own.get("capabilities") == {"drop": ["ALL"]}, "keeps capabilities"),
                (not any("valueFrom" in each for each in container.get("env", []))
                 and "envFrom" not in container, "takes its environment from elsewhere"),
            ]
        for holds, finding in wanted:
            if not holds:
                yield f"{owner}: {finding}"


def resources(rendered: Rendered) -> Iterator[str]:
    for owner, pod in rendered.pods():
        for container in containers(pod):
            asked = container.get("resources", {})
            requests, limits = asked.get("requests", {}), asked.get("limits", {})
            if not requests.get("memory") or requests["memory"] != limits.get("memory"):
                yield f"{owner}: memory is not both requested and limited, alike"
            if not requests.get("cpu") or "cpu" in limits:
                yield f"{owner}: CPU has no request, or a limit that throttles"
    yield from _quota(rendered)


def _quota(rendered: Rendered) -> Iterator[str]:
    for quota in rendered.of("ResourceQuota"):
        needs = {"requests.cpu": 0.0, "requests.memory": 0.0, "limits.memory": 0.0, "pods": 0.0}
        for owner, pod in rendered.pods():
            count = 1
            for scaler in rendered.of("HorizontalPodAutoscaler"):
                if owner == "Deployment martlet":
                    # Flagger has an image's canary beside, which may grow as far.
                    count = scaler["spec"]["maxReplicas"] * (2 if rendered.of("Canary") else 1) + 1
            for kind in ("requests", "limits"):
                for name in ("cpu", "memory"):
                    total = max(quantity(each["resources"][kind].get(name, "0"))
                                for each in containers(pod))
                    if f"{kind}.{name}" in needs:
                        needs[f"{kind}.{name}"] += count * total
            needs["pods"] += count
        for name, need in needs.items():
            if quantity(quota["spec"]["hard"][name]) < need:
                yield f"{label(quota)}: {name} is below {need:g}, which all pods together may need"


def draining(rendered: Rendered) -> Iterator[str]:
    """Times of probes, drain and grace, each above what it has to hold."""
    for owner in ("Deployment martlet", "StatefulSet martlet-controller"):
        pod = dict(rendered.pods())[owner]
        container, values = pod["spec"]["containers"][0], settings(rendered, pod)
        probes = {name: container.get(f"{name}Probe")
                  for name in ("startup", "liveness", "readiness")}
        if not all(probes.values()):
            yield f"{owner}: a probe is missing"
            continue
        if probes["liveness"]["httpGet"]["path"] != "/livez":
            yield f"{owner}: liveness asks for more than that the process is alive"
        if probes["startup"]["httpGet"]["path"] != "/livez":
            yield f"{owner}: a server without a registry is killed at its start, again and again"
        if probes["readiness"]["httpGet"]["path"] != "/readyz":
            yield f"{owner}: readiness does not ask whether it is ready"
        ready = probes["readiness"]
        unready = ready["periodSeconds"] * ready["failureThreshold"] + ready["timeoutSeconds"]
        delay, deadline = values["drain-delay-seconds"], values["drain-deadline-seconds"]
        if delay <= unready:
            yield f"{owner}: the drain's delay of {delay} s ends before {unready} s of readiness"
        # Two seconds for the last events, one for the log (docs/draining.md), and some.
        grace = pod["spec"].get("terminationGracePeriodSeconds", 30)
        if grace < delay + deadline + 5:
            yield f"{owner}: {grace} s of grace are less than drain delay, deadline and 5 s"
        if values["request-timeout-milliseconds-max"] >= deadline * 1000:
            yield f"{owner}: a request may wait longer than the drain lasts"
        growth = values["rollout-memory-growth-mib-max"] * 2**20
        if growth * 2 > quantity(container["resources"]["limits"]["memory"]):
            yield f"{owner}: a candidate that grows is killed with the pod before it is rolled back"
        yield from _mounts(owner, container)
    update = rendered.one("Deployment", "martlet")["spec"]["strategy"]["rollingUpdate"]
    if update["maxUnavailable"] != 0:
        yield "Deployment martlet: an update may take servers away before new ones are ready"


def _mounts(owner: str, container: dict) -> Iterator[str]:
    registry = [each for each in container["volumeMounts"] if each["mountPath"] == "/registry"]
    read_only = [each.get("readOnly", False) for each in registry]
    if read_only != [owner.startswith("Deployment")]:
        yield f"{owner}: the registry is not as its part asks for"


def jobs(rendered: Rendered) -> Iterator[str]:
    plan = json.loads(rendered.one("ConfigMap", "martlet-plan")["data"]["plan.json"])
    spec = rendered.one("CronJob", "martlet-train")["spec"]
    job = spec["jobTemplate"]["spec"]
    container = job["template"]["spec"]["containers"][0]
    wait = int({each["name"]: each["value"] for each in container["env"]}["WAIT_SECONDS"])
    if not plan["deadline_seconds"] < wait < job["activeDeadlineSeconds"]:
        yield "CronJob martlet-train: plan, WAIT_SECONDS and activeDeadlineSeconds do not grow"
    if plan["on_inconclusive"] != "roll_back":
        yield "martlet-plan: without evidence a scheduled rollout does not end by itself"
    if any(each.startswith("--alias") for each in container["args"]):
        yield "CronJob martlet-train: an alias goes round the rollout"
    for rule in job["podFailurePolicy"]["rules"]:
        named = rule.get("onExitCodes", {}).get("containerName", container["name"])
        if named != container["name"]:
            yield f"CronJob martlet-train: no container {named}"
    for each in rendered.of("CronJob"):
        if each["spec"]["concurrencyPolicy"] != "Forbid":
            yield f"{label(each)}: may run twice at once"
        if each["spec"]["jobTemplate"]["spec"]["template"]["spec"]["restartPolicy"] != "Never":
            yield f"{label(each)}: a failure policy needs restartPolicy Never"


def alike(rendered: Rendered) -> Iterator[str]:
    """The controller is a server: what is not of its part is the same."""
    pods = dict(rendered.pods())
    first = pods["Deployment martlet"]["spec"]["containers"][0]
    second = pods["StatefulSet martlet-controller"]["spec"]["containers"][0]
    for name in ("image", "ports", "startupProbe", "livenessProbe", "readinessProbe",
                 "securityContext", "resources"):
        if first.get(name) != second.get(name):
            yield f"StatefulSet martlet-controller: {name} differs from the servers'"
    # Only the store of labels needs room for a copy.
    place = {"name": "SQLITE_TMPDIR", "value": "/var/lib/martlet"}
    if sorted(map(str, [*first["env"], place])) != sorted(map(str, second["env"])):
        yield "StatefulSet martlet-controller: env differs from the servers'"
