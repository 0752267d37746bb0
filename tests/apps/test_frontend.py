"""The frontend's page, with the real backend behind it over HTTP."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import anyio
import backend.application
import httpx
from frontend.application import create
from tenancy import ISSUER, SUBJECT, Tenant, calling, serving


def page(backend_url: str, path: str = "/") -> httpx.Response:
    async def run() -> httpx.Response:
        async with calling(create({"BACKEND_URL": backend_url})) as client:
            return await client.get(path)

    return anyio.run(run)


class Balance(HTMLParser):
    """Fails on a tag that is closed by another or never."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag not in ("meta", "link"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_tenants_name_and_the_chain(tenant: Tenant, pod: dict[str, str]) -> None:
    with serving(backend.application.create(pod)) as url:
        answer = page(url)
    assert answer.status_code == 200
    assert "<h1>Contoso &amp; &lt;Sons&gt;</h1>" in answer.text
    assert "<title>Contoso &amp; &lt;Sons&gt; " in answer.text
    for shown in (ISSUER, SUBJECT, "api://AzureADTokenExchange", "Organization.Read.All"):
        assert shown in answer.text
    assert "<details>" in answer.text
    assert not re.search(r"eyJ[\w-]+\.", answer.text)
    balance = Balance()
    balance.feed(answer.text)
    assert balance.open == []


def test_refusal_is_told_with_its_code_and_the_chain_so_far(tenant: Tenant, pod: dict[str, str]) -> None:
    tenant.subject = "system:serviceaccount:default:other"
    with serving(backend.application.create(pod)) as url:
        answer = page(url)
    assert answer.status_code == 502
    assert "Microsoft Entra said no" in answer.text
    assert "<code>AADSTS700213</code>" in answer.text
    assert "<details open>" in answer.text
    assert SUBJECT in answer.text
    assert "Entra has to trust" in answer.text
    assert "Graph" not in answer.text.partition("<ol>")[2]


def test_missing_app_role_is_told(tenant: Tenant, pod: dict[str, str]) -> None:
    tenant.roles = ()
    with serving(backend.application.create(pod)) as url:
        answer = page(url)
    assert answer.status_code == 502
    assert "Microsoft Graph said no" in answer.text
    assert "<code>Authorization_RequestDenied</code>" in answer.text
    assert "holds no app role" in answer.text


def test_backend_out_of_reach() -> None:
    answer = page("http://localhost:1")
    assert answer.status_code == 502
    assert "The backend said no" in answer.text
    assert "http://localhost:1/api/graph" in answer.text


def test_page_allows_nothing_but_its_own_style(tenant: Tenant, pod: dict[str, str]) -> None:
    with serving(backend.application.create(pod)) as url:
        answer, style = page(url), page(url, "/style.css")
    assert answer.headers["content-security-policy"].startswith("default-src 'none'; style-src 'self'")
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"<script|<style|\sstyle=|\son\w+=|https?://(?!localhost|oidc\.test)", answer.text)
    assert (style.status_code, style.headers["content-type"]) == (200, "text/css; charset=utf-8")


def test_health_does_not_need_the_backend() -> None:
    assert page("http://localhost:1", "/healthz").status_code == 200
    assert page("http://localhost:1", "/readyz").status_code == 200
