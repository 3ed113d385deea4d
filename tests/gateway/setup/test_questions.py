"""What is asked follows from what was answered, and a wrong answer is said at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gateway.setup.questions import Asker, NotAnswered, settings_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gateway.setup.questions import Question

OFFICE = {
    "CSTA_PROFILE": "office400",
    "CSTA_HOST": "192.0.2.10",
    "CSTA_TLS": "false",
    "GATEWAY_CLOUDLINK_URL": "https://cloudlink.example.com",
}


class Operator:
    """Gives the answers in turn, and notes what was asked and what was found wrong."""

    def __init__(self, *answers: str) -> None:
        self._answers = [*answers]
        self.asked: list[str] = []
        self.told: list[str] = []

    def ask(self, question: Question) -> str:
        self.asked.append(question.setting)
        return self._answers.pop(0)

    def settings(self, known: Mapping[str, str] | None = None) -> Mapping[str, str]:
        return settings_of(Asker({}, known or {}, self.ask, self.told.append))


def test_an_office_400_needs_no_session_and_no_tls() -> None:
    operator = Operator("office400", "192.0.2.10", "", "", "https://cloudlink.example.com")
    assert {name: value for name, value in operator.settings().items() if value} == OFFICE
    assert operator.asked == ["CSTA_PROFILE", "CSTA_HOST", "CSTA_TLS", "CSTA_PORT", "GATEWAY_CLOUDLINK_URL"]


def test_an_mx_one_is_asked_for_tls_and_its_session() -> None:
    operator = Operator("mxone", "pbx.example.com", "yes", "", "", "secret", "https://cloudlink.example.com")
    settings = operator.settings()
    assert (settings["CSTA_TLS"], settings["CSTA_SESSION_INFO"]) == ("true", "secret")
    assert "CSTA_CA" in operator.asked


def test_a_mivoice_business_is_asked_for_its_time_zone() -> None:
    operator = Operator("business", "pbx.example.com", "", "", "Paris", "Europe/Paris", "https://cloudlink.example.com")
    assert operator.settings()["SMDR_TIME_ZONE"] == "Europe/Paris"
    assert operator.told == ["must be a time zone such as Europe/Paris."]


def test_wrong_answers_are_said_and_asked_again() -> None:
    operator = Operator(
        "pbx", "office400", "", "192.0.2.10", "perhaps", "no", "99999", "7001", "http://cloudlink.example.com",
        "https://cloudlink.example.com",
    )  # fmt: skip
    assert operator.settings()["CSTA_PORT"] == "7001"
    assert len(operator.told) == 5
    assert operator.told[0].startswith("must be one of office400")
    assert operator.told[1] == "This has to be answered."
    assert "https://" in operator.told[4]


def test_an_empty_answer_keeps_what_is_known() -> None:
    operator = Operator("", "", "", "", "")
    assert {name: value for name, value in operator.settings(known=OFFICE).items() if value} == OFFICE


def test_switching_tls_off_takes_its_authority_out() -> None:
    operator = Operator("", "", "no", "", "")
    settings = operator.settings(known={**OFFICE, "CSTA_TLS": "true", "CSTA_CA": "/etc/ssl/pbx.pem"})
    # An answer that is left out would be the model's usual one the next time.
    assert (settings["CSTA_TLS"], settings["CSTA_CA"]) == ("false", "")


def test_without_anybody_to_ask_a_missing_answer_names_its_option() -> None:
    with pytest.raises(NotAnswered, match="--host: This has to be answered"):
        settings_of(Asker({"CSTA_PROFILE": "office400"}, {}, None, print))
    assert settings_of(Asker(OFFICE, {}, None, print))["CSTA_HOST"] == "192.0.2.10"


def test_a_wrong_variable_of_the_shell_is_not_the_answers_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CSTA_REQUESTS", "many")
    operator = Operator("", "", "", "", "")
    assert operator.settings(known=OFFICE)["CSTA_HOST"] == "192.0.2.10"
    assert operator.told == []
