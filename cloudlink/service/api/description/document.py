"""The document, made once."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from aiohttp import web

from cloudlink.service.api.description.operations import OPERATIONS
from cloudlink.service.api.description.schemas import SCHEMAS, reference
from cloudlink.service.api.errors import as_json
from cloudlink.service.api.odata.parser import LONGEST
from cloudlink.service.api.paging import DEFAULT_TOP, MAX_SKIP, MAX_TOP
from cloudlink.wire import VERSION

if TYPE_CHECKING:
    from cloudlink.service.api.description.operations import Operation

_PARAMETERS: dict[str, dict[str, Any]] = {
    "$top": {
        "description": f"Number of items; {MAX_TOP} at most are in a page.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 2**31 - 1, "default": DEFAULT_TOP},
    },
    "$skip": {
        "description": "Number of items to skip; following `_links.next` is quicker.",
        "schema": {"type": "integer", "minimum": 0, "maximum": MAX_SKIP, "default": 0},
    },
    "$skiptoken": {
        "description": "A place in the collection, from `_links.next` and from nowhere else.",
        "schema": {"type": "string", "maxLength": 200},
    },
    "$filter": {
        "description": "OData: eq ne gt ge lt le and or not contains startswith endswith.",
        "schema": {"type": "string", "maxLength": LONGEST},
        "example": "direction eq 'inbound'",
    },
}
_ALWAYS = (400, 401)
_MEANINGS = {
    200: "Success",
    201: "Created",
    204: "Gone",
    400: "The request was invalid.",
    401: "The request requires a valid access token.",
    403: "The request was refused. Feature not allowed.",
    404: "Invalid identifier.",
    409: "The request has a conflict with another resource on the server.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    422: "The PBX refused; the message has its word for why.",
    429: "There were too many requests; Retry-After says how many seconds to wait.",
    503: "The gateway or its PBX is not connected.",
    504: "The PBX did not answer in time; it may have acted all the same.",
}


def description_route() -> web.AbstractRouteDef:
    """The same document for each service: it tells of all."""

    async def show(_: web.Request) -> web.Response:
        return as_json(document())

    return web.get("/openapi.json", show)


@cache
def document() -> dict[str, Any]:
    """OpenAPI 3.1."""
    paths: dict[str, Any] = {}
    schemas: dict[str, Any] = dict(SCHEMAS)
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "CloudLink, embedded in Mitel Assistant",
            "version": VERSION,
            "description": "Media, Admin and Notifications of Mitel's public CloudLink API.",
        },
        "servers": [{"url": f"/{VERSION}"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
    }


def _described(operation: Operation, schemas: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [operation.service],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation)],
        "responses": _responses(operation),
    }
    if operation.body is not None:
        schema = operation.body.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= schema.pop("$defs", {})
        schemas[operation.body.__name__] = schema
        told["requestBody"] = {"required": True, "content": _json(operation.body.__name__)}
    return told


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    names = re.findall(r"{(\w+)}", operation.path)
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    return [{"name": name, "in": "query", "required": False, **_PARAMETERS[name]} for name in operation.query]


def _responses(operation: Operation) -> dict[str, Any]:
    errors = {*_ALWAYS, *operation.errors, *((413, 415) if operation.body else ())}
    told: dict[str, Any] = {
        str(status): {"description": _MEANINGS[status], "content": _json("error")} for status in sorted(errors)
    }
    if operation.status is not None:
        answer = {"content": _json(operation.answer)} if operation.answer else {}
        told[str(operation.status)] = {"description": _MEANINGS[operation.status], **answer}
    return told


def _json(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": reference(schema)}}
