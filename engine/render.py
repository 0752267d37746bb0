"""The one door to Jinja: templates of the project, where a name that is not known is an error and not an empty text."""

from __future__ import annotations

import json
import threading
import traceback
from pathlib import Path
from typing import Any

from engine.errors import LabError, RenderError


class Templates:
    """The files of one folder. Jinja is imported with the first of them.

    html  they make a page: what they are given is escaped
    """

    def __init__(self, root: Path, *, html: bool = False) -> None:
        self.root, self._html = root, html
        self._environment: Any = None
        self._guard = threading.Lock()

    def render(self, template: str, **scope: Any) -> str:
        """
        :raises RenderError: no such template, a mistake in it, an unknown variable; with its file and line
        """
        from jinja2 import TemplateError, TemplateNotFound, TemplateSyntaxError

        try:
            return self._jinja().get_template(template).render(**scope)
        except TemplateNotFound as error:
            raise RenderError(self.root / (error.name or template), None, "no such template") from error
        except TemplateSyntaxError as error:
            raise RenderError(error.filename or template, error.lineno, error.message or "syntax error") from error
        except LabError:
            raise  # asked in the middle of a template: the world's answer, not the template's mistake
        except (TemplateError, TypeError, ValueError, LookupError, AttributeError, ArithmeticError) as error:
            file, line = self._place(error, template)
            raise RenderError(file, line, str(error) or type(error).__name__) from error

    def _jinja(self) -> Any:
        with self._guard:
            if self._environment is None:
                from jinja2 import Environment, FileSystemLoader, StrictUndefined

                self._environment = Environment(
                    loader=FileSystemLoader(self.root),
                    autoescape=self._html,
                    undefined=StrictUndefined,
                    keep_trailing_newline=True,
                    trim_blocks=True,
                    lstrip_blocks=True,
                )
                self._environment.filters |= {"to_yaml": to_yaml, "to_json": to_json}
        return self._environment

    def _place(self, error: BaseException, template: str) -> tuple[str, int | None]:
        """Jinja puts the template's own lines into the traceback; the innermost one is the mistake's."""
        for frame in reversed(traceback.extract_tb(error.__traceback__)):
            if Path(frame.filename).is_relative_to(self.root):
                return frame.filename, frame.lineno
        return template, None


def to_yaml(value: Any, indent: int = 0) -> str:
    """YAML in block style, keys in their order; `indent` spaces before each line but the first."""
    import yaml

    text = yaml.safe_dump(value, sort_keys=False, allow_unicode=True, default_flow_style=False, width=10_000)
    text = text.removesuffix("\n").removesuffix("\n...")
    return text.replace("\n", "\n" + " " * indent)


def to_json(value: Any, indent: int | None = None) -> str:
    """JSON; also a good way to quote one text in YAML."""
    return json.dumps(value, indent=indent, ensure_ascii=False)
