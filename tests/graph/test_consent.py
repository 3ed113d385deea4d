"""What a tenant has granted, and the list of what we ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from graph.consent import granted, missing
from graph.errors import GraphUnavailable
from graph.permissions import INSTALL_ITSELF, PERMISSIONS, READ_USERS, WRITE_PRESENCE, Feature, Kind, needed_for
from graph.users import find_users
from i18n import translator

if TYPE_CHECKING:
    from graph.client import TenantGraph
    from tests.fakes.entra import Entra, Tenant


async def test_a_tenants_grants_are_told(ours: TenantGraph, tenant: Tenant) -> None:
    tenant.granted = {READ_USERS.name, "Something.Else"}
    assert await granted(ours) == {READ_USERS.name, "Something.Else"}
    assert WRITE_PRESENCE in await missing(ours, needed_for(Feature.PRESENCE))
    assert INSTALL_ITSELF in await missing(ours, needed_for(Feature.ROLL_OUT))


async def test_a_larger_permission_serves_in_place_of_a_smaller_one(ours: TenantGraph, tenant: Tenant) -> None:
    tenant.granted = {READ_USERS.name, WRITE_PRESENCE.name}
    assert await missing(ours, needed_for(Feature.PRESENCE)) == ()


async def test_consent_given_since_counts_at_once(ours: TenantGraph, tenant: Tenant) -> None:
    tenant.granted = set()
    assert await granted(ours) == frozenset()
    tenant.granted = {READ_USERS.name}
    assert await granted(ours) == {READ_USERS.name}
    assert await find_users(ours, "nobody@example.com") == []


async def test_whoever_has_consented_to_nothing_has_granted_nothing(ours: TenantGraph, tenant: Tenant) -> None:
    tenant.knows_application = False
    assert await granted(ours) == frozenset()
    assert await missing(ours, PERMISSIONS) == PERMISSIONS


async def test_an_outage_is_no_answer(ours: TenantGraph, identity: Entra) -> None:
    identity.broken = True
    with pytest.raises(GraphUnavailable):
        await granted(ours)


def test_every_feature_has_its_permissions_and_every_permission_a_feature_and_a_purpose() -> None:
    assert {p.name for p in needed_for(Feature.SIGN_IN, Kind.DELEGATED)} == {"openid", "profile", "email"}
    assert not needed_for(Feature.SIGN_IN)
    assert {p.name for p in needed_for(Feature.PRESENCE)} == {"User.ReadBasic.All", "Presence.ReadWrite.All"}
    assert {p.name for p in needed_for(Feature.ROLL_OUT) if not p.optional} == {
        "User.Read.All",
        "AppCatalog.Read.All",
        "TeamsAppInstallation.ReadWriteSelfForUser.All",
    }
    assert len({p.name for p in PERMISSIONS}) == len(PERMISSIONS)
    assert all(p.features and p.purpose(str).endswith(".") for p in PERMISSIONS)


def test_purposes_are_said_in_the_readers_language() -> None:
    say = translator("fr")
    assert all(p.purpose(say) != p.purpose(str) for p in PERMISSIONS)
