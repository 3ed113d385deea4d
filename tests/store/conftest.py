"""The people of the tests of CloudLink, and two Teams users."""

from __future__ import annotations

import pytest

from store.identity import TeamsUser
from tests.cloudlink.conftest import add_person, outbox, password_hash, people, provisioning, record

__all__ = ["add_person", "outbox", "password_hash", "people", "provisioning", "record"]


@pytest.fixture
def database_url(either_url: str) -> str:
    """Every test runs over both databases."""
    return either_url


@pytest.fixture
def teams_user() -> TeamsUser:
    return TeamsUser("app", "tenant", "29:desk")


@pytest.fixture(params=["app", "tenant", "user"])
def other_teams_user(request: pytest.FixtureRequest) -> TeamsUser:
    """Differs in one part of the key alone."""
    return {
        "app": TeamsUser("other-app", "tenant", "29:desk"),
        "tenant": TeamsUser("app", "other-tenant", "29:desk"),
        "user": TeamsUser("app", "tenant", "29:other"),
    }[str(request.param)]
