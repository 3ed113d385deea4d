"""Microsoft Graph on loopback, by plain http: the resources that we use, for the tenants of ``tests.fakes.entra``.

- ``service``     ``FakeGraph``: its state, what a test may change, and the way of a request through it
- ``exchange``    a request and a reply, the same alone or in a batch; Graph's error bodies
- ``guard``       tokens: signature, audience, expiry, and the permissions that a resource wants
- ``throttling``  windows of requests by tenant, application and service, with the documented limits; faults on demand
- ``odata``       ``$filter``, ``$select``, ``$top`` and pages with ``@odata.nextLink``
- ``batch``       ``POST /$batch``
- ``directory``   users, groups and their members
- ``teams``       the app catalogue and installations
- ``presence``    setting, clearing and reading presence
- ``sessions``    who shows what: sessions, their fading and end, precedence, preferred presence
- ``subscriptions``  that changes of presence are told to a webhook
- ``server``      aiohttp in front of it: ``fake_graph`` runs one

A new resource is a module with ``ROUTES``, named in ``service``. Shapes are those of Graph's v1.0 reference.
"""

from tests.fakes.graph.server import fake_graph
from tests.fakes.graph.service import FakeGraph
from tests.fakes.graph.sessions import OFFLINE, Presences, Write
from tests.fakes.graph.teams import App
from tests.fakes.graph.throttling import FOREVER, NEWER_PRESENCE_WRITES, Fault

__all__ = [
    "FOREVER",
    "NEWER_PRESENCE_WRITES",
    "OFFLINE",
    "App",
    "FakeGraph",
    "Fault",
    "Presences",
    "Write",
    "fake_graph",
]
