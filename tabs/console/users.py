"""The people of an account: lists, a new one, changes, mails to them, their end."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from cloudlink.administration.refusals import Refused
from cloudlink.administration.users import TelephonyRole, UserFilter
from cloudlink.model import Role
from tabs.console import user_forms
from tabs.console.choices import languages, time_zones
from tabs.console.forms import search_text
from tabs.console.sentences import FILTERS, ROLES, TELEPHONY_ROLES, field_labels, label, refusal
from tabs.console.visit import see

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.administration.users import UserRecord
    from tabs.console.forms import Form
    from tabs.console.once import Once
    from tabs.console.services import Services
    from tabs.console.visit import Visit


class UserPages:
    """``/console/accounts/{account_id}/users`` and below."""

    def __init__(self, services: Services, once: Once) -> None:
        self._users = services.users
        self._once = once

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """The account's users by name; ``kind`` is a ``UserFilter``, ``q`` a text, ``after`` a cursor."""
        kind, text = _filter(visit.request), search_text(visit.request)
        cursor = visit.request.query.get("after")
        try:
            found = await self._users.find(visit.actor, visit.account_id, kind=kind, text=text, cursor=cursor)
        except ValueError:
            raise web.HTTPNotFound from None
        return visit.page(
            "users.html",
            "users",
            found=found,
            kind=kind,
            text=text,
            filters=[(_list_path(visit, each, text), name(visit.say), each == kind) for each, name in FILTERS.items()],
            first=_list_path(visit, kind, text) if cursor is not None else "",
            next=_list_path(visit, kind, text, found.next_cursor) if found.next_cursor else "",
            role_names=ROLES,
        )

    async def new(self, visit: Visit) -> web.StreamResponse:
        """The empty form."""
        visit.require_administrator()
        return await self._form_page(visit, user_forms.empty_form(_roles(visit, None)[0]), None)

    async def create(self, visit: Visit) -> web.StreamResponse:
        """Makes a user, with or without the welcome e-mail."""
        invite = visit.sent.checked("invite")

        async def make() -> str:
            new = user_forms.new_user(visit.sent)
            made = await self._users.create(visit.actor, visit.account_id, new, invite=invite)
            return made.user.principal_id

        try:
            principal_id = await self._once(visit.form_key, make)
        except Refused as problem:
            form = user_forms.again(user_forms.empty_form(Role.USER), visit.sent)
            return await self._form_page(visit, _marked(form, problem, visit), None)
        raise see(visit.path("users", principal_id), "user-invited" if invite else "user-created")

    async def show(self, visit: Visit) -> web.StreamResponse:
        """One user as a form, and what else can be done with them."""
        visit.require_administrator()
        record = await self._record(visit)
        return await self._form_page(visit, user_forms.form_of(record), record)

    async def save(self, visit: Visit) -> web.StreamResponse:
        """Changes what differs."""
        record = await self._record(visit)
        principal_id = record.user.principal_id
        try:
            wanted = user_forms.changes(visit.sent, record)
            await self._users.change(visit.actor, visit.account_id, principal_id, wanted)
        except Refused as problem:
            form = user_forms.again(user_forms.form_of(record), visit.sent)
            return await self._form_page(visit, _marked(form, problem, visit), record)
        raise see(visit.path("users", principal_id), "saved")

    async def activate(self, visit: Visit) -> web.StreamResponse:
        """Lets them sign in again."""
        return await self._set_active(visit, active=True)

    async def deactivate(self, visit: Visit) -> web.StreamResponse:
        """Signs them out everywhere."""
        return await self._set_active(visit, active=False)

    async def invite(self, visit: Visit) -> web.StreamResponse:
        """The welcome e-mail again."""
        await self._users.invite(visit.actor, visit.account_id, visit.id("principal_id"))
        raise see(visit.path("users", visit.id("principal_id")), "welcome-sent")

    async def reset_password(self, visit: Visit) -> web.StreamResponse:
        """The e-mail for a new password."""
        await self._users.reset_password(visit.actor, visit.account_id, visit.id("principal_id"))
        raise see(visit.path("users", visit.id("principal_id")), "reset-sent")

    async def ask_to_delete(self, visit: Visit) -> web.StreamResponse:
        """What will be lost."""
        visit.require_administrator()
        return visit.page("user_delete.html", "users", record=await self._record(visit))

    async def delete(self, visit: Visit) -> web.StreamResponse:
        """Ends the user with their calls."""
        await self._users.delete(visit.actor, visit.account_id, visit.id("principal_id"))
        raise see(visit.path("users"), "user-deleted")

    async def _record(self, visit: Visit) -> UserRecord:
        return await self._users.get(visit.actor, visit.account_id, visit.id("principal_id"))

    async def _set_active(self, visit: Visit, *, active: bool) -> web.StreamResponse:
        principal_id = visit.id("principal_id")
        await self._users.change(visit.actor, visit.account_id, principal_id, {"active": active})
        raise see(visit.path("users", principal_id), "user-activated" if active else "user-deactivated")

    async def _form_page(self, visit: Visit, form: Form, record: UserRecord | None) -> web.Response:
        held, limit = await self._users.telephony_roles(visit.actor, visit.account_id)
        say = visit.say
        of_account = say("As the account's")
        return visit.page(
            "user.html",
            "users",
            status=HTTPStatus.BAD_REQUEST if form.refused else HTTPStatus.OK,
            record=record,
            # Somebody may be known by a whole name alone (Entra ID, an operator).
            whole_name=record is not None and not (record.given_name and record.family_name),
            form=form,
            labels=field_labels(say),
            roles=[(role, label(ROLES, role, say)) for role in _roles(visit, record)],
            telephony_roles=[("", say("None"))] + [(role, label(TELEPHONY_ROLES, role, say)) for role in TelephonyRole],
            languages=languages(str(form.values["language_code"] or ""), empty=of_account),
            time_zones=time_zones(str(form.values["time_zone"] or ""), empty=of_account),
            holders=say("{held} of {limit} roles are given.", held=say.number(held), limit=say.number(limit)),
        )


def _filter(request: web.Request) -> UserFilter:
    try:
        return UserFilter(request.query.get("kind", UserFilter.ALL))
    except ValueError:
        raise web.HTTPNotFound from None


def _list_path(visit: Visit, kind: str, text: str, cursor: str | None = None) -> str:
    query = {"kind": kind, "q": text, "after": cursor}
    return visit.path("users") + "?" + urlencode({name: value for name, value in query.items() if value})


def _roles(visit: Visit, record: UserRecord | None) -> Sequence[str]:
    """The roles that can be exchanged for one another; one that cannot stands alone."""
    if record is not None and record.user.role not in {Role.USER, Role.ACCOUNT_ADMIN}:
        return [record.user.role]
    if visit.account.partner and record is None:
        return [Role.PARTNER_ADMIN, Role.USER]
    return [Role.USER, Role.ACCOUNT_ADMIN]


def _marked(form: Form, problem: Refused, visit: Visit) -> Form:
    return form.with_error(problem.field, refusal(problem.reason, visit.say))
