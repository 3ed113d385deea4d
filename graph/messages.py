"""A request to Graph and its answer, the same alone or as an item of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from graph.permissions import Permission


class Method(StrEnum):
    """What Graph is asked to do."""

    GET = "GET"
    POST = "POST"
    PATCH = "PATCH"
    DELETE = "DELETE"


@dataclass(frozen=True, slots=True)
class Request:
    """``path`` is below ``/v1.0``, begins with a slash and is encoded, query included; ``paths`` writes it.

    ``needs`` is the permission without which Graph answers 403. ``idempotent`` says of a POST or PATCH that it may be
    sent again although the first one may have been carried out; a GET or DELETE always may.
    """

    method: Method
    path: str
    needs: Permission
    body: Mapping[str, Any] | None = None
    idempotent: bool = False

    @property
    def repeatable(self) -> bool:
        """Whether sending it twice does no harm."""
        return self.idempotent or self.method in {Method.GET, Method.DELETE}


@dataclass(frozen=True, slots=True)
class Answer:
    """``body`` is empty where Graph gave none, or none that is a JSON object."""

    status: int
    body: Mapping[str, Any] = field(default_factory=dict)
