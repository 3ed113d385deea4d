"""The operations of the protocol, made of scim2-server's steps around our storage.

scim2-server reads requests, applies patches and replacements, judges conditions and answers discovery. Its own handler
is not used: it copies and validates each resource several times, where ours stand in the store as the JSON that is
answered, and a model is only made to be changed, or to leave attributes out.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from scim2_models import ConflictException, Context, PreconditionFailedException
from scim2_server.responses import ScimResponse
from scim2_server.routing import Operation
from scim2_server.service import SEARCH_REQUEST_PARAMETERS, ScimService

from cloudlink.service.scim.filters import bounded
from cloudlink.service.scim.kinds import KINDS
from cloudlink.service.scim.resources import PROVIDER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from scim2_models import Resource, ResponseParameters, SearchRequest
    from scim2_server.conditions import Conditions
    from scim2_server.requests import ScimRequest
    from scim2_server.routing import Target

    from cloudlink.service.scim.kinds import Kind
    from cloudlink.service.scim.storage import Storage

    _Serve = Callable[[ScimRequest, Target, Kind, Storage], Awaitable[ScimResponse]]

_LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
_LAST_INDEX = 2**31 - 1
# How often a change is tried again that another one has overtaken.
_TRIES = 5


class Service(ScimService):
    """Answers requests. Raises ``SCIMException``, which ``error_response`` turns into an answer."""

    def __init__(self) -> None:
        super().__init__(PROVIDER)

    async def answer(self, request: ScimRequest, storage: Storage) -> ScimResponse:
        """The answer to any request."""
        with PROVIDER:
            target = self.match(request)
            if target.me:
                target = self.route(request, target.operation)  # which says that there is none
            match target.operation:
                case Operation.search | Operation.search_with_body:
                    return await self._search(request, target, storage)
                case Operation.create | Operation.query | Operation.replace | Operation.patch | Operation.delete:
                    resource_type = self.resource_type_at(str(target.endpoint))
                    kind = KINDS[str(resource_type.name)]
                    serve: _Serve = getattr(self, f"_{target.operation.value}")
                    return await serve(request, target, kind, storage)
                case Operation.bulk:
                    self.ensure_supported(self.config.bulk, "Bulk")
        return self._discovery(request, target)

    def _discovery(self, request: ScimRequest, target: Target) -> ScimResponse:
        answer = getattr(self, target.operation.value)
        known = () if target.resource_id is None else (target.resource_id,)
        described: ScimResponse = answer(request.url, *known, request.query)
        return described

    async def _create(self, request: ScimRequest, _: Target, kind: Kind, storage: Storage) -> ScimResponse:
        asked = self.read_creation(kind.resource_type, request.body, request.header("Content-Type"))
        made = await storage.create(kind, asked)
        answer = _told(kind, made, None, HTTPStatus.CREATED)
        answer.headers["Location"] = made["meta"]["location"]
        return answer

    async def _query(self, request: ScimRequest, target: Target, kind: Kind, storage: Storage) -> ScimResponse:
        parameters = self.read_response_parameters(kind.resource_type, request.query)
        found = await storage.get(kind, str(target.resource_id), parameters)
        version = found["meta"]["version"]
        if not self.read_conditions(request).check(version, "GET"):
            return ScimResponse(HTTPStatus.NOT_MODIFIED, None, {"ETag": version})
        return _told(kind, found, parameters)

    async def _replace(self, request: ScimRequest, target: Target, kind: Kind, storage: Storage) -> ScimResponse:
        asked = self.read_replacement(kind.resource_type, request.body, request.header("Content-Type"))
        conditions = self.read_conditions(request)

        def replaced(current: Resource[Any]) -> Resource[Any] | None:
            return self.apply_replacement(current, asked.model_copy(deep=True), conditions)

        return await self._changed(request, target, kind, storage, replaced)

    async def _patch(self, request: ScimRequest, target: Target, kind: Kind, storage: Storage) -> ScimResponse:
        """Always answered with the resource: RFC 7644 also allows 204, which not every client expects."""
        asked = self.read_patch(kind.resource_type, request.body, request.header("Content-Type"))
        conditions = self.read_conditions(request)

        def patched(current: Resource[Any]) -> Resource[Any] | None:
            return self.apply_patch(current, asked, conditions)

        return await self._changed(request, target, kind, storage, patched)

    async def _changed(
        self,
        request: ScimRequest,
        target: Target,
        kind: Kind,
        storage: Storage,
        apply: Callable[[Resource[Any]], Resource[Any] | None],
    ) -> ScimResponse:
        """Stores what ``apply`` makes of the resource; nothing when it is the same."""
        parameters = self.read_response_parameters(kind.resource_type, request.query)

        async def attempt() -> Mapping[str, Any]:
            current = await storage.get(kind, str(target.resource_id))
            version = current["meta"]["version"]
            changed = apply(kind.model.model_validate(current))
            return current if changed is None else await storage.update(kind, changed, version)

        return _told(kind, await _until_not_overtaken(attempt, self.read_conditions(request)), parameters)

    async def _delete(self, request: ScimRequest, target: Target, kind: Kind, storage: Storage) -> ScimResponse:
        conditions = self.read_conditions(request)

        async def attempt() -> None:
            current = await storage.get(kind, str(target.resource_id))
            version = current["meta"]["version"]
            conditions.check(version, "DELETE")
            await storage.delete(kind, str(target.resource_id), version)

        await _until_not_overtaken(attempt, conditions)
        return self.deletion_response()

    async def _search(self, request: ScimRequest, target: Target, storage: Storage) -> ScimResponse:
        types = self.searched_types(target.endpoint)
        kinds = [KINDS[str(one.name)] for one in types]
        payload = self._search_payload(request, target)
        filter_text = payload.get("filter") if isinstance(payload, dict) else None
        probe = kinds[0].probe(filter_text) if len(kinds) == 1 else None
        if probe is not None:
            payload = {name: value for name, value in payload.items() if name != "filter"}
        asked, _ = self.read_search(types, payload)
        # No account has so many, and every database can count so far.
        asked.start_index = min(asked.start_index or 1, _LAST_INDEX)
        if probe is None:
            total, found = await storage.search(kinds, asked)
        else:
            probed = await storage.probe(kinds[0], probe, asked)
            total, found = len(probed), probed[asked.start_index - 1 :][: asked.count]
        return _listed(total, found, asked)

    def _search_payload(self, request: ScimRequest, target: Target) -> Any:
        """What is asked, as scim2-server reads it; its filter is not too long."""
        if target.operation is Operation.search:
            payload: Any = {name: value for name, value in request.query.items() if name in SEARCH_REQUEST_PARAMETERS}
        else:
            payload = self.decode_body(request.body, request.header("Content-Type"))
        for name, value in payload.items() if isinstance(payload, dict) else ():
            if name.casefold() == "filter" and isinstance(value, str):
                bounded(value)
        return payload


def _listed(total: int, found: Sequence[tuple[Kind, Mapping[str, Any]]], asked: SearchRequest[Any]) -> ScimResponse:
    shown = [_shown(kind, resource, asked) for kind, resource in found]
    body = {
        "schemas": [_LIST],
        "totalResults": total,
        "itemsPerPage": len(shown),
        "startIndex": asked.start_index,
        "Resources": shown,
    }
    return ScimResponse(HTTPStatus.OK, body)


def _told(
    kind: Kind,
    resource: Mapping[str, Any],
    parameters: ResponseParameters[Any] | None,
    status: HTTPStatus = HTTPStatus.OK,
) -> ScimResponse:
    meta = resource["meta"]
    headers = {"Content-Location": meta["location"], "ETag": meta["version"]}
    return ScimResponse(status, _shown(kind, resource, parameters), headers)


def _shown(kind: Kind, resource: Mapping[str, Any], parameters: ResponseParameters[Any] | None) -> dict[str, Any]:
    """The resource, without what was not asked for."""
    if parameters is None or not (parameters.attributes or parameters.excluded_attributes):
        return dict(resource)
    model = kind.model.model_validate(resource)
    return model.model_dump(scim_ctx=Context.RESOURCE_QUERY_RESPONSE, response_parameters=parameters)


async def _until_not_overtaken(attempt: Callable[[], Awaitable[Any]], conditions: Conditions) -> Any:
    """A change is made on what was read, and stored only if that has not changed meanwhile: else it is tried again."""
    for _ in range(_TRIES):
        try:
            return await attempt()
        except PreconditionFailedException:
            if conditions.if_match or conditions.if_none_match:
                raise
    raise ConflictException(detail="others change this resource all the time")
