"""The client: messages in flight over kept-alive connections, each timed from first byte out to last byte in."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from itertools import count
from statistics import quantiles
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_FLIGHT = 32

_ids = count(1)


@dataclass(frozen=True, slots=True)
class Measured:
    """One round: turns a second, and the latency of the middle and of the slowest hundredth, in milliseconds."""

    rate: float
    p50: float
    p99: float


def message(service_url: str, person: int) -> dict[str, Any]:
    """What Teams sends when a person writes ``call log`` in their personal chat; each has an id of its own."""
    return {
        "type": "message",
        "id": f"f:{next(_ids)}",
        "timestamp": "2026-03-02T14:05:00.000Z",
        "localTimestamp": "2026-03-02T15:05:00.000+01:00",
        "localTimezone": "Europe/Paris",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "text": "call log",
        "textFormat": "plain",
        "locale": "en-GB",
        "from": {
            "id": f"29:person-{person}",
            "name": "Front Desk",
            "aadObjectId": f"00000000-0000-0000-0000-{person:012}",
        },
        "recipient": {"id": "28:bot", "name": "Mitel Assistant"},
        "conversation": {"id": f"a:{person}", "conversationType": "personal", "tenantId": "tenant"},
        "channelData": {"tenant": {"id": "tenant"}},
        "entities": [
            {
                "type": "clientInfo",
                "locale": "en-GB",
                "country": "GB",
                "platform": "Windows",
                "timezone": "Europe/Paris",
            }
        ],
    }


async def load(port: int, service_url: str, turns: int, authorization: str = "") -> Measured:
    """Sends ``turns`` messages, ``IN_FLIGHT`` at a time, each connection a person. Raises on any status but 2xx."""
    latencies: list[float] = []
    left = iter(range(turns))
    began = time.perf_counter()
    await asyncio.gather(
        *(
            _person(port, service_url, person, left=left, authorization=authorization, latencies=latencies)
            for person in range(IN_FLIGHT)
        )
    )
    hundredths = quantiles(latencies, n=100)
    return Measured(turns / (time.perf_counter() - began), hundredths[49] * 1000, hundredths[98] * 1000)


async def _person(
    port: int, service_url: str, person: int, *, left: Iterator[int], authorization: str, latencies: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in left:
        request = _request(message(service_url, person), authorization)
        began = time.perf_counter()
        writer.write(request)
        await _answer(reader)
        latencies.append(time.perf_counter() - began)
    writer.close()
    await writer.wait_closed()


def _request(activity: dict[str, Any], authorization: str) -> bytes:
    body = json.dumps(activity).encode()
    bearer = f"Authorization: {authorization}\r\n" if authorization else ""
    head = (
        "POST /api/messages HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json; charset=utf-8\r\n"
        f"{bearer}Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _answer(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    status = int(head.split(b" ", 2)[1])
    _, _, rest = head.partition(b"content-length:")
    body = await reader.readexactly(int(rest.split(b"\r\n", 1)[0]) if rest else 0)
    if not 200 <= status < 300:
        raise RuntimeError(f"a turn was answered {status}: {body[:200]!r}")
