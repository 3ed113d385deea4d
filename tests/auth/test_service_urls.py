"""The allow-list of service URLs, and the tricks by which a URL seems to be on it."""

from __future__ import annotations

import pytest

from auth.service_urls import TEAMS_HOSTS, ForeignServiceUrl, ServiceUrls, is_loopback

ALLOWED = ServiceUrls([*TEAMS_HOSTS, ".botframework.azure.us"])


@pytest.mark.parametrize(
    "url",
    [
        "https://smba.trafficmanager.net/emea/",
        "https://SMBA.trafficmanager.net/amer",
        "https://smba.trafficmanager.net:443/teams/",
        "https://smba.infra.gcc.teams.microsoft.com/teams/",
        "https://directline.botframework.azure.us/",
    ],
)
def test_hosts_of_teams_are_allowed(url: str) -> None:
    ALLOWED.check(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/v3/conversations",
        "smba.trafficmanager.net",
        "http://smba.trafficmanager.net/emea/",
        "ftp://smba.trafficmanager.net/emea/",
        "https://smba.trafficmanager.net:8443/emea/",
        "https://smba.trafficmanager.net.example.com/",
        "https://evil-smba.trafficmanager.net/",
        "https://evil.smba.trafficmanager.net/",
        "https://evil.trafficmanager.net/",
        "https://smba.trafficmanager.net@evil.example.com/",
        "https://evil.example.com@smba.trafficmanager.net/",
        "https://evil.example.com\\@smba.trafficmanager.net/",
        "https://evil.example.com/#https://smba.trafficmanager.net/",
        "https://smba.trafficmanager.net/emea/?to=https://evil.example.com/",
        "https://smba.trafficmanager.net/emea/#x",
        "https://smba.trafficmanager.net\n.evil.example.com/",
        "https://smba.trafficmanager.net /",
        "https://smba。trafficmanager。net/",
        "https://botframework.azure.us/",
        "https://evilbotframework.azure.us/",
        "https://[::1/",
        "https://127.0.0.1/",
        "https://smba.trafficmanager.net/" + "a" * 400,
    ],
)
def test_nothing_else_is(url: str) -> None:
    with pytest.raises(ForeignServiceUrl):
        ALLOWED.check(url)


def test_this_machine_is_allowed_by_http_only_when_it_is_listed() -> None:
    listed = ServiceUrls(["127.0.0.1", "connector.example.com"])
    listed.check("http://127.0.0.1:56150/_connector")
    for url in ("http://connector.example.com/", "http://localhost:56150/", "http://127.0.0.2/"):
        with pytest.raises(ForeignServiceUrl):
            listed.check(url)


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"])
def test_loopback_hosts(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["", "0.0.0.0", "::", "192.0.2.1", "localhost.example.com", "127.0.0.1.example.com"])  # noqa: S104
def test_other_hosts(host: str) -> None:
    assert not is_loopback(host)
