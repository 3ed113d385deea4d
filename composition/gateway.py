"""The gateway's command line: ``cloudlink-gateway COMMAND``, and the same as ``python app.py gateway COMMAND``.

It runs with the packages of ``requirements/gateway.txt`` alone. Exit status: 0 when all is well, 1 when a check failed
or the gateway is not well, 2 when settings or arguments cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from composition.running import lasting, run_until_told
from composition.settings import SettingsError, load_settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gateway.settings import GatewaySettings

ENV_FILES = ("/etc/cloudlink-gateway/gateway.env", ".env")
"""Where settings are read from unless a file is named; the last one that has a setting is believed."""

_START = "start the gateway (`systemctl enable --now cloudlink-gateway`, or `cloudlink-gateway run`)."


def main(arguments: Sequence[str] | None = None) -> int:
    """The console script."""
    parser = argparse.ArgumentParser(
        prog="cloudlink-gateway",
        description="Reports the calls of the PBX beside it to CloudLink.",
        epilog="Settings come from environment variables or a file: see docs/gateway.md.",
    )
    add_commands(parser)
    options = parser.parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except SettingsError as error:
        print(f"cloudlink-gateway: {error}", file=sys.stderr)
        return 2


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the commands; each sets ``run``, which takes the options and answers the exit status."""
    parser.add_argument(
        "--env-file",
        metavar="FILE",
        help=f"where the settings are, beside the environment (default: {', then '.join(ENV_FILES)})",
    )
    parser.set_defaults(run=_run)
    from composition.gateway_setup import add_options

    commands = parser.add_subparsers(title="commands", metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int | None], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        added.set_defaults(run=run)
        return added

    add_options(command("setup", _setup, "name the PBX and CloudLink, pair, and check; asks what is not given"))
    command("run", _run, "follow the PBX and report to CloudLink until told to stop; the default")
    pair = command("pair", _pair, "get this gateway's key for a code from the console")
    pair.add_argument("code", metavar="CODE", help="the pairing code")
    command("rotate", _rotate, "have a new key take the place of this gateway's; one that runs goes on by it")
    check = command("check", _check, "try everything that the gateway needs, and say what to do about what fails")
    check.add_argument("--extension", default="", help="whose telephone a monitor is tried on")
    check.add_argument("--json", action="store_true", help="print the steps as JSON")
    status = command("status", _status, "show how the gateway that runs on this machine is")
    how = status.add_mutually_exclusive_group()
    how.add_argument("--json", action="store_true", help="print it as JSON")
    how.add_argument("--quiet", action="store_true", help="print nothing; the exit status says whether it runs")


def _settings(options: argparse.Namespace) -> GatewaySettings:
    from gateway.settings import GatewaySettings

    files = (options.env_file,) if options.env_file else ENV_FILES
    return load_settings(GatewaySettings, files)


def _run(options: argparse.Namespace) -> None:
    with lasting():
        from composition.logs import configure_logging
        from gateway.credentials import NotPaired
        from gateway.outbound import BadAuthority
        from gateway.service import run
        from gateway.spool_file import SpoolUnusable

        settings = _settings(options)
    configure_logging(settings.log_level)
    try:
        run_until_told(lambda stop: run(settings, stop))
    except (NotPaired, BadAuthority) as error:
        raise SettingsError(str(error)) from None
    except SpoolUnusable as error:
        raise SettingsError(f"GATEWAY_SPOOL: {error}") from None


def _pair(options: argparse.Namespace) -> None:
    from gateway.credentials import NotPaired, credentials_file
    from gateway.pairing import pair

    settings = _settings(options)
    try:
        asyncio.run(pair(settings, options.code))
    except NotPaired as error:
        raise SettingsError(str(error)) from None
    print(f"Paired. The key is in {credentials_file(settings)}. Next: cloudlink-gateway check")


def _setup(options: argparse.Namespace) -> int:
    from composition.gateway_setup import prepare

    settings, extension = prepare(options)
    print()
    failed = _tell_steps(settings, extension, as_json=False)
    print("\nNext: correct what failed, and run this again." if failed else f"\nNext: {_START}")
    return failed


def _rotate(options: argparse.Namespace) -> None:
    from gateway.credentials import NotPaired
    from gateway.pairing import rotate

    try:
        asyncio.run(rotate(_settings(options)))
    except NotPaired as error:
        raise SettingsError(str(error)) from None
    print("CloudLink knows this gateway by a new key.")


def _check(options: argparse.Namespace) -> int:
    return _tell_steps(_settings(options), options.extension, as_json=options.json)


def _tell_steps(settings: GatewaySettings, extension: str, *, as_json: bool) -> int:
    """Tries everything; 1 if something failed."""
    from gateway.check.whole import check

    told = []

    async def tell() -> None:
        async for step in check(settings, extension):
            told.append(step)
            if not as_json:
                print(step, flush=True)

    asyncio.run(tell())
    if as_json:
        print(json.dumps([asdict(step) for step in told], indent=2))
    return int(any(step.ok is False for step in told))


def _status(options: argparse.Namespace) -> int:
    from gateway.status.reading import NotRunning, read
    from gateway.status.state import to_json
    from gateway.status.table import draw

    try:
        status = asyncio.run(read(_settings(options).gateway_metrics_port))
    except NotRunning as error:
        print(f"cloudlink-gateway: {error}", file=sys.stderr)
        return 1
    if not options.quiet:
        print(to_json(status).decode() if options.json else draw(status))
    return 0
