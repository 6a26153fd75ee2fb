#!/usr/bin/python3 -IS
# SPDX-License-Identifier: Apache-2.0
"""A kubectl with a cluster of a few objects in a file: `$FAKE_CLUSTER/state.json`.

It keeps what the API server keeps (names are taken once, a replace needs the version that was
read), plays the controllers' part at each call, and refuses what it does not know, so that a wrong
call is an error and not a silence. Every call is a line of `calls.jsonl`.

The state's `rules` spoil it: `image_missing`, `crashes`, `never_ready`, `no_progress`, `fail` (a
list of [words, how many times]), and `at` (a list of [the word of a call, what to set then]).
"""
import fcntl
import json
import os
import sys
import time

FOLDER = os.environ["FAKE_CLUSTER"]
MUTATING = ("create", "replace", "scale", "set", "annotate", "delete", "rollout", "exec")


class Refusal(Exception):
    """What kubectl says on its standard error before it ends with status 1."""


def container(deployment):
    return deployment["spec"]["template"]["spec"]["containers"][0]


def pod(name, labels, ready, waiting=None, restarts=0):
    state = {"waiting": {"reason": waiting}} if waiting else {"running": {}}
    return {
        "metadata": {"name": name, "labels": labels},
        "status": {
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
            "containerStatuses": [{"restartCount": restarts, "state": state}],
        },
    }


def pods(state):
    """The pods that the Deployments' controllers have made."""
    found, rules = [], state["rules"]
    for name, deployment in state["deployments"].items():
        is_canary = name.endswith("-canary")
        labels = deployment["spec"]["template"]["metadata"]["labels"]
        for number in range(deployment["spec"]["replicas"]):
            waiting = "ImagePullBackOff" if is_canary and rules.get("image_missing") else None
            ready = not waiting and not (is_canary and rules.get("never_ready"))
            if not is_canary and number >= rules.get("stable_ready", 1000):
                ready = False
            restarts = 1 if is_canary and rules.get("crashes") else 0
            found.append(pod(f"{name}-7d9f-{number}", labels, ready, waiting, restarts))
    return found


def status(state, name):
    deployment = state["deployments"][name]
    spec, meta = deployment["spec"], deployment["metadata"]
    own = [each for each in pods(state) if each["metadata"]["name"].rsplit("-", 2)[0] == name]
    ready = sum(each["status"]["conditions"][0]["status"] == "True" for each in own)
    stuck = state["rules"].get("no_progress") and container(deployment)["image"] \
        == state["rules"]["no_progress"]
    return {
        "observedGeneration": meta["generation"], "replicas": spec["replicas"],
        "readyReplicas": ready, "availableReplicas": ready,
        "updatedReplicas": 0 if stuck else spec["replicas"],
        "conditions": [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
        if stuck else [],
    }


def stamped(state, document):
    state["version"] += 1
    document["metadata"]["resourceVersion"] = str(state["version"])
    return document


def get(state, words, flags):
    kind = words[1]
    if kind == "hpa":
        return {"items": state["hpas"]}
    if kind == "pods":
        asked = dict(each.split("=", 1) for each in flags["-l"].split(","))
        return {"items": [each for each in pods(state)
                          if asked.items() <= each["metadata"]["labels"].items()]}
    kept = {"deployment": state["deployments"], "lease": state["leases"]}[kind]
    if words[2] not in kept:
        if "--ignore-not-found" in flags:
            return None
        raise Refusal(f'Error from server (NotFound): "{words[2]}" not found')
    document = dict(kept[words[2]])
    if kind == "deployment":
        document["status"] = status(state, words[2])
    return document


def put(state, words, document):
    kept = {"Deployment": state["deployments"], "Lease": state["leases"]}[document["kind"]]
    name = document["metadata"]["name"]
    if words[0] == "create":
        if name in kept:
            raise Refusal(f'Error from server (AlreadyExists): "{name}" already exists')
        if "resourceVersion" in document["metadata"]:
            raise Refusal("resourceVersion should not be set on objects to be created")
        if document["kind"] == "Deployment":
            document["metadata"]["generation"] = 1
            labels = document["spec"]["template"]["metadata"]["labels"]
            if not document["spec"]["selector"]["matchLabels"].items() <= labels.items():
                raise Refusal("`selector` does not match template `labels`")
    elif name not in kept:
        raise Refusal("Error from server (NotFound)")
    elif kept[name]["metadata"]["resourceVersion"] != document["metadata"]["resourceVersion"]:
        raise Refusal("Error from server (Conflict): the object has been modified")
    kept[name] = stamped(state, document)


def change(state, words, flags):
    """What moves something: each as kubectl has it."""
    verb, kind, *rest = words
    if (verb, kind) == ("scale", "deployment"):
        deployment = state["deployments"][rest[0]]
        deployment["spec"]["replicas"] = int(flags["--replicas"])
    elif (verb, kind) == ("annotate", "deployment"):
        deployment = state["deployments"][rest[0]]
        deployment["metadata"].setdefault("annotations", {}).update(
            each.split("=", 1) for each in rest[1:])
    elif (verb, kind) == ("set", "image"):
        deployment = state["deployments"][rest[0].removeprefix("deployment/")]
        name, image = rest[1].split("=", 1)
        if container(deployment)["name"] != name:
            raise Refusal(f'error: unable to find container named "{name}"')
        deployment["metadata"].setdefault("history", []).append(container(deployment)["image"])
        container(deployment)["image"] = image
    elif (verb, kind) == ("rollout", "undo"):
        deployment = state["deployments"][rest[0].removeprefix("deployment/")]
        container(deployment)["image"] = deployment["metadata"]["history"].pop()
    elif verb == "delete":
        kept = {"deployment": state["deployments"], "lease": state["leases"]}[kind]
        if kept.pop(rest[0], None) is None and "--ignore-not-found" not in flags:
            raise Refusal("Error from server (NotFound)")
        return
    else:
        raise Refusal(f"error: unknown command {words}")
    deployment["metadata"]["generation"] += 1
    stamped(state, deployment)


def parse(arguments):
    words, flags, rest = [], {}, list(arguments)
    while rest:
        word = rest.pop(0)
        if word in ("-l", "-o", "-f", "--namespace", "--context"):
            flags[word] = rest.pop(0)
        elif word.startswith("--"):
            name, _, value = word.partition("=")
            flags[name] = value
        else:
            words.append(word)
    return words, flags


def spoil(state, words):
    rules = state["rules"]
    for rule in rules.get("at", []):
        if rule[0] in words:
            state["rules"] = {**rules, **rule[1].get("rules", {})}
            for name, replicas in rule[1].get("replicas", {}).items():
                state["deployments"][name]["spec"]["replicas"] = replicas
            if rule[1].get("steal"):
                for lease in state["leases"].values():
                    lease["spec"]["holderIdentity"] = "somebody-else"
                    stamped(state, lease)
    for rule in state["rules"].get("fail", []):
        if rule[0] in words and rule[1] > 0:
            rule[1] -= 1
            raise Refusal("Unable to connect to the server: dial tcp: i/o timeout")


def run(state, words, flags):
    spoil(state, words)
    if words[0] == "get":
        document = get(state, words, flags)
        print("" if document is None else json.dumps(document))
    elif words[0] in ("create", "replace"):
        document = json.load(sys.stdin)
        flags["kind"] = document["kind"]
        put(state, words, document)
    else:
        change(state, words, flags)


def shares(state):
    """The canary's part of the ready pods, in percent, and both images."""
    ready = {name: status(state, name)["readyReplicas"] for name in state["deployments"]}
    canary = sum(count for name, count in ready.items() if name.endswith("-canary"))
    return 100 * canary / max(sum(ready.values()), 1)


def main():
    with open(f"{FOLDER}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = f"{FOLDER}/state.json"
        with open(path) as kept:
            state = json.load(kept)
        arguments = [*sys.argv[1:], "--"]
        cut = arguments.index("--")
        arguments, inside = arguments[:cut], arguments[cut + 1:-1]
        words, flags = parse(arguments)
        error = None
        try:
            if words[0] == "exec":
                if os.spawnvp(os.P_WAIT, inside[0], inside) != 0:
                    raise Refusal("command terminated with exit code 1")
            else:
                run(state, words, flags)
        except Refusal as refusal:
            error = str(refusal)
        with open(f"{path}.next", "w") as fresh:
            json.dump(state, fresh)
        os.rename(f"{path}.next", path)
        with open(f"{FOLDER}/calls.jsonl", "a") as calls:
            calls.write(json.dumps({
                "words": words, "flags": flags, "error": error,
                "kind": flags.pop("kind", None), "share": shares(state),
                "at": time.time(), "changes": words[0] in MUTATING}) + "\n")
    if error:
        sys.exit(error)


if __name__ == "__main__":
    main()
