"""What counts as proven: a page over a connection that is checked, and judges that take nothing on trust."""

from __future__ import annotations

import http.server
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

import pytest
import trustme
from cryptography import x509

from engine.errors import Absent
from engine.goal import Completed, Differs, Holds, Missing, Question
from tools import https, proof, zone
from tools.entrance import Entrance
from tools.https import Page
from tools.markup import texts_of

ROOT = Path(__file__).parents[2]
HOST = "wi-f.lab.test"
PAGE = "<h1>Contoso &amp; <em>Sons</em></h1>"


class Handler(http.server.BaseHTTPRequestHandler):
    asked: ClassVar[list[str | None]] = []

    def do_GET(self) -> None:
        self.asked.append(self.headers["Host"])
        self.send_response(200)
        self.end_headers()
        self.wfile.write(PAGE.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA(organization_name="(STAGING) Let's Encrypt")


@pytest.fixture
def entrance(authority: trustme.CA, tmp_path: Path) -> Iterator[Entrance]:
    """A server at HOST, and the way to it that trusts its authority."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    Handler.asked.clear()
    roots = tmp_path / "roots.pem"
    authority.cert_pem.write_to_path(roots)
    yield Entrance(HOST, server.server_port, "127.0.0.1", roots)
    server.shutdown()
    server.server_close()


def get(entrance: Entrance) -> Any:
    question = https.page(entrance)
    assert question.ask is not None
    return question.ask()


def test_a_page_with_a_good_certificate(entrance: Entrance) -> None:
    page = get(entrance)
    assert (page.status, page.text) == (200, PAGE)
    assert page.issuer.startswith("(STAGING) Let's Encrypt")
    assert Handler.asked == [f"{HOST}:{entrance.port}"]


def test_another_authority_is_refused_and_the_page_not_asked_for(entrance: Entrance, tmp_path: Path) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    for roots in (other, None, ROOT / "config/letsencrypt-staging.pem"):
        with pytest.raises(Absent, match="CERTIFICATE_VERIFY_FAILED"):
            get(Entrance(HOST, entrance.port, "127.0.0.1", roots))
    assert Handler.asked == []


def test_a_certificate_for_another_host_is_refused(entrance: Entrance) -> None:
    with pytest.raises(Absent, match="Hostname mismatch"):
        get(Entrance("other.lab.test", entrance.port, "127.0.0.1", entrance.roots))
    assert Handler.asked == []


def test_nobody_there_and_no_roots(entrance: Entrance, tmp_path: Path) -> None:
    with pytest.raises(Absent, match="refused"):
        get(Entrance(HOST, 1, "127.0.0.1", entrance.roots))
    with pytest.raises(Absent, match=r"missing\.pem"):
        get(Entrance(HOST, entrance.port, "127.0.0.1", tmp_path / "missing.pem"))


def test_the_staging_roots_are_staging_roots_and_signed_by_themselves() -> None:
    roots = x509.load_pem_x509_certificates((ROOT / "config/letsencrypt-staging.pem").read_bytes())
    assert len(roots) == 4
    for root in roots:
        root.verify_directly_issued_by(root)
        assert "CN=(STAGING) " in root.subject.rfc4514_string()


def test_the_public_roots_know_no_staging() -> None:
    names = [str(root["subject"]) for root in https.trust(Entrance(HOST)).get_ca_certs()]
    assert names and not any("STAGING" in name for name in names)


# --- judges

ORGANISATION = Question(ask=lambda: "Contoso & Sons", key="organisation", topic="az/organisation")
PLACE = Entrance(HOST, 443)


@pytest.mark.parametrize(
    ("page", "name", "expected"),
    [
        (Page(200, PAGE, "", ""), "Contoso & Sons", Holds("Contoso & Sons")),
        (Page(200, PAGE, "", ""), "Contoso", Differs(("the page says 'Contoso & Sons', the tenant is 'Contoso'",))),
        (Page(200, PAGE, "", ""), Absent("may not"), Holds("Contoso & Sons (not compared: may not)")),
        (Page(200, "<p>hello</p>", "", ""), Absent("may not"), Missing("a heading on the page")),
        (
            Page(502, "<h1>Graph said no</h1><div><p>AADSTS700213</p></div>", "", ""),
            "Contoso",
            Differs((f"https://{HOST} answers 502: Graph said no: AADSTS700213",)),
        ),
        (Absent("connection refused"), "Contoso", Differs(("connection refused",))),
    ],
)
def test_the_page_shows_the_name(page: Any, name: Any, expected: Any) -> None:
    assert proof.shown(PLACE, ORGANISATION).judge(page, name) == expected


def test_the_certificates_signer_is_told() -> None:
    judge = proof.certified(PLACE).judge
    assert judge(Page(404, "", "Let's Encrypt, R12", "Feb 2027")) == Holds(
        "signed by Let's Encrypt, R12, good until Feb 2027"
    )
    assert judge(Absent("no")) == Differs(("no",))


def ingress(*addresses: str) -> dict[str, Any]:
    return {"status": {"loadBalancer": {"ingress": [{"ip": one} for one in addresses]}}}


@pytest.mark.parametrize(
    ("held", "found", "expected"),
    [
        (["1.1.1.1"], ingress("1.1.1.1"), Holds),
        (["1.1.1.1", "2.2.2.2"], ingress("2.2.2.2", "1.1.1.1"), Holds),
        (["1.1.1.1"], ingress("2.2.2.2"), Differs),
        ([], ingress("1.1.1.1"), Missing),
        (Absent("no record"), ingress("1.1.1.1"), Missing),
        (["1.1.1.1"], ingress(), Missing),
        (["1.1.1.1"], Absent("no ingress"), Missing),
    ],
)
def test_the_record_is_the_ingresss(held: Any, found: Any, expected: type) -> None:
    judge = proof.recorded("wi-f", "lab.test", "rg-dns", UUID(int=1), "frontend", "workload").judge
    assert isinstance(judge(held, found), expected)


def test_a_records_addresses_are_read_in_order() -> None:
    question = zone.address("wi-f", "lab.test", "rg-dns", UUID(int=1))
    assert question.command is not None and question.read is not None
    body = {"properties": {"ARecords": [{"ipv4Address": "2.2.2.2"}, {"ipv4Address": "1.1.1.1"}]}}
    assert question.read(Completed(question.command, 0, json.dumps(body), "", 0.1)) == ["1.1.1.1", "2.2.2.2"]
    with pytest.raises(Absent):
        question.read(Completed(question.command, 3, "", "ERROR: (ResourceNotFound)", 0.1))


def test_the_name_is_looked_up_only_where_it_leads_the_way() -> None:
    assert proof.resolved(Entrance(HOST, 30000, "127.0.0.1"), "frontend", "workload") == []
    (goal,) = proof.resolved(PLACE, "frontend", "workload")
    assert isinstance(goal.judge(["1.1.1.1"], ingress("1.1.1.1")), Holds)
    assert isinstance(goal.judge(["3.3.3.3"], ingress("1.1.1.1")), Differs)
    assert isinstance(goal.judge(Absent("no such name"), ingress("1.1.1.1")), Missing)


def test_texts_of_elements() -> None:
    assert texts_of("<div>a <b>b</b>\n<div>c</div> d</div> e<div>&lt;f</div>", "div") == "a b c d<f"
    assert texts_of("", "h1") == ""
