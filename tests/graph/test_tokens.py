"""Application tokens, asked for by MSAL at a real https endpoint on loopback."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import jwt
import pytest

from graph.tokens import Certificate, Registration, TokenSource, TokenUnavailable
from tests.fakes.openid import new_private_key
from tests.fakes.tls import self_signed
from tests.graph.conftest import APP_ID, OTHER_TENANT_ID, SECRET, TENANT_ID

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.entra import Entra, Tenant
    from tests.graph.conftest import SteppedTime


def source(identity: Entra, time: SteppedTime, *, tenant: str = TENANT_ID, secret: str = SECRET) -> TokenSource:
    return TokenSource(Registration(APP_ID, identity.url, secret), tenant, identity.graph_url, time.clock)


async def test_each_tenant_has_its_own_token(identity: Entra, time: SteppedTime) -> None:
    for tenant_id in (TENANT_ID, OTHER_TENANT_ID):
        token = await source(identity, time, tenant=tenant_id).bearer()
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["tid"], claims["aud"]) == (tenant_id, identity.graph_url)
    assert identity.authorities == [TENANT_ID, OTHER_TENANT_ID]


async def test_whoever_asks_meanwhile_shares_the_token(identity: Entra, time: SteppedTime) -> None:
    ours = source(identity, time)
    identity.open.clear()
    asking = asyncio.gather(*(ours.bearer() for _ in range(20)))
    assert await asyncio.to_thread(identity.asked.wait, 10)
    identity.open.set()
    assert set(await asking) == set(identity.issued)
    assert len(identity.grants) == 1


async def test_a_certificate_signs_in_the_place_of_a_secret(identity: Entra, time: SteppedTime, tmp_path: Path) -> None:
    folder = tmp_path / "registration"
    folder.mkdir()
    files = self_signed(folder, new_private_key())
    identity.client_certificate = files.certificate.read_bytes()
    certificate = Certificate(files.certificate.read_text(), files.key.read_text())
    registration = Registration(APP_ID, identity.url, certificate=certificate)

    token = await TokenSource(registration, TENANT_ID, identity.graph_url, time.clock).bearer()

    assert [token] == identity.issued
    assert "client_secret" not in identity.grants[0]
    assert jwt.get_unverified_header(identity.grants[0]["client_assertion"])["alg"] == "PS256"
    assert "PRIVATE" not in repr(registration)


async def test_another_certificate_is_refused(identity: Entra, time: SteppedTime, tmp_path: Path) -> None:
    texts = []
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
        files = self_signed(tmp_path / name, new_private_key())
        texts.append((files.certificate.read_text(), files.key.read_text()))
    identity.client_certificate = texts[0][0].encode()
    registration = Registration(APP_ID, identity.url, certificate=Certificate(*texts[1]))
    with pytest.raises(TokenUnavailable, match="invalid_client"):
        await TokenSource(registration, TENANT_ID, identity.graph_url, time.clock).bearer()


@pytest.mark.parametrize("knows", [True, False])
async def test_a_tenant_that_is_unknown_or_has_not_consented(
    identity: Entra, time: SteppedTime, tenant: Tenant, knows: bool
) -> None:
    tenant.knows_application = False
    asked = TENANT_ID if knows else "00000000-0000-0000-0000-00000000dead"
    with pytest.raises(TokenUnavailable) as refused:
        await source(identity, time, tenant=asked).bearer()
    assert refused.value.code == ("unauthorized_client" if knows else "unknown_authority")


async def test_an_entra_that_is_not_there_is_unreachable(time: SteppedTime) -> None:
    registration = Registration(APP_ID, "https://127.0.0.1:9", SECRET)
    with pytest.raises(TokenUnavailable, match="unreachable"):
        await TokenSource(registration, TENANT_ID, "https://graph.microsoft.com", time.clock).bearer()


async def test_a_refused_token_is_replaced_but_not_again_at_once(identity: Entra, time: SteppedTime) -> None:
    ours = source(identity, time)
    first = await ours.bearer()
    ours.forget(first)
    assert await ours.bearer() == first
    time.now += 11
    ours.forget("some other token")
    assert await ours.bearer() == first
    ours.forget(first)
    assert await ours.bearer() != first


async def test_a_fresh_token_replaces_the_kept_one_unless_there_is_none(identity: Entra, time: SteppedTime) -> None:
    ours = source(identity, time)
    await ours.bearer()
    second = await ours.fresh()
    assert identity.issued[1] == second == await ours.bearer()
    identity.broken = True
    with pytest.raises(TokenUnavailable):
        await ours.fresh()
    assert await ours.bearer() == second


def test_a_registration_does_not_show_its_secret() -> None:
    assert SECRET not in repr(Registration(APP_ID, "https://login.example.com", SECRET))
