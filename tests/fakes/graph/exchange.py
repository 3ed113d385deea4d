"""A request and a reply, the same alone or as an item of a batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import uuid4

if TYPE_CHECKING:
    import re
    from collections.abc import Awaitable, Callable, Mapping

    from tests.fakes.entra import Tenant
    from tests.fakes.graph.service import FakeGraph


@dataclass(frozen=True)
class Call:
    """``path`` is below ``/v1.0`` and decoded, ``query`` holds the options with their dollar signs.

    ``claims`` are those of the token, once it was checked.
    """

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, Any] = field(default_factory=dict)

    @property
    def application(self) -> str:
        """The client id of whoever asks."""
        return str(self.claims["appid"])

    @property
    def roles(self) -> frozenset[str]:
        """What the application itself may do."""
        return frozenset(self.claims["roles"])


@dataclass(frozen=True)
class Reply:
    """``body`` is JSON, ``None`` for none. ``later`` gives the reply in its place where Graph first asks somebody."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    later: Callable[[], Awaitable[Reply]] | None = None


@dataclass(frozen=True)
class Route:
    """``pattern`` matches a whole path. ``roles`` are the permissions of which one is enough; ``service`` counts it.

    With ``scopes`` it is for signed-in people alone: one of these must have been granted to the application for them.
    """

    method: str
    pattern: re.Pattern[str]
    roles: frozenset[str]
    service: str
    answer: Callable[[FakeGraph, Tenant, re.Match[str], Call], Reply]
    cost: int = 1
    scopes: frozenset[str] = frozenset()


class Refused(Exception):
    """An error of Graph; ``inner_code`` is the more detailed one."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str = "",
        *,
        inner_code: str = "",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
        self.inner_code = inner_code
        self.headers = dict(headers or {})

    @property
    def reply(self) -> Reply:
        """As Graph writes it."""
        inner = {"date": "2026-03-02T14:05:00", "request-id": str(uuid4()), "client-request-id": str(uuid4())}
        if self.inner_code:
            inner |= {"code": self.inner_code, "message": self.message}
        body = {"error": {"code": self.code, "message": self.message, "innerError": inner}}
        return Reply(self.status, body, {**self.headers, "request-id": inner["request-id"]})
