"""A partner's customers: the list, a new one, its life and its end; and the settings of any account."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from auth.headers import page_headers
from cloudlink.administration.refusals import NotAllowed, Refused
from tabs.console import account_forms
from tabs.console.account_forms import Incorrect
from tabs.console.choices import languages, time_zones
from tabs.console.forms import search_text
from tabs.console.navigation import ACCOUNTS, account_path
from tabs.console.sentences import field_labels, refusal
from tabs.console.visit import see

if TYPE_CHECKING:
    from tabs.console.forms import Form
    from tabs.console.once import Once
    from tabs.console.services import Services
    from tabs.console.visit import Visit


class AccountPages:
    """``/console/accounts`` and what is below it about the account itself."""

    def __init__(self, services: Services, once: Once) -> None:
        self._accounts = services.accounts
        self._once = once

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """The partner's own account and its customers', by name."""
        _require_partner(visit)
        text = search_text(visit.request)
        cursor = visit.request.query.get("after")
        try:
            found = await self._accounts.find(visit.actor, text, cursor=cursor)
        except ValueError:
            raise web.HTTPNotFound from None
        return visit.page("accounts.html", "accounts", found=found, text=text, continued=cursor is not None)

    async def new(self, visit: Visit) -> web.StreamResponse:
        """The empty form."""
        _require_partner(visit)
        return _new_page(visit, account_forms.empty_form())

    async def create(self, visit: Visit) -> web.StreamResponse:
        """Makes a customer."""
        _require_partner(visit)

        async def make() -> str:
            new = account_forms.new_account(visit.sent, visit.say)
            return (await self._accounts.create(visit.actor, new)).account_id

        try:
            account_id = await self._once(visit.form_key, make)
        except (Refused, Incorrect) as problem:
            form = account_forms.again(account_forms.empty_form(), visit.sent)
            return _new_page(visit, _marked(form, problem, visit))
        raise see(account_path(account_id), "account-created")

    async def settings(self, visit: Visit) -> web.StreamResponse:
        """The account as a form."""
        visit.require_administrator()
        return _settings_page(visit, account_forms.form_of(visit.account))

    async def save(self, visit: Visit) -> web.StreamResponse:
        """Changes what differs."""
        visit.require_administrator()
        form = account_forms.form_of(visit.account)
        try:
            changes = account_forms.changes(visit.sent, visit.account, visit.say, owner=visit.is_owner)
            await self._accounts.change(visit.actor, visit.account_id, changes)
        except (Refused, Incorrect) as problem:
            return _settings_page(visit, _marked(account_forms.again(form, visit.sent), problem, visit))
        raise see(visit.path("settings"), "saved")

    async def activate(self, visit: Visit) -> web.StreamResponse:
        """Lets its people sign in again."""
        await self._accounts.set_active(visit.actor, visit.account_id, active=True)
        raise see(visit.path("settings"), "account-activated")

    async def deactivate(self, visit: Visit) -> web.StreamResponse:
        """Ends sessions and gateways' connections."""
        await self._accounts.set_active(visit.actor, visit.account_id, active=False)
        raise see(visit.path("settings"), "account-deactivated")

    async def export(self, visit: Visit) -> web.StreamResponse:
        """Everything that is stored of it, as JSON lines, while it is read."""
        lines = aiter(self._accounts.export(visit.actor, visit.account_id))
        # The first line before the headers, so that a refusal is a page.
        first = await anext(lines, b"")
        response = web.StreamResponse()
        page_headers(response, script=False)
        response.content_type = "application/x-ndjson"
        response.headers["Content-Disposition"] = f'attachment; filename="account-{visit.account_id}.jsonl"'
        await response.prepare(visit.request)
        await response.write(first)
        async for line in lines:
            await response.write(line)
        await response.write_eof()
        return response

    async def ask_to_delete(self, visit: Visit) -> web.StreamResponse:
        """What will be lost, and a field for the account's name."""
        _require_owner(visit)
        return visit.page("account_delete.html", "settings", error="")

    async def delete(self, visit: Visit) -> web.StreamResponse:
        """Ends it, for who has typed its name."""
        _require_owner(visit)
        if visit.sent.text("name") != visit.account.account.name.strip():
            error = visit.say("This is not the account's name. Type it as it stands above.")
            return visit.page("account_delete.html", "settings", status=HTTPStatus.BAD_REQUEST, error=error)
        await self._accounts.delete(visit.actor, visit.account_id)
        raise see(ACCOUNTS, "account-deleted")


def _require_partner(visit: Visit) -> None:
    if not visit.is_partner:
        raise NotAllowed("only a partner has customers")


def _require_owner(visit: Visit) -> None:
    if not visit.is_owner:
        raise NotAllowed("only the partner of a customer may")


def _marked(form: Form, problem: Refused | Incorrect, visit: Visit) -> Form:
    if isinstance(problem, Incorrect):
        return form.with_error(problem.field, problem.sentence)
    return form.with_error(account_forms.form_field(problem), refusal(problem.reason, visit.say))


def _new_page(visit: Visit, form: Form) -> web.Response:
    return visit.page("account_new.html", "accounts", status=_status(form), **_parts(form, visit))


def _settings_page(visit: Visit, form: Form) -> web.Response:
    shown = {"limits": visit.is_owner, "contacts": account_forms.CONTACTS}
    return visit.page("account_settings.html", "settings", status=_status(form), **_parts(form, visit), **shown)


def _parts(form: Form, visit: Visit) -> dict[str, object]:
    labels = field_labels(visit.say)
    for n in range(account_forms.CONTACTS):
        labels |= {
            f"contact_name_{n}": visit.say("Name of contact {n}", n=n + 1),
            f"contact_email_{n}": visit.say("E-mail of contact {n}", n=n + 1),
        }
    language, zone = str(form.values["language_code"]), str(form.values["time_zone"])
    shown = {"languages": languages(language), "time_zones": time_zones(zone), "labels": labels}
    return {"form": form, **shown}


def _status(form: Form) -> HTTPStatus:
    return HTTPStatus.BAD_REQUEST if form.refused else HTTPStatus.OK
