"""People of an account over HTTP: lists, changes, mails, their end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from cloudlink.administration.users import NewUser
from tests.tabs.console.conftest import OPERATOR, Browser, People

if TYPE_CHECKING:
    from tabs.console import Services

NEW = {"given_name": "Nadia", "family_name": "New", "email": "nadia@example.com", "extension": "205", "role": "USER"}


def users_of(people: People) -> str:
    return f"/console/accounts/{people.customer}/users"


async def test_a_user_is_made_and_the_welcome_mail_queued(admin: Browser, people: People, services: Services) -> None:
    made = await admin.fill_in(f"{users_of(people)}/new", {**NEW, "invite": "on"})
    assert "the welcome e-mail is on its way" in made.words
    assert 'value="nadia@example.com"' in made.text
    (mail,) = await services.mails.recent(OPERATOR, people.customer)
    assert (mail.recipient, mail.template) == ("nadia@example.com", "welcome")


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("given_name", "", "First name: Please fill this in."),
        ("email", "nobody", "E-mail address: This is not an e-mail address."),
        ("email", "desk@example.com", "E-mail address: Somebody in this account has this already."),
        ("extension", "101", "Extension: Somebody in this account has this already."),
        ("extension", "12a", "Extension: This is not a telephone number."),
        ("mobile", "soon", "Mobile: This is not a telephone number."),
        ("family_name", "x" * 101, "Last name: This is too long."),
        ("telephony_role", "CTI", "None of the account's PBXs asks for this role"),
        ("role", "KING", "Role: This value is not possible here."),
        ("given_name", "Nadia\u202e", "cannot be used here"),
    ],
)
async def test_a_wrong_value_is_told_at_its_field(
    admin: Browser, people: People, field: str, value: str, sentence: str
) -> None:
    refused = await admin.fill_in(f"{users_of(people)}/new", {**NEW, field: value})
    assert refused.status == 400
    assert sentence in refused.alert
    kept = "email" if field == "family_name" else "family_name"
    assert f'name="{kept}" type="{"email" if kept == "email" else "text"}" value="{NEW[kept]}"' in refused.text
    assert "3 users" not in (await admin.get(users_of(people))).words


async def test_nobody_gives_a_role_that_they_do_not_hold(admin: Browser, people: People) -> None:
    refused = await admin.fill_in(f"{users_of(people)}/new", {**NEW, "role": "PARTNER_ADMIN"})
    assert refused.status in {400, 403}
    assert "2 users" in (await admin.get(users_of(people))).words


async def test_a_form_sent_twice_at_once_makes_one_user_and_answers_alike(admin: Browser, people: People) -> None:
    page = await admin.get(f"{users_of(people)}/new")
    sent = [admin.post(f"{users_of(people)}/new", {**page.hidden, **NEW}) for _ in range(3)]
    answers = await asyncio.gather(*sent)
    assert len({answer.path for answer in answers}) == 1
    assert {answer.status for answer in answers} == {200}
    assert "3 users" in (await admin.get(users_of(people))).words


async def test_lists_are_filtered_searched_and_paged(admin: Browser, people: People, services: Services) -> None:
    for n in range(55):
        new = NewUser("Example", f"Person {n:02}", f"person{n}@example.com")
        await services.users.create(OPERATOR, people.customer, new, invite=False)
    path = users_of(people)
    counts = {kind: (await admin.get(f"{path}?kind={kind}")).words for kind in ("admins", "registered", "pbxUsers")}
    assert "1 user " in counts["admins"]
    assert "2 users" in counts["registered"]
    assert "2 users" in counts["pbxUsers"]
    assert "55 users" in (await admin.get(f"{path}?kind=unregistered")).words
    assert "1 user " in (await admin.get(f"{path}?q=PERSON+07")).words
    first = await admin.get(path)
    assert "Person 54" not in first.words
    following = first.text.rpartition('rel="next"')[0].rpartition('href="')[2].partition('"')[0].replace("&amp;", "&")
    second = await admin.get(following)
    assert "Person 54" in second.words
    assert "Ada Admin" not in second.words.partition("State")[2]
    assert "First page" in second.words


async def test_a_change_is_saved_and_stands_in_the_audit_log(admin: Browser, people: People) -> None:
    user = f"{users_of(people)}/{people.customers_user}"
    saved = await admin.fill_in(user, {"given_name": "Dora", "family_name": "Front", "email": "desk@example.com",
                                       "extension": "", "role": "ACCOUNT_ADMIN"})  # fmt: skip
    assert "Your changes are saved." in saved.words
    log = (await admin.get(f"/console/accounts/{people.customer}/audit?subject={people.customers_user}")).words
    assert "Changed the user Dora Front" in log
    assert "Role: User → Account Admin" in log
    assert "Extension: 101" in log


async def test_the_last_administrator_stays(admin: Browser, people: People, services: Services) -> None:
    found = await services.users.find(OPERATOR, people.customer, text="Ada")
    user = f"{users_of(people)}/{found.items[0].user.principal_id}"
    for action in ("deactivate", "delete"):
        refused = await admin.fill_in(user, {}, action=f"{user}/{action}")
        assert refused.status == 409
        assert "the last administrator of the account" in refused.words
    demoted = await admin.fill_in(user, {"role": "USER"})
    assert demoted.status == 400
    assert "the last administrator" in demoted.alert


async def test_mails_are_sent_again(admin: Browser, people: People, services: Services) -> None:
    made = await admin.fill_in(f"{users_of(people)}/new", NEW)
    user = made.path.partition("?")[0]
    assert "A new welcome e-mail" in (await admin.fill_in(user, {}, action=f"{user}/invite")).words
    desk = f"{users_of(people)}/{people.customers_user}"
    assert "for a new password" in (await admin.fill_in(desk, {}, action=f"{desk}/reset-password")).words
    sent = {(mail.recipient, mail.template) for mail in await services.mails.recent(OPERATOR, people.customer)}
    assert sent == {("nadia@example.com", "welcome"), ("desk@example.com", "reset")}


async def test_a_user_is_deactivated_activated_and_deleted(admin: Browser, people: People) -> None:
    user = f"{users_of(people)}/{people.customers_user}"
    assert "Inactive" in (await admin.fill_in(user, {}, action=f"{user}/deactivate")).words
    assert "active again" in (await admin.fill_in(user, {}, action=f"{user}/activate")).words
    deleted = await admin.fill_in(f"{user}/delete", {})
    assert deleted.path == f"{users_of(people)}?note=user-deleted"
    assert (await admin.get(user)).status == 404


async def test_a_name_is_text_and_never_markup(admin: Browser, people: People) -> None:
    made = await admin.fill_in(f"{users_of(people)}/new", {**NEW, "given_name": "<script>alert(1)</script>"})
    for page in (made, await admin.get(users_of(people))):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert" in page.text
