#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the PrometheusRule of the rule files that Prometheus itself reads.

    rules.py RULES-FOLDER > prometheus-rules.yaml

The text of the rules goes in as it is, comments included: only the frame around it is of here.
"""
import pathlib
import sys

FRAME = """\
# SPDX-License-Identifier: Apache-2.0
# Made by `make kubernetes-rules` of deploy/prometheus/rules: change those.
"""
RESOURCE = """\
---
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: martlet-{name}
  namespace: martlet
  labels:
    app.kubernetes.io/name: martlet
    app.kubernetes.io/part-of: martlet
spec:
"""


def resource(path: pathlib.Path) -> str:
    lines = path.read_text().splitlines()
    if "groups:" not in lines:
        raise SystemExit(f"{path}: no line 'groups:'")
    body = lines[lines.index("groups:"):]
    return RESOURCE.format(name=path.stem) + "".join(
        f"  {line}\n" if line else "\n" for line in body)


def main() -> None:
    paths = sorted(pathlib.Path(sys.argv[1]).glob("*.yml"))
    if not paths:
        raise SystemExit(f"{sys.argv[1]}: no rules")
    sys.stdout.write(FRAME + "".join(resource(path) for path in paths))


if __name__ == "__main__":
    main()
