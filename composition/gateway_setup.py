"""``cloudlink-gateway setup``: asks, writes the file of settings, pairs, and checks."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dotenv import dotenv_values

from composition.settings import SettingsError, load_settings
from gateway.credentials import NotPaired, credentials_file
from gateway.pairing import pair
from gateway.settings import GatewaySettings
from gateway.setup.env_file import EnvFileError, update
from gateway.setup.questions import Asker, NotAnswered, Question, settings_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

SYSTEM_FILE = Path("/etc/cloudlink-gateway/gateway.env")
SYSTEM_SPOOL = "/var/lib/cloudlink-gateway/spool.db"

# Setting, option and what it holds.
_OPTIONS = (
    ("CSTA_PROFILE", "--pbx", "MODEL", "kind of PBX: office400, mivoice5000, mxone or business"),
    ("CSTA_HOST", "--host", "HOST", "the PBX's host name or address"),
    ("CSTA_PORT", "--port", "PORT", "its port, if it is not the usual one"),
    ("CSTA_TLS", "--tls", "YES|NO", "whether to speak TLS to it"),
    ("CSTA_CA", "--ca", "FILE", "certificate of the authority that signed the PBX's"),
    ("SMDR_TIME_ZONE", "--time-zone", "ZONE", "time zone of a MiVoice Business, if it is not this machine's"),
    ("GATEWAY_CLOUDLINK_URL", "--cloudlink", "URL", "CloudLink's address"),
)


def add_options(parser: argparse.ArgumentParser) -> None:
    """What is not given is asked, or keeps its usual value where there is nobody to ask."""
    for setting, option, holds, text in _OPTIONS:
        parser.add_argument(option, dest=setting, metavar=holds, help=text)
    parser.add_argument(
        "--session-info-file", metavar="FILE", help="file with the credentials of the PBX's application session"
    )
    parser.add_argument("--code", metavar="CODE", help="pairing code from the console")
    parser.add_argument("--extension", metavar="NUMBER", help="whose telephone a monitor is tried on")


def prepare(options: argparse.Namespace) -> tuple[GatewaySettings, str]:
    """Everything before the check: answers the settings and the extension to try. Raises ``SettingsError``."""
    path = Path(options.env_file) if options.env_file else _usual_file()
    known = {name: value for name, value in dotenv_values(path, interpolate=False).items() if value}
    ask = _ask if sys.stdin.isatty() else None
    try:
        values = dict(settings_of(Asker(_given(options), known, ask, print)))
        if path == SYSTEM_FILE and "GATEWAY_SPOOL" not in known:
            values["GATEWAY_SPOOL"] = SYSTEM_SPOOL
        update(path, values)
        print(f"\nThe settings are in {path}.")
        settings = load_settings(GatewaySettings, (str(path),))
        _pair(settings, options.code, ask is not None)
    except (EnvFileError, NotAnswered, NotPaired) as error:
        raise SettingsError(str(error)) from None
    except (EOFError, KeyboardInterrupt):
        raise SettingsError("stopped") from None
    return settings, _extension(options.extension, ask is not None)


def _usual_file() -> Path:
    return SYSTEM_FILE if os.access(SYSTEM_FILE.parent, os.W_OK) else Path(".env")


def _given(options: argparse.Namespace) -> Mapping[str, str]:
    given = {setting: getattr(options, setting) for setting, *_ in _OPTIONS if getattr(options, setting) is not None}
    if options.session_info_file:
        try:
            given["CSTA_SESSION_INFO"] = Path(options.session_info_file).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"--session-info-file: {error}") from None
    return given


def _ask(question: Question) -> str:
    usual = f" [{question.default}]" if question.default else ""
    prompt = f"{question.text}{usual}: "
    return getpass.getpass(prompt) if question.secret else input(prompt)


def _pair(settings: GatewaySettings, code: str | None, someone: bool) -> None:
    if code is None and someone:
        paired = credentials_file(settings).exists()
        code = input(f"Pairing code from the console{'; empty to keep the key' if paired else ''}: ")
    if code and code.strip():
        asyncio.run(pair(settings, code.strip()))
        print("Paired.")


def _extension(extension: str | None, someone: bool) -> str:
    if extension is None and someone:
        return input("An extension to try a monitor on; empty for none: ").strip()
    return extension or ""
