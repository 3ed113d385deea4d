"""scim2-tester, which reads what the service claims and tries all of it over HTTP."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING

from httpx2 import Client as HttpClient
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import Status, check_server

if TYPE_CHECKING:
    from scim2_tester import CheckResult

    from tests.cloudlink.scim.conftest import Client

_FINE = {Status.SUCCESS, Status.COMPLIANT, Status.ACCEPTABLE}


def _check(url: str, secret: str) -> list[CheckResult]:
    with HttpClient(base_url=url, headers={"Authorization": f"Bearer {secret}"}) as client:
        return check_server(SyncSCIMClient(client))


async def test_everything_that_is_claimed_works_and_nothing_is_skipped(scim: Client) -> None:
    results = await asyncio.to_thread(_check, scim.url, scim.secret)
    assert [str(result) for result in results if result.status not in _FINE] == []
    assert Counter(result.resource_type for result in results)["User"] > 50
    assert Counter(result.resource_type for result in results)["Group"] > 10
