"""Settings from the environment, and the errors of wrong ones."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from gateway.retry import Backoff
from gateway.service import pbx_address, smdr_connection
from gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from collections.abc import Callable

# From the environment, not from arguments as the type has it.
read: Callable[[], GatewaySettings] = partial(GatewaySettings)


@pytest.fixture(autouse=True)
def identity(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A gateway with nothing but an identity, away from any ``.env``."""
    monkeypatch.chdir(tmp_path_factory.mktemp("no-env"))
    monkeypatch.setenv("GATEWAY_ID", "gateway-1")
    monkeypatch.setenv("GATEWAY_KEY", "key-1")


def test_an_identity_is_enough() -> None:
    settings = read()
    assert (settings.csta_host, settings.csta_port, settings.csta_extensions) == ("127.0.0.1", None, ())


def test_extensions_are_a_comma_separated_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTA_EXTENSIONS", "201, 202,,203")
    assert read().csta_extensions == ("201", "202", "203")


def test_a_pbx_may_have_more_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTA_PROFILE", "mivoice5000")
    monkeypatch.setenv("CSTA_MORE_PORTS", "3212, 3213")
    assert pbx_address(read()).ports == (3211, 3212, 3213)


def test_tls_has_a_port_of_its_own_where_the_pbx_has(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTA_PROFILE", "mxone")
    assert (pbx_address(read()).ports, pbx_address(read()).tls) == ((8882,), None)
    monkeypatch.setenv("CSTA_TLS", "true")
    address = pbx_address(read())
    assert address.ports == (8883,)
    assert address.tls is not None
    assert address.tls.check_hostname


def test_empty_variables_are_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTA_PORT", "")
    assert read().csta_port is None


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        ("GATEWAY_CLOUDLINK_URL", "http://cloudlink.example.com", "must begin with https://"),
        ("GATEWAY_CLOUDLINK_URL", "cloudlink", "must be a URL such as"),
        ("GATEWAY_ID", "has.dot", "should match pattern"),
        ("CSTA_PROFILE", "pbx9000", "must be one of office400, mivoice5000, mxone"),
        ("CSTA_PORT", "70000", "less than or equal to 65535"),
        ("CSTA_MORE_PORTS", "3212,0", "must be ports from 1 to 65535"),
        ("CSTA_CA", "/no/such/file", "does not point to a file"),
        ("CSTA_CA", __file__, "must be a file of certificates in PEM form"),
        ("CSTA_DEVICE", "N<201>", "must hold {extension} once"),
        ("CSTA_HEARTBEAT", "ping", "'none', 'systemStatus' or 'requestSystemStatus'"),
        ("GATEWAY_SPOOL_BYTES", "0", "greater than or equal to 1048576"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_hold(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, problem: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValidationError) as caught:
        read()
    (error,) = caught.value.errors()
    assert error["loc"][0] == variable.lower()
    assert problem in error["msg"]


def test_every_setting_says_what_it_holds() -> None:
    assert all(field.description for field in GatewaySettings.model_fields.values())


def test_secrets_do_not_show() -> None:
    assert "key-1" not in repr(read())


def test_a_mivoice_business_is_reached_at_its_smdr_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTA_PROFILE", "business")
    monkeypatch.setenv("SMDR_TIME_ZONE", "Europe/Paris")
    monkeypatch.setenv("SMDR_OUTSIDE_PREFIX", "9")
    connection = smdr_connection(read(), Backoff())
    assert (connection.address.ports, connection.outside_prefix) == ((1752,), "9")
    assert connection.zone == ZoneInfo("Europe/Paris")


def test_without_a_time_zone_the_pbx_has_the_machine_s(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTA_PROFILE", "business")
    assert smdr_connection(read(), Backoff()).zone is None


@pytest.mark.parametrize(
    ("name", "value"), [("SMDR_TIME_ZONE", "Europe/Nowhere"), ("SMDR_TIME_ZONE", "/etc"), ("SMDR_OUTSIDE_PREFIX", "+")]
)
def test_what_no_pbx_can_have_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ValidationError, match=name.lower()):
        read()
