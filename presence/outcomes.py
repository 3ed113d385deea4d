"""What Graph's answers to a batch of writes say of each person, and of the tenant as a whole.

=============================================  ===========================  =====================================
an item's answer                               of the person                of the tenant, if nothing was done
=============================================  ===========================  =====================================
done; 404 to an end (no session was there)     done
404 to a session                               gone
429                                            later, as Graph says         throttled
401                                            later                        rejected, unless a new token helps
403, or our application is not in the tenant   refused                      not consented
no token since our secret is refused           later                        secret refused
5xx, no answer, no connection                  later                        unreachable
missing in the batch's answer                  later, as it may be done     unreachable
anything else (400)                            refused                      rejected
=============================================  ===========================  =====================================

One person's trouble is not the tenant's: where Graph has done anything of a batch, only throttling counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from graph.errors import GraphError, GraphUnavailable, NotFound, NotPermitted, Throttled, Unauthenticated
from presence.ledger import Result
from presence.model import Trouble

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graph.batch import Outcome
    from presence.ledger import Write

# Nobody waits longer because Graph says so, whose windows are of 30 seconds; nor is it asked again at once.
_LONGEST_OBEYED_S, _SHORTEST_OBEYED_S = 600.0, 1.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """As ``Ledger.settle`` takes it."""

    result: Result
    retry_after: float | None = None
    undone: bool = False


def verdict(write: Write, outcome: Outcome) -> Verdict:
    """What became of one write."""
    match outcome:
        case NotFound():
            return Verdict(Result.GONE if write.shown else Result.DONE)
        case Throttled() | GraphUnavailable():
            undone = isinstance(outcome, Throttled) or outcome.undone
            return Verdict(Result.LATER, retry_after(outcome), undone)
        case Unauthenticated():
            return Verdict(Result.LATER, undone=True)
        case NotPermitted():
            return Verdict(Result.REFUSED, undone=True)
        case GraphError():
            # Graph judges before it acts, but an answer that is lost or garbled may be one to something done.
            return Verdict(Result.REFUSED if 400 <= outcome.status < 500 else Result.LATER)
    return Verdict(Result.DONE)


def retry_after(outcome: Outcome) -> float | None:
    """Seconds to wait, if Graph says so."""
    asked = outcome.retry_after if isinstance(outcome, Throttled | GraphUnavailable) else None
    return None if asked is None else max(_SHORTEST_OBEYED_S, min(asked, _LONGEST_OBEYED_S))


def trouble(outcomes: Sequence[Outcome], verdicts: Sequence[Verdict]) -> Trouble | None:
    """Why the tenant as a whole takes none of our writes; ``None`` when it has taken one."""
    if any(each.result in {Result.DONE, Result.GONE} for each in verdicts):
        return None
    match outcomes[0]:
        case Throttled():
            return Trouble.THROTTLED
        case NotPermitted():
            return Trouble.NOT_CONSENTED
        case GraphUnavailable(code="invalid_client"):
            return Trouble.SECRET_REFUSED
        case GraphUnavailable() | GraphError(status=0):
            return Trouble.UNREACHABLE
    return Trouble.REJECTED
