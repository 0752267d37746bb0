"""The sample's services can be imported, and have a tenant to ask."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from starlette.applications import Starlette
from starlette.routing import Route
from tenancy import CLIENT_ID, TENANT_ID, Tenant, serving

APPS = Path(__file__).parents[2] / "apps"
sys.path[:0] = [str(APPS / name) for name in ("backend", "frontend", "defaultbackend")]


@pytest.fixture
def tenant(tmp_path: Path) -> Iterator[Tenant]:
    """A fresh tenant, listening."""
    authority = trustme.CA()
    certificate = authority.issue_cert("localhost")
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    certificate.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "server.pem"))
    tenant = Tenant(ca=tmp_path / "ca.pem")
    routes = [
        Route(f"/{TENANT_ID}/oauth2/v2.0/token", tenant.token, methods=["POST"]),
        Route("/v1.0/organization", tenant.organization),
    ]
    with serving(Starlette(routes=routes), certificate=tmp_path / "server.pem") as url:
        tenant.url = url
        yield tenant


@pytest.fixture
def pod(tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the webhook would have put into the backend's environment, and the token that it would have mounted."""
    token_file = tmp_path / "azure-identity-token"
    token_file.write_text(tenant.assertion())
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tenant.ca))  # azure-identity reads it from the process alone
    return {
        "AZURE_TENANT_ID": TENANT_ID,
        "AZURE_CLIENT_ID": CLIENT_ID,
        "AZURE_FEDERATED_TOKEN_FILE": str(token_file),
        "AZURE_AUTHORITY_HOST": f"{tenant.url}/",
        "GRAPH_URL": tenant.url,
        "REQUESTS_CA_BUNDLE": str(tenant.ca),
    }
