"""The outputs of a deployment, evaluated once its resources stand."""

from typing import Any

from sandbox.deployments import loops, parameters
from sandbox.deployments.errors import outputs_failed
from sandbox.deployments.language.context import Context
from sandbox.deployments.language.evaluation import resolved
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.template import Template


def outputs(template: Template, context: Context) -> dict[str, Any]:
    """``{name: {"type", "value"}}``. Raises Pending, and AzureError DeploymentOutputEvaluationFailed that names every
    output that cannot be evaluated."""
    answer: dict[str, Any] = {}
    faults: dict[str, str] = {}
    for name, declared in template.section("outputs").items():
        try:
            if resolved(declared.get("condition", True), context) is False:
                continue
            if declared.get("copy"):
                value = loops.turns(declared["copy"], name, context)
            else:
                value = loops.expanded(declared.get("value"), context)
            answer[name] = parameters.output(template, declared, value)
        except ExpressionFault as fault:
            faults[name] = str(fault)
    if faults:
        raise outputs_failed(faults)
    return answer
