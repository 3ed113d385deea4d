"""Settings say which variable is wrong and what it should hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from composition.mail import mail_server
from composition.settings import AppType, ServerSettings, SettingsError, load_settings

if TYPE_CHECKING:
    from pathlib import Path

GUID = "00000000-0000-4000-8000-000000000001"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ServerSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.chdir(tmp_path_factory.mktemp("empty"))


@pytest.mark.parametrize(
    ("variable", "value", "hint"),
    [
        ("PORT", "70000", "65535"),
        ("PORT", "telephone", "integer"),
        ("PUBLIC_URL", "http://assistant.example.com", "https://"),
        ("PUBLIC_URL", "assistant.example.com", "https://assistant.example.com"),
        ("APP_ID", "my-bot", "GUID"),
        ("APP_TYPE", "ManagedIdentity", "SingleTenant"),
        ("LOG_LEVEL", "LOUD", "DEBUG"),
        ("SMTP_SECURITY", "ssl", "starttls"),
        ("MAIL_FROM", "no-reply", "no-reply@example.com"),
        ("MAIL_FROM", "a@", "no-reply@example.com"),
        ("MAIL_FROM", "Mitel\nBcc: a@example.com", "no-reply@example.com"),
    ],
)
def test_a_wrong_setting_is_named_with_what_it_should_hold(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, hint: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError) as refused:
        load_settings(ServerSettings)
    message = str(refused.value)
    assert variable in message
    assert hint in message
    assert str(ServerSettings.model_fields[variable.lower()].description) in message


@pytest.mark.parametrize(
    ("host", "security", "sender", "wrong"),
    [
        ("mail.example.com", "starttls", "", "MAIL_FROM"),
        ("mail.example.com", "none", "a@example.com", "SMTP_SECURITY"),
        ("127.0.0.1", "none", "a@example.com", ""),
        ("mail.example.com", "tls", "Mitel Assistant <a@example.com>", ""),
    ],
)
def test_mail_is_secured_and_from_somebody(
    monkeypatch: pytest.MonkeyPatch, host: str, security: str, sender: str, wrong: str
) -> None:
    for name, value in (("SMTP_HOST", host), ("SMTP_SECURITY", security), ("MAIL_FROM", sender)):
        monkeypatch.setenv(name, value)
    if wrong:
        with pytest.raises(SettingsError, match=wrong):
            load_settings(ServerSettings)
        return
    server = mail_server(load_settings(ServerSettings))
    assert server is not None
    assert (server.host, server.port, server.sender.addr_spec) == (
        host,
        25 if security == "none" else 465,
        "a@example.com",
    )


def test_without_a_host_there_is_no_mail_server() -> None:
    assert mail_server(load_settings(ServerSettings)) is None


def test_a_wrong_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_PASSWORD", "hunter2-secret")
    monkeypatch.setenv("PORT", "x")
    with pytest.raises(SettingsError) as refused:
        load_settings(ServerSettings)
    assert "hunter2" not in str(refused.value)
    monkeypatch.delenv("PORT")
    assert "hunter2" not in repr(load_settings(ServerSettings))


def test_serving_without_credentials_names_every_missing_one() -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(ServerSettings).require_credentials()
    needed = ["APP_ID", "APP_PASSWORD", "APP_TENANT_ID", "PUBLIC_URL"]
    assert [name for name in needed if f"{name}: " in str(refused.value)] == needed


def test_a_multi_tenant_bot_needs_no_tenant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("APP_TYPE", "MultiTenant")
    monkeypatch.setenv("PUBLIC_URL", "https://assistant.example.com")
    monkeypatch.setenv("APP_ID", GUID)
    monkeypatch.setenv("APP_PASSWORD", "secret")
    assert load_settings(ServerSettings).require_credentials().app_type is AppType.MULTI_TENANT


def test_a_dotenv_file_is_read_and_the_environment_wins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("PORT=4000\nHOST=::1\nBOT_SERVICE_HOSTS=a.example.com, .b.example.com\n")
    monkeypatch.setenv("PORT", "4001")
    settings = load_settings(ServerSettings)
    assert (settings.port, settings.host) == (4001, "::1")
    assert settings.bot_service_hosts == ("a.example.com", ".b.example.com")
