"""Microsoft Graph's error answers: Azure's, with an ``innerError`` that identifies the request."""

import datetime
import uuid
from typing import Any

from sandbox.errors import AzureError


class GraphError(AzureError):
    """A Graph request refused."""

    def body(self) -> dict[str, Any]:
        now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S")
        request_id = str(uuid.uuid4())
        inner = {"date": now, "request-id": request_id, "client-request-id": request_id}
        return {"error": {"code": self.code, "message": self.message, "innerError": inner}}


def bad(message: str) -> GraphError:
    return GraphError(400, "Request_BadRequest", message)


def bad_query(message: str) -> GraphError:
    return GraphError(400, "BadRequest", message)


def denied() -> GraphError:
    return GraphError(403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")


def not_found(id: str) -> GraphError:
    text = f"Resource '{id}' does not exist or one of its queried reference-property objects are not present."
    return GraphError(404, "Request_ResourceNotFound", text)


def no_segment(segment: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def same_key(message: str) -> GraphError:
    return GraphError(409, "Request_MultipleObjectsWithSameKeyValue", message)
