"""Entra ID and Graph in a process of their own, for benchmarks: what they take is not counted as ours.

The monotonic clock is the machine's, so moments that the stand-ins note can be compared with ours.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from tests.fakes.entra import entra
from tests.fakes.graph import FakeGraph, fake_graph

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from multiprocessing.connection import Connection
    from pathlib import Path

    from tests.fakes.entra import Tenant

    Asked = tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]

P = ParamSpec("P")
T = TypeVar("T")
_PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where they are reached; ``environment`` makes a process trust Entra ID's certificate."""

    graph_url: str
    entra_url: str
    environment: Mapping[str, str]


class Microsoft:
    """The process, as seen from outside."""

    def __init__(self, addresses: Addresses, process_id: int, pipe: Connection[Asked, Any]) -> None:
        self.addresses = addresses
        self.process_id = process_id
        self._pipe = pipe
        self._asking = asyncio.Lock()

    async def ask(self, function: Callable[Concatenate[FakeGraph, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``function`` of Graph's stand-in answers there, between two requests; raises what it raises.

        It must be found by its name in its module, and take and answer what can be pickled.
        """
        async with self._asking:
            self._pipe.send((function, args, kwargs))
            value, error = await asyncio.to_thread(self._pipe.recv)
        if error is not None:
            raise error
        return value  # type: ignore[no-any-return]


@asynccontextmanager
async def microsoft(
    folder: Path, app_id: str, secret: str, *tenants: Tenant, answers_after: float = 0.0
) -> AsyncIterator[Microsoft]:
    """Runs it for copies of ``tenants``. Graph answers after so many seconds, and remembers writes alone.

    Raises ``EOFError`` when it cannot begin; its own process then says why.
    """
    processes = get_context("spawn")
    ours, theirs = processes.Pipe()
    started = (theirs, answers_after, folder, app_id, secret, *tenants)
    process = processes.Process(target=_serve, args=started, daemon=True)
    process.start()
    theirs.close()
    try:
        yield Microsoft(await asyncio.to_thread(ours.recv), process.pid or 0, ours)
    finally:
        ours.close()
        await asyncio.to_thread(process.join, _PATIENCE)
        process.kill()


def _serve(*started: Any) -> None:
    asyncio.run(_run(*started))


async def _run(
    pipe: Connection[Any, Asked], answers_after: float, folder: Path, app_id: str, secret: str, *tenants: Tenant
) -> None:
    with entra(folder, app_id, secret, *tenants) as identity:
        async with fake_graph(identity) as graph:
            graph.answers_after, graph.remembers = answers_after, False
            pipe.send(Addresses(graph.url, identity.url, identity.environment))
            while asked := await asyncio.to_thread(_next, pipe):
                pipe.send(_answer(graph, *asked))


def _next(pipe: Connection[Any, Asked]) -> Asked | None:
    """``None`` when the other side has closed."""
    try:
        return pipe.recv()
    except EOFError:
        return None


def _answer(
    graph: FakeGraph, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
) -> tuple[Any, Exception | None]:
    try:
        return function(graph, *args, **kwargs), None
    except Exception as error:  # noqa: BLE001 - whatever it is, whoever asked is told
        return None, error
