"""What an operator is asked: where the PBX is and what it wants, and where CloudLink is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from gateway.pbx import PROFILES
from gateway.settings import GatewaySettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gateway.pbx import PbxProfile

YES = frozenset({"y", "yes", "true", "1"})
NO = frozenset({"n", "no", "false", "0"})


class NotAnswered(Exception):
    """There is nobody to ask; the text names the option that answers."""


@dataclass(frozen=True, slots=True)
class Question:
    """``setting`` is the setting's name in capitals, ``option`` what answers it on the command line."""

    setting: str
    option: str
    text: str
    default: str = ""
    required: bool = False
    secret: bool = False
    yes_or_no: bool = False


@dataclass(frozen=True, slots=True)
class Asker:
    """``given`` are the answers from the command line by setting; ``ask`` asks a person, or is ``None`` without one.

    ``known`` are the settings as they are, which a person may keep by an empty answer; ``say`` tells what is wrong.
    """

    given: Mapping[str, str]
    known: Mapping[str, str]
    ask: Callable[[Question], str] | None
    say: Callable[[str], None]

    def answer(self, question: Question) -> str:
        """An answer that the setting can hold. Raises ``NotAnswered``."""
        given = self.given.get(question.setting)
        if given is not None or self.ask is None:
            return self._unasked(question, given)
        while True:
            value = self.ask(question).strip() or self._default(question)
            wrong = _wrong(question, value)
            if not wrong:
                return _written(question, value)
            self.say(wrong)

    def _unasked(self, question: Question, given: str | None) -> str:
        value = self._default(question) if given is None else given
        if wrong := _wrong(question, value):
            raise NotAnswered(f"{question.option}: {wrong}")
        return _written(question, value)

    def _default(self, question: Question) -> str:
        return self.known.get(question.setting) or question.default


def settings_of(asker: Asker) -> Mapping[str, str]:
    """Asks everything; answers the variables, of which empty ones are to be left out. Raises ``NotAnswered``."""
    values: dict[str, str] = {}
    for question in _questions(values):
        values[question.setting] = asker.answer(question)
    if values["CSTA_TLS"] != "true":
        values["CSTA_CA"] = ""
    return values


def _questions(values: Mapping[str, str]) -> Iterator[Question]:
    """In order; what was answered before decides what is asked next."""
    models = ", ".join(f"{name} ({profile.title})" for name, profile in PROFILES.items())
    yield Question("CSTA_PROFILE", "--pbx", f"Kind of PBX: {models}", required=True)
    profile = PROFILES[values["CSTA_PROFILE"]]
    yield Question("CSTA_HOST", "--host", f"Host name or address of the {profile.title}", required=True)
    yield Question("CSTA_TLS", "--tls", "Is the connection encrypted (TLS)?", _usual_tls(profile), yes_or_no=True)
    if values["CSTA_TLS"] == "true":
        yield Question("CSTA_CA", "--ca", "File with the certificate of the PBX's authority; empty for a public one")
    yield Question("CSTA_PORT", "--port", f"Port; empty for {_usual_port(profile, values['CSTA_TLS'])}")
    if profile.session:
        yield Question(
            "CSTA_SESSION_INFO",
            "--session-info-file",
            "Credentials of the application session, as the PBX wants them; empty for none",
            secret=True,
        )
    if profile.interface == "smdr":
        text = "Time zone of the PBX's clock (Europe/Paris); empty for this machine's"
        yield Question("SMDR_TIME_ZONE", "--time-zone", text)
    yield Question(
        "GATEWAY_CLOUDLINK_URL",
        "--cloudlink",
        "CloudLink's address (https://cloudlink.example.com)",
        required=True,
    )


def _usual_tls(profile: PbxProfile) -> str:
    return "yes" if profile.tls_port else "no"


def _usual_port(profile: PbxProfile, tls: str) -> int:
    return profile.tls_port if tls == "true" and profile.tls_port else profile.port


def _written(question: Question, value: str) -> str:
    if question.yes_or_no:
        return "true" if value.lower() in YES else "false"
    return value


def _wrong(question: Question, value: str) -> str:
    """What is wrong with an answer, as a sentence; nothing for one that the setting can hold."""
    if not value:
        return "This has to be answered." if question.required else ""
    if question.yes_or_no:
        return "" if value.lower() in YES | NO else "Answer yes or no."
    name = question.setting.lower()
    try:
        GatewaySettings(_env_file=None, **{name: value})  # type: ignore[arg-type]
    except ValidationError as error:
        # Other variables of this shell may be wrong too; they are not the answer's fault.
        mine = (each["msg"] for each in error.errors() if each["loc"][:1] == (name,))
        return next((f"{message.removeprefix('Value error, ')}." for message in mine), "")
    return ""
