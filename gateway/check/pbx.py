"""The PBX's side, by the same client that the gateway itself uses."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from gateway.check.network import Peer, reach
from gateway.check.step import Step, failed, skipped
from gateway.csta import writer as write
from gateway.csta.client import CstaClient
from gateway.csta.errors import CstaError, NoAnswer, Refused, SessionRefused, UnexpectedAnswer
from gateway.csta.messages import DeviceSnapshot, Done, MonitorStarted
from gateway.csta.session import session
from gateway.transport import connect, hang_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gateway.check.step import Steps
    from gateway.exchange import Connection
    from gateway.transport import Address

_SIDE = "PBX"
_NO_EXTENSION = "Name one: `cloudlink-gateway check --extension 201`."
_LICENCE = (
    "All monitor licences are in use: buy CSTA licences for the PBX, or stop another application that monitors. "
    "Each monitored telephone takes one licence for each application."
)
_PROTOCOL = "Check that this port is the PBX's CSTA III XML service, and CSTA_NAMESPACE against its edition."
_TLS = (
    "Name the authority that signed the PBX's certificate in CSTA_CA, and the PBX in CSTA_HOST as in the certificate."
)
_LIMITS = {"overallMonitorLimitExceeded", "objectMonitorLimitExceeded", "resourceLimitExceeded"}


async def check_pbx(connection: Connection, extensions: Sequence[str]) -> Steps:
    """A monitor is tried on the first of ``extensions``, and stopped again. The first port that is reached is used."""
    address = connection.address
    for attempt, port in enumerate(address.ports, 1):
        reached = True
        async for step in reach(_peer(address, port)):
            reached = step.ok is not False
            yield step
        if reached:
            async for step in _speak(connection, attempt, extensions[0] if extensions else ""):
                yield step
            return


def _peer(address: Address, port: int) -> Peer:
    return Peer(
        side=_SIDE,
        host=address.host,
        port=port,
        setting="CSTA_HOST",
        tls=address.tls,
        tls_advice=_TLS,
    )


async def _speak(connection: Connection, attempt: int, extension: str) -> Steps:
    reader, out = await connect(connection.address, attempt)
    client = CstaClient(
        reader,
        out,
        namespace=connection.profile.namespace,
        heard=lambda _: None,
        counters=Counter(),
        in_flight=1,
        timeout=connection.profile.request_timeout,
    )
    reading = asyncio.create_task(client.run())
    try:
        async for step in _converse(client, connection, extension):
            yield step
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await hang_up(out)


async def _converse(client: CstaClient, connection: Connection, extension: str) -> Steps:
    name = f"{_SIDE} session"
    try:
        async with session(client, connection.session) as started:
            if started is None:
                yield skipped(name, "this PBX wants none (CSTA_SESSION)")
            else:
                yield Step(name, f"opened as {connection.session.application if connection.session else ''}")
            async for step in _use(client, connection, extension):
                yield step
    except SessionRefused as error:
        advice = (
            "Check CSTA_SESSION_APPLICATION and CSTA_SESSION_INFO against the account that the PBX has for CSTA; "
            "set CSTA_SESSION=false for a PBX without sessions. If it takes one session alone, stop the gateway."
        )
        yield failed(name, f"refused: {error}", advice)
    except NoAnswer as error:
        advice = "Unset CSTA_SESSION if the PBX knows no sessions; otherwise check that its CSTA service is running."
        yield failed(name, str(error), advice)
    except CstaError as error:
        yield failed(f"{_SIDE} connection", str(error) or type(error).__name__, _PROTOCOL)


async def _use(client: CstaClient, connection: Connection, extension: str) -> Steps:
    status = await _status(client)
    yield status
    if not extension:
        yield skipped(f"{_SIDE} monitor", "no extension is known to try it with", _NO_EXTENSION)
    elif status.ok:
        async for step in _monitor(client, connection.profile.device.format(extension=extension), extension):
            yield step


async def _status(client: CstaClient) -> Step:
    name = f"{_SIDE} status"
    try:
        await client.request(write.request_system_status(client.namespace), Done)
    except Refused:
        return Step(name, "the PBX answers, though it does not offer this service")
    except CstaError as error:
        return failed(name, str(error) or type(error).__name__, _PROTOCOL)
    return Step(name, "the PBX answers")


async def _monitor(client: CstaClient, device: str, extension: str) -> Steps:
    name = f"{_SIDE} monitor"
    try:
        started = await client.request(write.monitor_start(client.namespace, device), MonitorStarted)
    except Refused as error:
        yield failed(name, f"{extension} is refused: {error}", _advice(error, device))
        return
    except (NoAnswer, UnexpectedAnswer) as error:
        yield failed(name, str(error), _PROTOCOL)
        return
    yield Step(name, f"a monitor on {extension} has started, so a licence is free")
    try:
        snapshot = await client.request(write.snapshot_device(client.namespace, device), DeviceSnapshot)
        yield Step(f"{_SIDE} snapshot", f"{extension} has {_calls(snapshot)}")
    except (Refused, NoAnswer, UnexpectedAnswer) as error:
        advice = (
            "Calls that are in being when the gateway connects stay unknown; later ones do not. Ask for SnapshotDevice."
        )
        yield failed(f"{_SIDE} snapshot", str(error), advice)
    finally:
        with suppress(CstaError):
            await client.request(write.monitor_stop(client.namespace, started.monitor), Done)


def _calls(snapshot: DeviceSnapshot) -> str:
    if snapshot.reference is not None:
        return "an answer that arrives in pieces"
    return {0: "no call", 1: "one call"}.get(len(snapshot.entries), f"{len(snapshot.entries)} calls")


def _advice(error: Refused, device: str) -> str:
    if error.value in _LIMITS:
        return _LICENCE
    if error.category == "operation":
        return f"The PBX does not know {device}: check the extension, and the form of the identifier in CSTA_DEVICE."
    if error.category == "security":
        return "The PBX forbids it: give its CSTA account the right to monitor telephones."
    return "Try again later; the PBX's own log says more."
