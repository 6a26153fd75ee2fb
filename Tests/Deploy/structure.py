# SPDX-License-Identifier: Apache-2.0
"""What a schema cannot tell: that names, selectors, ports and times of the manifests fit together.

Each rule yields a sentence for each thing that is wrong.
"""
import json
from collections.abc import Iterator

from manifests import Rendered, containers, label
from network import Peer, allows, matches, ports

# What deploy/kubernetes/tokens.sh makes.
SECRETS = {"martlet-tokens": {"tokens"}, "martlet-operator-token": {"token"},
           "martlet-viewer-token": {"token", "haproxy.map"}}
# kubectl keeps what it has applied in an annotation, and annotations have a limit.
APPLIED_BYTES_MAX = 262_144


def references(rendered: Rendered) -> Iterator[str]:
    """Everything that is named is there."""
    names = {(each["kind"], each["metadata"]["name"]) for each in rendered.objects}
    for owner, pod in rendered.pods():
        spec = pod["spec"]
        if ("ServiceAccount", spec["serviceAccountName"]) not in names:
            yield f"{owner}: no service account {spec['serviceAccountName']}"
        volumes = {each["name"] for each in spec.get("volumes", [])}
        for claim in _claims(rendered, owner):
            volumes.add(claim)
        for volume in spec.get("volumes", []):
            for kind, member, name in (
                    ("ConfigMap", "configMap", "name"),
                    ("PersistentVolumeClaim", "persistentVolumeClaim", "claimName")):
                if member in volume and (kind, volume[member][name]) not in names:
                    yield f"{owner}: no {kind} {volume[member][name]}"
            if "secret" in volume and volume["secret"]["secretName"] not in SECRETS:
                yield f"{owner}: tokens.sh makes no Secret {volume['secret']['secretName']}"
        for container in containers(pod):
            mounts = [each["mountPath"] for each in container["volumeMounts"]]
            for mount in container["volumeMounts"]:
                if mount["name"] not in volumes:
                    yield f"{owner}: no volume {mount['name']}"
                if "subPath" in mount:
                    yield f"{owner}: {mount['mountPath']} never changes in a running pod"
            for inner in mounts:
                if any(inner != outer and inner.startswith(outer + "/") for outer in mounts):
                    yield f"{owner}: {inner} is inside another mount, which may be read-only"
    for each in rendered.of("HorizontalPodAutoscaler"):
        target = each["spec"]["scaleTargetRef"]
        if (target["kind"], target["name"]) not in names:
            yield f"{label(each)}: no {target['kind']} {target['name']}"
        elif "replicas" in rendered.one(target["kind"], target["name"])["spec"]:
            yield f"{label(each)}: each apply would set its target's replicas anew"
    for each in rendered.of("StatefulSet"):
        if each["spec"]["serviceName"] not in [
                service["metadata"]["name"] for service in rendered.of("Service")
                if service["spec"].get("clusterIP") == "None"]:
            yield f"{label(each)}: no headless Service {each['spec']['serviceName']}"


def _claims(rendered: Rendered, owner: str) -> list[str]:
    return [claim["metadata"]["name"] for each in rendered.of("StatefulSet") if label(each) == owner
            for claim in each["spec"].get("volumeClaimTemplates", [])]


def selectors(rendered: Rendered) -> Iterator[str]:
    """Every selector selects a pod, and every port is one of what it selects."""
    pods = rendered.pods()

    def selected(selector: dict) -> list[dict]:
        return [pod for _, pod in pods if matches(selector, pod["metadata"]["labels"])]

    for each in rendered.of("Deployment", "StatefulSet"):
        own = each["spec"]["template"]["metadata"]["labels"]
        if not matches(each["spec"]["selector"], own):
            yield f"{label(each)}: its selector does not select its pods"
        if len(selected(each["spec"]["selector"])) > 1:
            yield f"{label(each)}: its selector selects pods of others"
        for spread in each["spec"]["template"]["spec"].get("topologySpreadConstraints", []):
            if not matches(spread["labelSelector"], own):
                yield f"{label(each)}: spreads by labels that its pods do not have"
    for each in rendered.of("PodDisruptionBudget"):
        if not selected(each["spec"]["selector"]):
            yield f"{label(each)}: selects no pod"
    for each in rendered.of("Service"):
        found = selected({"matchLabels": each["spec"]["selector"]})
        if not found:
            yield f"{label(each)}: selects no pod"
        for port in each["spec"]["ports"]:
            if any(port["targetPort"] not in ports(pod) for pod in found):
                yield f"{label(each)}: a pod has no port {port['targetPort']}"
    for each in rendered.of("NetworkPolicy"):
        found = selected(each["spec"]["podSelector"])
        if not found:
            yield f"{label(each)}: selects no pod"
        for rule in each["spec"].get("ingress", []):
            for port in rule.get("ports", []):
                if any(port["port"] not in ports(pod) for pod in found):
                    yield f"{label(each)}: a pod has no port {port['port']}"
        for direction in ("ingress", "egress"):
            for rule in each["spec"].get(direction, []):
                for peer in rule.get("from", []) + rule.get("to", []):
                    if list(peer) == ["podSelector"] and not selected(peer["podSelector"]):
                        yield f"{label(each)}: a peer's selector selects no pod"
    for each in rendered.of("ServiceMonitor"):
        services = [service for service in rendered.of("Service")
                    if matches(each["spec"]["selector"], service["metadata"]["labels"])]
        if len(services) != 1:
            yield f"{label(each)}: selects {len(services)} Services"
        for endpoint in each["spec"]["endpoints"]:
            named = [port["name"] for service in services for port in service["spec"]["ports"]]
            if endpoint["port"] not in named:
                yield f"{label(each)}: no port {endpoint['port']}"


def network(rendered: Rendered) -> Iterator[str]:
    """Who has to be reached can be, and nobody else."""
    policies = rendered.of("NetworkPolicy")
    pods = dict(rendered.pods())
    controller = pods["StatefulSet martlet-controller"]
    trainer = pods["CronJob martlet-train"]
    server = pods["Deployment martlet"]
    verify = pods["CronJob martlet-verify"]

    def between(source: dict, target: dict, port: int) -> bool:
        return (allows(policies, source, "Egress", Peer(target["metadata"]["labels"]), port)
                and allows(policies, target, "Ingress", Peer(source["metadata"]["labels"]), port))

    def named(name: str) -> dict:
        return {"kubernetes.io/metadata.name": name}

    prometheus = Peer({"app.kubernetes.io/name": "prometheus"}, named("monitoring"))
    client = Peer({}, named("shop") | {"martlet-predictions": "allow"})
    stranger = Peer({}, named("shop"))
    dns = Peer({"k8s-app": "kube-dns"}, named("kube-system"))
    dns_of_node = Peer({}, address="169.254.20.10")
    metadata = Peer({}, address="169.254.169.254")
    rules = [
        ("training reaches the controller", between(trainer, controller, 9090), True),
        ("training reaches a server's administration", between(trainer, server, 9090), False),
        ("verification reaches the controller", between(verify, controller, 9090), False),
        ("Prometheus scrapes servers", allows(policies, server, "Ingress", prometheus, 9090), True),
        ("Prometheus scrapes the controller",
         allows(policies, controller, "Ingress", prometheus, 9090), True),
        ("Prometheus predicts", allows(policies, server, "Ingress", prometheus, 8080), False),
        ("a named namespace predicts", allows(policies, server, "Ingress", client, 8080), True),
        ("it sends labels", allows(policies, controller, "Ingress", client, 8080), True),
        ("it administers", allows(policies, controller, "Ingress", client, 9090), False),
        ("any namespace predicts", allows(policies, server, "Ingress", stranger, 8080), False),
        ("Argo reads verdicts", allows(policies, controller, "Ingress", Peer({}, named(
            "argo-rollouts")), 9090), True),
        ("servers look names up", allows(policies, server, "Egress", dns, 53), True),
        ("servers look names up at the node", allows(
            policies, server, "Egress", dns_of_node, 53), True),
        ("servers ask the cloud who they are", any(allows(
            policies, server, "Egress", metadata, port) for port in (53, 80, 443)), False),
        ("training looks names up", allows(policies, trainer, "Egress", dns, 53), True),
        ("strangers reach training", allows(policies, trainer, "Ingress", stranger, 80), False),
        ("servers speak to strangers", allows(policies, server, "Egress", stranger, 443), False),
        ("servers tell Alertmanager", allows(
            policies, server, "Egress", Peer({}, named("monitoring")), 9093), True),
    ]
    gate = pods.get("Deployment martlet-gate")
    if gate:
        flagger = Peer({}, named("flagger-system"))
        rules += [
            ("Flagger reaches the gate", allows(policies, gate, "Ingress", flagger, 8080), True),
            ("the gate reaches the controller", between(gate, controller, 9090), True),
            ("anybody reaches the gate", allows(policies, gate, "Ingress", stranger, 8080), False)]
    for what, found, wanted in rules:
        if found != wanted:
            yield f"NetworkPolicies: {what}: {'yes' if found else 'no'}"


def sizes(rendered: Rendered) -> Iterator[str]:
    for each in rendered.objects:
        count = len(json.dumps(each).encode())
        if count >= APPLIED_BYTES_MAX:
            yield f"{label(each)}: {count} bytes, more than kubectl apply can keep"
        if each["kind"] != "Namespace" and each["metadata"].get("namespace") != "martlet":
            yield f"{label(each)}: not in the namespace martlet"
