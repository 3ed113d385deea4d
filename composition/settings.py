"""What an operator of the server may set: environment variables or a ``.env`` file, each documented and checked here.

``python app.py settings`` prints these as the table that stands in the README.
"""

from __future__ import annotations

from email.errors import HeaderParseError
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Self, TypeVar
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from auth.service_urls import TEAMS_HOSTS
from cloudlink.service.mail.server import SmtpSecurity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydantic.fields import FieldInfo

SettingsT = TypeVar("SettingsT", bound=BaseSettings)

LOOPBACK_HOSTS = frozenset({"127.0.0.1", "localhost", "::1"})


class SettingsError(Exception):
    """Settings that cannot be served; the text names each variable and what it should hold."""


class CloudLinkKind(StrEnum):
    """Which CloudLink stands behind the port."""

    EMBEDDED = "embedded"
    HOSTED = "hosted"


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


def _service_url(value: str) -> str:
    if value.count("{service}") != 1:
        raise ValueError("must hold {service} once, as in https://{service}.api.mitel.io/2017-09-01")
    _base_url(value.replace("{service}", "service"))
    return value.rstrip("/")


def _guid(value: str) -> str:
    try:
        return str(UUID(value)) if value else ""
    except ValueError:
        raise ValueError("must be a GUID such as 00000000-0000-0000-0000-000000000000") from None


def _smtp_security(value: SmtpSecurity, info: ValidationInfo) -> SmtpSecurity:
    if value is SmtpSecurity.NONE and info.data.get("smtp_host", "") not in {"", *LOOPBACK_HOSTS}:
        raise ValueError("must be starttls or tls, except for a mail server on this machine")
    return value


def _mail_from(value: str, info: ValidationInfo) -> str:
    if not value and info.data.get("smtp_host"):
        raise ValueError("must be set, since SMTP_HOST is")
    if value:
        mail_address(value)
    return value


def mail_address(text: str) -> Address:
    """From ``Name <address>``, or the address alone. Raises ``ValueError``."""
    name, address = parseaddr(text) if text.isprintable() else ("", "")
    try:
        return Address(name, addr_spec=address)
    except (ValueError, HeaderParseError, IndexError):
        raise ValueError("must be an address such as Mitel Assistant <no-reply@example.com>") from None


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


BaseUrl = Annotated[str, AfterValidator(_base_url)]
ServiceUrl = Annotated[str, AfterValidator(_service_url)]
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
    user_guide_url: str = Field(
        "",
        pattern=r"^(https?://[!-~]+)?$",
        description="Address of your own guide for users, which the tab *About* links in place of ours.",
    )
    database_url: str = Field(
        "sqlite:///var/mitel-assistant.db",
        description="SQLite: `sqlite:///` and the path of its file; or `postgresql://user:password@host:5432/name`.",
        repr=False,
    )
    secrets_key: Annotated[tuple[SecretStr, ...], NoDecode, BeforeValidator(_names)] = Field(
        (),
        description="Keys that encrypt stored secrets, newest first, comma separated (`app.py new-key` prints one); "
        "empty: one in the file `secrets.key` beside the SQLite database.",
    )
    cloudlink: CloudLinkKind = Field(
        CloudLinkKind.EMBEDDED, description="`embedded`: CloudLink runs in this server; `hosted`: Mitel's cloud does."
    )
    cloudlink_url: ServiceUrl = Field(
        "https://{service}.api.mitel.io/2017-09-01", description="Where the hosted CloudLink's public API is."
    )
    cloudlink_account_id: str = Field("", description="Account of the hosted CloudLink whose people may sign in.")
    cloudlink_client_id: str = Field("", description="Our application's id at the hosted CloudLink.")
    cloudlink_client_secret: SecretStr = Field(
        SecretStr(""), description="Its secret; with it the hosted CloudLink is asked to notify us of new calls."
    )
    api_domain: str = Field(
        "",
        pattern=r"^([a-z0-9-]+\.)*[a-z0-9-]*$",
        description="Domain below which each service of our public API has a host of its own, such as "
        "`api.example.com` for `media.api.example.com`. Paths below `PUBLIC_URL` serve it in any case.",
    )
    calls_per_minute: int = Field(
        10,
        ge=1,
        le=600,
        description="How many calls a person may place, answer or end in a minute by the public API and by the buttons "
        "that ring their desk phone.",
    )
    webhook_loopback: bool = Field(
        False, description="`true` lets subscriptions of the public API post to this very machine: for development."
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
    entra_v1_issuer: BaseUrl = Field(
        "https://sts.windows.net",
        description="Issuer of Entra ID's version 1 tokens; another one for sovereign clouds.",
    )
    graph_url: BaseUrl = Field(
        "https://graph.microsoft.com", description="Microsoft Graph; another one for sovereign clouds."
    )
    app_id_uri: str = Field(
        "",
        pattern=r"^(api://\S+)?$",
        description="Application ID URI of the registration, such as `api://assistant.example.com/botid-<APP_ID>`; "
        "with it people sign in to the bot and the tabs without a password. Empty: no single sign-on there.",
    )
    require_connected_tenant: bool = Field(
        True,
        description="`true`: the bot serves people of tenants that an account has connected by *Add to tenant*, and of "
        "`APP_TENANT_ID` with `SingleTenant`; all others get instructions. `false`: whoever can sign in is served.",
    )
    teams_app_id: Guid = Field("", description="The app's own id in Teams, for its roll-out; as in the package.")
    presence_writes_per_second: int = Field(
        48,
        ge=1,
        le=330,
        description="How many changes of presence a second Microsoft Teams is told at most, of each customer: by the "
        "older of two tables of Microsoft 1,500 in 30 seconds are allowed, by the newer one 10,000 (330 a second).",
    )
    presence_read_seconds: float = Field(
        3,
        ge=1,
        le=60,
        description="How often it is read what Microsoft Teams shows of everybody, in seconds, for customers whose "
        "telephones follow do not disturb in Teams. Of 50,000 people half of what Microsoft allows is used at 3.",
    )
    metrics_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Port on 127.0.0.1 that answers `/metrics` for Prometheus, as "
        "[docs/operations.md](docs/operations.md) explains; empty for none.",
    )
    smtp_host: str = Field(
        "",
        description="Mail server that takes our mail; without one, mails are shown to administrators in the console.",
    )
    smtp_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its port; empty for the usual one: 465 (`tls`), 587 (`starttls`), 25 (`none`).",
    )
    smtp_security: Annotated[SmtpSecurity, AfterValidator(_smtp_security)] = Field(
        SmtpSecurity.STARTTLS, description="`starttls`, `tls`, or `none`, which is for a server on this machine alone."
    )
    smtp_username: str = Field("", description="Name to sign in with at the mail server; empty: without signing in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Its password.")
    mail_from: Annotated[str, AfterValidator(_mail_from)] = Field(
        "",
        validate_default=True,
        description="Whom our mail is from, such as `Mitel Assistant <no-reply@example.com>`; needed with `SMTP_HOST`.",
    )
    support_email: str = Field(
        "",
        pattern=r"^(\S+@\S+)?$",
        description="With the hosted CloudLink: whom problem reports go to by mail; without `SMTP_HOST` people are "
        "told to write there themselves. With the embedded one each account's support contacts get them.",
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged.")

    def require_credentials(self) -> Self:
        """Settings with which Teams and we can reach each other. Raises ``SettingsError`` naming what is missing."""
        missing = [
            f"{name.upper()}: {type(self).model_fields[name].description}"
            for name, value in (
                ("cloudlink_account_id", self.cloudlink_account_id or self.cloudlink is CloudLinkKind.EMBEDDED),
                ("cloudlink_client_id", self.cloudlink_client_id or self.cloudlink is CloudLinkKind.EMBEDDED),
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


def load_settings(kind: type[SettingsT], files: Sequence[str] = (".env",)) -> SettingsT:
    """Reads environment and files. Raises ``SettingsError`` naming each wrong variable and what it should hold."""
    try:
        return kind(_env_file=tuple(files))
    except OSError as error:
        raise SettingsError(f"{error.filename} cannot be read: {error.strerror}") from None
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
