# SPDX-License-Identifier: Apache-2.0
"""What requests to any model have in common that no schema can say; `schemathesis` loads it."""
import typing

import schemathesis

# Beyond it a distance, or a weighted sum, may be no number: that is 422 `prediction-not-finite`,
# which Martlet's own tests ask for.
SIZE_MAX = 1e100


def tame(value: typing.Any) -> typing.Any:
    if isinstance(value, dict):
        return {name: tame(member) for name, member in value.items()}
    if isinstance(value, list):
        return [tame(element) for element in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if abs(value) <= SIZE_MAX else SIZE_MAX
    return value


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    if case.method != "POST" or not case.path.endswith("/predict"):
        return
    case.body = tame(case.body)
    # A path with a name in it comes before one with a place for a name (OpenAPI 3.1 section 4.8.8),
    # and has the schema of that model: what is left for the place are models that are not served.
    if "{model}" in case.path and isinstance(case.path_parameters.get("model"), str):
        case.path_parameters["model"] = "un" + case.path_parameters["model"]
