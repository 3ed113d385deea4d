"""A partner's customers over HTTP: making, changing, ending them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tabs.console.conftest import Browser, People

ACCOUNTS = "/console/accounts"
NEW = {
    "name": "Bakery & Sons <b>",
    "language_code": "fr-FR",
    "time_zone": "Europe/Paris",
    "account_number": "C-77",
    "city": "Lyon",
    "country": "France",
    "region": "fr",
    "max_extension_digits": "4",
    "ios_uri_template": "softphone://call?to={number}",
    "barred_prefixes": "+33 899\r\n\r\n0 0",
}


async def test_a_customer_is_made_found_and_shown_as_text(partner: Browser) -> None:
    made = await partner.fill_in(f"{ACCOUNTS}/new", {**NEW, "barred_prefixes": "+33 899\r\n*21"})
    assert made.status == 200
    assert "The account is there" in made.words
    assert "<b>" not in made.text
    found = await partner.get(f"{ACCOUNTS}?q=sons")
    assert "Bakery &amp; Sons &lt;b&gt;" in found.text
    assert "Example Company" not in found.text
    settings = await partner.get(made.path.partition("?")[0] + "/settings")
    for value in ('value="Lyon"', 'value="C-77"', 'value="FR"', "+33899\n*21", '"Europe/Paris" selected'):
        assert value in settings.text


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Please fill this in."),
        ("name", "x" * 201, "This is too long."),
        ("region", "France", "the two letters of a country"),
        ("max_extension_digits", "0", "a number from 1 to 15"),
        ("max_extension_digits", "many", "Please enter a number."),
        ("ios_uri_template", "javascript:alert({number})", "such as scheme:{number}, with {number} once"),
        ("barred_prefixes", "0033899", "in international form, such as +33899"),
        ("micollab_version", "nine", "such as 9.7.10"),
        ("time_zone", "Mars/Base", "not possible here"),
        ("language_code", "../etc", "not possible here"),
        ("city", "x" * 500, "This is too long."),
    ],
)
async def test_a_wrong_value_is_told_at_its_field_and_nothing_is_made(
    partner: Browser, field: str, value: str, sentence: str
) -> None:
    good = {**NEW, "name": "Bakery", "barred_prefixes": "+33899"}
    refused = await partner.fill_in(f"{ACCOUNTS}/new", {**good, field: value})
    assert refused.status == 400
    assert sentence in refused.alert
    assert f'id="{field}-wrong"' in refused.text
    assert f'aria-describedby="{field}-wrong' in refused.text
    assert "C-77" in refused.text, "what was typed is still there"
    assert "Bakery" not in (await partner.get(ACCOUNTS)).text


async def test_a_form_sent_twice_makes_one_account(partner: Browser) -> None:
    page = await partner.get(f"{ACCOUNTS}/new")
    fields = {**NEW, "name": "Bakery", "barred_prefixes": "", **page.hidden}
    first = await partner.post(f"{ACCOUNTS}/new", fields)
    again = await partner.post(f"{ACCOUNTS}/new", fields)
    assert first.path == again.path
    assert (await partner.get(ACCOUNTS)).text.count(">Bakery</a>") == 1


async def test_settings_are_saved_and_stand_in_the_audit_log(admin: Browser, people: People) -> None:
    own = f"{ACCOUNTS}/{people.customer}"
    fields = {**NEW, "name": "Example Company", "barred_prefixes": "", "contact_name_0": "Service",
              "contact_email_0": "service@example.com"}  # fmt: skip
    saved = await admin.fill_in(f"{own}/settings", fields)
    assert "Your changes are saved." in saved.words
    assert 'value="service@example.com"' in saved.text
    assert " checked" not in saved.text.partition('id="mitel_credentials"')[2].partition(">")[0]
    log = (await admin.get(f"{own}/audit")).words
    assert "Changed the account Example Company" in log
    assert "Mitel credentials: yes → no" in log
    assert "Time zone: UTC → Europe/Paris" in log


async def test_administrators_are_told_what_their_micollab_is_too_old_for(admin: Browser, people: People) -> None:
    own = f"{ACCOUNTS}/{people.customer}"
    fields = {**NEW, "name": "Example Company", "barred_prefixes": ""}
    assert "too old" not in (await admin.get(own)).words, "nobody has told the version yet"
    for version, number in (("9.5", 2), ("9.6.1", 1), ("9.7.10", 0)):
        await admin.fill_in(f"{own}/settings", {**fields, "micollab_version": version})
        dashboard = (await admin.get(own)).words
        assert dashboard.count(f"MiCollab {version} is too old") == number
        assert "MiVoice Business" not in dashboard
    await admin.fill_in(f"{own}/gateways/new", {"name": "Main", "pbx": "business"})
    await admin.fill_in(f"{own}/settings", {**fields, "micollab_version": "9.6.1"})
    assert "calls from the call log with MiVoice Business, which need 9.7." in (await admin.get(own)).words


async def test_limits_are_the_partners_to_set(partner: Browser, people: People) -> None:
    own = f"{ACCOUNTS}/{people.customer}/settings"
    fields = {**NEW, "name": "Example Company", "barred_prefixes": "", "access_token_expiry_hours": "2",
              "refresh_token_expiry_hours": "24", "telephony_role_limit": "50"}  # fmt: skip
    assert 'name="telephony_role_limit" type="number" value="50"' in (await partner.fill_in(own, fields)).text


async def test_an_account_ends_after_its_export_and_by_its_name(partner: Browser, people: People) -> None:
    own = f"{ACCOUNTS}/{people.customer}"
    early = await partner.fill_in(f"{own}/delete", {"name": "Example Company"})
    assert early.status == 409
    assert "Deactivate the account before" in early.words
    gone = await partner.fill_in(f"{own}/settings", {}, action=f"{own}/deactivate")
    assert "nobody signs in" in gone.words
    early = await partner.fill_in(f"{own}/delete", {"name": "Example Company"})
    assert "Export the account's data first" in early.words

    csrf = (await partner.get(f"{own}/settings")).csrf
    export = await partner.post(f"{own}/export", {"csrf": csrf})
    assert export.headers["Content-Disposition"].startswith('attachment; filename="account-')
    lines = [json.loads(line) for line in export.text.splitlines()]
    assert "Dora Desk" in export.text
    assert len(lines) >= 3
    assert "argon2" not in export.text

    wrong = await partner.fill_in(f"{own}/delete", {"name": "Example"})
    assert wrong.status == 400
    assert "not the account's name" in wrong.alert
    done = await partner.fill_in(f"{own}/delete", {"name": "Example Company"})
    assert done.path == f"{ACCOUNTS}?note=account-deleted"
    assert "Example Company" not in done.text
    assert (await partner.get(own)).status == 404
    assert "Deleted the account Example Company" in (await partner.get(f"{ACCOUNTS}/{people.partner}/audit")).words


async def test_a_deactivated_account_can_be_activated_again(partner: Browser, people: People) -> None:
    own = f"{ACCOUNTS}/{people.customer}"
    await partner.fill_in(f"{own}/settings", {}, action=f"{own}/deactivate")
    assert "deactivated" in (await partner.get(own)).words
    assert "active again" in (await partner.fill_in(f"{own}/settings", {}, action=f"{own}/activate")).words


async def test_no_text_of_an_address_becomes_a_sentence(partner: Browser) -> None:
    page = await partner.get("/console?note=You+have+won")
    assert "won" not in page.words
