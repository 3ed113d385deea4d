"""The Media API over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from cloudlink.model import CallState
from cloudlink.port import CallFailed, CallProblem, UnknownId
from cloudlink.service.api import bodies, paging
from cloudlink.service.api.errors import BadRequest, FeatureNotAllowed, as_json
from cloudlink.service.api.gate import Gate, is_administrator
from cloudlink.service.api.media import control, endpoints, questions
from cloudlink.service.api.media.bodies import CallAction, EndpointAction, Hide, NewCall
from cloudlink.service.api.media.records import Records, Scope
from cloudlink.service.api.routing import link
from cloudlink.wire import call_to_wire, collection, endpoint_to_wire
from store.clock import Clock, utc_now

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cloudlink.identity import Bearers, Caller
    from cloudlink.model import Call, Endpoint
    from cloudlink.service.call_control import CallControl
    from store.database import Database

_QUIET = frozenset({CallState.IDLE.value, CallState.OUT_OF_SERVICE.value})


def media_routes(
    bearers: Bearers, database: Database, calling: CallControl, now: Clock = utc_now
) -> Sequence[web.AbstractRouteDef]:
    """Routes for ``add_api``, as the service ``media``."""
    media = Media(database, calling, now)
    gate = Gate(bearers)
    return [
        web.get("/calls/records", gate(media.records)),
        web.put("/calls/records", gate(media.hide)),
        web.get("/calls/{call_id}/records", gate(media.call)),
        web.put("/calls/{call_id}/records", gate(media.hide_call)),
        web.get("/endpoints/{endpoint_id}", gate(media.endpoint)),
        web.put("/endpoints/{endpoint_id}", gate(media.change_endpoint)),
        web.get("/endpoints/{endpoint_id}/calls", gate(media.active_calls)),
        web.post("/endpoints/{endpoint_id}/calls", gate(media.make_call)),
        web.get("/endpoints/{endpoint_id}/calls/{call_id}", gate(media.active_call)),
        web.put("/endpoints/{endpoint_id}/calls/{call_id}", gate(media.act_on_call)),
    ]


class Media:
    """The operations."""

    def __init__(self, database: Database, calling: CallControl, now: Clock) -> None:
        self._database = database
        self._now = now
        self._calling = calling
        self._records = Records(database)

    async def records(self, request: web.Request, caller: Caller) -> web.Response:
        """Call history."""
        question = questions.read(request.query.get("$filter"))
        asked = paging.read(request.query)
        found = await self._records.page(_scope(caller, question.principal_id), question, asked)
        following = paging.following(
            link(request, "/calls/records"), request.query, found.page.next_cursor, skip=found.skip
        )
        return as_json(collection(_items(request, found.page.items), link(request), following))

    async def hide(self, request: web.Request, caller: Caller) -> web.Response:
        """Hides what the filter finds: of one person, whom an application must name."""
        question = questions.read(request.query.get("$filter"))
        change = await bodies.read(request, Hide)
        scope = _scope(caller, question.principal_id)
        if scope.principal_id is None and caller.user is not None:
            scope = Scope(caller.account_id, caller.user.principal_id)
        if scope.principal_id is None:
            raise BadRequest("$filter: must name a principal")
        await self._records.hide(scope, question, hide=change.hide)
        return as_json({})

    async def call(self, request: web.Request, caller: Caller) -> web.Response:
        """The record of a call, or both parties' for an administrator."""
        page = await self._records.of_call(_scope(caller), request.match_info["call_id"])
        if not page.items:
            raise UnknownId("no such call")
        return as_json(collection(_items(request, page.items), link(request)))

    async def hide_call(self, request: web.Request, caller: Caller) -> web.Response:
        """Hides a person's own record of a call; an application hides every party's."""
        change = await bodies.read(request, Hide)
        own = Scope(caller.account_id, caller.user.principal_id) if caller.user else _scope(caller)
        if not await self._records.hide_call(own, request.match_info["call_id"], hide=change.hide):
            raise UnknownId("no such call")
        return as_json({})

    async def endpoint(self, request: web.Request, caller: Caller) -> web.Response:
        """Line state."""
        endpoint = await self._named(request, caller)
        return as_json(endpoint_to_wire(endpoint, link(request, f"/endpoints/{quote(endpoint.endpoint_id)}")))

    async def _named(self, request: web.Request, caller: Caller) -> Endpoint:
        """Raises ``UnknownId``."""
        return await endpoints.find(self._database, _scope(caller), request.match_info["endpoint_id"], self._now())

    async def change_endpoint(self, request: web.Request, caller: Caller) -> web.Response:
        """Checked and refused: see the package."""
        await self._named(request, caller)
        await bodies.read(request, EndpointAction)
        raise FeatureNotAllowed("Feature not allowed: no gateway of this account can change a telephone's state.")

    async def active_calls(self, request: web.Request, caller: Caller) -> web.Response:
        """None while the line is quiet; those of a busy one are asked of its gateway."""
        asked = paging.read(request.query)
        endpoint = await self._named(request, caller)
        calls = (await self._active(endpoint))[asked.skip : asked.skip + asked.top]
        here = f"/endpoints/{quote(endpoint.endpoint_id)}/calls"
        items = [call_to_wire(call, link(request, f"{here}/{quote(call.call_id, safe='')}")) for call in calls]
        return as_json(collection(items, link(request)))

    async def _active(self, endpoint: Endpoint) -> Sequence[Call]:
        if endpoint.state in _QUIET:
            return ()
        with control.telling():
            return await self._calling.calls(endpoint)

    async def _told(self, endpoint: Endpoint) -> Sequence[Call]:
        """What a gateway tells of a call that may be younger than the line's state; none where no gateway can."""
        with control.telling():
            try:
                return await self._calling.calls(endpoint)
            except CallFailed as error:
                if error.problem is not CallProblem.NOT_OFFERED:
                    raise
                return ()

    async def make_call(self, request: web.Request, caller: Caller) -> web.Response:
        """From the caller's own device: an administrator's role opens nobody else's."""
        who = control.person(caller)
        device = await self._calling.device(who, request.match_info["endpoint_id"])
        new = await bodies.read(request, NewCall)
        control.check(new, device)
        with control.telling():
            call = await self._calling.place(
                who,
                control.number(new.to),
                control.request_id(request),
                endpoint_id=device.endpoint_id,
                within=control.within(new),
            )
        return as_json(
            call_to_wire(call, link(request, f"/endpoints/{quote(device.endpoint_id)}/calls/{quote(call.call_id)}"))
        )

    async def active_call(self, request: web.Request, caller: Caller) -> web.Response:
        """A call of the endpoint, or of its user once it is over."""
        call = await self._call_of_endpoint(request, caller)
        return as_json(call_to_wire(call, link(request)))

    async def act_on_call(self, request: web.Request, caller: Caller) -> web.Response:
        """Answers or ends a call on the caller's own device; what else Mitel describes is refused."""
        who = control.person(caller)
        endpoint_id, call_id = request.match_info["endpoint_id"], request.match_info["call_id"]
        device = await self._calling.device(who, endpoint_id)
        asked = await bodies.read(request, CallAction)
        act = {"answer": self._calling.answer, "end": self._calling.end}.get(asked.action)
        if act is None:
            raise FeatureNotAllowed("Feature not allowed: of the actions on a call, gateways know answer and end.")
        with control.telling():
            await act(who, device.endpoint_id, call_id, control.request_id(request))
        return as_json({})

    async def _call_of_endpoint(self, request: web.Request, caller: Caller) -> Call:
        endpoint = await self._named(request, caller)
        if endpoint.principal_id is not None:
            scope = Scope(caller.account_id, endpoint.principal_id)
            for call in (await self._records.of_call(scope, request.match_info["call_id"])).items:
                return call
        for call in await self._told(endpoint):
            if call.call_id == request.match_info["call_id"]:
                return call
        raise UnknownId("no such call")


def _scope(caller: Caller, principal_id: str | None = None) -> Scope:
    """What the caller may see of what they ask. Raises ``UnknownId`` for somebody else's."""
    if is_administrator(caller):
        return Scope(caller.account_id, principal_id)
    if caller.user is None or principal_id not in {None, caller.user.principal_id}:
        raise UnknownId("not this caller's")
    return Scope(caller.account_id, caller.user.principal_id)


def _items(request: web.Request, calls: Sequence[Call]) -> list[dict[str, object]]:
    return [call_to_wire(call, link(request, f"/calls/{quote(call.call_id, safe='')}/records")) for call in calls]
