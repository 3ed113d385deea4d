"""How long to keep trying, and what may be sent twice.

Not stamina's loop, because the wait that Graph asks for belongs to the tenant's budget, where every other request of
that tenant obeys it too.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from graph.errors import GraphError, GraphUnavailable, Throttled, Unauthenticated


@dataclass(frozen=True, slots=True)
class Patience:
    """``attempts`` are counted, the rest is in seconds; where Graph does not say, each wait is twice the last one.

    Nobody waits longer than ``longest_wait`` at a time: the error is raised instead, with what Graph asks for.
    """

    attempts: int = 4
    first_wait: float = 1.0
    longest_wait: float = 60.0

    def wait(self, error: GraphError, *, repeatable: bool, attempt: int) -> float | None:
        """Seconds until the attempt after the one that failed with ``error``, or ``None`` to give up.

        Throttled requests were not carried out (Graph: wait, then retry the request). A token that Graph refuses is
        replaced once.
        """
        if attempt >= self.attempts:
            return None
        if isinstance(error, Unauthenticated):
            return 0.0 if attempt == 1 else None
        if not isinstance(error, Throttled | GraphUnavailable):
            return None
        if isinstance(error, GraphUnavailable) and not (repeatable or error.undone):
            return None
        wait = error.retry_after if error.retry_after is not None else self._growing(attempt)
        return wait if wait <= self.longest_wait else None

    def _growing(self, attempt: int) -> float:
        # The jitter keeps requests that failed together from coming back together.
        jitter = random.uniform(1, 1.5)  # noqa: S311 - keeps no secret
        return min(self.first_wait * jitter * 2.0 ** (attempt - 1), self.longest_wait)
