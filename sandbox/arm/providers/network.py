"""What the types of Microsoft.Network share: their api-versions, etags and references to one another."""

import uuid

from sandbox.arm.shapes import Fields

API_VERSIONS = frozenset(
    {"2020-11-01", "2021-05-01", "2021-08-01", "2022-01-01", "2022-07-01", "2022-09-01", "2023-04-01", "2023-05-01",
     "2023-09-01", "2023-11-01", "2024-01-01", "2024-03-01", "2024-05-01", "2024-07-01", "2024-10-01", "2025-01-01",
     "2025-03-01", "2025-05-01", "2025-07-01", "2025-09-01", "2026-01-01"}
)  # fmt: skip

#: ``{"id": "..."}``, however it came to be there.
REFERENCE = Fields("SubResource", {"id": str})


def new_etag() -> str:
    return f'W/"{uuid.uuid4()}"'
