"""What an environment's file may say, for editors: `python -m steps.environment_schema` writes it anew to config/.

A file names the schema in its first line, `# yaml-language-server: $schema=environment.schema.json`. Editors that know
the YAML language server then complete keys, show what they mean, and underline what the model would refuse."""

import json
from pathlib import Path
from typing import Any

from steps.environment import Environment

FILE = Path(__file__).parents[1] / "config/environment.schema.json"


def environment_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of a file in config/. It knows each field alone: that a subnet lies in its address
    space, for instance, only Azure tells."""
    schema = Environment.model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def text() -> str:
    """The file's content."""
    return json.dumps(environment_schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
