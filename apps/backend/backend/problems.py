"""What can go wrong on the way to the tenant's name, each with the code of whoever refused."""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass
class Problem(Exception):
    """One refusal, in the refuser's own words.

    source   "pod" (the webhook injected nothing), "entra" (no token) or "graph" (the token does not suffice)
    code     AADSTS700213, Authorization_RequestDenied, …; of our own only where nobody answered
    status   the HTTP status that the refuser answered with, None where there was none
    """

    source: str
    code: str
    message: str
    status: int | None = None

    def as_json(self) -> dict[str, str | int | None]:
        return asdict(self)
