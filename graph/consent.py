"""Which application permissions a tenant has granted, told by the ``roles`` of a fresh token.

It asks for no permission of its own. Consent may take minutes to reach every server of Entra ID.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt

from graph.errors import GraphError, GraphUnavailable
from graph.tokens import TokenUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from graph.client import TenantGraph
    from graph.permissions import Permission


async def granted(graph: TenantGraph) -> frozenset[str]:
    """The names of the granted application permissions; none where no administrator has consented.

    Raises ``GraphUnavailable`` when Entra ID gives no token for another reason, ``GraphError`` for a token that cannot
    be read: only Graph is promised to understand it.
    """
    try:
        token = await graph.tokens.fresh()
    except TokenUnavailable as error:
        if error.not_consented:
            return frozenset()
        raise GraphUnavailable(error.code) from error
    return roles_in(token)


def roles_in(token: str) -> frozenset[str]:
    """The application permissions that a token of ours holds. Raises ``GraphError`` for one that cannot be read."""
    try:
        # It came from Entra ID itself over https, and decides nothing: Graph checks it at every request.
        roles = jwt.decode(token, options={"verify_signature": False}).get("roles", [])
    except jwt.PyJWTError as error:
        raise GraphError("unreadableToken") from error
    return frozenset(role for role in roles if isinstance(role, str)) if isinstance(roles, list) else frozenset()


async def missing(graph: TenantGraph, permissions: Iterable[Permission]) -> tuple[Permission, ...]:
    """Those that the tenant has not granted, in their order. Raises as ``granted``."""
    there = await granted(graph)
    return tuple(permission for permission in permissions if not permission.is_among(there))
