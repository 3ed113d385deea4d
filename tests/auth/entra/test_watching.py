"""A watcher is added: somebody of the tenant signs in to the customer's own application, and their sign-in is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import delete, insert, select, update
from yarl import URL

from auth.entra.browser import BrowserCookie
from auth.entra.pages import RETURN
from cloudlink.administration.actor import Actor
from cloudlink.administration.refusals import NotAllowed, Refused
from presence import watcher_service, watchers
from store.schema import audit_log, integrations, users
from tests.auth.entra.conftest import APP_ID
from tests.auth.entra.test_pages import Site, asker, site

if TYPE_CHECKING:
    from store.database import Database
    from tests.conftest import SteppedClock
    from tests.fakes.entra import Entra, Person, Tenant
    from tests.fakes.entra.directory import Application

__all__ = ["asker", "site"]

SECRET = "secret of the customer's application"


@pytest.fixture
def application(tenant: Tenant, site: Site) -> Application:
    """The customer's own, which may sign people in."""
    registered = tenant.register(secret=SECRET)
    registered.redirect_uris.add(site.url + RETURN)
    return registered


@pytest.fixture
async def ready(
    asker: Site, database: Database, tenant: Tenant, application: Application, *, clock: SteppedClock
) -> Site:
    """The account's presence is by that application."""
    row = {
        "account_id": asker.account.account_id,
        "kind": "teamsPresence",
        "enabled": True,
        "configuration": {"name": "Presence", "tenantId": tenant.tenant_id, "clientId": application.app_id},
        "secret_encrypted": asker.vault.encrypt(SECRET),
        "created_on": clock(),
        "modified_on": clock(),
    }
    await database.write(lambda connection: connection.execute(insert(integrations), row))
    return asker


async def begin(site: Site, database: Database) -> str:
    """The browser stands before Microsoft's page; answers its address."""
    site.http.cookie_jar.update_cookies({BrowserCookie(secure=False).name: "browser"}, URL(site.url))
    (role,) = await database.read(select(users.c.role).where(users.c.principal_id == site.user.principal_id))
    actor = Actor.of_user(site.user, address="", correlation_id="")
    return await site.watching.begin("browser", Actor(**_fields(actor) | {"role": role[0]}), site.account.account_id)


def _fields(actor: Actor) -> dict[str, Any]:
    return {name: getattr(actor, name) for name in actor.__slots__}


async def pick(site: Site, address: str, upn: str) -> tuple[str, int, str]:
    """Chooses an account on Microsoft's page, and goes on to where that leads."""
    async with site.http.post(URL(address, encoded=True), data={"upn": upn}, allow_redirects=False) as chosen:
        return await site.follow(chosen.headers["Location"])


async def test_a_person_signs_in_and_their_refresh_token_is_kept(
    ready: Site, database: Database, identity: Entra, desk: Person, *, application: Application
) -> None:
    address = await begin(ready, database)
    asked = parse_qs(urlsplit(address).query)
    assert (asked["client_id"], asked["prompt"]) == ([application.app_id], ["select_account"])
    assert {f"{identity.graph_url}/Presence.Read.All", "offline_access"} <= set(asked["scope"][0].split())

    end, _, _ = await pick(ready, address, desk.upn)
    page = f"{ready.url}/console/accounts/{ready.account.account_id}/integrations/teamsPresence"
    assert end == f"{page}?note=watcher-added"
    (watcher,) = await watchers.of_account(database, ready.account.account_id)
    assert (watcher.object_id, watcher.state) == (desk.object_id, "new")
    assert ready.vault.decrypt(watcher.refresh_encrypted) in identity.refresh_tokens
    noted = await database.read(select(audit_log.c.action, audit_log.c.subject_id, audit_log.c.after))
    assert ("watcher.signedIn", desk.object_id, None) in [tuple(row) for row in noted]
    assert ready.cookie("session") == "", "nobody is signed in here by it"


async def test_who_signs_in_again_stays_the_same_watcher(ready: Site, database: Database, desk: Person) -> None:
    found = []
    for _ in range(2):
        await pick(ready, await begin(ready, database), desk.upn)
        found += await watchers.of_account(database, ready.account.account_id)
    first, second = found
    assert first.watcher_id == second.watcher_id
    assert first.refresh_encrypted != second.refresh_encrypted


async def test_whoever_cancels_is_led_back_and_nobody_is_added(ready: Site, database: Database) -> None:
    _, status, text = await pick(ready, await begin(ready, database), "")
    assert (status, "You have cancelled it at Microsoft. Nothing was changed." in text) == (403, True)
    assert f'href="/console/accounts/{ready.account.account_id}/integrations"' in text
    assert "The tenant is not connected" not in text
    assert await watchers.of_account(database, ready.account.account_id) == []


async def test_an_answer_serves_once_and_in_its_browser(ready: Site, database: Database, desk: Person) -> None:
    address = await begin(ready, database)
    async with ready.http.post(URL(address, encoded=True), data={"upn": desk.upn}, allow_redirects=False) as chosen:
        back = chosen.headers["Location"]
    ready.http.cookie_jar.clear()
    assert (await ready.follow(back))[1] == 403
    assert await watchers.of_account(database, ready.account.account_id) == []


async def test_other_settings_meanwhile_void_it(ready: Site, database: Database, desk: Person) -> None:
    address = await begin(ready, database)
    await database.write(lambda connection: connection.execute(delete(integrations)))
    _, status, text = await pick(ready, address, desk.upn)
    assert (status, "have changed meanwhile" in text) == (403, True)
    assert await watchers.of_account(database, ready.account.account_id) == []


async def test_who_is_no_administrator_any_more_adds_nobody(ready: Site, database: Database, desk: Person) -> None:
    address = await begin(ready, database)
    await database.write(lambda connection: connection.execute(update(users).values(role="USER")))
    _, status, text = await pick(ready, address, desk.upn)
    assert (status, "Only an administrator of the account may add a watcher." in text) == (403, True)
    assert await watchers.of_account(database, ready.account.account_id) == []
    with pytest.raises(NotAllowed):
        await begin(ready, database)


async def test_who_names_our_application_as_theirs_does_not_have_our_secret_thereby(
    ready: Site, database: Database, tenant: Tenant, desk: Person
) -> None:
    configuration = {"name": "Presence", "tenantId": tenant.tenant_id, "clientId": APP_ID}
    await database.write(
        lambda connection: connection.execute(update(integrations).values(configuration=configuration))
    )
    _, status, _ = await pick(ready, await begin(ready, database), desk.upn)
    assert status == 403
    assert await watchers.of_account(database, ready.account.account_id) == []


async def test_without_presence_there_is_nothing_to_watch_for(asker: Site, database: Database) -> None:
    with pytest.raises(Refused):
        await begin(asker, database)


async def test_there_are_enough_some_day(
    ready: Site, database: Database, tenant: Tenant, desk: Person, *, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watcher_service, "MOST", 1)
    await pick(ready, await begin(ready, database), desk.upn)
    other = tenant.add("other@example.com")
    _, status, text = await pick(ready, await begin(ready, database), other.upn)
    assert (status, "There are enough watchers" in text) == (403, True)
    await pick(ready, await begin(ready, database), desk.upn)
    assert [each.object_id for each in await watchers.shown(database, ready.account.account_id)] == [desk.object_id]
