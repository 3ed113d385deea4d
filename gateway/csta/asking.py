"""Requests of one connection, with note of who answers: a PBX need not offer every service, nor say so."""

from __future__ import annotations

import logging
from collections import Counter
from typing import TYPE_CHECKING

from gateway.csta.errors import NoAnswer, Refused, ServiceNotOffered, UnexpectedAnswer
from gateway.csta.messages import Refusal

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from gateway.csta.client import CstaClient
    from gateway.csta.messages import Answer

    AnswerT = TypeVar("AnswerT", bound=Answer)

logger = logging.getLogger(__name__)

MISSES = 3
"""Requests for a service in vain, without a single success, after which it is taken not to be offered."""

# What a PBX says to a request that it knows nothing of; other values are about the one device or call.
_UNKNOWN_SERVICE = {"", "generic", "serviceNotSupported"}

UNDONE = (Refused, NoAnswer, UnexpectedAnswer, ServiceNotOffered)
"""What a request may end with while the connection is still of use."""


class Asking:
    """``answered`` and ``silent`` count the requests that the PBX answered, in whatever way, and those it did not."""

    def __init__(self, client: CstaClient) -> None:
        self.client = client
        self.answered = 0
        self.silent = 0
        self._offered: set[str] = set()
        self._missed: Counter[str] = Counter()

    @property
    def not_offered(self) -> tuple[str, ...]:
        """Services that the PBX turned out not to have."""
        return tuple(service for service, misses in self._missed.items() if misses >= MISSES)

    async def ask(
        self, request: bytes, expected: type[AnswerT], arrived: Callable[[Answer], None] | None = None
    ) -> AnswerT:
        """As ``CstaClient.request``."""
        try:
            answer = await self.client.request(request, expected, arrived)
        except NoAnswer:
            self.silent += 1
            raise
        except (Refused, UnexpectedAnswer):
            self.answered += 1
            raise
        self.answered += 1
        return answer

    async def ask_optional(
        self, service: str, request: bytes, expected: type[AnswerT], arrived: Callable[[Answer], None] | None = None
    ) -> AnswerT:
        """For a service that the PBX may lack: raises ``ServiceNotOffered`` at once when it turned out so."""
        if self._missed[service] >= MISSES:
            raise ServiceNotOffered(service)

        def heard(answer: Answer) -> None:
            # Late answers come here too: slow is not absent.
            if not isinstance(answer, Refusal):
                self._offered.add(service)
                del self._missed[service]
            if arrived is not None:
                arrived(answer)

        before = self.answered
        try:
            return await self.ask(request, expected, heard)
        except NoAnswer:
            # Silence tells something of the service only while the PBX answers other requests.
            if self.answered > before:
                self._miss(service)
            raise
        except Refused as error:
            if error.value in _UNKNOWN_SERVICE:
                self._miss(service)
            raise

    def _miss(self, service: str) -> None:
        if service in self._offered:
            return
        self._missed[service] += 1
        if self._missed[service] == MISSES:
            logger.warning("the PBX does not offer a service", extra={"service": service})
