#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A bill of materials as a CycloneDX 1.6 document (ECMA-424)."""
from materials import Component, Program


def licences(expression: str | None) -> dict:
    if not expression:
        return {}
    # An identifier of the SPDX list is an id; with an exception it is an expression.
    if " " in expression:
        return {"licenses": [{"expression": expression}]}
    return {"licenses": [{"license": {"id": expression}}]}


def library(component: Component) -> dict:
    found = {"type": "library", "bom-ref": component.purl, "name": component.name,
             "version": component.version, "purl": component.purl,
             **licences(component.licence),
             "properties": [{"name": "martlet:linkage", "value": component.linkage}]}
    if component.supplier:
        found["supplier"] = {"name": component.supplier}
    if component.cpe:
        found["cpe"] = component.cpe
    if component.download:
        kind = "vcs" if component.download.startswith("git+") else "distribution"
        found["externalReferences"] = [
            {"type": kind, "url": component.download.removeprefix("git+")}]
    return found


def document(program: Program, components: list[Component], created: str, unique: str) -> dict:
    """`created` is UTC, as 2026-01-31T00:00:00Z; `unique` a UUID, the same for the same content."""
    own = f"{program.name}@{program.version}"
    commit = [{"name": "martlet:commit", "value": program.commit}] if program.commit else []
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{unique}",
        "version": 1,
        "metadata": {
            "timestamp": created,
            "lifecycles": [{"phase": "build"}],
            "tools": {"components": [{"type": "application", "name": "martlet-sbom"}]},
            "component": {
                "type": "application", "bom-ref": own, "name": program.name,
                "version": program.version, **licences("Apache-2.0"),
                "hashes": [{"alg": "SHA-256", "content": program.sha256}],
                "properties": commit,
            },
        },
        "components": [library(component) for component in components],
        "dependencies": [{"ref": own, "dependsOn": [one.purl for one in components]}] + [
            {"ref": one.purl} for one in components],
    }
