"""What CloudLink may have the PBX do, by CSTA. Each raises ``side.CommandFailed`` and nothing else."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from gateway.csta import writer
from gateway.csta.errors import CstaError, Refused, UnexpectedAnswer
from gateway.csta.messages import CallPlaced, Done
from gateway.side import NoAnswerFromPbx, NotOffered, RefusedByPbx

if TYPE_CHECKING:
    from typing import TypeVar

    from gateway.csta.client import CstaClient
    from gateway.csta.messages import Answer

    AnswerT = TypeVar("AnswerT", bound=Answer)


class Commands:
    """On one connection; ``seconds`` is how long one may take in all, since somebody waits for it."""

    def __init__(self, client: CstaClient, seconds: float) -> None:
        self._client = client
        self._seconds = seconds

    async def place_call(self, device: str, number: str) -> str | None:
        """MakeCall: the device rings, then the number is called. Gives the switch's id of the call, where it tells."""
        request = writer.make_call(self._client.namespace, device, number)
        answer = await self._do("place calls", request, CallPlaced)
        return answer.connection.call if answer.connection else None

    async def answer_call(self, device: str, call: str) -> None:
        """AnswerCall: what rings at the device is answered, on its loudspeaker."""
        await self._do("answer calls", writer.answer_call(self._client.namespace, call, device), Done)

    async def clear_connection(self, device: str, call: str) -> None:
        """ClearConnection: the device hangs up."""
        await self._do("hang up", writer.clear_connection(self._client.namespace, call, device), Done)

    async def set_do_not_disturb(self, device: str, *, on: bool) -> None:
        """SetDoNotDisturb, for calls of every origin."""
        request = writer.set_do_not_disturb(self._client.namespace, device, on=on)
        await self._do("switch do not disturb", request, Done)

    async def _do(self, what: str, request: bytes, expected: type[AnswerT]) -> AnswerT:
        try:
            # The time until there is a place among the requests counts too.
            async with asyncio.timeout(self._seconds):
                return await self._client.request(request, expected)
        except Refused as error:
            raise RefusedByPbx(error.value or error.category) from error
        except UnexpectedAnswer as error:
            raise NotOffered(what) from error
        except (CstaError, TimeoutError) as error:
            # A connection that is lost may have carried the request all the same.
            raise NoAnswerFromPbx from error
