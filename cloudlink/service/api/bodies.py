"""JSON bodies of bounded size, checked against pydantic models that also give their schema to the description."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.alias_generators import to_camel

from cloudlink.service import request_bodies
from cloudlink.service.api.errors import ApiError, BadRequest

if TYPE_CHECKING:
    from aiohttp import web

MAX_BODY_BYTES = 64 * 1024
_MOST_PROBLEMS = 5


class Body(BaseModel):
    """A request's body: camelCase, no conversions. Fields that we do not know are ignored, as old clients expect."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, strict=True, extra="ignore", hide_input_in_errors=True
    )


BodyT = TypeVar("BodyT", bound=Body)


async def read(request: web.Request, kind: type[BodyT]) -> BodyT:
    """The body as the model. Raises ``BadRequest``, and ``ApiError`` 413 and 415."""
    if request.content_type not in {"application/json", "application/octet-stream"}:
        raise ApiError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", "The body must be application/json.")
    try:
        return kind.model_validate(orjson.loads(await _bytes(request)))
    except orjson.JSONDecodeError:
        raise BadRequest("The body must be JSON in UTF-8.") from None
    except ValidationError as error:
        raise BadRequest("; ".join(_problem(problem) for problem in error.errors()[:_MOST_PROBLEMS])) from None


async def _bytes(request: web.Request) -> bytes:
    try:
        return await request_bodies.read(request, MAX_BODY_BYTES)
    except request_bodies.TooLarge:
        message = f"A body may have {MAX_BODY_BYTES} bytes."
        raise ApiError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", message) from None
    except request_bodies.Unreadable:
        raise BadRequest("The body cannot be unpacked.") from None


def _problem(problem: Any) -> str:
    field = ".".join(str(part) for part in problem["loc"])
    return f"{field}: {problem['msg']}" if field else str(problem["msg"])
