"""Who calls: handlers behind the gate get the ``Caller`` whose access token the request holds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from cloudlink import correlation
from cloudlink.administration.refusals import NotAllowed
from cloudlink.identity import Caller
from cloudlink.model import Role

if TYPE_CHECKING:
    from cloudlink.administration.actor import Actor
    from cloudlink.identity import Bearers

Operation = Callable[[web.Request, Caller], Awaitable[web.StreamResponse]]
Guarded = Callable[[web.Request], Awaitable[web.StreamResponse]]

ADMINISTRATORS = frozenset({Role.ACCOUNT_ADMIN.value, Role.PARTNER_ADMIN.value})
_READING = frozenset({hdrs.METH_GET, hdrs.METH_HEAD})


class Gate:
    """Lets in who has a token: of scope ``read`` for reading, ``write`` for anything else."""

    def __init__(self, bearers: Bearers) -> None:
        self._bearers = bearers

    def __call__(self, operation: Operation) -> Guarded:
        async def guarded(request: web.Request) -> web.StreamResponse:
            scope = "read" if request.method in _READING else "write"
            caller = await self._bearers.caller(request.headers.get(hdrs.AUTHORIZATION), scope)
            return await operation(request, caller)

        return guarded


def actor_of(request: web.Request, caller: Caller) -> Actor:
    """The caller as rights and the audit log see them."""
    return caller.actor(address=request.remote or "", correlation_id=correlation.current())


def is_administrator(caller: Caller) -> bool:
    """Whether the caller administers the account that they are in."""
    return caller.role in ADMINISTRATORS


def require_administrator(caller: Caller) -> None:
    """Raises ``NotAllowed``."""
    if not is_administrator(caller):
        raise NotAllowed("administrators only")
