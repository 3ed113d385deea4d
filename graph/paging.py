"""Every item of a list, page after page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from graph.errors import GraphError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from graph.client import TenantGraph
    from graph.messages import Request


async def items(graph: TenantGraph, request: Request) -> AsyncIterator[Mapping[str, Any]]:
    """Follows ``@odata.nextLink``, within Graph and never in a circle. Raises ``GraphError``."""
    seen = {request.path}
    while True:
        body = (await graph.send(request)).body
        value = body.get("value")
        if not isinstance(value, list):
            raise GraphError("malformedAnswer")
        for item in value:
            if isinstance(item, dict):
                yield item
        link = body.get("@odata.nextLink")
        if not isinstance(link, str):
            return
        request = replace(request, path=graph.relative(link))
        if request.path in seen:
            raise GraphError("circularLink")
        seen.add(request.path)
