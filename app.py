"""Mitel Assistant's command line: ``python app.py COMMAND``. Each command imports only what it runs."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; answers the process's exit status: 0, 1 for a check that failed, 2 for unusable settings."""
    options = _parser().parse_args(arguments)
    from composition.settings import SettingsError

    try:
        return int(options.run(options) or 0)
    except SettingsError as error:
        return _refuse(str(error))
    except ModuleNotFoundError as error:
        return _refuse(f"the package that holds {error.name} is not installed here: run `make install`")


def _refuse(reason: str) -> int:
    print(f"mitel-assistant: {reason}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    from composition.gateway import add_commands

    parser = argparse.ArgumentParser(
        prog="app.py",
        description="A company's Mitel telephone system inside Microsoft Teams.",
        epilog="Settings come from environment variables or a .env file: `app.py settings` lists them. "
        "To try everything on this machine, run `make run`.",
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)

    def command(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        added.set_defaults(run=run)
        return added

    command("serve", _serve, "the server for Teams: bot, sign-in and dial pages, embedded CloudLink")
    command("demo", _demo, "everything on this machine: server, gateway, simulated PBX and Agents Playground")
    add_commands(
        commands.add_parser("gateway", help="the process beside the PBX: the same as the command cloudlink-gateway")
    )
    _simulator_options(command("simulator", _simulator, "a simulated PBX that speaks CSTA III over TCP"))
    package = command("package", _package, "build the zip that a Teams admin uploads")
    package.add_argument(
        "--output", default="dist/mitel-assistant.zip", help="where to write it (default: %(default)s)"
    )
    package.add_argument(
        "--check",
        nargs="?",
        const="",
        metavar="FILE.zip",
        help="write nothing: say what Teams would refuse of the package that the settings make, or of FILE.zip",
    )
    _partner_options(command("partner", _partner, "make a partner's account and its first administrator"))
    _account_options(command("account", _account, "make a customer account"))
    _user_options(command("user", _user, "make a user of an account; asks for the password"))
    gateway_key = command("gateway-key", _gateway_key, "make a gateway of an account; prints the settings it needs")
    gateway_key.add_argument("account", help="the account's id")
    backup = command("backup", _backup, "copy the SQLite database, which may be in use")
    backup.add_argument("file", help="the copy, which must not be there yet")
    restore = command("restore", _restore, "put a copy in the place of the SQLite database, which must not be in use")
    restore.add_argument("file", help="a copy that `backup` has made")
    command("new-key", _new_key, "print a key for SECRETS_KEY")
    command("settings", _settings, "list every setting with its default and what it holds")
    return parser


def _serve(_: argparse.Namespace) -> None:
    from composition.running import lasting, run_until_told

    with lasting():
        from composition.event_loop import new_event_loop
        from composition.server import cloudlink_of, serve
        from composition.settings import ServerSettings, load_settings

        settings = load_settings(ServerSettings).require_credentials()
        cloudlink_of(settings)
    _configure_logging(settings.log_level)
    run_until_told(lambda stop: serve(settings, stop), new_event_loop)


def _demo(_: argparse.Namespace) -> None:
    from composition.demo import demo
    from composition.running import run_until_told
    from composition.settings import ServerSettings, load_settings

    settings = load_settings(ServerSettings)
    _configure_logging("WARNING" if settings.log_level == "INFO" else settings.log_level)
    run_until_told(lambda stop: demo(settings, stop))


def _simulator(options: argparse.Namespace) -> None:
    from composition.running import run_until_told
    from composition.settings import SettingsError
    from simulator.command_line import chosen_settings
    from simulator.service import run

    try:
        settings = chosen_settings(options)
        _configure_logging("INFO")
        run_until_told(lambda stop: run(settings, stop))
    except (ValueError, OSError) as error:
        raise SettingsError(str(error)) from None


def _simulator_options(parser: argparse.ArgumentParser) -> None:
    from simulator.command_line import add_options

    add_options(parser)


def _package(options: argparse.Namespace) -> None:
    from composition.packaging import package

    print(package(options))


def _partner_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("name", help="the partner's name")
    add("email", help="the first administrator's e-mail address, which they sign in with")
    add("--administrator", metavar="NAME", help="the first administrator's name (default: the e-mail address)")


def _account_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("name", help="the customer's name")
    add("--region", default="FR", help="country whose numbering the PBX uses, ISO 3166 (default: %(default)s)")
    add("--language", default="en-US", help="language of the account (default: %(default)s)")
    add("--time-zone", default="UTC", help="IANA time zone of the account (default: %(default)s)")
    add("--ios-uri-template", default="", help="MiCollab's URI on iOS with {number} in it, from your Mitel partner")
    add("--micollab-version", default="", metavar="VERSION", help="of the customer's MiCollab, such as 9.7.10")
    add("--partner", metavar="ID", help="the partner's account, whose administrators look after this one")
    add("--bar", action="append", default=[], metavar="PREFIX", help="E.164 prefix nobody may dial; may be repeated")


def _user_options(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("account", help="the account's id")
    add("email", help="what the user signs in with")
    add("name", help="the user's name")
    add("--extension", help="the user's extension on the PBX")
    add("--role", choices=("user", "admin", "partner"), default="user", help="what they may do (default: %(default)s)")


def _partner(options: argparse.Namespace) -> None:
    from composition.administration import add_partner

    print(asyncio.run(add_partner(options)))


def _account(options: argparse.Namespace) -> None:
    from composition.administration import add_account

    print(asyncio.run(add_account(options)))


def _user(options: argparse.Namespace) -> None:
    from composition.administration import add_user

    print(asyncio.run(add_user(options)))


def _gateway_key(options: argparse.Namespace) -> None:
    from composition.administration import add_gateway

    print(asyncio.run(add_gateway(options)))


def _backup(options: argparse.Namespace) -> None:
    from composition.settings import ServerSettings, load_settings
    from composition.storage import back_up

    print(back_up(load_settings(ServerSettings).database_url, Path(options.file)))


def _restore(options: argparse.Namespace) -> None:
    from composition.settings import ServerSettings, load_settings
    from composition.storage import restore

    print(asyncio.run(restore(load_settings(ServerSettings).database_url, Path(options.file))))


def _new_key(_: argparse.Namespace) -> None:
    from store.vault import new_key

    print(new_key())


def _settings(_: argparse.Namespace) -> None:
    from composition.packaging import PackageVariables
    from composition.settings import ServerSettings, table
    from gateway.settings import GatewaySettings

    for title, kind in (("Server", ServerSettings), ("Gateway", GatewaySettings), ("Package", PackageVariables)):
        print(f"### {title}\n\n{table(kind)}\n")


def _configure_logging(level: str) -> None:
    from composition.logs import configure_logging

    configure_logging(level)


if __name__ == "__main__":
    sys.exit(main())
