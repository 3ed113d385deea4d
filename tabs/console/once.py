"""A form that is sent twice does its work once.

Each form that makes something carries a random value. In this process, whoever sends the same value again, also while
the first is at work, gets the same answer; another process would do the work again, so what must never be there twice
(an e-mail address) the database refuses as well.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine
    from typing import Any

_REMEMBERED = 1000


def new_form_id() -> str:
    """The random value of one form."""
    return secrets.token_urlsafe(16)


class Once:
    """Remembers the answers to the latest forms."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[str, ...], asyncio.Task[str]] = OrderedDict()

    async def __call__(self, key: tuple[str, ...], work: Callable[[], Coroutine[Any, Any, str]]) -> str:
        """The answer of ``work``, or of the same form before; a refusal is forgotten, so that the form can be mended.

        ``key`` names the session and the form. Raises what ``work`` raises.
        """
        task = self._answers.get(key)
        if task is None:
            task = self._answers[key] = asyncio.create_task(work())
            task.add_done_callback(lambda done: self._settle(key, done))
            while len(self._answers) > _REMEMBERED:
                self._answers.popitem(last=False)
        # A browser that goes away must not stop the work for the one that comes back.
        return await asyncio.shield(task)

    def _settle(self, key: tuple[str, ...], done: asyncio.Task[str]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._answers.pop(key, None)
