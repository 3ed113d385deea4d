"""How a gateway is, in the words of its page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cloudlink.administration.gateways import CAPACITY, PbxModel
from cloudlink.gateway_report import Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from cloudlink.administration.gateways import Condition, Gateway
    from i18n import Translator

    Sentence = Callable[[Translator], str]

_MODELS = {model.value: CAPACITY[model].name for model in PbxModel}

# What is wrong, and what to do.
_TROUBLES: Mapping[Trouble, Sentence] = {
    Trouble.PBX_AWAY: lambda say: say(
        "The gateway has no connection to the PBX. Run “cloudlink-gateway check” beside it: it says what to do."
    ),
    Trouble.RECORDS_LOST: lambda say: say(
        "Calls were lost because the disk and the memory of the gateway were full. Free its disk."
    ),
    Trouble.DISK: lambda say: say(
        "The disk of the gateway takes no more calls, so they wait in its memory. Free its disk."
    ),
    Trouble.LICENCES: lambda say: say(
        "The PBX has no monitor licence left. Buy some, or stop another application that monitors."
    ),
    Trouble.SURPLUS: lambda say: say(
        "There are more users than Mitel states for this PBX. The calls of those below are not recorded."
    ),
    Trouble.REFUSED: lambda say: say(
        "The PBX refuses to follow some extensions. Check there that they exist and may be monitored."
    ),
    Trouble.UNSEEN: lambda say: say("Some telephones did not show their state. It is known from their next call on."),
    Trouble.OVER_BHCC: lambda say: say(
        "There are more calls than Mitel states for this PBX. All are recorded, but it may answer late."
    ),
    Trouble.QUEUE_OLD: lambda say: say(
        "Calls have waited for more than five minutes to reach CloudLink. Check the network of the gateway."
    ),
}


@dataclass(frozen=True, slots=True)
class LeftOut:
    """An extension whose calls are not recorded, whose it is, and why in the PBX's word or ours."""

    extension: str
    name: str
    reason: str


def advice(gateway: Gateway, condition: Condition, say: Translator) -> Sequence[str]:
    """What is wrong and what to do, the worst first; empty for a gateway that is well."""
    sentences = [_TROUBLES[trouble](say) for trouble in condition.report.troubles()]
    told = condition.report.pbx.model
    if told in _MODELS and gateway.pbx in _MODELS and told != gateway.pbx:
        sentences.append(
            say("The gateway is set to {model}. Choose it here, or correct CSTA_PROFILE there.", model=_MODELS[told])
        )
    return sentences


def troubled(gateways: Sequence[Gateway], conditions: Mapping[str, Condition], say: Translator) -> set[str]:
    """The ids of those that are not well, by what they last told."""
    return {
        gateway.gateway_id
        for gateway in gateways
        if (condition := conditions.get(gateway.gateway_id)) and advice(gateway, condition, say)
    }


def left_out(condition: Condition, say: Translator) -> Sequence[LeftOut]:
    """By extension, refused ones first."""
    pbx, names = condition.report.pbx, condition.names
    refused = [LeftOut(each.extension, names.get(each.extension, ""), each.reason) for each in pbx.refused]
    reason = say("over the user limit")
    return [*refused, *(LeftOut(extension, names.get(extension, ""), reason) for extension in pbx.surplus)]
