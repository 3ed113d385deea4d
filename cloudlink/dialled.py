"""Which numbers a telephone may be told to call, for every implementation of the port."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.port import CallFailed, CallProblem
from dialing import Barred, Kind, NumberError, normalise

if TYPE_CHECKING:
    from cloudlink.model import DialSettings


def dialled(number: str, plan: DialSettings) -> str:
    """What ``number``, written as people do, dials for the account: an extension, or E.164 with ``+``.

    Raises ``CallFailed`` for one that may not be dialled.
    """
    try:
        found = normalise(number, plan)
    except Barred:
        raise CallFailed(CallProblem.BARRED) from None
    except NumberError:
        raise CallFailed(CallProblem.NOT_A_NUMBER) from None
    if found.kind is Kind.SERVICE_CODE:
        raise CallFailed(CallProblem.SERVICE_CODE)
    return found.dialled
