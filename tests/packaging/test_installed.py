"""The command runs where nothing but the packages of ``requirements/gateway.txt`` is installed.

The packages are those of this environment, linked into an empty folder one by one, which takes no time; their versions
are held to the lock.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from importlib.metadata import distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes.csta_peer import CstaPeer
from tests.fakes.uplink_peer import GATEWAY_ID, KEY, UplinkPeer
from tests.packaging.files import ROOT
from tests.scenarios.conftest import free_port

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

LOCKED = re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / "requirements" / "gateway.txt").read_text(), re.MULTILINE)
START = "from composition.gateway import main; raise SystemExit(main())"


@pytest.fixture(scope="module")
def site_packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the locked packages alone."""
    folder = tmp_path_factory.mktemp("site-packages")
    for name, version in LOCKED:
        installed = distribution(name)
        assert installed.version == version, f"{name} is not the locked one"
        for top in {file.parts[0] for file in installed.files or () if file.parts[0] not in {"..", "__pycache__"}}:
            (folder / top).symlink_to(Path(str(installed.locate_file(top))))
    return folder


class Installed:
    """Runs ``cloudlink-gateway`` as a process that sees nothing but the locked packages and our own."""

    def __init__(self, site_packages: Path, folder: Path, **settings: str) -> None:
        paths = {"PYTHONPATH": f"{ROOT}:{site_packages}", "PATH": os.environ["PATH"]}
        self._environment = {**paths, **settings}
        self._folder = folder

    async def start(self, *arguments: str) -> asyncio.subprocess.Process:
        # -S leaves out the environment's own packages.
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-S", "-c", START, *arguments),
            env=self._environment,
            cwd=self._folder,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def run(self, *arguments: str) -> tuple[int | None, str]:
        child = await self.start(*arguments)
        said, wrong = await asyncio.wait_for(child.communicate(), 30)
        return child.returncode, (said + wrong).decode()


@pytest.fixture
async def pbx() -> AsyncIterator[CstaPeer]:
    async with CstaPeer() as peer:
        yield peer


async def test_the_command_checks_runs_and_tells_how_it_is(site_packages: Path, tmp_path: Path, pbx: CstaPeer) -> None:
    async with UplinkPeer() as cloud:
        installed = Installed(
            site_packages,
            tmp_path,
            GATEWAY_CLOUDLINK_URL=cloud.url,
            GATEWAY_ID=GATEWAY_ID,
            GATEWAY_KEY=KEY,
            GATEWAY_SPOOL=str(tmp_path / "spool.db"),
            GATEWAY_METRICS_PORT=str(free_port()),
            CSTA_HOST="127.0.0.1",
            CSTA_PORT=str(pbx.port),
        )
        code, said = await installed.run("check", "--extension", "201")
        assert (code, "FAILED" in said) == (0, False), said
        gateway = await installed.start("run")
        try:
            await cloud.until(lambda: cloud.states)
            code, said = await installed.run("status")
            assert (code, "1 of 1 running" in said) == (0, True), said
        finally:
            gateway.terminate()
            await gateway.communicate()
        assert gateway.returncode == 0
