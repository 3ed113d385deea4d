"""The call log warns whoever a MiCollab that is too old concerns, on their device."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from cloudlink.administration.gateways import PbxModel
from store.schema import accounts

if TYPE_CHECKING:
    from aiohttp import ClientSession

    from cloudlink.service.provision import Provisioning
    from store.database import Database
    from tests.cloudlink.conftest import People
    from tests.tabs.personal.conftest import Site

IPHONE = {"User-Agent": "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)"}
IN_TEAMS_ON_IPAD = {"User-Agent": "Mozilla/5.0 (Macintosh)", "X-Teams-Client": "ipados"}
WINDOWS = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0)"}
FROM_IOS = "Calling from an iPhone or iPad needs MiCollab 9.7.10"
WITH_BUSINESS = "Calling from the call log needs MiCollab 9.7:"


@pytest.mark.parametrize(
    ("version", "pbx", "device", "told"),
    [
        ("9.7", PbxModel.OFFICE_400, IPHONE, FROM_IOS),
        ("9.7", PbxModel.OFFICE_400, IN_TEAMS_ON_IPAD, FROM_IOS),
        ("9.6", PbxModel.BUSINESS, IPHONE, FROM_IOS),
        ("9.6", PbxModel.BUSINESS, WINDOWS, WITH_BUSINESS),
        ("9.6", PbxModel.OFFICE_400, WINDOWS, None),
        ("9.7", PbxModel.BUSINESS, WINDOWS, None),
        ("9.7.10", PbxModel.BUSINESS, IPHONE, None),
        ("", PbxModel.BUSINESS, IPHONE, None),
    ],
)
async def test_who_is_warned_of_what(
    http: ClientSession,
    site: Site,
    people: People,
    database: Database,
    provisioning: Provisioning,
    *,
    version: str,
    pbx: PbxModel,
    device: dict[str, str],
    told: str | None,
) -> None:
    await provisioning.issue_gateway_key(people.account.account_id, "g1", pbx=pbx)
    # Another company's PBX is none of theirs.
    await provisioning.issue_gateway_key(people.other_account.account_id, "g2", pbx=PbxModel.BUSINESS)
    dialing = replace(people.account.dialing, micollab_version=version)
    stored = {"region": dialing.region, "micollab_version": dialing.micollab_version}
    await database.write(lambda connection: connection.execute(update(accounts).values(dialing=stored)))
    headers = {**await site.bearer(people.desk), **device}
    async with http.get(f"{site.origin}/tabs/calls", headers=headers) as answer:
        text = await answer.text()
    warnings = [sentence for sentence in (FROM_IOS, WITH_BUSINESS) if sentence in text]
    assert warnings == ([told] if told else [])
