"""Accounts, users and gateways from the command line, by the operator: before there is somebody to use the console."""

from __future__ import annotations

import json
import sys
from contextlib import asynccontextmanager
from dataclasses import replace
from getpass import getpass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, select

from cloudlink.administration.accounts import NewAccount
from cloudlink.model import DialSettings, Role
from cloudlink.port import CloudLinkError
from cloudlink.service.administration.accounts import AccountService
from cloudlink.service.administration.users import UserService, inviting
from cloudlink.service.provision import OPERATOR, Provisioning, known_as
from composition.secrets import open_vault
from composition.settings import ServerSettings, SettingsError, load_settings
from composition.storage import open_configured
from dialing import BadPrefix, BadTemplate, BadVersion, check_ios_template, check_version, clean_prefix
from store.outbox import Outbox
from store.schema import mails

if TYPE_CHECKING:
    import argparse
    from collections.abc import AsyncIterator

    from cloudlink.model import Principal
    from store.database import Database
    from store.vault import Vault

_ROLES = {"user": Role.USER, "admin": Role.ACCOUNT_ADMIN, "partner": Role.PARTNER_ADMIN}
_WELCOME = select(mails.c.values_encrypted).where(
    mails.c.account_id == bindparam("account_id"), mails.c.principal_id == bindparam("principal_id")
)


@asynccontextmanager
async def _provisioning() -> AsyncIterator[Provisioning]:
    """On the database of the settings. What cannot be made is raised as ``SettingsError``, with the reason."""
    async with _database(load_settings(ServerSettings)) as database:
        yield Provisioning(database, Outbox(database))


@asynccontextmanager
async def _database(settings: ServerSettings) -> AsyncIterator[Database]:
    database = await open_configured(settings.database_url)
    try:
        yield database
    except CloudLinkError as error:
        raise SettingsError(str(error)) from None
    finally:
        await database.close()


async def add_account(options: argparse.Namespace) -> str:
    """Makes an account; answers its id for the next commands."""
    if options.ios_uri_template:
        _check_template(options.ios_uri_template)
    _check_version(options.micollab_version)
    dialing = DialSettings(
        region=options.region,
        ios_uri_template=options.ios_uri_template,
        micollab_version=options.micollab_version,
    )
    dialing = replace(dialing, barred_prefixes=tuple(_prefix(raw, dialing) for raw in options.bar))
    async with _provisioning() as provisioning:
        account = await provisioning.create_account(
            NewAccount(
                options.name,
                language_code=options.language,
                time_zone=options.time_zone,
                dialing=dialing,
                partner_id=options.partner,
            )
        )
    return f"account {account.account_id}"


def _check_template(template: str) -> None:
    try:
        check_ios_template(template)
    except BadTemplate as error:
        raise SettingsError(f"--ios-uri-template: {error}") from None


def _check_version(version: str) -> None:
    try:
        check_version(version)
    except BadVersion as error:
        raise SettingsError(f"--micollab-version: {error}") from None


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
    new = known_as(options.name, options.email, options.extension, password, _ROLES[options.role])
    async with _provisioning() as provisioning:
        user = await provisioning.create_user(options.account, new)
    return f"user {user.principal_id}"


async def add_partner(options: argparse.Namespace) -> str:
    """Makes a partner's account and its first administrator; answers the link by which they set their password.

    The link is also in the mail that a server with SMTP settings sends; this command cannot know whether it arrives.
    """
    settings = load_settings(ServerSettings)
    vault = open_vault(settings)
    async with _database(settings) as database:
        outbox = Outbox(database)
        invite = inviting(vault, settings.public_url)
        partner = await AccountService(database, outbox).create(OPERATOR, NewAccount(options.name, partner=True))
        new = known_as(options.administrator or options.email, options.email, role=Role.PARTNER_ADMIN)
        record = await UserService(database, outbox, invite).create(OPERATOR, partner.account_id, new)
        link = await _link_of(database, vault, record.user.principal)
    return f"partner {partner.account_id}\nadministrator {record.user.principal_id}\nwelcome link {link}"


async def _link_of(database: Database, vault: Vault, who: Principal) -> str:
    parameters = {"account_id": who.account_id, "principal_id": who.principal_id}
    ((values,),) = await database.read(_WELCOME, parameters)
    link: str = json.loads(vault.decrypt(values))["link"]
    return link


async def add_gateway(options: argparse.Namespace) -> str:
    """Makes a gateway; answers the two settings that it needs, whose key is shown this once."""
    async with _provisioning() as provisioning:
        gateway_id, key = await provisioning.create_gateway(options.account)
    return f"GATEWAY_ID={gateway_id}\nGATEWAY_KEY={key}"
