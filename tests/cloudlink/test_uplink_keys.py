"""A gateway proves its key to CloudLink, and takes another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import WSMsgType
from sqlalchemy import select, update
from yarl import URL

from cloudlink.gateway_key import GatewayKey, audience
from cloudlink.uplink import (
    NOT_ACCEPTED,
    WRONG_ADDRESS,
    Accepted,
    CallRecorded,
    Challenge,
    Monitor,
    Proof,
    Rotate,
    Rotated,
    decode,
    encode,
)
from store.schema import accounts, audit_log
from tests.cloudlink.conftest import inbound
from tests.cloudlink.test_uplink import Key, Peer, Site, key, peer, site
from tests.conftest import consuming

if TYPE_CHECKING:
    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from store.outbox import Outbox
    from tests.cloudlink.conftest import People

__all__ = ["key", "peer", "site"]


async def test_refuses_whoever_does_not_prove_a_gateways_key(
    site: Site, key: Key, provisioning: Provisioning, people: People
) -> None:
    another = await provisioning.create_gateway(people.other_account.account_id)
    for wrong in (("unknown", key[1]), ("", key[1]), (key[0], another[1]), (another[0], key[1])):
        refused = await site.show(wrong)
        assert await refused.closed_with() == (NOT_ACCEPTED, "unknown gateway or key")
    assert site.uplink.counters["refused"] == 4


async def test_a_proof_holds_for_its_own_connection_alone(site: Site, key: Key) -> None:
    """Whoever has seen one, on whatever way, cannot use it."""
    first, second = await site.reach(), await site.reach()
    challenge = decode(await first.receive_str(timeout=10))
    assert isinstance(challenge, Challenge)
    await second.receive_str(timeout=10)
    here = audience(str(site.url))
    proof = Proof(key[0], here, GatewayKey(key[1]).prove(key[0], here, challenge.nonce))
    await second.send_str(encode(proof))
    assert (await Peer(second).closed_with())[0] == NOT_ACCEPTED
    await first.send_str(encode(proof))
    assert await Peer(first).hear() == Accepted()


async def test_a_proof_that_was_meant_for_another_server_is_refused(site: Site) -> None:
    """A server that a gateway was lured to cannot pass its proof on."""
    for elsewhere in ("https://cloudlink.example.net", "http://127.0.0.1:1", "https://assistant.example.com:8443"):
        refused = await site.show(url=URL(elsewhere))
        # Not as a key that is void: another one would be no help.
        assert (await refused.closed_with())[0] == WRONG_ADDRESS
    public = await site.show(url=URL("https://assistant.example.com:443/uplink"))
    assert await public.hear() == Accepted()


@pytest.mark.parametrize("signature", ["", "x", "\u00e9", "A" * 86, "A" * 2000])
async def test_a_signature_that_is_none_is_refused(site: Site, key: Key, signature: str) -> None:
    socket = await site.reach()
    await socket.receive_str(timeout=10)
    await socket.send_str(encode(Proof(key[0], audience(str(site.url)), signature)))
    assert (await Peer(socket).closed_with())[0] == NOT_ACCEPTED


async def test_refuses_the_gateway_of_an_inactive_account(site: Site, database: Database) -> None:
    await database.write(lambda connection: connection.execute(update(accounts).values(active=False)))
    assert (await (await site.show()).closed_with())[0] == NOT_ACCEPTED


async def test_a_new_key_voids_the_old_one_and_keeps_what_was_received(
    site: Site, key: Key, peer: Peer, provisioning: Provisioning, people: People
) -> None:
    await peer.tell(1, CallRecorded("201", inbound("c1")))

    renewed = await provisioning.issue_gateway_key(people.account.account_id, key[0])

    assert (await (await site.show()).closed_with())[0] == NOT_ACCEPTED
    assert (await (await site.connect((key[0], renewed))).greet()).received == 1


async def test_a_gateway_takes_another_key_and_its_open_link_ends(
    site: Site, key: Key, peer: Peer, outbox: Outbox, database: Database
) -> None:
    new = GatewayKey.new()
    async with consuming(outbox, "uplink", site.uplink.on_event):
        await _rotate(site, key, new, new)
        # The consumer also tells of the two users who were made before.
        for _ in range(2):
            assert isinstance(await peer.hear(), Monitor)
        assert await peer.closed_with() == (1008, "the gateway's key or account is void")
    assert (await (await site.show()).closed_with())[0] == NOT_ACCEPTED
    await (await site.connect((key[0], new.private))).greet()
    actions = await database.read(select(audit_log.c.action).where(audit_log.c.subject_id == key[0]))
    assert [action for (action,) in actions] == ["gateway.keyIssued", "gateway.keyRotated"]


async def test_a_key_that_nobody_has_is_not_taken(site: Site, key: Key, peer: Peer) -> None:
    with pytest.raises(AssertionError, match="not proven"):
        await _rotate(site, key, GatewayKey.new(), GatewayKey.new())
    await (await site.connect()).greet()


async def _rotate(site: Site, key: Key, new: GatewayKey, signing: GatewayKey) -> None:
    socket = await site.reach()
    challenge = decode(await socket.receive_str(timeout=10))
    assert isinstance(challenge, Challenge)
    here, peer = audience(str(site.url)), Peer(socket)
    await peer.say(Proof(key[0], here, GatewayKey(key[1]).prove(key[0], here, challenge.nonce)))
    assert await peer.hear() == Accepted()
    await peer.say(Rotate(new.public, signing.prove(key[0], new.public, challenge.nonce)))
    message = await socket.receive(timeout=10)
    assert message.type is WSMsgType.TEXT, message.extra
    assert decode(message.data) == Rotated()
