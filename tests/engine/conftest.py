"""A session in this process, and a small project of its own for each test."""

from pathlib import Path

import pytest
from engine_projects import Project
from invoke.config import Config

from engine.pursuit import Pursuit
from engine.session import Session


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(Config(project_location=tmp_path))


@pytest.fixture
def log(session: Session):
    return session.lab("the-step")._log


@pytest.fixture
def reach(session, log):
    return Pursuit(session, log).reach


@pytest.fixture
def plan(session, log):
    session.dry = True
    return Pursuit(session, log).reach
