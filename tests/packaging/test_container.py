"""The image is built of locked packages, runs as nobody in particular, and says whether it is healthy."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatch

from tests.packaging.files import PACKAGING, ROOT, SPOOL, accepted, instructions


def told(name: str) -> list[str]:
    return [rest for instruction, rest in instructions() if instruction == name]


def test_its_base_is_named_without_any_registry() -> None:
    assert all("/" not in base.split()[0] for base in told("FROM"))


def test_every_package_in_it_is_locked_by_hash() -> None:
    installs = [run for run in told("RUN") if "pip install" in run]
    assert len(installs) == 2
    assert all("--no-deps" in install for install in installs)
    locked, own = installs
    assert "--require-hashes -r requirements/gateway.txt" in locked
    assert own.endswith(" .")


def test_it_does_not_run_as_root_and_keeps_its_spool_in_a_volume() -> None:
    (user,) = told("USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)
    (volume,) = told("VOLUME")
    assert f"GATEWAY_SPOOL={SPOOL}" in " ".join(told("ENV"))
    assert SPOOL.startswith(f"{volume}/")
    owner, group = user.split(":")
    assert any(f"-o {owner} -g {group} -m 0700 {volume}" in run for run in told("RUN"))


def test_it_starts_the_gateway_and_asks_it_whether_it_runs() -> None:
    (entry,), (command,), (health,) = told("ENTRYPOINT"), told("CMD"), told("HEALTHCHECK")
    assert accepted([*json.loads(entry), *json.loads(command)]) == "_run"
    assert accepted(json.loads(health.partition("CMD ")[2])) == "_status"


def test_the_build_sees_all_that_is_installed_and_nothing_else() -> None:
    lines = (PACKAGING / "Containerfile.gateway.dockerignore").read_text().split()
    assert lines[0] == "*"
    seen = {line[1:] for line in lines if line.startswith("!")}
    project = (ROOT / "pyproject.toml").read_text()
    include = re.search(r"\[tool\.setuptools\.packages\.find\]\ninclude = \[(.*?)\]", project, re.DOTALL)
    assert include
    patterns = re.findall(r'"([^"]+)"', include[1])
    rooms = {
        folder.name
        for folder in ROOT.iterdir()
        if (folder / "__init__.py").exists() and any(fnmatch(folder.name, pattern) for pattern in patterns)
    }
    assert seen == rooms | {"app.py", "LICENSE", "README.md", "pyproject.toml", "requirements/gateway.txt"}
