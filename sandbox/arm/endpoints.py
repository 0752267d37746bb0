"""Requests to Resource Manager that are no resource: lists, look-ups, checks, operations' states.

Any room may add one with ``@endpoint("POST", "/subscriptions/{subscription}/providers/Microsoft.X/check")``. Paths
are matched without case and without a slash at the end; ``{name}`` is one segment, ``{name*}`` any number of them.
They come before the generic routes for resources.
"""

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from sandbox.arm import refusals
from sandbox.entra.principals import Principal

if TYPE_CHECKING:
    from sandbox.world import World


@dataclass
class Call:
    """One request: who asks, what the path's ``{names}`` are, and the body (``None`` without one)."""

    world: "World"
    request: Request
    principal: Principal
    path: str
    names: dict[str, str]
    content: bytes

    @property
    def api_version(self) -> str:
        return self.request.query_params.get("api-version", "")

    @cached_property
    def body(self) -> Any:
        """The JSON body. Raises InvalidRequestContent if it is none."""
        if not self.content:
            return None
        try:
            return json.loads(self.content)
        except ValueError as error:
            raise refusals.content_invalid(str(error).replace("'", "")) from error

    def require_api_version(self) -> None:
        if not self.api_version:
            raise refusals.api_version_missing()


Handler = Callable[[Call], Awaitable[Response]]

_endpoints: list[tuple[str, re.Pattern[str], Handler]] = []


def endpoint(method: str, path: str) -> Callable[[Handler], Handler]:
    """Register a coroutine function of a ``Call`` for a method and path."""
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))
    pattern = re.sub(r"\\\{(\w+)\\\*\\\}", r"(?P<\1>.*)", pattern)

    def register(handler: Handler) -> Handler:
        _endpoints.append((method, re.compile(pattern, re.IGNORECASE), handler))
        return handler

    return register


def find(method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
    """The handler for a request and the names in its path."""
    for its_method, pattern, handler in _endpoints:
        match = pattern.fullmatch(path)
        if match and its_method == method:
            return handler, match.groupdict()
    return None
