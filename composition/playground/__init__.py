"""Microsoft's Agents Playground as a child process: the Teams client of the demo and of the scenario tests.

``bind_loopback.cjs`` is preloaded, since the Playground has no option for its address; ``m365agentsplayground.yml``
says who chats there. A change of the people goes into the latter.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

from composition.settings import SettingsError

PORT = 56150
_HERE = Path(__file__).parent
_CLI = Path("node_modules/@microsoft/m365agentsplayground/cli.js")


def command(root: Path, endpoint: str, port: int = PORT) -> list[str]:
    """The command line that plays Teams in front of the bot at ``endpoint``.

    ``root`` is the folder that holds ``node_modules``. Raises ``SettingsError`` when Node or the package is missing.
    """
    node = shutil.which("node")
    if node is None:
        raise SettingsError("Node is missing: install Node 20 or newer, then run `make install`.")
    cli = root / _CLI
    if not cli.exists():
        raise SettingsError("Agents Playground is not installed: run `make install`.")
    options = ["-e", endpoint, "-c", "msteams", "-p", str(port), "--disable-telemetry"]
    return [node, "--require", str(_HERE / "bind_loopback.cjs"), str(cli), "start", *options]


def environment() -> dict[str, str]:
    """Our people, and no browser that opens by itself."""
    config = str(_HERE / "m365agentsplayground.yml")
    return {**os.environ, "TEAMSAPPTESTER_BROWSER": "none", "M365_AGENTS_PLAYGROUND_CONFIG_PATH": config}


async def wait_until_ready(port: int = PORT, *, within: float = 60.0) -> None:
    """Returns when the Playground accepts connections. Raises ``TimeoutError`` after ``within`` seconds."""
    async with asyncio.timeout(within):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.1)
            else:
                writer.close()
                return
