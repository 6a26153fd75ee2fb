# SPDX-License-Identifier: Apache-2.0
"""Resources of operators, whose schemas no package carries: what we use of them, strictly.

Written after the published definitions: monitoring.coreos.com/v1, argoproj.io/v1alpha1 (1.8),
flagger.app/v1beta1 (1.44), by whose own schemas every object was valid on 2026-11-21. A member that
is not listed here is a finding, as it is either misspelt or has to be looked up once.
"""
import re
from collections.abc import Iterator

import jsonschema

from manifests import Rendered, label
from network import matches

DURATION = {"type": "string", "pattern": r"^([0-9]+(ms|s|m|h|d))+$"}
TEXT, COUNT, FLAG = {"type": "string", "minLength": 1}, {"type": "integer", "minimum": 0}, {
    "type": "boolean"}
LABELS = {"type": "object", "additionalProperties": TEXT}


def mapping(required: dict, optional: dict | None = None) -> dict:
    return {"type": "object", "required": list(required), "additionalProperties": False,
            "properties": required | (optional or {})}


def sequence(items: dict, least: int = 1) -> dict:
    return {"type": "array", "items": items, "minItems": least}


TARGET = mapping({"apiVersion": TEXT, "kind": TEXT, "name": TEXT})
KEY = mapping({"name": TEXT, "key": TEXT})
ARGUMENT = mapping({"name": TEXT}, {"value": TEXT, "valueFrom": {"oneOf": [
    mapping({"podTemplateHashValue": {"enum": ["Latest", "Stable"]}}),
    mapping({"secretKeyRef": KEY})]}})
ANALYSIS = mapping({"templates": sequence(mapping({"templateName": TEXT})),
                    "args": sequence(ARGUMENT)})
METADATA = mapping({"labels": LABELS})
PROVIDER = {"oneOf": [
    mapping({"prometheus": mapping({"address": TEXT, "query": TEXT})}),
    mapping({"web": mapping(
        {"url": {"type": "string", "pattern": "^https?://"}, "jsonPath": TEXT},
        {"headers": sequence(mapping({"key": TEXT, "value": TEXT})), "timeoutSeconds": COUNT})})]}
MEASURE = mapping(
    {"name": TEXT, "interval": DURATION, "count": COUNT, "failureLimit": COUNT,
     "inconclusiveLimit": COUNT, "successCondition": TEXT, "failureCondition": TEXT,
     "provider": PROVIDER},
    {"consecutiveErrorLimit": COUNT, "consecutiveSuccessLimit": COUNT})
RULE = {"oneOf": [
    mapping({"record": {"type": "string", "pattern": "^[a-z0-9_:]+$"}, "expr": TEXT},
            {"labels": LABELS}),
    mapping({"alert": TEXT, "expr": TEXT, "labels": LABELS, "annotations": LABELS},
            {"for": DURATION, "keep_firing_for": DURATION})]}

SCHEMAS = {
    ("monitoring.coreos.com/v1", "ServiceMonitor"): mapping(
        {"selector": mapping({"matchLabels": LABELS}), "endpoints": sequence(mapping(
            {"port": TEXT, "path": TEXT},
            {"interval": DURATION, "scrapeTimeout": DURATION, "authorization": mapping(
                {"type": {"const": "Bearer"}, "credentials": KEY})}))},
        {"jobLabel": TEXT, "podTargetLabels": sequence(TEXT)}),
    ("monitoring.coreos.com/v1", "PrometheusRule"): mapping(
        {"groups": sequence(mapping({"name": TEXT, "rules": sequence(RULE)},
                                    {"interval": DURATION}))}),
    ("argoproj.io/v1alpha1", "Rollout"): mapping(
        {"workloadRef": mapping(
            {"apiVersion": TEXT, "kind": TEXT, "name": TEXT},
            {"scaleDown": {"enum": ["never", "onsuccess", "progressively"]}}),
         "strategy": mapping({"canary": mapping({"steps": sequence({"oneOf": [
             mapping({"setWeight": {"type": "integer", "minimum": 1, "maximum": 99}}),
             mapping({"pause": mapping({}, {"duration": DURATION})}),
             mapping({"analysis": ANALYSIS})]})},
             {"maxSurge": COUNT, "maxUnavailable": {"const": 0}, "canaryMetadata": METADATA,
              "stableMetadata": METADATA})})},
        {"minReadySeconds": COUNT, "revisionHistoryLimit": COUNT,
         "progressDeadlineSeconds": COUNT, "progressDeadlineAbort": FLAG}),
    ("argoproj.io/v1alpha1", "AnalysisTemplate"): mapping(
        {"args": sequence(ARGUMENT), "metrics": sequence(MEASURE)}),
    ("flagger.app/v1beta1", "Canary"): mapping(
        {"provider": TEXT, "targetRef": TARGET, "autoscalerRef": TARGET, "service": mapping(
            {"port": COUNT, "targetPort": TEXT, "portName": TEXT,
             "gatewayRefs": sequence(mapping({"name": TEXT, "namespace": TEXT}))}),
         "analysis": mapping(
             {"interval": DURATION, "threshold": COUNT,
              "stepWeight": {"type": "integer", "minimum": 1, "maximum": 50},
              "maxWeight": {"type": "integer", "minimum": 1, "maximum": 99},
              "metrics": sequence(mapping(
                  {"name": TEXT, "templateRef": mapping({"name": TEXT}), "interval": DURATION,
                   "thresholdRange": {"type": "object", "minProperties": 1, "properties": {
                       "min": {"type": "number"}, "max": {"type": "number"}},
                       "additionalProperties": False}}))},
             {"webhooks": sequence(mapping(
                 {"name": TEXT, "type": {"enum": ["confirm-promotion", "rollback"]},
                  "url": {"type": "string", "pattern": r"^http://[a-z.-]+:[0-9]+/rollouts/[0-9]+/"}}
             ))})},
        {"progressDeadlineSeconds": COUNT}),
    ("flagger.app/v1beta1", "MetricTemplate"): mapping(
        {"provider": mapping({"type": {"const": "prometheus"}, "address": TEXT}), "query": TEXT}),
}
# Pods of a release, as they are named: whether a canary's query may count them.
POD_NAMES = {"martlet-7c9f8d5b6d-x2x9q": True, "martlet-6d4cf56db6-l8k2p": True,
             "martlet-primary-7c9f8d5b6d-x2x9q": False, "martlet-controller-0": False,
             "martlet-gate-7c9f8d5b6d-x2x9q": False}


def is_custom(resource: dict) -> bool:
    return "." in resource["apiVersion"].split("/")[0] and not resource["apiVersion"].split("/")[
        0].endswith(".k8s.io")


def shapes(rendered: Rendered) -> Iterator[str]:
    for each in filter(is_custom, rendered.objects):
        schema = SCHEMAS.get((each["apiVersion"], each["kind"]))
        if schema is None:
            yield f"{label(each)}: no schema for {each['apiVersion']}"
            continue
        for error in jsonschema.Draft202012Validator(schema).iter_errors(each["spec"]):
            place = ".".join(str(part) for part in error.absolute_path)
            yield f"{label(each)}: {place}: {error.message[:200]}"


def references(rendered: Rendered) -> Iterator[str]:
    """What operators are pointed to is there."""
    names = {(each["kind"], each["metadata"]["name"]) for each in rendered.objects}
    templates = {each["metadata"]["name"]: each for each in rendered.of("AnalysisTemplate")}
    for rollout in rendered.of("Rollout"):
        spec = rollout["spec"]
        if (spec["workloadRef"]["kind"], spec["workloadRef"]["name"]) not in names:
            yield f"{label(rollout)}: its workload is not there"
        weights = [each["setWeight"] for each in spec["strategy"]["canary"]["steps"]
                   if "setWeight" in each]
        if weights != sorted(set(weights)):
            yield f"{label(rollout)}: weights do not grow"
        for step in spec["strategy"]["canary"]["steps"]:
            yield from _analysis(label(rollout), step.get("analysis"), templates)
    for each in rendered.of("AnalysisTemplate"):
        known = {argument["name"] for argument in each["spec"]["args"]}
        for name in set(re.findall(r"\{\{\s*args\.([\w-]+)", str(each["spec"]["metrics"]))) ^ known:
            yield f"{label(each)}: the argument {name} is only given, or only used"
    for canary in rendered.of("Canary"):
        for part in ("targetRef", "autoscalerRef"):
            if (canary["spec"][part]["kind"], canary["spec"][part]["name"]) not in names:
                yield f"{label(canary)}: its {part} is not there"
        for metric in canary["spec"]["analysis"]["metrics"]:
            if ("MetricTemplate", metric["templateRef"]["name"]) not in names:
                yield f"{label(canary)}: no template {metric['templateRef']['name']}"
        yield from _flagger_services(rendered, canary)
    for each in rendered.of("MetricTemplate"):
        yield from _pod_names(each)
    if rendered.of("Rollout", "Canary"):
        controller = rendered.one("StatefulSet", "martlet-controller")["spec"]
        held = controller.get("updateStrategy", {}).get("rollingUpdate", {}).get("partition", 0)
        if held < controller["replicas"]:
            yield "StatefulSet martlet-controller: gets an image before it was judged"


def _analysis(owner: str, analysis: dict | None, templates: dict) -> Iterator[str]:
    if analysis is None:
        return
    given = {each["name"] for each in analysis["args"]}
    for each in analysis["templates"]:
        template = templates.get(each["templateName"])
        if template is None:
            yield f"{owner}: no template {each['templateName']}"
            continue
        for argument in template["spec"]["args"]:
            if set(argument) == {"name"} and argument["name"] not in given:
                yield f"{owner}: {each['templateName']} asks for {argument['name']}"


def _flagger_services(rendered: Rendered, canary: dict) -> Iterator[str]:
    """Flagger makes the Service, by the name's label with `-primary`."""
    name = canary["spec"]["targetRef"]["name"]
    if ("Service", name) in {(each["kind"], each["metadata"]["name"]) for each in rendered.objects}:
        yield f"Service {name}: Flagger makes it, and each apply would take it back"
    primary = {"matchLabels": {"app.kubernetes.io/name": f"{name}-primary"}}
    controller = rendered.one("StatefulSet", "martlet-controller")["spec"]["template"]
    if not matches(primary, controller["metadata"]["labels"]):
        yield "StatefulSet martlet-controller: is not in the Service that Flagger makes"


def _pod_names(template: dict) -> Iterator[str]:
    query = template["spec"]["query"].replace("{{ target }}", "martlet")
    patterns = [each for each in re.findall(r'pod=~"([^"]*)"', query) if "primary" not in each]
    for pattern in set(patterns):
        for name, wanted in POD_NAMES.items():
            if bool(re.fullmatch(pattern, name)) != wanted:
                yield f"{label(template)}: {pattern} is wrong about {name}"
    if not patterns:
        yield f"{label(template)}: does not ask for the canary's pods"
