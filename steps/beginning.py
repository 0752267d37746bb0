"""A new environment: its file in config/, written from what there is in Azure and what one wants of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from engine.errors import Absent, UsageError
from engine.lab import Lab, session_of
from tools import form, installation, offers

#: The environment from which a new one has all that is not asked for: versions, sizes, charts.
EXAMPLE = "config/azure.example.yaml"

#: What ``inv --help init`` says of its options.
OPTIONS = {
    "name": "the environment's name: 2 to 12 of a-z and 0-9, a letter first",
    "subscription": "its id or its name",
    "location": "the region, such as norwayeast",
    "zone": "the public DNS zone; as <resource group>/<zone> where two have the same name",
    "admin-group": "the Entra group that administers the cluster",
    "create-admin-group": "have the lab make that group where there is none",
    "email": "for Let's Encrypt's account; may be left out",
}

Given = dict[str, Any]


def init(
    lab: Lab,
    name: Sequence[str] = (),
    subscription: str = "",
    location: str = "",
    zone: str = "",
    admin_group: str = "",
    create_admin_group: bool = False,
    email: str = "",
) -> None:
    """Write config/<name>.yaml for an Azure subscription: asks on a terminal, offering what az finds."""
    if len(name) > 1:
        raise UsageError("inv init makes one environment: inv init NAME")
    said = form.Form(
        {
            "NAME": "".join(name),
            "--subscription": subscription,
            "--location": location,
            "--zone": zone,
            "--admin-group": admin_group,
            "--email": email,
        },
        optional=["--email"],
    )
    called = said.fill(form.Blank("NAME", "Name, which goes into every name", _new(lab)))
    said.check()
    with TemporaryDirectory() as folder:
        there = session_of(lab).apart(Path(folder)).lab("init")
        there.env["PATH"] = installation.search_path(lab)
        text = lab.render("environment.yaml.j2", like=_example(lab), **_filled(there, said, create_admin_group, called))
        draft = Path(folder) / f"{called}.yaml"
        draft.write_text(text, encoding="utf-8")
        _loaded(draft)  # nothing that the model refuses gets into config/
    path = _path(lab, called)
    _written(path, text)
    shown = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    print(f"{shown} is written. Look it over, then see what would be done, and have it done:")
    print(f"  inv -f {shown} plan\n  inv -f {shown} lab")


def _filled(lab: Lab, said: form.Form, create: bool, name: str) -> Given:
    """What goes into the file.

    :raises UsageError: nobody is signed in, there is no zone, the command line says what is not there
    """
    signed_in = lab.get(offers.subscriptions())
    if not signed_in:
        raise UsageError("az is signed in to no subscription: az login")
    subscription = said.fill(_choice("--subscription", "Subscription", signed_in, signed_in[0].value))
    said.check()
    if said.asks:
        print("looking for regions, zones and groups")
    questions = offers.regions(subscription), offers.zones(subscription), offers.groups(), offers.mail()
    regions, zones, groups, mail = lab.ask_all(*questions)
    if not zones:
        raise UsageError(f"there is no public DNS zone in subscription {subscription}: the lab needs a delegated one")
    like = _example(lab)
    near = like.location if any(one.value == like.location for one in regions) else None
    location = said.fill(_choice("--location", "Region", regions, near))
    zone = said.fill(_choice("--zone", "DNS zone", zones, zones[0].value if len(zones) == 1 else None))
    group, made = _admin_group(said, groups, create, like.cluster.admin_group.name)
    found = "" if isinstance(mail, Absent) else mail
    email = said.fill(form.Blank("--email", "E-mail for Let's Encrypt, or nothing", _email, default=found))
    said.check()
    resource_group, _, zone_name = zone.partition("/")
    return {
        "name": name, "subscription": subscription, "location": location, "zone": zone_name,
        "resource_group": resource_group, "group": group, "create": made, "email": email,
    }  # fmt: skip


def _admin_group(said: form.Form, groups: list[offers.Offer] | Absent, create: bool, usual: str) -> tuple[str, bool]:
    """The group's name, and whether the lab shall make it. Who may not list groups is believed."""
    what = "Group of administrators"
    if isinstance(groups, Absent):
        print(f"groups cannot be listed: {groups}")
        return said.fill(form.Blank("--admin-group", what, _something, default=usual)), create

    def accept(typed: str) -> str:
        try:
            return offers.chosen(typed, groups, "group")
        except ValueError as error:
            if not typed or any(one.value == typed for one in groups):
                raise
            if create or (said.asks and form.agreed(f"{error}. Shall the lab make it?")):
                return typed
            raise ValueError(f"{error}; --create-admin-group has the lab make it") from error

    default = usual if any(one.value == usual for one in groups) else None
    name = said.fill(form.Blank("--admin-group", what, accept, groups, default))
    return name, not any(one.value == name for one in groups)


def _choice(flag: str, what: str, found: list[offers.Offer], default: str | None) -> form.Blank:
    kind = what if what.startswith("DNS") else what.lower()
    return form.Blank(flag, what, lambda typed: offers.chosen(typed, found, kind), found, default)


def _new(lab: Lab) -> Callable[[str], str]:
    from steps.environment import Name

    def accept(typed: str) -> str:
        path = _path(lab, _fitting(Name, typed, "2 to 12 of a-z and 0-9, a letter first"))
        if path.exists():
            raise ValueError(f"config/{path.name} is there already, and is left as it is")
        return typed

    return accept


def _email(typed: str) -> str:
    from steps.environment import Email

    return _fitting(Email, typed, "an e-mail address") if typed else ""


def _something(typed: str) -> str:
    if not typed:
        raise ValueError("say its name")
    return typed


def _fitting(kind: Any, typed: str, wanted: str) -> str:
    """
    :raises ValueError: the model would refuse it
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        return str(TypeAdapter(kind).validate_python(typed))
    except ValidationError as error:
        raise ValueError(f"'{typed}' is not {wanted}") from error


def _path(lab: Lab, name: str) -> Path:
    return lab.project / "config" / f"{name}.yaml"


def _example(lab: Lab) -> Any:
    return _loaded(lab.project / EXAMPLE)


def _loaded(path: Path) -> Any:
    from engine import settings
    from steps.environment import Environment

    return settings.load(path, Environment)


def _written(path: Path, text: str) -> None:
    """
    :raises UsageError: it is there already, or cannot be written
    """
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}") from error
