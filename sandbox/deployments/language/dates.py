"""Dates and durations: ``utcNow``, ``dateTimeAdd`` and the Unix epoch."""

import re
from datetime import UTC, datetime, timedelta

from sandbox.deployments.language.context import Context
from sandbox.deployments.language.faults import ExpressionFault
from sandbox.deployments.language.functions import function

_DURATION = re.compile(
    r"(?P<sign>-?)P(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?(?:(?P<days>\d+)D)?"
    r"(?:T(?:(?P<hours>\d+)H)?(?:(?P<minutes>\d+)M)?(?:(?P<seconds>\d+(?:\.\d+)?)S)?)?"
)
#: .NET's custom specifiers, longest first.
_SPECIFIERS = {
    "yyyy": "%Y", "yy": "%y", "MMMM": "%B", "MMM": "%b", "MM": "%m", "dddd": "%A", "ddd": "%a", "dd": "%d",
    "HH": "%H", "hh": "%I", "mm": "%M", "ss": "%S", "tt": "%p",
}  # fmt: skip
#: .NET's standard formats of one letter, as custom ones.
_STANDARD = {
    "d": "MM/dd/yyyy", "D": "dddd, dd MMMM yyyy", "o": "yyyy-MM-ddTHH:mm:ss.fffffffZ", "s": "yyyy-MM-ddTHH:mm:ss",
    "u": "yyyy-MM-dd HH:mm:ssZ", "R": "ddd, dd MMM yyyy HH:mm:ss GMT", "T": "HH:mm:ss", "t": "HH:mm",
}  # fmt: skip
_DEFAULT = "yyyyMMddTHHmmssZ"
_TOKEN = re.compile(r"yyyy|yy|MMMM|MMM|MM|M(?!T)|dddd|ddd|dd|d|HH|H|hh|h|mm|m|ss|s|tt|f{1,7}|'([^']*)'|GMT|\\(.)")


def _shown(moment: datetime, pattern: str) -> str:
    def token(found: re.Match[str]) -> str:
        text = found.group()
        if found.group(1) is not None or found.group(2) is not None:
            return found.group(1) or found.group(2) or ""
        if text == "GMT":
            return text
        if text.startswith("f"):
            return f"{moment.microsecond:06d}0"[: len(text)]
        if text in _SPECIFIERS:
            return moment.strftime(_SPECIFIERS[text])
        return moment.strftime(_SPECIFIERS[text * 2]).lstrip("0") or "0"

    return _TOKEN.sub(token, _STANDARD.get(pattern, pattern))


def _parsed(text: str) -> datetime:
    for pattern in ("%Y%m%dT%H%M%SZ", "%Y-%m-%d %H:%M:%SZ"):
        try:
            return datetime.strptime(text, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ExpressionFault(f"The value '{text}' is not a valid date and time in ISO 8601.") from None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def _months_later(moment: datetime, months: int) -> datetime:
    """The same day of another month, or the last one that it has."""
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    following = datetime(year + (month == 11), (month + 1) % 12 + 1, 1, tzinfo=UTC)
    last = (following - timedelta(days=1)).day
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last))


@function("utcNow")
def utc_now(context: Context, pattern: str = _DEFAULT) -> str:
    if context.place != "parameter":
        raise context.refused("utcNow")
    return _shown(datetime.now(UTC), pattern)


@function("dateTimeAdd")
def date_time_add(base: str, duration: str, pattern: str | None = None) -> str:
    """A moment moved by an ISO 8601 duration (``-P1Y``, ``PT3H``), in the given format or in ISO 8601."""
    found = _DURATION.fullmatch(duration)
    if not found or not any(found.groupdict()[unit] for unit in ("years", "months", "weeks", "days", "hours",
                                                                 "minutes", "seconds")):  # fmt: skip
        raise ExpressionFault(f"The value '{duration}' is not a valid duration in ISO 8601.")
    amounts = {unit: float(value or 0) for unit, value in found.groupdict().items() if unit != "sign"}
    sign = -1 if found["sign"] else 1
    moment = _months_later(_parsed(base), sign * int(amounts.pop("years") * 12 + amounts.pop("months")))
    return _shown(moment + sign * timedelta(**amounts), pattern or "yyyy-MM-ddTHH:mm:ssZ")


@function("dateTimeToEpoch")
def date_time_to_epoch(moment: str) -> int:
    return int(_parsed(moment).timestamp())


@function("dateTimeFromEpoch")
def date_time_from_epoch(seconds: int) -> str:
    return _shown(datetime.fromtimestamp(seconds, UTC), "yyyy-MM-ddTHH:mm:ssZ")
