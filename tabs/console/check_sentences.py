"""What the test of an integration says: what was tried, what was found, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from auth.entra.checks import Finding, State, Subject
from graph.permissions import READ_BASIC_PROFILES, READ_USERS, WRITE_PRESENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from auth.entra.checks import Check
    from tabs.console.sentences import Sentence
    from tabs.console.visit import Visit


def _secret_refused(check: Check, visit: Visit) -> str:
    if check.subject is Subject.OUR_APPLICATION:
        return visit.say("Microsoft does not accept this server's own secret. Tell the operator of this server.")
    return visit.say(
        "Microsoft does not accept the client ID with this secret. Make a new client secret in Entra ID and enter its"
        " value, not its ID, below."
    )


def _not_in_tenant(check: Check, visit: Visit) -> str:
    if check.subject is Subject.OUR_APPLICATION:
        return visit.say("The tenant has taken its consent back: add it again under “Integrations”.")
    return visit.say(
        "The tenant does not know this application. Check the client ID, and let an administrator of the tenant"
        " consent."
    )


def _forbidden(check: Check, visit: Visit) -> str:
    if check.subject is Subject.READING:
        return visit.say(
            "Microsoft Graph does not let the application read people. If {basic} is granted and this stays so, grant"
            " {larger} in its place.",
            basic=READ_BASIC_PROFILES.name,
            larger=READ_USERS.name,
        )
    return visit.say(
        "Microsoft Graph does not let the application do this. Check that {permission} is granted, and the policies of"
        " the tenant.",
        permission=WRITE_PRESENCE.name,
    )


def _ended(check: Check, visit: Visit) -> str:
    if check.subject is Subject.TOKEN:
        return visit.say("Every secret token has ended. Make a new one and enter it in Entra ID.")
    return visit.say("It has ended: {time}. Make a new one in Entra ID and enter it below.", time=visit.when(check.at))


_SUBJECTS: Mapping[Subject, Sentence] = {
    Subject.SETTINGS: lambda say: say("Settings"),
    Subject.TENANT: lambda say: say("Tenant"),
    Subject.DISCOVERY: lambda say: say("Sign-on of the tenant"),
    Subject.OUR_APPLICATION: lambda say: say("Mitel Assistant in the tenant"),
    Subject.APPLICATION: lambda say: say("Your application"),
    Subject.SECRET: lambda say: say("End of the secret or certificate"),
    Subject.PERMISSIONS: lambda say: say("Permissions"),
    Subject.EXCESS: lambda say: say("Permissions that are not needed"),
    Subject.READING: lambda say: say("Reading people"),
    Subject.READING_PRESENCE: lambda say: say("Reading presence"),
    Subject.WRITING: lambda say: say("Writing presence"),
    Subject.TOKEN: lambda say: say("Secret token"),
    Subject.USE: lambda say: say("Entra ID has called"),
    Subject.USERS: lambda say: say("Users"),
}

STATES: Mapping[State, Sentence] = {
    State.PASSED: lambda say: say("Passed"),
    State.FAILED: lambda say: say("Failed"),
    State.UNKNOWN: lambda say: say("Not known"),
}

_FINDINGS: Mapping[Finding, Callable[[Check, Visit], str]] = {
    Finding.ON: lambda _, visit: visit.say("They are saved, and the integration is on."),
    Finding.OFF: lambda _, visit: visit.say(
        "They are saved. Nothing works by them before you switch the integration on."
    ),
    Finding.PROVED: lambda _, visit: visit.say("It is connected to this account."),
    Finding.DISCOVERED: lambda _, visit: visit.say("Microsoft Entra ID answers for the tenant."),
    Finding.ACCEPTED: lambda _, visit: visit.say("Microsoft Entra ID accepts the application."),
    Finding.VALID_UNTIL: lambda check, visit: visit.say("Good until {time}.", time=visit.when(check.at)),
    Finding.VALID: lambda _, visit: visit.say("There is one without an end."),
    Finding.GRANTED: lambda check, visit: visit.say("Granted: {names}.", names=", ".join(check.names)),
    Finding.NONE_TOO_MANY: lambda _, visit: visit.say("There are none."),
    Finding.READABLE: lambda _, visit: visit.say("Microsoft Graph has answered."),
    Finding.WRITABLE: lambda _, visit: visit.say("Microsoft Graph permits it. Nobody's presence was changed."),
    Finding.USED: lambda check, visit: visit.say("Last call: {time}.", time=visit.when(check.at)),
    Finding.COUNTED: lambda check, visit: visit.say.plural(
        "{n} user was assigned by Entra ID.", "{n} users were assigned by Entra ID.", check.number
    ),
    Finding.NOT_SAVED: lambda _, visit: visit.say("Fill in the settings below and save them."),
    Finding.NOT_PROVED: lambda _, visit: visit.say("Connect the tenant first: an administrator of it has to consent."),
    Finding.NO_SUCH_TENANT: lambda _, visit: visit.say(
        "Microsoft Entra ID does not know this tenant. Check its ID, or connect the tenant again."
    ),
    Finding.SECRET_REFUSED: _secret_refused,
    Finding.CERTIFICATE_REFUSED: lambda _, visit: visit.say(
        "Microsoft does not accept the client ID with this certificate. Upload the certificate, without its private"
        " key, to the application in Entra ID: the thumbprint there must be the one below."
    ),
    Finding.NOT_IN_TENANT: _not_in_tenant,
    Finding.REFUSED: lambda check, visit: visit.say(
        "Microsoft refuses it with the error {code}. Look this up in Entra ID's sign-in logs.",
        code=", ".join(check.names),
    ),
    Finding.ENDED: _ended,
    Finding.ENDS_SOON: lambda check, visit: visit.say(
        "It ends soon: {time}. Make a new one in Entra ID and enter it below.", time=visit.when(check.at)
    ),
    Finding.MISSING: lambda check, visit: visit.say(
        "Missing: {names}. Add them to the application in Entra ID, as application permissions, and let an"
        " administrator consent. That may take some minutes to work.",
        names=", ".join(check.names),
    ),
    Finding.TOO_MANY: lambda check, visit: visit.say(
        "Not needed: {names}. Remove them from the application in Entra ID.", names=", ".join(check.names)
    ),
    Finding.FORBIDDEN: _forbidden,
    Finding.NO_TOKEN: lambda _, visit: visit.say("Make a secret token first, and enter it in Entra ID."),
    Finding.NOT_TRIED: lambda _, visit: visit.say("Not tried, since something before it has to be put right first."),
    Finding.NO_MICROSOFT: lambda _, visit: visit.say("This server has no connection to Microsoft."),
    Finding.UNREACHABLE: lambda _, visit: visit.say(
        "Microsoft gives no answer that can be used. Try again in a few minutes. If it stays so, check that this"
        " server may reach Microsoft."
    ),
    Finding.BUSY: lambda _, visit: visit.say("Microsoft asks us to wait. Try again in a few minutes."),
    Finding.END_NOT_ENTERED: lambda _, visit: visit.say(
        "Nobody has entered when it ends. Enter the date, so that it is said here in time."
    ),
    Finding.NEVER_USED: lambda _, visit: visit.say(
        "Not yet. In Entra ID, test the connection of the provisioning and start it."
    ),
    Finding.NOBODY: lambda _, visit: visit.say("Nobody yet. Assign users to the enterprise application in Entra ID."),
}


@dataclass(frozen=True, slots=True)
class ToldCheck:
    """A check as it is drawn."""

    subject: str
    state: State
    state_name: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Result:
    """All checks in one sentence; ``intent`` is that of a message bar."""

    intent: str
    sentence: str


def told(checks: Sequence[Check], visit: Visit) -> Sequence[ToldCheck]:
    """The checks in the visitor's language."""
    return [
        ToldCheck(
            _SUBJECTS[check.subject](visit.say),
            check.state,
            STATES[check.state](visit.say),
            _FINDINGS[check.finding](check, visit),
        )
        for check in checks
    ]


def result(checks: Sequence[ToldCheck], visit: Visit) -> Result:
    """What is said first."""
    failed = sum(check.state is State.FAILED for check in checks)
    if failed:
        sentence = visit.say.plural("{n} thing has to be put right.", "{n} things have to be put right.", failed)
        return Result("error", sentence)
    if any(check.state is State.UNKNOWN for check in checks):
        return Result("warning", visit.say("Nothing is wrong, but not everything is known yet."))
    return Result("success", visit.say("Everything that was tested works."))
