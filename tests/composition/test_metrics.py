"""What the server tells its operator, at a port of its own and to this machine alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from aiohttp import ClientSession
from sqlalchemy import func, insert, select

from composition.metrics import PREFIX, uplink_families
from composition.server import Server
from composition.settings import ServerSettings
from presence import census
from presence import metrics as presence_metrics
from store.clock import utc_now
from store.database import open_database
from store.outbox import append_all
from store.schema import outbox, outbox_cursors
from tests.scenarios.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Connection

OPERATIONS = Path(__file__).parents[2] / "docs/operations.md"
# Prometheus' text format: a name, labels, a number.
SAMPLE = re.compile(r'^[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? (-?[\d.]+|NaN)$')


async def test_a_running_server_tells_how_it_is(tmp_path: Path) -> None:
    port = free_port()
    url = f"sqlite:///{tmp_path / 'store.db'}"
    settings = ServerSettings(database_url=url, port=0, metrics_port=port, _env_file=None)
    async with Server(settings, unauthenticated=True) as server, ClientSession() as http:
        await server.opened()
        async with http.get(f"http://127.0.0.1:{port}/metrics") as response:
            assert (response.status, response.content_type) == (200, "text/plain")
            text = await response.text()
        async with http.get(f"http://127.0.0.1:{port}/metrics", headers={"Host": "assistant.example.com"}) as response:
            assert response.status == 403
        async with http.get(f"http://127.0.0.1:{server.port}/metrics") as response:
            assert response.status == 404
    samples = [line for line in text.splitlines() if not line.startswith("#")]
    assert [line for line in samples if not SAMPLE.match(line)] == []
    assert f"{PREFIX}_uplink_links 0" in samples
    assert f'{PREFIX}_outbox_waiting{{consumer="uplink"}} 0' in samples
    memory = next(float(line.split()[1]) for line in samples if line.startswith(f"{PREFIX}_memory_bytes "))
    assert 10_000_000 < memory < 2_000_000_000


async def test_consumers_of_one_kind_are_one_by_the_worst_of_them(tmp_path: Path) -> None:
    port = free_port()
    url = f"sqlite:///{tmp_path / 'store.db'}"
    settings = ServerSettings(database_url=url, port=0, metrics_port=port, _env_file=None)
    async with Server(settings, unauthenticated=True) as server, ClientSession() as http:
        await server.opened()
        database = await open_database(url)
        try:
            await database.write(_three_behind)
        finally:
            await database.close()
        async with http.get(f"http://127.0.0.1:{port}/metrics") as response:
            text = await response.text()
    assert re.findall(r'outbox_waiting\{consumer="(presence[^"]*)"\} (\d+)', text) == [("presence", "3")]
    assert re.findall(r'outbox_lag_seconds\{consumer="(presence[^"]*)"\}', text) == ["presence"]


def _three_behind(connection: Connection) -> None:
    """One server has seen the first of three events, another none."""
    append_all(connection, "account", [("any", {})] * 3, utc_now())
    newest = connection.execute(select(func.max(outbox.c.id))).scalar_one()
    behind = [{"consumer": f"presence {uuid4()}", "position": newest - events} for events in (2, 3)]
    connection.execute(insert(outbox_cursors), behind)


async def test_without_the_setting_there_is_no_port() -> None:
    assert ServerSettings(_env_file=None).metrics_port is None


def _names(source: str) -> Iterator[str]:
    return (found[1] for found in re.finditer(r'\(\s*"([a-z_]+)",\s+"(?:gauge|counter|histogram|[A-Z1])', source))


def test_each_figure_is_explained_to_operators() -> None:
    told = OPERATIONS.read_text("utf-8")
    modules = (census.__file__, presence_metrics.__file__, uplink_families.__code__.co_filename)
    names = {name for module in modules for name in _names(Path(module).read_text("utf-8"))}
    assert {"presence_lag_seconds", "presence_out_of_sync", "uplink_links", "memory_bytes"} <= names
    assert {name for name in names if f"`{PREFIX}_{name}`" not in told} == set()
