"""What the files in config/ may say, for editors: `python -m steps.environment_schema` writes the schemas anew there.

A file names its schema in the first line, `# yaml-language-server: $schema=environment.schema.json`. Editors that know
the YAML language server then complete keys, show what they mean, and underline what the model would refuse."""

import json
from pathlib import Path

from pydantic import BaseModel

from steps.environment import Environment
from steps.environment_list import Class
from tools.agents import Agents

CONFIG = Path(__file__).parents[1] / "config"
SCHEMAS: dict[str, type[BaseModel]] = {
    "environment.schema.json": Environment,
    "class.schema.json": Class,
    "pipeline.schema.json": Agents,
}


def text(model: type[BaseModel]) -> str:
    """A schema file's content: JSON Schema (2020-12). It knows each field alone: that a subnet lies in its address
    space, for instance, only Azure tells."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model.model_json_schema()}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    for name, model in SCHEMAS.items():
        (CONFIG / name).write_text(text(model), encoding="utf-8")
