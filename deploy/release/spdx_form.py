#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A bill of materials as an SPDX 2.3 document (ISO/IEC 5962)."""
import re

from materials import BESIDE, DYNAMIC, STATIC, Component, Program

RELATION = {STATIC: "STATIC_LINK", DYNAMIC: "DYNAMIC_LINK", BESIDE: "RUNTIME_DEPENDENCY_OF"}
UNSAID = "NOASSERTION"


def identifier(component: Component) -> str:
    kind = component.purl.split("/", 1)[0].removeprefix("pkg:")
    return "SPDXRef-" + re.sub(r"[^A-Za-z0-9.-]", "-", f"{kind}-{component.name}")


def references(component: Component) -> list[dict]:
    found = [{"referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
              "referenceLocator": component.purl}]
    if component.cpe:
        found.append({"referenceCategory": "SECURITY", "referenceType": "cpe23Type",
                      "referenceLocator": component.cpe})
    return found


def package(component: Component) -> dict:
    return {
        "SPDXID": identifier(component),
        "name": component.name,
        "versionInfo": component.version,
        "supplier": f"Organization: {component.supplier}" if component.supplier else UNSAID,
        "downloadLocation": component.download or UNSAID,
        "filesAnalyzed": False,
        "licenseConcluded": UNSAID,
        "licenseDeclared": component.licence or UNSAID,
        "copyrightText": UNSAID,
        "externalRefs": references(component),
        "primaryPackagePurpose": "LIBRARY",
    }


def relation(one: str, kind: str, other: str) -> dict:
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def document(program: Program, components: list[Component], created: str, unique: str) -> dict:
    """`created` is UTC, as 2026-01-31T00:00:00Z; `unique` a UUID, the same for the same content."""
    own = f"SPDXRef-{program.name}"
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"{program.name}-{program.version}",
        "documentNamespace": f"https://spdx.org/spdxdocs/{program.name}-{program.version}-{unique}",
        "creationInfo": {"created": created, "creators": ["Tool: martlet-sbom"]},
        "packages": [{
            "SPDXID": own,
            "name": program.name,
            "versionInfo": program.version,
            "supplier": UNSAID,
            "downloadLocation": UNSAID,
            "filesAnalyzed": False,
            "licenseConcluded": "Apache-2.0",
            "licenseDeclared": "Apache-2.0",
            "copyrightText": UNSAID,
            "checksums": [{"algorithm": "SHA256", "checksumValue": program.sha256}],
            "sourceInfo": f"commit {program.commit}" if program.commit else "commit unknown",
            "primaryPackagePurpose": "APPLICATION",
        }] + [package(component) for component in components],
        "relationships": [relation("SPDXRef-DOCUMENT", "DESCRIBES", own)] + [
            relation(own, RELATION[component.linkage], identifier(component))
            for component in components if component.linkage != BESIDE] + [
            relation(identifier(component), RELATION[BESIDE], own)
            for component in components if component.linkage == BESIDE],
    }
