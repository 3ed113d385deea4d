"""What an operator of a gateway may set: environment variables or a ``.env`` file."""

from __future__ import annotations

import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, FilePath, SecretStr
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from gateway.csta.session import Heartbeat
from gateway.pbx import PROFILES
from gateway.transport import tls_context


def _cloud_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be a URL such as https://cloudlink.example.com")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("must begin with https:// (http:// only on this machine), since it carries the key")
    return value.rstrip("/")


def is_loopback(host: str) -> bool:
    """Whether the name or address is this machine's own."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _proxy(value: SecretStr) -> SecretStr:
    parts = urlsplit(value.get_secret_value())
    if value.get_secret_value() and (parts.scheme not in {"http", "https"} or not parts.hostname):
        raise ValueError("must be a URL such as http://proxy.example.com:3128")
    return value


def _profile(value: str) -> str:
    if value not in PROFILES:
        raise ValueError(f"must be one of {', '.join(PROFILES)}")
    return value


def _device(value: str) -> str:
    if value and value.count("{extension}") != 1:
        raise ValueError("must hold {extension} once, for example N<{extension}!98>")
    return value


def _ports(value: tuple[int, ...]) -> tuple[int, ...]:
    if not all(1 <= port <= 65535 for port in value):
        raise ValueError("must be ports from 1 to 65535")
    return value


def _authorities(value: Path) -> Path:
    try:
        tls_context(value)
    except OSError:
        raise ValueError("must be a file of certificates in PEM form") from None
    return value


def _time_zone(value: str) -> str:
    if value:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("must be a time zone such as Europe/Paris") from None
    return value


def _outside(value: str) -> str:
    if not re.fullmatch(r"[+0-9]*\{digits\}", value, re.ASCII):
        raise ValueError("must be digits or + and then {digits}, for example 000{digits}")
    return value


def _names(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


class GatewaySettings(BaseSettings):
    """The gateway's settings. Field names in capitals are the variables' names."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", hide_input_in_errors=True, env_ignore_empty=True)

    gateway_cloudlink_url: Annotated[str, AfterValidator(_cloud_url)] = Field(
        "http://127.0.0.1:3978", description="Base URL of CloudLink, without a path."
    )
    gateway_id: str = Field(
        "", pattern=r"^[^\s.]*$", description="The id that CloudLink gave this gateway; empty for a paired one."
    )
    gateway_key: SecretStr = Field(
        SecretStr(""), description="The private key that CloudLink showed with that id; empty for a paired one."
    )
    gateway_proxy: Annotated[SecretStr, AfterValidator(_proxy)] = Field(
        SecretStr(""), description="HTTP proxy to CloudLink, `http://user:password@host:port`; empty: `HTTPS_PROXY`."
    )
    gateway_ca: Path | None = Field(
        None, description="PEM file with the authority of CloudLink's certificate, beside the machine's own."
    )
    gateway_spool: Path = Field(
        Path("var/gateway-spool.db"), description="File that keeps facts until CloudLink has them; made when missing."
    )
    gateway_spool_bytes: int = Field(
        512 * 1024 * 1024,
        ge=1024 * 1024,
        description="Bytes of facts that the file holds at most; a busy hour of the largest PBX makes some 15 million.",
    )
    gateway_metrics_port: int = Field(
        9464,
        ge=0,
        le=65535,
        description="Port on 127.0.0.1 that answers `/status` and, for Prometheus, `/metrics`; 0 for none.",
    )
    csta_profile: Annotated[str, AfterValidator(_profile)] = Field(
        "office400", description=f"Kind of PBX: {', '.join(PROFILES)}."
    )
    csta_host: str = Field("127.0.0.1", min_length=1, description="Host name or address of the PBX.")
    csta_port: int | None = Field(
        None,
        ge=1,
        le=65535,
        description="Its TCP port; empty for the PBX's own, such as 7001.",
    )
    csta_more_ports: Annotated[tuple[int, ...], NoDecode, BeforeValidator(_names), AfterValidator(_ports)] = Field(
        (), description="Further ports of the same PBX, comma separated, tried in turn when one does not answer."
    )
    csta_tls: bool = Field(False, description="Whether to speak TLS to the PBX (MX-ONE: then port 8883).")
    csta_ca: Annotated[FilePath, AfterValidator(_authorities)] | None = Field(
        None,
        description="PEM file with the certificate of the PBX's authority; empty for the authorities of the machine.",
    )
    csta_extensions: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_names)] = Field(
        (), description="Extensions to monitor, comma separated; empty for those that CloudLink tells."
    )
    csta_device: Annotated[str, AfterValidator(_device)] = Field(
        "",
        description="Device identifier with `{extension}` in it, such as `N<{extension}!98>`; empty for the PBX's own.",
    )
    csta_outside: Annotated[str, AfterValidator(_outside)] = Field(
        "+{digits}",
        description="How a call that CloudLink asks for dials a number outside; `{digits}` is the number in E.164 "
        "without `+`. For a PBX that wants its exit code, for example `000{digits}`.",
    )
    csta_namespace: str = Field(
        "",
        description="XML namespace of the CSTA edition to begin with, until the PBX answers in its own.",
    )
    csta_requests: int | None = Field(
        None, ge=1, le=1000, description="Requests that may wait for an answer at once; empty for the PBX's own."
    )
    csta_session: bool | None = Field(
        None,
        description="Whether the PBX wants an application session (ECMA-354); empty: MX-ONE does, others do not.",
    )
    csta_session_application: str = Field(
        "MitelAssistant", description="Application id that the session is opened with."
    )
    csta_session_info: SecretStr = Field(
        SecretStr(""), description="Text of `applicationSpecificInfo`: credentials, in the form that the PBX wants."
    )
    csta_session_seconds: int = Field(600, ge=10, description="Duration of a session; it is renewed at half of it.")
    csta_register: bool = Field(False, description="Whether to ask the PBX for its status (SystemRegister).")
    csta_heartbeat: Heartbeat = Field(
        Heartbeat.REQUEST_SYSTEM_STATUS,
        description="Sign of life to send: `requestSystemStatus`, `systemStatus` or `none`. "
        "One that the PBX never answers is replaced by another.",
    )
    csta_heartbeat_seconds: float = Field(30.0, ge=1, description="Seconds between two signs of life.")
    smdr_time_zone: Annotated[str, AfterValidator(_time_zone)] = Field(
        "",
        description="Time zone of the clock of a MiVoice Business, such as `Europe/Paris`; empty for this machine's.",
    )
    smdr_outside_prefix: str = Field(
        "",
        pattern=r"^[0-9*#]*$",
        description="Digits for an outside line that a MiVoice Business tells before numbers dialled; empty for none.",
    )
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged.")
