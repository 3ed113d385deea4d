"""Entries of the audit log as sentences: what was done to what. The actor stands beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cloudlink.administration.audit import Entry
    from i18n import Translator
    from tabs.console.sentences import Sentence

ACTIONS: Mapping[str, Sentence] = {
    "account.created": lambda say: say("Created the account {name}"),
    "account.changed": lambda say: say("Changed the account {name}"),
    "account.activated": lambda say: say("Activated the account {name}"),
    "account.deactivated": lambda say: say("Deactivated the account {name}"),
    "account.exported": lambda say: say("Exported the data of the account {name}"),
    "account.deleted": lambda say: say("Deleted the account {name}"),
    "user.created": lambda say: say("Created the user {name}"),
    "user.changed": lambda say: say("Changed the user {name}"),
    "user.deleted": lambda say: say("Deleted the user {name}"),
    "user.invited": lambda say: say("Sent the welcome e-mail to {name}"),
    "user.passwordReset": lambda say: say("Sent {name} an e-mail for a new password"),
    "user.passwordSet": lambda say: say("Set a password: {name}"),
    "user.linked": lambda say: say("Linked {name} to a person of Entra ID"),
    "user.synchronised": lambda say: say("Took {name} over into Entra ID Sync"),
    "import.started": lambda say: say("Started the import of {name}"),
    "gateway.created": lambda say: say("Added the gateway {name}"),
    "gateway.changed": lambda say: say("Changed the gateway {name}"),
    "gateway.paired": lambda say: say("Paired the gateway {name}"),
    "gateway.pairingStarted": lambda say: say("Made a pairing code for the gateway {name}"),
    "gateway.keyIssued": lambda say: say("Issued a key for the gateway {name}"),
    "gateway.keyRotated": lambda say: say("Replaced the key of the gateway {name}"),
    "gateway.keyRevoked": lambda say: say("Revoked the key of the gateway {name}"),
    "gateway.removed": lambda say: say("Removed the gateway {name}"),
    "group.created": lambda say: say("Created the group {name}"),
    "group.changed": lambda say: say("Changed the group {name}"),
    "group.deleted": lambda say: say("Deleted the group {name}"),
    "domain.added": lambda say: say("Added the domain {name}"),
    "domain.verified": lambda say: say("Verified the domain {name}"),
    "domain.removed": lambda say: say("Removed the domain {name}"),
    "tenant.proved": lambda say: say("Connected the tenant {name}"),
    "tenant.forgotten": lambda say: say("Disconnected the tenant {name}"),
    "integration.added": lambda say: say("Added the integration {name}"),
    "integration.changed": lambda say: say("Changed the integration {name}"),
    "integration.removed": lambda say: say("Removed the integration {name}"),
    "watcher.signedIn": lambda say: say("Had {name} of Entra ID sign in as a watcher of presence"),
    "watcher.removed": lambda say: say("Removed {name} of Entra ID as a watcher of presence"),
    "presence.matched": lambda say: say("Had the users of {name} looked for in the tenant again"),
    "mail.read": lambda say: say("Read the e-mail to {name}"),
    "mail.retried": lambda say: say("Sent the e-mail to {name} again"),
    "report.filed": lambda say: say("Reported a problem: {name}"),
    "report.changed": lambda say: say("Changed the state of the problem report {name}"),
    "report.answered": lambda say: say("Answered the problem report {name}"),
    "client.created": lambda say: say("Registered the application {name}"),
    "client.changed": lambda say: say("Changed the application {name}"),
    "client.secretChanged": lambda say: say("Gave the application {name} a new secret"),
    "client.removed": lambda say: say("Removed the application {name}"),
    "subscription.created": lambda say: say("Made a subscription to calls and lines: {name}"),
    "subscription.removed": lambda say: say("Ended the subscription to calls and lines: {name}"),
}


def said(entry: Entry, say: Translator) -> str:
    """What was done. An action that is not named here is shown as the log has it."""
    sentence = ACTIONS.get(entry.action)
    name = entry.subject_name or entry.subject_id
    return f"{entry.action}: {name}" if sentence is None else sentence(say).format(name=name)
