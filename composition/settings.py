"""What an operator of the server may set: environment variables or a ``.env`` file, each documented and checked here.

``python app.py settings`` prints these as the table that stands in the README.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from auth.service_urls import TEAMS_HOSTS

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingsError(Exception):
    """Settings that cannot be served; the text names each variable and what it should hold."""


class AppType(StrEnum):
    """How the bot is registered in Azure. New multi-tenant bots cannot be created since July 2025."""

    SINGLE_TENANT = "SingleTenant"
    MULTI_TENANT = "MultiTenant"


def _base_url(value: str) -> str:
    """An absolute http(s) URL without query, fragment and trailing slash; plain http only on loopback."""
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a URL such as https://assistant.example.com")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK_HOSTS:
        raise ValueError("must begin with https:// (http:// only on this machine)")
    return value.rstrip("/")


def _guid(value: str) -> str:
    try:
        return str(UUID(value)) if value else ""
    except ValueError:
        raise ValueError("must be a GUID such as 00000000-0000-0000-0000-000000000000") from None


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


BaseUrl = Annotated[str, AfterValidator(_base_url)]
Guid = Annotated[str, AfterValidator(_guid)]


class ServerSettings(BaseSettings):
    """The server's settings. Field names in capitals are the variables' names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(3978, ge=0, le=65535, description="Port to listen on.")
    public_url: BaseUrl = Field(
        "http://127.0.0.1:3978",
        description="Address at which users' browsers reach this server; `serve` behind a proxy needs the https one.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        (), description="Addresses of the reverse proxies whose `X-Forwarded-For` is believed, comma separated."
    )
    database_url: str = Field(
        "sqlite:///var/mitel-assistant.db", description="SQLite database: `sqlite:///` and the path of its file."
    )
    app_id: Guid = Field("", description="Application (client) id of the bot's Azure registration, a GUID.")
    app_password: SecretStr = Field(SecretStr(""), description="Client secret (its value) of the registration.")
    app_type: AppType = Field(
        AppType.SINGLE_TENANT, description="`SingleTenant`, or `MultiTenant` for a bot that already is."
    )
    app_tenant_id: Guid = Field("", description="Directory (tenant) id of the registration, for `SingleTenant`.")
    bot_metadata_url: BaseUrl = Field(
        "https://login.botframework.com/v1/.well-known/openidconfiguration",
        description="OpenID metadata of Bot Framework tokens; another one for sovereign clouds.",
    )
    bot_token_issuer: str = Field(
        "https://api.botframework.com", description="Issuer of Bot Framework tokens, and the resource of our own."
    )
    bot_service_hosts: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        TEAMS_HOSTS,
        description="Hosts that replies may be sent to, comma separated; a leading dot allows every host below.",
    )
    entra_url: BaseUrl = Field(
        "https://login.microsoftonline.com", description="Microsoft Entra ID; another one for sovereign clouds."
    )
    graph_url: BaseUrl = Field(
        "https://graph.microsoft.com", description="Microsoft Graph. Nothing calls it before presence is there."
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged.")

    def require_credentials(self) -> Self:
        """Settings with which Teams and we can reach each other. Raises ``SettingsError`` naming what is missing."""
        missing = [
            f"{name.upper()}: {type(self).model_fields[name].description}"
            for name, value in (
                ("app_id", self.app_id),
                ("app_password", self.app_password.get_secret_value()),
                ("app_tenant_id", self.app_tenant_id or self.app_type is AppType.MULTI_TENANT),
                ("public_url", "public_url" in self.model_fields_set),
            )
            if not value
        ]
        if missing:
            raise SettingsError(
                "serve needs the bot's credentials and its own address; missing:\n  " + "\n  ".join(missing)
            )
        return self


def load_settings(kind: type[SettingsT]) -> SettingsT:
    """Reads environment and ``.env``. Raises ``SettingsError`` naming each wrong variable and what it should hold."""
    try:
        return kind()
    except ValidationError as error:
        lines = [_problem(kind, str(e["loc"][0]) if e["loc"] else "", e["msg"]) for e in error.errors()]
        raise SettingsError("these settings cannot be used:\n  " + "\n  ".join(lines)) from None


def _problem(kind: type[BaseSettings], name: str, message: str) -> str:
    field = kind.model_fields.get(name)
    holds = f" It should hold: {field.description}" if field else ""
    return f"{name.upper()}: {message}.{holds}"


def table(kind: type[BaseSettings]) -> str:
    """The settings as the Markdown table of the README."""
    rows = [
        f"| `{name.upper()}` | {_default(field)} | {field.description} |" for name, field in kind.model_fields.items()
    ]
    return "\n".join(["| Variable | Default | What it holds |", "| --- | --- | --- |", *rows])


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, SecretStr) or value in (None, "", (), PydanticUndefined):
        return ""
    return f"`{','.join(value) if isinstance(value, tuple) else value}`"
