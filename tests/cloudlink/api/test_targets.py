"""Where a webhook may be, and where no request of ours ever goes."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientConnectionError
from aiohttp.abc import AbstractResolver, ResolveResult

from cloudlink.service.api.errors import BadRequest
from cloudlink.service.api.notifications import targets
from cloudlink.service.api.notifications.webhooks import webhook_session
from tests.fakes.webhook import Webhook

if TYPE_CHECKING:
    from tests.cloudlink.api.conftest import Api

FORBIDDEN = [
    "https://127.0.0.1/",
    "https://127.9.9.9/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[::a00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fd00::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://10.0.0.1/",
    "https://172.16.3.4/",
    "https://192.168.1.1/",
    "https://100.64.0.1/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://017700000001/",
    "https://127.1/",
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "https://user:secret@hooks.example.com/",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:99999/",
    "https://hooks.example.com/#x",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://hooks.example.com/ x",
    "https://hooks.example.com/\r\nHost: x",
    "https://",
    "https://[::1",
    "hooks.example.com",
    "",
    "//hooks.example.com/",
]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_forbidden_by_its_text(url: str) -> None:
    with pytest.raises(BadRequest, match="deviceId"):
        targets.check(url, loopback=False)


@pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://hooks.example.com/", "http://169.254.169.254/"])
def test_the_setting_for_loopback_opens_nothing_else(url: str) -> None:
    with pytest.raises(BadRequest):
        targets.check(url, loopback=True)


@pytest.mark.parametrize(
    "url", ["https://hooks.example.com/a?b=c", "https://hooks.example.com:8443/", "https://[2606:4700::1111]/"]
)
def test_a_public_address(url: str) -> None:
    targets.check(url, loopback=False)


async def test_a_subscription_is_refused_in_words(admin: Api) -> None:
    body = {
        "applicationId": "a",
        "deviceId": "https://169.254.169.254/",
        "transport": "webhook",
        "topic": "platform-api-media",
    }
    answer = await admin("POST", "/subscriptions", body)
    assert (answer.status, answer.body["message"].partition(":")[0]) == (400, "deviceId")


class Names(AbstractResolver):
    """A name server whose owner means harm: each answer is the next of its list."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        addresses = self.answers[min(self.asked, len(self.answers) - 1)]
        self.asked += 1
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["93.184.216.34", "127.0.0.1"], ["10.1.2.3"]])
async def test_a_name_that_leads_inside_reaches_nobody(addresses: list[str]) -> None:
    async with Webhook.listening() as inside, webhook_session(loopback=False, resolver=Names(addresses)) as session:
        with pytest.raises(ClientConnectionError):
            await session.post(inside.url.replace("127.0.0.1", "hooks.example.com"), allow_redirects=False)
        assert inside.posts.empty()


async def test_a_name_is_asked_for_once_and_that_answer_is_the_one_used() -> None:
    """The first answer is good, any later one is the name server's chance: there is none."""
    names = Names(["127.0.0.1"], ["10.1.2.3"])
    async with Webhook.listening() as webhook, webhook_session(loopback=True, resolver=names) as session:
        url = webhook.url.replace("127.0.0.1", "hooks.example.com")
        async with session.post(url, data=b"{}") as response:
            assert response.status == 200
        assert names.asked == 1
        assert await webhook.next() == {}
    async with webhook_session(loopback=True, resolver=names) as session:
        with pytest.raises(ClientConnectionError):
            await session.post(url, data=b"{}")
