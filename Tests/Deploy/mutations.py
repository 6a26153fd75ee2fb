# SPDX-License-Identifier: Apache-2.0
"""Mistakes that somebody could make, each of which a rule has to find."""
import copy
import pathlib
import tempfile
from collections.abc import Callable, Iterator

import guide
import programs
import tools
from manifests import ARGO, FLAGGER, PROMETHEUS, Rendered, render


def _pod(rendered: Rendered, kind: str, name: str) -> dict:
    return rendered.one(kind, name)["spec"]["template"]


def _container(rendered: Rendered, kind: str = "Deployment", name: str = "martlet") -> dict:
    return _pod(rendered, kind, name)["spec"]["containers"][0]


def _remove(kind: str, name: str) -> Callable:
    return lambda rendered: rendered.objects.remove(rendered.one(kind, name))


def _liveness(r):
    _container(r)["livenessProbe"]["httpGet"]["path"] = "/readyz"


def _startup(r):
    _container(r)["startupProbe"]["httpGet"]["path"] = "/readyz"


def _grace(r):
    _pod(r, "Deployment", "martlet")["spec"]["terminationGracePeriodSeconds"] = 30


def _delay(r):
    settings = r.one("ConfigMap", "martlet-settings")["data"]
    settings["martlet.yaml"] = settings["martlet.yaml"].replace(
        "drain-delay-seconds: 10", "drain-delay-seconds: 4")


def _selector(r):
    r.one("Service", "martlet-controller")["spec"]["selector"]["app.kubernetes.io/component"] = "x"


def _pod_label(r):
    _pod(r, "Deployment", "martlet")["metadata"]["labels"]["app.kubernetes.io/component"] = "web"


def _target_port(r):
    r.one("Service", "martlet")["spec"]["ports"][0]["targetPort"] = "https"


def _policy_port(r):
    r.one("NetworkPolicy", "predictions")["spec"]["ingress"][0]["ports"][0]["port"] = "web"


def _policy_open(r):
    r.one("NetworkPolicy", "predictions")["spec"]["ingress"][0]["from"] = [
        {"namespaceSelector": {}}]


def _secret_in_environment(r):
    _container(r)["env"].append({"name": "TOKEN", "valueFrom": {"secretKeyRef": {
        "name": "martlet-viewer-token", "key": "token"}}})


def _writable_root(r):
    _container(r, "StatefulSet", "martlet-controller")["securityContext"][
        "readOnlyRootFilesystem"] = False


def _writable_registry(r):
    for mount in _container(r)["volumeMounts"]:
        mount.pop("readOnly", None)


def _memory(r):
    _container(r)["resources"]["limits"]["memory"] = "4Gi"


def _nested_mount(r):
    _container(r)["volumeMounts"][1]["mountPath"] = "/etc/martlet/tokens"


def _claim(r):
    _pod(r, "Deployment", "martlet")["spec"]["volumes"][2]["persistentVolumeClaim"][
        "claimName"] = "registry"


def _alias(r):
    job = r.one("CronJob", "martlet-train")["spec"]["jobTemplate"]["spec"]
    job["template"]["spec"]["containers"][0]["args"] += ["--alias", "production"]


def _quota(r):
    r.one("ResourceQuota", "martlet")["spec"]["hard"]["requests.cpu"] = "16"


def _replicas(r):
    r.one("Deployment", "martlet")["spec"]["replicas"] = 3


def _weight(r):
    r.one("Rollout", "martlet")["spec"]["strategy"]["canary"]["steps"][0]["setWeight"] = 100


def _misspelt(r):
    r.one("AnalysisTemplate", "martlet-verdict")["spec"]["metrics"][0]["sucessCondition"] = "true"


def _template_name(r):
    r.one("Rollout", "martlet")["spec"]["strategy"]["canary"]["steps"][2]["analysis"][
        "templates"][0]["templateName"] = "martlet-images"


def _partition(r):
    r.one("StatefulSet", "martlet-controller")["spec"].pop("updateStrategy")


def _canary_pods(r):
    template = r.one("MetricTemplate", "martlet-availability")["spec"]
    template["query"] = template["query"].replace("{6,10}-[0-9a-z]{5}", "+(-[0-9a-z]+)")


def _scrape_port(r):
    r.one("ServiceMonitor", "martlet")["spec"]["endpoints"][0]["port"] = "metrics"


def _alert(r):
    del r.one("PrometheusRule", "martlet-alerts")["spec"]["groups"][0]["rules"][0]["expr"]


PRODUCTION = ("production",)
OBSERVED = ("production", PROMETHEUS)
WITH_ARGO, WITH_FLAGGER = (*OBSERVED, ARGO), (*OBSERVED, FLAGGER)
MUTATIONS = [
    (PRODUCTION, "liveness", _liveness), (PRODUCTION, "without a registry", _startup),
    (PRODUCTION, "of grace", _grace), (PRODUCTION, "the drain's delay", _delay),
    (PRODUCTION, "selects no pod", _selector), (PRODUCTION, "does not select", _pod_label),
    (PRODUCTION, "no port https", _target_port), (PRODUCTION, "no port web", _policy_port),
    (PRODUCTION, "any namespace predicts", _policy_open),
    (PRODUCTION, "its environment", _secret_in_environment),
    (PRODUCTION, "may write its root", _writable_root),
    (PRODUCTION, "the registry is not as", _writable_registry),
    (PRODUCTION, "memory is not both", _memory), (PRODUCTION, "inside another", _nested_mount),
    (PRODUCTION, "no PersistentVolumeClaim registry", _claim),
    (PRODUCTION, "goes round the rollout", _alias), (PRODUCTION, "requests.cpu", _quota),
    (PRODUCTION, "replicas anew", _replicas),
    (PRODUCTION, "looks names up", _remove("NetworkPolicy", "dns")),
    (PRODUCTION, "strangers reach training", _remove("NetworkPolicy", "default-deny")),
    (PRODUCTION, "no service account", _remove("ServiceAccount", "martlet-jobs")),
    (PRODUCTION, "no headless Service", _remove("Service", "martlet-pods")),
    (OBSERVED, "no port metrics", _scrape_port), (OBSERVED, "PrometheusRule", _alert),
    (WITH_ARGO, "setWeight", _weight), (WITH_ARGO, "sucessCondition", _misspelt),
    (WITH_ARGO, "no template martlet-images", _template_name),
    (WITH_ARGO, "before it was judged", _partition),
    (WITH_FLAGGER, "is wrong about martlet-controller-0", _canary_pods),
    (WITH_FLAGGER, "its autoscalerRef", _remove("HorizontalPodAutoscaler", "martlet")),
]


def undetected(judge: Callable[[Rendered], Iterator[str]]) -> Iterator[str]:
    """A sentence for each mistake that no rule, or no tool, has found."""
    rendered = {each: render(each) for each in {combination for combination, _, _ in MUTATIONS}}
    for combination, finding, mutate in MUTATIONS:
        mutant = copy.deepcopy(rendered[combination])
        mutate(mutant)
        if mutant.objects == rendered[combination].objects:
            yield f"{finding}: the mutation changes nothing"
        elif not any(finding in each for each in judge(mutant)):
            yield f"{finding}: not found; instead {list(judge(mutant))}"
    yield from _undetected_by_tools(rendered[PRODUCTION])


def _undetected_by_tools(rendered: Rendered) -> Iterator[str]:
    mutant = copy.deepcopy(rendered)
    _container(mutant)["redinessProbe"] = _container(mutant).pop("readinessProbe")
    found = list(tools.schemas([mutant], tools.VERSIONS[:1]))
    if not any("redinessProbe" in each for each in found):
        yield f"kubernetes-validate lets a misspelt member pass: {found}"
    text = rendered.text.replace("readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", 1)
    if not any("CKV_K8S_22" in each for each in tools.checkov([Rendered("mutant", text)])):
        yield "checkov lets a writable root pass"
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder, "Dockerfile")
        file.write_text("FROM debian:latest\nRUN cd /tmp && apt-get install curl\n")
        if not any("DL3007" in each for each in tools.dockerfile(file)):
            yield "hadolint lets 'latest' pass"
        file = pathlib.Path(folder, "page.md")
        file.write_text("```sh\nkubectl -n martlet get secret martlet-token\n```\n")
        if not any("martlet-token" in each for each in guide.findings([rendered], set(), file)):
            yield "a page may name a Secret that is not there"
        pathlib.Path(folder, "k.yaml").write_text("a: 1\na: 2\n")
        if not any("duplication" in each for each in tools.yaml_files(pathlib.Path(folder))):
            yield "yamllint lets a key twice pass"


def undetected_by_programs(build: pathlib.Path, all_rendered: list[Rendered]) -> Iterator[str]:
    """Mistakes that only the built programs can tell."""
    mutant = copy.deepcopy(all_rendered[0])
    config = mutant.one("ConfigMap", "martlet-settings")["data"]
    config["martlet.yaml"] = config["martlet.yaml"].replace("loops:", "loop:")
    if not any("did you mean 'loops'" in each.replace('"', "'") for each in programs.staged(
            build, lambda stage: programs.settings(stage, [mutant]))):
        yield "a setting that is none is accepted"
    mutants = copy.deepcopy(all_rendered)
    for each in mutants:
        for template in each.of("MetricTemplate"):
            template["spec"]["query"] = template["spec"]["query"].replace(
                "http_requests_total", "http_request_total")
    if not any("no metric http_request_total" in each for each in programs.staged(
            build, lambda stage: programs.expressions(stage, mutants))):
        yield "a metric that is none is accepted"
    mutant = copy.deepcopy(all_rendered[2])
    probe = _container(mutant)["startupProbe"]["httpGet"]
    probe["path"] = "/live"
    if not any("the startup probe never succeeds" in each for each in programs.staged(
            build, lambda stage: programs.probes_and_drain(stage, mutant, 3))):
        yield "a probe may ask for a route that is none"
