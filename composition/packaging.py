"""The package command: settings of the environment become the zip that a Teams admin uploads."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from composition.settings import SettingsError, load_settings
from manifest.archive import read_package
from manifest.check import PackageRefused, problems_in
from manifest.package import build_package
from manifest.settings import PackageSettings

if TYPE_CHECKING:
    import argparse


class PackageVariables(BaseSettings):
    """The package's settings. ``APP_ID`` and ``PUBLIC_URL`` are the server's, and checked here as Teams checks them."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", env_ignore_empty=True)

    teams_app_id: str = Field("", description="The app's own id in Teams: a GUID that you make once and keep.")
    app_id: str = Field("", description="Application (client) id of the bot's Azure registration, a GUID.")
    public_url: str = Field("", description="The server's https address, as users' devices reach it.")
    package_name: str = Field("Mitel Assistant", description="Name of the app in Teams, at most 30 characters.")
    package_version: str = Field("1.0.0", description="Version of the package, which rises with each upload.")
    developer_name: str = Field("", description="Who provides the app, as Teams shows it: your company.")
    website_url: str = Field("", description="Your company's web site, https.")
    privacy_url: str = Field("", description="Your privacy statement, https.")
    terms_url: str = Field("", description="Your terms of use, https.")
    app_id_uri: str = Field(
        "", description="The server's Application ID URI, held against the package's when it is set."
    )


# What ``manifest`` calls the settings that have another name in the environment.
_VARIABLES = {
    "app_id": "teams_app_id",
    "bot_id": "app_id",
    "name": "package_name",
    "version": "package_version",
}


def package(options: argparse.Namespace) -> str:
    """Builds and writes the zip, or with ``check`` only says what Teams would refuse of it, or of somebody's zip.

    Raises ``SettingsError`` with everything that Teams would refuse.
    """
    try:
        return _checked(Path(options.check)) if options.check else _built(options)
    except PackageRefused as refused:
        lines = "\n  ".join(_as_variable(problem) for problem in refused.problems)
        name = options.check or "this package"
        raise SettingsError(f"Teams would refuse {name}:\n  {lines}") from None


def _built(options: argparse.Namespace) -> str:
    variables = load_settings(PackageVariables)
    settings = _settings(variables)
    content = build_package(settings)
    if variables.app_id_uri not in {"", settings.application_id_uri}:
        raise PackageRefused([_other_uri(variables.app_id_uri, settings.application_id_uri)])
    if options.check is not None:
        return "The settings make a valid package. Nothing was written."
    target = Path(options.output)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    return f"{target}: upload it in the Teams admin centre, Teams apps > Manage apps."


def _settings(variables: PackageVariables) -> PackageSettings:
    names = PackageSettings.__dataclass_fields__
    return PackageSettings(**{name: getattr(variables, _VARIABLES.get(name, name)) for name in names})


def _other_uri(server: str, package: str) -> str:
    return (
        f"APP_ID_URI: is {server}, and Teams would ask a token for {package}. Give the registration, the server and "
        "PUBLIC_URL the same name of host."
    )


def _checked(file: Path) -> str:
    if problems := list(problems_in(read_package(file))):
        raise PackageRefused(problems)
    return f"{file}: holds nothing that Teams is known to refuse."


def _as_variable(problem: str) -> str:
    """A problem that begins with a setting, told by the variable that holds it."""
    name, colon, text = problem.partition(":")
    if name not in PackageSettings.__dataclass_fields__:
        return problem
    return f"{_VARIABLES.get(name, name).upper()}{colon}{text}"
