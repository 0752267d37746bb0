"""Azure's error answers: ``{"error": {"code", "message", "details"}}`` with an HTTP status."""

from typing import Any


class AzureError(Exception):
    """A request refused in Azure's words. Raise it anywhere below a route; the server turns it into the
    answer."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        details: list[dict[str, Any]] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(f"({code}) {message}")
        self.status, self.code, self.message = status, code, message
        self.details, self.headers = details or [], headers or {}

    def body(self) -> dict[str, Any]:
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = self.details
        return {"error": error}
