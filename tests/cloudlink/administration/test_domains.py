"""A domain is verified by its TXT record, by one account alone."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import Reason, Refused
from cloudlink.model import Role
from cloudlink.port import CloudLinkUnavailable, UnknownId
from cloudlink.service.administration.domains import AccountDomains, dns_look_up
from tests.fakes.dns import DnsServer, dns_server

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.conftest import SteppedClock


@pytest.fixture
async def dns() -> AsyncIterator[DnsServer]:
    async with dns_server() as server:
        yield server


@pytest.fixture
def service(database: Database, dns: DnsServer, clock: SteppedClock) -> AccountDomains:
    return AccountDomains(database, dns_look_up(["127.0.0.1"], dns.port), clock)


@pytest.fixture
def admin(people: People) -> Actor:
    return Actor.of_user(replace(people.desk, role=Role.ACCOUNT_ADMIN))


async def test_the_record_verifies_the_domain(service: AccountDomains, dns: DnsServer, admin: Actor) -> None:
    account_id = admin.account_id or ""
    added = await service.add(admin, account_id, " Example.COM. ")
    assert (added.domain, added.verified_on) == ("example.com", None)
    assert await service.add(admin, account_id, "example.com") == added

    for texts in (None, [], ["something else"]):
        if texts is not None:
            dns.records["example.com"] = texts
        with pytest.raises(Refused) as refused:
            await service.verify(admin, account_id, "example.com")
        assert refused.value.reason is Reason.STATE

    dns.records["example.com"] = ["v=spf1 -all", added.verification]
    assert (await service.verify(admin, account_id, "example.com")).verified_on is not None
    assert (await service.all(admin, account_id))[0].verified_on is not None


async def test_another_account_cannot_verify_it_too(
    service: AccountDomains, dns: DnsServer, people: People, admin: Actor
) -> None:
    other = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    other_id = people.other_account.account_id
    ours = await service.add(admin, people.account.account_id, "example.com")
    theirs = await service.add(other, other_id, "example.com")
    dns.records["example.com"] = [ours.verification, theirs.verification]
    await service.verify(admin, people.account.account_id, "example.com")

    with pytest.raises(Refused) as refused:
        await service.verify(other, other_id, "example.com")
    assert refused.value.reason is Reason.IN_USE

    await service.remove(admin, people.account.account_id, "example.com")
    assert (await service.verify(other, other_id, "example.com")).verified_on is not None
    with pytest.raises(UnknownId):
        await service.remove(admin, people.account.account_id, "example.com")


async def test_a_domain_that_is_removed_while_dns_is_asked_is_not_verified(
    database: Database, clock: SteppedClock, admin: Actor
) -> None:
    account_id = admin.account_id or ""

    async def removing(name: str) -> list[str]:
        (domain,) = await domains.all(admin, account_id)
        await domains.remove(admin, account_id, name)
        await domains.add(admin, account_id, name)
        return [domain.verification]

    domains = AccountDomains(database, removing, clock)
    await domains.add(admin, account_id, "example.com")
    with pytest.raises(UnknownId):
        await domains.verify(admin, account_id, "example.com")
    assert [domain.verified_on for domain in await domains.all(admin, account_id)] == [None]


async def test_silent_dns_is_told_apart_from_a_missing_record(
    service: AccountDomains, dns: DnsServer, admin: Actor
) -> None:
    account_id = admin.account_id or ""
    await service.add(admin, account_id, "example.com")
    dns.failing = True
    with pytest.raises(CloudLinkUnavailable):
        await service.verify(admin, account_id, "example.com")


@pytest.mark.parametrize(
    "domain", ["", "localhost", "a b.com", "-a.com", "a" * 64 + ".com", "x." * 130 + "com", "ex_ample.com", "\ud800.de"]
)
async def test_what_is_no_domain_is_refused(service: AccountDomains, admin: Actor, domain: str) -> None:
    with pytest.raises(Refused):
        await service.add(admin, admin.account_id or "", domain)


async def test_a_domain_of_another_account_is_unknown(service: AccountDomains, people: People, admin: Actor) -> None:
    stranger = Actor.of_user(replace(people.stranger, role=Role.ACCOUNT_ADMIN))
    await service.add(admin, people.account.account_id, "example.com")
    for question in (
        service.all(stranger, people.account.account_id),
        service.verify(stranger, people.account.account_id, "example.com"),
        service.remove(stranger, people.account.account_id, "example.com"),
        service.verify(stranger, people.other_account.account_id, "example.com"),
    ):
        with pytest.raises(UnknownId):
            await question
