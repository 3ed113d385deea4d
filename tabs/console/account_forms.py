"""An account as a form, and back. Dialling settings are checked here: CloudLink itself knows no softphone."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING

from cloudlink.administration.accounts import AccountChanges, Contact, Location, NewAccount
from cloudlink.model import DialSettings
from dialing import BadPrefix, BadTemplate, BadVersion, check_ios_template, check_version, clean_prefix
from tabs.console.forms import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.accounts import AccountRecord
    from cloudlink.administration.refusals import Refused
    from i18n import Translator
    from tabs.console.forms import Sent

CONTACTS = 3
_REGION = re.compile(r"[A-Z]{2}", re.ASCII)
_EXTENSION_DIGITS = range(1, 16)
_LOCATION = ("country", "street", "city", "state_or_province", "zip_code")
_SWITCHES = ("mitel_credentials", "guest_access")
LIMITS = ("access_token_expiry_hours", "refresh_token_expiry_hours", "telephony_role_limit")
_TEMPLATE = {"example": "scheme:{number}", "field": "{number}"}


class Incorrect(Exception):
    """A field that this form checks itself, with the sentence that stands at it."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def empty_form() -> Form:
    """Of an account to be made."""
    return Form({**_of_new(NewAccount("")), "name": ""})


def form_of(record: AccountRecord) -> Form:
    """Of an account that is there."""
    account = record.account
    values = {
        "name": account.name,
        "language_code": account.language_code,
        "time_zone": account.time_zone,
        "account_number": record.account_number,
        **_location(record.location),
        **_dialing(account.dialing),
        **{name: getattr(record, name) for name in (*_SWITCHES, *LIMITS)},
    }
    for place in range(CONTACTS):
        contact = record.contacts[place] if place < len(record.contacts) else Contact("", "", "")
        values |= {f"contact_name_{place}": contact.name, f"contact_email_{place}": contact.email}
    return Form(values)


def again(form: Form, sent: Sent) -> Form:
    """The form with what was sent in it."""
    values = {name: sent.text(name) for name in form.values}
    return Form(values | {name: sent.checked(name) for name in _SWITCHES if name in form.values})


def new_account(sent: Sent, say: Translator) -> NewAccount:
    """Raises ``Incorrect``."""
    return NewAccount(
        name=sent.text("name"),
        language_code=sent.text("language_code"),
        time_zone=sent.text("time_zone"),
        account_number=sent.optional("account_number"),
        location=_sent_location(sent),
        dialing=_sent_dialing(sent, say),
    )


def changes(sent: Sent, record: AccountRecord, say: Translator, *, owner: bool) -> AccountChanges:
    """What the form asks for; limits only of the account's owner. Raises ``Incorrect``."""
    wanted = AccountChanges(
        name=sent.text("name"),
        language_code=sent.text("language_code"),
        time_zone=sent.text("time_zone"),
        account_number=sent.optional("account_number"),
        location=_sent_location(sent),
        contacts=_sent_contacts(sent, record),
        dialing=_sent_dialing(sent, say),
        mitel_credentials=sent.checked("mitel_credentials"),
        guest_access=sent.checked("guest_access"),
    )
    if owner:
        wanted["access_token_expiry_hours"] = _sent_number(sent, "access_token_expiry_hours", say)
        wanted["refresh_token_expiry_hours"] = _sent_number(sent, "refresh_token_expiry_hours", say)
        wanted["telephony_role_limit"] = _sent_number(sent, "telephony_role_limit", say)
    return wanted


def form_field(refused: Refused) -> str:
    """The field of the form that a refusal is about: the contract names parts as ``location.city``."""
    head, _, tail = refused.field.partition(".")
    return tail if head in {"location", "dialing"} and tail else refused.field


def _of_new(new: NewAccount) -> dict[str, object]:
    return {
        "name": new.name,
        "language_code": new.language_code,
        "time_zone": new.time_zone,
        "account_number": "",
        **_location(new.location),
        **_dialing(new.dialing),
    }


def _location(location: Location) -> Mapping[str, object]:
    return asdict(location)


def _dialing(dialing: DialSettings) -> Mapping[str, object]:
    return {
        "region": dialing.region,
        "max_extension_digits": dialing.max_extension_digits,
        "ios_uri_template": dialing.ios_uri_template,
        "barred_prefixes": "\n".join(dialing.barred_prefixes),
        "micollab_version": dialing.micollab_version,
    }


def _sent_location(sent: Sent) -> Location:
    return Location(**{name: sent.text(name) for name in _LOCATION})


def _sent_contacts(sent: Sent, record: AccountRecord) -> tuple[Contact, ...]:
    """Those with anything in them; the ones behind the last that the form shows stay as they are."""
    kept = []
    for place in range(CONTACTS):
        name, email = sent.text(f"contact_name_{place}"), sent.text(f"contact_email_{place}")
        old = record.contacts[place] if place < len(record.contacts) else None
        if name or email:
            kept.append(Contact(old.contact_id, name, email, old.contact_type) if old else Contact("", name, email))
    return (*kept, *record.contacts[CONTACTS:])


def _sent_dialing(sent: Sent, say: Translator) -> DialSettings:
    region = sent.text("region").upper()
    if not _REGION.fullmatch(region):
        raise Incorrect("region", say("Please enter the two letters of a country, such as FR."))
    digits = _sent_number(sent, "max_extension_digits", say)
    if digits not in _EXTENSION_DIGITS:
        raise Incorrect("max_extension_digits", say("Please enter a number from 1 to 15."))
    template = sent.text("ios_uri_template")
    if template:
        _check_template(template, say)
    plan = DialSettings(region, digits, template)
    version = _sent_version(sent, say)
    return DialSettings(region, digits, template, _sent_prefixes(sent, plan, say), version)


def _sent_version(sent: Sent, say: Translator) -> str:
    version = sent.text("micollab_version")
    try:
        check_version(version)
    except BadVersion:
        raise Incorrect("micollab_version", say("Please enter a version such as 9.7.10.")) from None
    return version


def _check_template(template: str, say: Translator) -> None:
    try:
        check_ios_template(template)
    except BadTemplate:
        sentence = say("Please enter a link of the app such as {example}, with {field} once.", **_TEMPLATE)
        raise Incorrect("ios_uri_template", sentence) from None


def _sent_prefixes(sent: Sent, plan: DialSettings, say: Translator) -> tuple[str, ...]:
    lines = [line.strip() for line in sent.text("barred_prefixes").splitlines()]
    try:
        return tuple(dict.fromkeys(clean_prefix(line, plan) for line in lines if line))
    except BadPrefix:
        sentence = say(
            "Please write each prefix in international form, such as +33899, or the beginning of an extension."
        )
        raise Incorrect("barred_prefixes", sentence) from None


def _sent_number(sent: Sent, name: str, say: Translator) -> int:
    text = sent.text(name)
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise Incorrect(name, say("Please enter a number."))
    return int(text)
