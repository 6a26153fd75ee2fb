# SPDX-License-Identifier: Apache-2.0
"""Who may reach whom, by the NetworkPolicies of one namespace."""
import ipaddress


def matches(selector: dict, labels: dict) -> bool:
    """`selector` is a LabelSelector; an empty one selects everything."""
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        if each["operator"] != "In":
            raise NotImplementedError(each["operator"])
        if labels.get(each["key"]) not in each["values"]:
            return False
    return True


class Peer:
    """A pod by its labels, and those of its namespace; none for our own. Or who is no pod, by an
    address."""

    def __init__(self, labels: dict, namespace: dict | None = None, address: str | None = None):
        self.labels, self.namespace, self.address = labels, namespace, address


def ports(pod: dict) -> dict[str, int]:
    return {port["name"]: port["containerPort"]
            for container in pod["spec"]["containers"] for port in container.get("ports", [])}


def allows(policies: list[dict], pod: dict, direction: str, peer: Peer, port: int) -> bool:
    """Whether traffic of a pod of ours, `Ingress` or `Egress`, with a peer is let through."""
    labels = pod["metadata"]["labels"]
    selecting = [each["spec"] for each in policies
                 if matches(each["spec"]["podSelector"], labels)
                 and direction in each["spec"]["policyTypes"]]
    # A pod that no policy selects may do everything.
    return not selecting or any(
        _rule_allows(rule, direction, peer, port, ports(pod))
        for spec in selecting for rule in spec.get(direction.lower(), []))


def _rule_allows(rule: dict, direction: str, peer: Peer, port: int, names: dict) -> bool:
    wanted = rule.get("ports")
    if wanted and port not in [names.get(each["port"], each["port"]) for each in wanted]:
        return False
    peers = rule.get("from" if direction == "Ingress" else "to")
    return peers is None or any(_is_peer(each, peer) for each in peers)


def _is_peer(entry: dict, peer: Peer) -> bool:
    if peer.address or "ipBlock" in entry:
        return bool(peer.address) and _is_within(entry.get("ipBlock"), peer.address)
    if "namespaceSelector" in entry:
        if not matches(entry["namespaceSelector"], peer.namespace or {}):
            return False
    elif peer.namespace is not None:
        return False
    return matches(entry.get("podSelector", {}), peer.labels)


def _is_within(block: dict | None, address: str) -> bool:
    def holds(network: str) -> bool:
        return ipaddress.ip_address(address) in ipaddress.ip_network(network)
    return bool(block) and holds(block["cidr"]) and not any(
        holds(each) for each in block.get("except", []))
