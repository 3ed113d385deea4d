"""What the Media API takes. Names, required fields and bounds are those of Mitel's description."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from cloudlink.service.api.bodies import Body

_LONGEST_NUMBER = 128


class Hide(Body):
    """Whether records are hidden. Mitel's description requires ``hide`` and gives it a default: we take the default."""

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="forbid", hide_input_in_errors=True)

    hide: bool = True


class NewCall(Body):
    """A call to make."""

    to: str = Field(min_length=1, max_length=_LONGEST_NUMBER)
    from_: str | None = Field(None, alias="from", max_length=_LONGEST_NUMBER)
    from_name: str | None = Field(None, max_length=200)
    record: bool = False
    timeout_ms: float = Field(6000, ge=3000, le=30000)
    originate_timeout: float | None = Field(None, ge=0, le=120)
    success_url: str | None = Field(None, max_length=2000)
    failure_url: str | None = Field(None, max_length=2000)
    associated_call_id: str | None = Field(None, max_length=64)
    execute_on_answer: Literal["bridge"] | None = None


class CallAction(Body):
    """What to do with a call. Mitel's schema names the argument ``args``, its examples ``destination``: both are read.

    ``redirect`` stands in Mitel's tutorial and not in its schema.
    """

    action: Literal[
        "answer", "end", "hold", "blindTransfer", "supervisedTransfer", "retrieve", "consult", "dtmf", "conference",
        "pauseRecording", "resumeRecording", "tagRecording", "redirect",
    ]  # fmt: skip
    args: str | None = Field(None, max_length=2000)
    destination: str | None = Field(None, max_length=_LONGEST_NUMBER)


class EndpointAction(Body):
    """What to change on a device."""

    action: Literal["dnd", "messageWaiting", "pstnRouting"]
    user_availability: Literal["available", "busy", "dnd", "away"]
    enabled: bool = False
    timeout_ms: float = Field(6000, ge=3000, le=30000)
