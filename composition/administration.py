"""Accounts, users and gateways from the command line, for a server that has no console yet."""

from __future__ import annotations

import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from getpass import getpass
from typing import TYPE_CHECKING

from cloudlink.model import Account, DialSettings
from cloudlink.port import CloudLinkError
from cloudlink.service.provision import AlreadyThere, NewUser, Provisioning
from composition.settings import ServerSettings, SettingsError, load_settings
from composition.storage import open_configured
from dialing import BadPrefix, BadTemplate, check_ios_template, clean_prefix
from store.outbox import Outbox

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator


@asynccontextmanager
async def _provisioning() -> AsyncIterator[Provisioning]:
    """On the database of the settings. What cannot be made is raised as ``SettingsError``, with the reason."""
    database = await open_configured(load_settings(ServerSettings).database_url)
    try:
        yield Provisioning(database, Outbox(database))
    except (AlreadyThere, CloudLinkError) as error:
        raise SettingsError(str(error)) from None
    finally:
        await database.close()


async def add_account(options: argparse.Namespace) -> str:
    """Makes an account; answers its id for the next commands."""
    if options.ios_uri_template:
        _check_template(options.ios_uri_template)
    dialing = DialSettings(region=options.region, ios_uri_template=options.ios_uri_template)
    dialing = replace(dialing, barred_prefixes=tuple(_prefix(raw, dialing) for raw in options.bar))
    async with _provisioning() as provisioning:
        account = await provisioning.create_account(
            Account("", options.name, language_code=options.language, time_zone=options.time_zone, dialing=dialing)
        )
    return f"account {account.account_id}"


def _check_template(template: str) -> None:
    try:
        check_ios_template(template)
    except BadTemplate as error:
        raise SettingsError(f"--ios-uri-template: {error}") from None


def _prefix(raw: str, plan: DialSettings) -> str:
    try:
        return clean_prefix(raw, plan)
    except BadPrefix as error:
        raise SettingsError(f"--bar {raw!r}: {error}") from None


async def add_user(options: argparse.Namespace) -> str:
    """Makes a user; the password is asked for, or read as one line when standard input is no terminal."""
    password = getpass(f"Password for {options.email}: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if len(password) < 8:
        raise SettingsError("a password needs at least 8 characters")
    new = NewUser(name=options.name, email=options.email, extension=options.extension, password=password)
    async with _provisioning() as provisioning:
        user = await provisioning.create_user(options.account, new)
    return f"user {user.principal_id}"


async def add_gateway(options: argparse.Namespace) -> str:
    """Makes a gateway; answers the two settings that it needs, whose key is shown this once."""
    async with _provisioning() as provisioning:
        gateway_id, key = await provisioning.create_gateway(options.account)
    return f"GATEWAY_ID={gateway_id}\nGATEWAY_KEY={key}"
