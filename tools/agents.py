"""Where the jobs of a pipeline run: the model of config/pipeline.yaml."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

#: Characters that need no quotes in YAML, wherever they stand.
Title = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9 ._-]*$", max_length=100)]
StepName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$")]


class Agents(BaseModel):
    """config/pipeline.yaml: where jobs run, as whom, and how the lab is cut into them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    connection: Title = Field(description="a service connection: Azure Resource Manager, workload identity federation")
    lock: Title = Field(description="an environment of Azure DevOps that has the check Exclusive lock")
    image: Title = Field("ubuntu-24.04", description="of the agents")
    timeout_minutes: int = Field(90, ge=1, le=360, description="for each job; Microsoft's agents end one after 360")
    parts: tuple[StepName, ...] = Field((), description="the steps that jobs are named after, where a job has a part")
