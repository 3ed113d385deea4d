"""Roll-outs: installing Mitel Assistant for a company, and what became of everybody."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from cloudlink.administration.refusals import Refused
from cloudlink.port import UnknownId
from graph.permissions import Feature, Kind, needed_for
from rollout.model import PersonState, Scope, ScopeKind, State
from tabs.console.forms import Form
from tabs.console.sentences import PERSON_STATES, ROLLOUT_STATES, SCOPES, TROUBLES, field_labels, label, refusal
from tabs.console.visit import checked_id, see

if TYPE_CHECKING:
    from aiohttp import web

    from rollout.model import Rollout, Rollouts
    from tabs.console.services import Services
    from tabs.console.visit import Visit

_PAGE = 100
_UNDER_WAY = frozenset({State.LISTING, State.INSTALLING})


class RolloutPages:
    """``/console/accounts/{account_id}/rollouts`` and below. Not there on a server without an app at Entra ID."""

    def __init__(self, services: Services) -> None:
        self._found = services.rollouts
        self._tenants = services.tenants

    @property
    def _rollouts(self) -> Rollouts:
        if self._found is None:
            raise UnknownId("no roll-outs on this server")
        return self._found

    async def overview(self, visit: Visit) -> web.StreamResponse:
        """The newest, and the form of another."""
        return await self._page(visit, Form({"tenant_id": "", "kind": ScopeKind.ALL, "groupId": "", "addresses": ""}))

    async def start(self, visit: Visit) -> web.StreamResponse:
        """Begins one."""
        sent = visit.sent
        values = {name: sent.text(name) for name in ("tenant_id", "kind", "groupId", "addresses")}
        if values["kind"] not in set(ScopeKind):
            raise UnknownId("no such scope")
        addresses = tuple(values["addresses"].replace(",", " ").replace(";", " ").split())
        scope = Scope(ScopeKind(values["kind"]), values["groupId"], addresses)
        try:
            begun = await self._rollouts.start(visit.actor, visit.account_id, values["tenant_id"], scope)
        except Refused as problem:
            return await self._page(visit, Form(values).with_error(problem.field, refusal(problem.reason, visit.say)))
        raise see(visit.path("rollouts", begun.rollout_id))

    async def show(self, visit: Visit) -> web.StreamResponse:
        """How far it is, and the people of one state or all."""
        rollout = await self._rollouts.get(visit.actor, visit.account_id, visit.id("rollout_id"))
        state = visit.request.query.get("state")
        if state is not None and state not in set(PersonState):
            raise UnknownId("no such state")
        after = visit.request.query.get("after", "")
        people = await self._rollouts.people(
            visit.actor,
            visit.account_id,
            rollout.rollout_id,
            state=PersonState(state) if state else None,
            after=checked_id(after) if after else "",
            limit=_PAGE,
        )
        own = visit.path("rollouts", rollout.rollout_id)
        return visit.page(
            "rollout.html",
            "rollouts",
            rollout=rollout,
            under_way=rollout.state in _UNDER_WAY,
            state_name=label(ROLLOUT_STATES, rollout.state, visit.say),
            trouble=label(TROUBLES, rollout.trouble, visit.say),
            counts=[(f"{own}?state={each}", label(PERSON_STATES, each, visit.say), n) for each, n in _counts(rollout)],
            people=[(person, label(PERSON_STATES, person.state, visit.say)) for person in people],
            next=f"{own}?after={people[-1].object_id}{f'&state={state}' if state else ''}"
            if len(people) == _PAGE
            else "",
            may_retry=rollout.state not in _UNDER_WAY,
        )

    async def retry(self, visit: Visit) -> web.StreamResponse:
        """Tries again those who failed."""
        await self._rollouts.retry(visit.actor, visit.account_id, visit.id("rollout_id"))
        raise see(visit.path("rollouts", visit.id("rollout_id")))

    async def cancel(self, visit: Visit) -> web.StreamResponse:
        """Ends it; what is installed stays."""
        await self._rollouts.cancel(visit.actor, visit.account_id, visit.id("rollout_id"))
        raise see(visit.path("rollouts", visit.id("rollout_id")))

    async def _page(self, visit: Visit, form: Form) -> web.Response:
        visit.require_administrator()
        found = await self._found.recent(visit.actor, visit.account_id) if self._found else []
        say = visit.say
        return visit.page(
            "rollouts.html",
            "rollouts",
            status=HTTPStatus.BAD_REQUEST if form.refused else HTTPStatus.OK,
            form=form,
            rollouts=[(each, label(ROLLOUT_STATES, each.state, say)) for each in found],
            tenants=[
                (tenant.tenant_id, tenant.tenant_id)
                for tenant in await self._tenants.all(visit.actor, visit.account_id)
            ],
            kinds=[(kind, label(SCOPES, kind, say)) for kind in ScopeKind],
            permissions=[(each.name, each.purpose(say)) for each in needed_for(Feature.ROLL_OUT, Kind.APPLICATION)],
            labels=field_labels(say),
            there=self._found is not None,
        )


def _counts(rollout: Rollout) -> list[tuple[str, int]]:
    return [(state, rollout.counts[state]) for state in PersonState if state in rollout.counts]
