"""Text: joined, split, searched, encoded, hashed."""

import base64
import binascii
import hashlib
import json
import uuid
from typing import Any
from urllib.parse import quote, unquote, urljoin

from sandbox.deployments.language.context import Context
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.formats import composite
from sandbox.deployments.language.functions import function

_GUID_NAMESPACE = uuid.UUID("11fb06fb-712d-4ddd-98c7-e71bbd588830")


def text(value: Any) -> str:
    """A value as text, as .NET writes it: ``True`` for a boolean, compact JSON for arrays and objects."""
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return str(value)
        case dict() | list():
            return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    return str(value)


@function("concat", structural=True)
def concat(first: str | int | bool | list, *others: str | int | bool | list) -> Any:
    """Strings (and what can be text) to a string, arrays to an array."""
    values = (first, *others)
    if isinstance(first, list):
        if not all(isinstance(value, list) for value in values):
            raise ExpressionFault(
                "The template language function 'concat' expects its parameters to be all arrays or all strings. "
                "Please see https://aka.ms/arm-functions#concat for usage details."
            )
        return [one for value in values if isinstance(value, list) for one in value]
    return "".join(map(text, values))


@function("format")
def format_(pattern: str, *values: object) -> str:
    return composite(pattern, values)


@function("uniqueString")
def unique_string(first: str, *others: str) -> str:
    """13 letters and digits that are the same for the same arguments. Azure's own hash is not documented, so these
    are not the characters that Azure would answer: here it is 64 bits of SHA-256 in base 32."""
    digest = hashlib.sha256("-".join((first, *others)).encode()).digest()[:8]
    return base64.b32encode(digest).decode().rstrip("=").lower()


@function("guid")
def guid(first: str, *others: str) -> str:
    """The name-based UUID (version 5) that Azure answers."""
    return str(uuid.uuid5(_GUID_NAMESPACE, "-".join((first, *others))))


@function("newGuid")
def new_guid(context: Context) -> str:
    if context.place != "parameter":
        raise context.refused("newGuid")
    return str(uuid.uuid4())


@function("string")
def string(value: object) -> str:
    return text(value)


@function("split")
def split(value: str, delimiters: str | list) -> list[str]:
    """By one delimiter or by any of several."""
    several = [one for one in ([delimiters] if isinstance(delimiters, str) else delimiters) if one]
    if not several:
        return [value]
    for other in several[1:]:
        value = value.replace(other, several[0])
    return value.split(several[0])


@function("join")
def join(values: list, delimiter: str) -> str:
    return delimiter.join(map(text, values))


@function("replace")
def replace(value: str, old: str, new: str) -> str:
    return value.replace(old, new) if old else value


@function("substring")
def substring(value: str, start: int, count: int | None = None) -> str:
    if start < 0 or start > len(value):
        raise ExpressionFault(
            "Unable to evaluate template language function 'substring': the 'startIndex' parameter must be within "
            f"the string: '{start}' of '{len(value)}'."
        )
    if count is not None and (count < 0 or start + count > len(value)):
        raise ExpressionFault(
            "Unable to evaluate template language function 'substring': the index and length parameters must refer to "
            f"a location within the string. The index parameter: '{start}', the length parameter: '{count}', the "
            f"length of the string parameter: '{len(value)}'. "
            "Please see https://aka.ms/arm-functions#substring for usage details."
        )
    return value[start:] if count is None else value[start : start + count]


@function("indexOf")
def index_of(value: str | list, sought: object) -> int:
    """Case does not matter in a string."""
    if isinstance(value, str):
        return value.lower().find(str(sought).lower())
    return next((index for index, one in enumerate(value) if one == sought), -1)


@function("lastIndexOf")
def last_index_of(value: str | list, sought: object) -> int:
    if isinstance(value, str):
        return value.lower().rfind(str(sought).lower())
    return max((index for index, one in enumerate(value) if one == sought), default=-1)


@function("toLower")
def to_lower(value: str) -> str:
    return value.lower()


@function("toUpper")
def to_upper(value: str) -> str:
    return value.upper()


@function("trim")
def trim(value: str) -> str:
    return value.strip()


@function("padLeft")
def pad_left(value: str | int, width: int, character: str | None = None) -> str:
    return str(value).rjust(width, character or " ")


@function("startsWith")
def starts_with(value: str, beginning: str) -> bool:
    return value.lower().startswith(beginning.lower())


@function("endsWith")
def ends_with(value: str, ending: str) -> bool:
    return value.lower().endswith(ending.lower())


@function("json")
def parsed_json(value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise ExpressionFault(
            f"The template language function 'json' parameter is not valid. The provided value '{value}' cannot be "
            "converted to a JSON object, array or value. "
            "Please see https://aka.ms/arm-functions#json for usage details."
        ) from None


@function("base64")
def to_base64(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


@function("base64ToString")
def base64_to_string(value: str) -> str:
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise ExpressionFault(
            f"The template language function 'base64ToString' expects a base64 encoded string, not '{value}'."
        ) from None


@function("base64ToJson")
def base64_to_json(value: str) -> Any:
    return parsed_json(base64_to_string(value))


@function("uri")
def uri(base: str, relative: str) -> str:
    return urljoin(base, relative)


@function("uriComponent")
def uri_component(value: str) -> str:
    return quote(value, safe="-_.!~*'()")


@function("uriComponentToString")
def uri_component_to_string(value: str) -> str:
    return unquote(value)


@function("dataUri")
def data_uri(value: str) -> str:
    return f"data:text/plain;charset=utf8;base64,{to_base64(value)}"


@function("dataUriToString")
def data_uri_to_string(value: str) -> str:
    head, comma, data = value.partition(",")
    if not comma or not head.startswith("data:"):
        raise ExpressionFault("The template language function 'dataUriToString' expects a data URI.")
    return base64_to_string(data) if head.endswith(";base64") else unquote(data)
