"""What is asked of Microsoft to test an integration: one ``Check`` for each question, whatever the answer is.

``TenantProbes`` speaks to the configured hosts alone, with a bounded wait, and each question is asked once.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar
from uuid import uuid4

from aiohttp import ClientError

from auth.entra.checks import Check, Finding, Subject
from auth.keys import RefusedDocument, fetch_document
from graph.client import Graph
from graph.consent import roles_in
from graph.errors import GraphError, GraphUnavailable, NotFound, NotPermitted, Throttled
from graph.permissions import Feature, needed_for
from graph.presence import clear_presence, read_presences
from graph.retry import Patience
from graph.tokens import TokenUnavailable, known_by
from graph.users import anybody

if TYPE_CHECKING:
    from collections.abc import Awaitable, Sequence

    from aiohttp import ClientSession

    from graph.client import TenantGraph
    from graph.tokens import Registration

_Answer = TypeVar("_Answer")

# A person waits for the page.
_ONCE = Patience(attempts=1)
_SECONDS = 10.0
# Entra ID answers 400 for a tenant that it does not know.
_REFUSALS = {400: Finding.NO_SUCH_TENANT, 404: Finding.NO_SUCH_TENANT, 429: Finding.BUSY}


@dataclass(frozen=True, slots=True)
class Microsoft:
    """How Microsoft is reached: ``registration`` is our own application, ``graph_url`` Graph without a version."""

    session: ClientSession
    registration: Registration
    graph_url: str


class TenantProbes:
    """One application in one tenant, which an account has proved.

    ``secret`` is of the customer's own application: a secret, or a certificate with its key in PEM.
    """

    def __init__(self, microsoft: Microsoft, tenant_id: str, client_id: str = "", secret: str = "") -> None:
        ours = microsoft.registration
        self._subject = Subject.APPLICATION if client_id else Subject.OUR_APPLICATION
        registration = known_by(client_id, ours.entra_url, secret) if client_id else ours
        self._certified = registration.certificate is not None
        # Made for this test alone: what a token may do can have changed a moment ago.
        graph = Graph(microsoft.session, registration, microsoft.graph_url)
        self._graph: TenantGraph = graph.tenant(tenant_id).within(_ONCE)
        self._client_id = registration.app_id
        self._session = microsoft.session
        self._issuer = f"{ours.entra_url}/{tenant_id}/v2.0"

    async def discovery(self) -> Check:
        """Whether Entra ID publishes the tenant's OpenID configuration."""
        subject = Subject.DISCOVERY
        try:
            document = await fetch_document(self._session, f"{self._issuer}/.well-known/openid-configuration")
        except RefusedDocument as refused:
            return Check(subject, _REFUSALS.get(refused.status, Finding.UNREACHABLE))
        except (ClientError, TimeoutError, ValueError, RecursionError):
            return Check(subject, Finding.UNREACHABLE)
        found = document.get("issuer") == self._issuer
        return Check(subject, Finding.DISCOVERED if found else Finding.NO_SUCH_TENANT)

    async def application(self) -> Check:
        """Whether the tenant knows the application, and Entra ID takes its secret."""
        try:
            await self._graph.tokens.fresh()
        except TokenUnavailable as refused:
            return self._refused(refused)
        return Check(self._subject, Finding.ACCEPTED)

    async def permissions(self) -> Sequence[Check]:
        """Whether the application holds exactly what presence asks for."""
        needed = needed_for(Feature.PRESENCE)
        try:
            held = roles_in(await self._graph.tokens.bearer())
        except TokenUnavailable as refused:
            return [self._refused(refused)]
        except GraphError as error:
            return [Check(Subject.PERMISSIONS, Finding.REFUSED, (error.code,))]
        names = tuple(permission.name for permission in needed)
        missing = tuple(permission.name for permission in needed if not permission.is_among(held))
        too_many = tuple(sorted(held.difference(names, *(permission.covered_by for permission in needed))))
        return [
            Check(Subject.PERMISSIONS, Finding.MISSING if missing else Finding.GRANTED, missing or names),
            Check(Subject.EXCESS, Finding.TOO_MANY if too_many else Finding.NONE_TOO_MANY, too_many),
        ]

    async def presence(self) -> Sequence[Check]:
        """Whether Graph lets the application read people and their presence, and write it.

        Nobody's presence is touched: what is ended is a session of a person who does not exist, which Graph does not
        find (404) once it has let the application do so.
        """
        person, reading = await self._asked(Subject.READING, anybody(self._graph), Finding.READABLE)
        return (
            reading,
            await self._presence_of(person),
            (await self._asked(Subject.WRITING, self._end_nothing(), Finding.WRITABLE))[1],
        )

    async def _presence_of(self, person: str | None) -> Check:
        if not person:
            return Check(Subject.READING_PRESENCE, Finding.NOT_TRIED)
        question = read_presences(self._graph, [person])
        return (await self._asked(Subject.READING_PRESENCE, question, Finding.READABLE))[1]

    async def _end_nothing(self) -> None:
        with suppress(NotFound):
            await self._graph.send(clear_presence(str(uuid4()), self._client_id))

    async def _asked(
        self, subject: Subject, question: Awaitable[_Answer], passed: Finding
    ) -> tuple[_Answer | None, Check]:
        try:
            async with asyncio.timeout(_SECONDS):
                return await question, Check(subject, passed)
        except NotPermitted:
            return None, Check(subject, Finding.FORBIDDEN)
        except Throttled:
            return None, Check(subject, Finding.BUSY)
        except (GraphUnavailable, TimeoutError):
            return None, Check(subject, Finding.UNREACHABLE)
        except GraphError as error:
            return None, Check(subject, Finding.REFUSED, (error.code,))

    def _refused(self, refused: TokenUnavailable) -> Check:
        match refused.code:
            case "unreachable":
                return Check(self._subject, Finding.UNREACHABLE)
            case "invalid_client":
                refusal = Finding.CERTIFICATE_REFUSED if self._certified else Finding.SECRET_REFUSED
                return Check(self._subject, refusal)
            case _ if refused.not_consented:
                return Check(self._subject, Finding.NOT_IN_TENANT)
        return Check(self._subject, Finding.REFUSED, (refused.code,))
