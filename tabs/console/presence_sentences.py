"""What the page of presence says: how it fares, why somebody is not shown in Teams, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auth.entra.checks import State
from presence.model import NotSynced, Trouble
from tabs.console.check_sentences import STATES, ToldCheck

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from i18n import Translator
    from presence.model import Overview
    from tabs.console.sentences import Sentence
    from tabs.console.visit import Visit

TROUBLES: Mapping[Trouble, Sentence] = {
    Trouble.SECRET_REFUSED: lambda say: say(
        "Microsoft does not accept the secret or certificate of the application. Make a new one in Entra ID, and enter"
        " it in the settings."
    ),
    Trouble.NOT_CONSENTED: lambda say: say(
        "The application lacks a permission, or the tenant has taken its consent back. The test in the settings says"
        " what is missing."
    ),
    Trouble.UNREACHABLE: lambda say: say(
        "Microsoft does not answer. It is asked again and again; what Teams shows of calls ends by itself meanwhile."
    ),
    Trouble.THROTTLED: lambda say: say("Microsoft asks us to slow down: Teams shows everything, but later."),
    Trouble.REJECTED: lambda say: say(
        "Microsoft rejects something that it is told. Should it stay so, the server's log says why."
    ),
}

REASONS: Mapping[NotSynced, Sentence] = {
    NotSynced.NO_TELEPHONE: lambda say: say("No extension"),
    NotSynced.NO_ROLE: lambda say: say("No telephony role"),
    NotSynced.PBX_TELLS_NOTHING: lambda say: say("The PBX tells nothing"),
    NotSynced.GATEWAY_AWAY: lambda say: say("Gateway not connected"),
    NotSynced.NOT_TOLD: lambda say: say("Nothing told yet"),
    NotSynced.NO_EMAIL: lambda say: say("No e-mail address"),
    NotSynced.NOBODY: lambda say: say("Not in the tenant"),
    NotSynced.SEVERAL: lambda say: say("Several in the tenant"),
    NotSynced.TAKEN: lambda say: say("Another user's"),
    NotSynced.NOT_MATCHED_YET: lambda say: say("Not looked for yet"),
}

ADVICE: Mapping[NotSynced, Sentence] = {
    NotSynced.NO_TELEPHONE: lambda say: say("Give the user an extension, if they have a telephone."),
    NotSynced.NO_ROLE: lambda say: say("Their PBX asks for a telephony role. Give it to the user."),
    NotSynced.PBX_TELLS_NOTHING: lambda say: say("MiVoice Business has no open interface that tells how a line is."),
    NotSynced.GATEWAY_AWAY: lambda say: say("The gateway or its PBX is not connected. The page “Gateways” says more."),
    NotSynced.NOT_TOLD: lambda say: say(
        "The gateway is there, but has told nothing of this telephone. Check that the PBX has the extension."
    ),
    NotSynced.NO_EMAIL: lambda say: say("Enter the address that the person has in Entra ID."),
    NotSynced.NOBODY: lambda say: say(
        "Nobody there has this e-mail address, as user principal name or as mail. Correct it here or in Entra ID."
    ),
    NotSynced.SEVERAL: lambda say: say(
        "Several people there have this address as mail. Enter the user principal name here, or leave it to one of"
        " them."
    ),
    NotSynced.TAKEN: lambda say: say("The person with this address is another user of this account already."),
    NotSynced.NOT_MATCHED_YET: lambda say: say("They are looked for soon. Should it stay so, see above."),
}

_UNMATCHED = (
    NotSynced.NO_EMAIL, NotSynced.NOBODY, NotSynced.SEVERAL, NotSynced.TAKEN, NotSynced.NOT_MATCHED_YET,
)  # fmt: skip


def limits(say: Translator) -> Sequence[str]:
    """What looks like a fault of ours, and is how Teams works (presence: expiry, precedence, lag)."""
    return (
        say("Teams asks for the presence of others now and then: they may see a change some minutes later."),
        say("What a person has chosen in Teams themself stands above the telephone, until they reset it."),
        say("Teams shows “In a call”, but does not refuse its own calls because of it: Busy on Busy does not know it."),
        say("Who has no mailbox in Exchange Online may be shown up to an hour late."),
        say("Tenants of Microsoft 365 operated by 21Vianet (China) have no interface for presence."),
    )


def presence_checks(overview: Overview, visit: Visit) -> Sequence[ToldCheck]:
    """What the test of the integration says of users and telephones, after what Microsoft has said."""
    say = visit.say
    missing = sum(overview.not_synced.get(reason, 0) for reason in _UNMATCHED)
    everybody = overview.in_sync + sum(overview.not_synced.values())
    of = everybody - overview.not_synced.get(NotSynced.NO_TELEPHONE, 0)
    if overview.matched_on is None:
        state, told = State.UNKNOWN, say("They are looked for once the integration is on.")
    else:
        state = State.PASSED if missing < of or not of else State.FAILED
        told = say("Found: {n} of {all}.", n=say.number(of - missing), all=say.number(of))
        told += " " + say("The page “Presence” names the others.") if missing else ""
    tells = State.PASSED if overview.telling else State.FAILED
    gateways = (
        say("Gateways that tell it: {n} of {all}.", n=overview.telling, all=overview.gateways)
        if overview.telling
        else say("No gateway tells it now. Connect one; that of a MiVoice Business tells nothing of its lines.")
    )
    return (
        ToldCheck(say("Users in the tenant"), state, STATES[state](say), told),
        ToldCheck(say("State of the telephones"), tells, STATES[tells](say), gateways),
    )


def standing(overview: Overview, visit: Visit) -> tuple[str, str]:
    """How it fares in one sentence, and the intent of its message bar."""
    if not overview.set_up:
        return "info", visit.say("Presence is not set up yet.")
    if not overview.enabled:
        return "info", visit.say("Presence is switched off: Teams is told nothing.")
    if overview.trouble is not None:
        since = visit.when(overview.trouble_since)
        told = TROUBLES[overview.trouble](visit.say)
        intent = "warning" if overview.trouble is Trouble.THROTTLED else "error"
        return intent, visit.say("Since {time}: {sentence}", time=since, sentence=told)
    if not overview.attended:
        return "warning", visit.say("No server looks after it yet. That takes a minute after it was switched on.")
    return "success", visit.say("Presence is on, and Teams is told.")
