"""One listener for all services of the API.

Three addresses lead to a service, and the links in its answers have the form that was asked:

- by host name, as Mitel's: ``media.api.example.com/2017-09-01/calls/records``, below the configured base domain
- by path: ``/media/2017-09-01/calls/records`` on any host
- by neither: ``/2017-09-01/calls/records``. No resource's name occurs in two services, so a program that has one
  setting for its host needs no second one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from cloudlink.service.api.description.document import description_route
from cloudlink.service.api.errors import answering
from cloudlink.wire import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_PREFIX = f"/{VERSION}"
# The origin of links: empty where the request's own host is the service's.
_ORIGIN: web.AppKey[str] = web.AppKey("origin", str)
_SCHEME: web.AppKey[str] = web.AppKey("scheme", str)


def add_api(
    app: web.Application,
    services: Mapping[str, Sequence[web.AbstractRouteDef]],
    *,
    public_url: str,
    domain: str | None = None,
) -> None:
    """Adds each service's routes (their paths begin behind the version) under its name.

    ``domain`` is the base domain of the services' host names, ``api.example.com``. A host's routes hide all others, so
    it is no address that people's browsers use.
    """
    for name, routes in services.items():
        app.add_subapp(f"/{name}{_PREFIX}", _service(routes, public_url))
        if domain is not None:
            hosted = web.Application(middlewares=[answering])
            hosted.add_subapp(_PREFIX, _service(routes, public_url, own_host=True))
            # The star stands for a port.
            app.add_domain(f"{name}.{domain}*", hosted)
    app.add_subapp(_PREFIX, _service([route for routes in services.values() for route in routes], public_url))


def _service(routes: Iterable[web.AbstractRouteDef], public_url: str, *, own_host: bool = False) -> web.Application:
    service = web.Application(middlewares=[answering])
    service.add_routes([*routes, description_route()])
    service[_ORIGIN] = "" if own_host else public_url
    service[_SCHEME] = public_url.partition(":")[0]
    return service


def link(request: web.Request, path: str = "") -> str:
    """The absolute address of a path behind the version, in the form in which this request came; itself by default."""
    origin = request.app[_ORIGIN] or f"{request.app[_SCHEME]}://{request.host}"
    here = request.rel_url.raw_path
    if not path:
        return origin + str(request.rel_url)
    return f"{origin}{here[: here.index(_PREFIX) + len(_PREFIX)]}{path}"
