"""The unit runs a command that there is, as a user of its own, and can do nothing else."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from gateway.settings import GatewaySettings
from gateway.status.supervisor import BEAT_SECONDS
from tests.packaging.files import PACKAGING, SPOOL, accepted, unit

UNIT = PACKAGING / "systemd" / "cloudlink-gateway.service"


def test_it_runs_the_gateway_and_starts_it_again_unless_its_settings_are_wrong() -> None:
    told = unit()
    assert accepted(told["ExecStart"][0]) == "_run"
    assert (told["Type"], told["Restart"]) == (["notify"], ["always"])
    # What the command answers for settings that cannot be used.
    assert told["RestartPreventExitStatus"] == ["2"]


def test_the_watchdog_waits_for_several_signs_of_life() -> None:
    assert float(unit()["WatchdogSec"][0]) > 5 * BEAT_SECONDS


def test_the_only_port_is_that_of_the_status() -> None:
    told = unit()
    assert told["SocketBindDeny"] == ["any"]
    port = GatewaySettings.model_fields["gateway_metrics_port"].default
    assert told["SocketBindAllow"] == [f"ipv4:tcp:{port}"]


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("ProtectHome", "yes"),
        ("PrivateTmp", "yes"),
        ("PrivateDevices", "yes"),
        ("CapabilityBoundingSet", ""),
        ("RestrictAddressFamilies", "AF_UNIX AF_INET AF_INET6"),
        ("MemoryDenyWriteExecute", "yes"),
        ("RestrictNamespaces", "yes"),
        ("SystemCallArchitectures", "native"),
        ("UMask", "0077"),
    ],
)
def test_it_is_shut_in(directive: str, value: str) -> None:
    assert unit()[directive] == [value]


def test_user_folders_and_settings_fit_together() -> None:
    told = unit()
    user = told["User"][0]
    state = f"/var/lib/{told['StateDirectory'][0]}"
    settings = told["EnvironmentFile"][0].rpartition("/")[0]
    assert (PACKAGING / "systemd" / "cloudlink-gateway.sysusers.conf").read_text().count(f"u {user} ") == 1
    made = (PACKAGING / "systemd" / "cloudlink-gateway.tmpfiles.conf").read_text()
    for folder in (state, settings):
        assert f"d {folder} 0700 {user} {user} -\n" in made
    assert told["WorkingDirectory"] == [state]
    assert SPOOL.startswith(f"{state}/")


def test_systemd_itself_finds_nothing_wrong_where_it_is_installed() -> None:
    """``verify`` complains only of the program, which is not installed here; ``security`` rates from 0 (best) to 10."""
    if analyze := shutil.which("systemd-analyze"):
        verified = subprocess.run([analyze, "verify", UNIT], capture_output=True, text=True, check=False)
        complaints = [line for line in verified.stderr.splitlines() if UNIT.name in line]
        assert [line for line in complaints if "is not executable" not in line] == []
        secure = [analyze, "security", "--offline=true", "--threshold=20", "--no-pager", str(UNIT)]
        rated = subprocess.run(secure, capture_output=True, text=True, check=False)
        assert rated.returncode == 0, rated.stdout[-500:]


def test_the_example_of_settings_can_be_used(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in GatewaySettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    example = PACKAGING / "gateway.env.example"
    settings = GatewaySettings(_env_file=example)
    assert (settings.csta_profile, settings.csta_tls, str(settings.gateway_spool)) == ("mxone", True, SPOOL)
    names = {line.lstrip("#").partition("=")[0].lower() for line in example.read_text().splitlines() if "=" in line}
    assert names <= set(GatewaySettings.model_fields)
