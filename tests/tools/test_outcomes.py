"""The table of errors: each text has its meaning, final ones end at once, passing ones have their time."""

import random
from pathlib import Path
from uuid import UUID

import pytest

from engine import clock
from engine.attempts import attempts
from engine.errors import CommandFailed
from engine.goal import Command, Completed, Question
from engine.retry import Retry, Row
from tools import checks, directory, helm, kubectl, outcomes, registry
from tools.outcomes.__main__ import document

ROOT = Path(__file__).parents[2]
COMMANDS = (outcomes.AZURE, outcomes.KUBERNETES, outcomes.granted(r"[\w-]+"))
SIGNS = (outcomes.CERTIFICATES, outcomes.PODS)
ROWS = [(subject, row) for subject, rows in outcomes.TABLE.items() for row in rows]
SEEN = [
    pytest.param(retry, row, text, id=f"{row.kind}-{text[:50].strip()}")
    for _, row in ROWS
    for retry in COMMANDS
    if row in retry.rows
    for text in row.seen
]


class Run:
    """A command that fails with the same text each time; time passes in pauses only."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
        self.text, self.moment, self.attempts = text, 0.0, 0
        self.told: list[str] = []
        monkeypatch.setattr(clock, "monotonic", lambda: self.moment)
        monkeypatch.setattr(random, "uniform", lambda low, high: high)

    def pause(self, seconds: float) -> None:
        self.moment += seconds

    def attempt(self, number: int) -> Completed:
        self.attempts = number
        return Completed(Command(("az", "x")), 1, "", self.text, 0.0, number)

    def ends(self, retry: Retry) -> Completed:
        return attempts(retry, self.attempt, frozenset({0}), self.told.append, self.pause)


@pytest.mark.parametrize(("retry", "row", "text"), SEEN)
def test_a_real_text_has_the_end_that_its_row_says(
    monkeypatch: pytest.MonkeyPatch, retry: Retry, row: Row, text: str
) -> None:
    run = Run(monkeypatch, text)
    if row.kind == "done":
        assert run.ends(retry).attempts == 1
        return
    with pytest.raises(CommandFailed) as failure:
        run.ends(retry)
    words, meaning, advice = row.told(text)
    assert (failure.value.advice, words in text) == (advice, True)
    if row.kind == "permanent":
        assert (run.attempts, run.moment, run.told) == (1, 0.0, [])
        assert failure.value.meaning == meaning
    else:
        assert failure.value.meaning == f"still so after {run.attempts} attempts: {meaning}"
        assert run.attempts > 1
        assert row.within_s <= run.moment <= row.within_s + 10, "an asked-for pause may go beyond a little"
        assert set(run.told) == {row.awaited}


def test_every_row_is_told_and_proven() -> None:
    for subject, row in ROWS:
        assert row.seen and row.source and row.meaning, (subject, row.pattern)
        assert row.advice or row.kind == "done", f"{row.pattern}: what is to be done?"
    for retry in COMMANDS:
        assert all(row.waiting_for for row in retry.rows if row.kind == "transient")
    assert {row for retry in (*COMMANDS, *SIGNS) for row in retry.rows} == {row for _, row in ROWS}


@pytest.mark.parametrize("retry", SIGNS, ids=["certificates", "pods"])
def test_a_sign_is_told_by_its_row(retry: Retry) -> None:
    for row in retry.rows:
        assert [retry.classify(text) for text in row.seen] == [row] * len(row.seen)


@pytest.mark.parametrize(
    ("retry", "text", "told"),
    [
        (
            outcomes.AZURE,
            "ERROR: (MissingSubscriptionRegistration) The subscription is not registered to use namespace "
            "'Microsoft.X'.",
            "az provider register --wait --namespace Microsoft.X, then run the same command",
        ),
        (
            outcomes.AZURE,
            'ERROR: {"code": "InvalidTemplateDeployment", "message": "See inner errors for details.", "details": '
            '[{"code": "InvalidApiVersion", "target": "x", "message": "It is \\"wrong\\"."}]}',
            'Azure refuses a resource of the template: InvalidApiVersion: It is \\"wrong\\".',
        ),
        (
            outcomes.AZURE,
            'ERROR: {"code": "InvalidTemplateDeployment", "details": [{"code": "SkuNotAvailable", "message": "no"}]}',
            "this subscription cannot have this node size here: cluster.node_size",
        ),
        (
            outcomes.CERTIFICATES,
            "429 urn:ietf:params:acme:error:rateLimited: too many, retry after 2026-11-25 10:00:00 UTC: see x",
            "Let's Encrypt gives this name no more certificates for hours: 2026-11-25 10:00:00 ",
        ),
    ],
)
def test_what_a_text_names_is_in_what_is_told(retry: Retry, text: str, told: str) -> None:
    row = retry.classify(text)
    assert row is not None
    assert told in row.told(text)


@pytest.mark.parametrize(
    "text",
    [
        "ERROR: (InvalidTemplate) Deployment template validation failed: 'x'.",
        "ERROR: (ResourceNotFound) The Resource 'x' under resource group 'y' was not found.",
        "ERROR: (OperationNotAllowed) There has to be at least one system node pool in an AKS cluster.",
        "ERROR: argument --name/-n: expected one argument",
        'Error from server (NotFound): deployments.apps "x" not found',
        'Error: UPGRADE FAILED: template: x/templates/y.yaml:3:4: executing "y" at <.Values.z>: nil pointer',
        "",
    ],
)
def test_what_no_row_names_is_final(text: str) -> None:
    assert outcomes.AZURE.classify(text) is None
    assert outcomes.KUBERNETES.classify(text) is None


def test_the_document_is_the_table() -> None:
    assert (ROOT / "docs/errors.md").read_text() == document(), "python -m tools.outcomes > docs/errors.md"


READERS = [
    kubectl.shown("pod", "x", "ns"), kubectl.difference("{}", "ns"), kubectl.logs("web", "ns"), helm.listed(),
    helm.values_of("x", "ns"), registry.digests("acr", "web", UUID(int=1)), directory.app_roles_of("x", "https://g"),
]  # fmt: skip
STRANGER = "Unable to connect: tls: failed to verify certificate: x509: certificate signed by unknown authority"


@pytest.mark.parametrize("question", READERS, ids=str)
def test_whoever_reads_an_answer_passes_the_meaning_of_an_error_on(question: Question) -> None:
    """Also where the exit code is one that may be an answer: `kubectl get` ends with 1 for "not found", and for all."""
    assert question.command is not None and question.read is not None
    completed = Completed(question.command, 1, "", STRANGER, 0.0)
    with pytest.raises(CommandFailed) as failure:
        question.read(attempts(question.command.retry, lambda _: completed, question.accepts, str, print))
    assert "a certificate that this machine does not trust" in failure.value.meaning
    assert "REQUESTS_CA_BUNDLE" in failure.value.advice


def test_a_check_that_cannot_be_made_says_what_to_do() -> None:
    check = checks.zone_exists("contoso.com", "rg-dns", UUID(int=1))
    text = "ERROR: AADSTS700082: The refresh token has expired due to inactivity."
    assert check.question.command is not None
    with pytest.raises(CommandFailed) as failure:
        Completed(check.question.command, 1, "", text, 0.0).checked()
    (told,) = check.judge(failure.value)
    assert told.startswith("az resource show ") and text in told and told.endswith("az login")
