"""What the console says: refusals, notes after a change, and the names of values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cloudlink.administration.gateways import CAPACITY, PbxModel
from cloudlink.administration.imports import FileFault, ImportState
from cloudlink.administration.integrations import IntegrationKind
from cloudlink.administration.mails import MailState
from cloudlink.administration.refusals import Reason
from cloudlink.administration.users import TelephonyRole, UserFilter
from cloudlink.model import Role
from rollout.model import PersonState, ScopeKind, State, Trouble

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from i18n import Translator

    Sentence = Callable[[Translator], str]

REFUSALS: Mapping[str, Sentence] = {
    Reason.REQUIRED: lambda say: say("Please fill this in."),
    Reason.TOO_LONG: lambda say: say("This is too long."),
    Reason.NOT_AN_EMAIL: lambda say: say("This is not an e-mail address."),
    Reason.NOT_A_NUMBER: lambda say: say("This is not a telephone number."),
    Reason.UNKNOWN_VALUE: lambda say: say("This value is not possible here."),
    Reason.BAD_CHARACTER: lambda say: say("This has a character that cannot be used here."),
    Reason.IN_USE: lambda say: say("Somebody in this account has this already."),
    Reason.TWICE_IN_FILE: lambda say: say("An earlier line of the file has this already."),
    Reason.TOO_FEW_FIELDS: lambda say: say("The line has fewer fields than the header."),
    Reason.LAST_ADMINISTRATOR: lambda say: say(
        "This is the last administrator of the account. Make somebody else an administrator first."
    ),
    Reason.ROLE_LIMIT: lambda say: say("The account already has as many holders of a telephony role as it may."),
    Reason.PBX_NEEDS_NO_ROLE: lambda say: say(
        "None of the account's PBXs asks for this role: CTI is for MiVoice 5000, User for MX-ONE."
    ),
    Reason.ACCOUNT_IS_ACTIVE: lambda say: say("Deactivate the account before you delete it."),
    Reason.NOT_EXPORTED: lambda say: say(
        "Export the account's data first: it has to be done after the account was deactivated."
    ),
    Reason.PARTNER_ACCOUNT: lambda say: say("This is not possible in a partner's own account."),
    Reason.SYNCHRONISED: lambda say: say("Entra ID Sync manages this user. Make the change in Entra ID."),
    Reason.STATE: lambda say: say("This is not possible now. Load the page again to see how things are."),
    Reason.TOO_MANY: lambda say: say("That is too many for one day. Please try again tomorrow."),
    Reason.NO_CERTIFICATE: lambda say: say(
        "This is not a certificate with its private key in PEM: it needs a part that begins with {certificate} and one"
        " that begins with {key}.",
        certificate="BEGIN CERTIFICATE",
        key="BEGIN PRIVATE KEY",
    ),
    Reason.KEY_OF_ANOTHER: lambda say: say("The private key belongs to another certificate."),
    Reason.KEY_LOCKED: lambda say: say(
        "The private key has a password. Export it without one: it is stored encrypted here."
    ),
    Reason.KEY_TOO_WEAK: lambda say: say("The key has to be an RSA key of at least 2,048 bits."),
    Reason.CERTIFICATE_OUT_OF_TIME: lambda say: say("The certificate has ended, or has not begun yet."),
}

# What has been done, named in the address that follows: no text of an address ever becomes a sentence.
NOTES: Mapping[str, Sentence] = {
    "saved": lambda say: say("Your changes are saved."),
    "account-created": lambda say: say("The account is there. Add its users next."),
    "account-activated": lambda say: say("The account is active again."),
    "account-deactivated": lambda say: say("The account is deactivated: nobody signs in, its gateways are cut off."),
    "account-deleted": lambda say: say("The account and everything in it are deleted."),
    "user-created": lambda say: say("The user is there."),
    "user-invited": lambda say: say("The user is there, and the welcome e-mail is on its way."),
    "user-activated": lambda say: say("The user is active again."),
    "user-deactivated": lambda say: say("The user is deactivated and signed out everywhere."),
    "user-deleted": lambda say: say("The user is deleted."),
    "welcome-sent": lambda say: say("A new welcome e-mail is on its way; the link of the earlier one is void."),
    "reset-sent": lambda say: say("The e-mail for a new password is on its way."),
    "application-removed": lambda say: say("The application is removed."),
    "mail-retried": lambda say: say("The e-mail is sent again."),
    "gateway-revoked": lambda say: say("The gateway's key is revoked."),
    "gateway-removed": lambda say: say("The gateway is removed."),
    "tenant-proved": lambda say: say("The tenant is connected to this account. Next, set up an integration."),
    "tenant-forgotten": lambda say: say("The tenant is disconnected, and what worked with it is switched off."),
    "domain-added": lambda say: say("The domain is added. Set its TXT record, then verify it."),
    "domain-verified": lambda say: say("The domain is verified."),
    "domain-removed": lambda say: say("The domain is removed."),
    "integration-on": lambda say: say("The integration is switched on."),
    "integration-off": lambda say: say("The integration is switched off."),
    "integration-removed": lambda say: say("The integration and its secrets are removed."),
    "watcher-added": lambda say: say("The watcher has signed in, and starts within seconds."),
    "watcher-removed": lambda say: say("The watcher is removed, and their sign-in forgotten."),
    "matching-begun": lambda say: say("The users are looked for in the tenant. That may take some minutes."),
    "token-revoked": lambda say: say("The secret token is void."),
    "report-changed": lambda say: say("Saved. Whoever reported the problem sees it in Teams."),
    "import-started": lambda say: say("The import has begun. You may leave this page: it goes on."),
}

ROLES: Mapping[str, Sentence] = {
    Role.PARTNER_ADMIN: lambda say: say("Partner"),
    Role.ACCOUNT_ADMIN: lambda say: say("Account Admin"),
    Role.USER: lambda say: say("User"),
    Role.GUEST: lambda say: say("Guest"),
}

FILTERS: Mapping[str, Sentence] = {
    UserFilter.ALL: lambda say: say("All users"),
    UserFilter.ADMINS: lambda say: say("Admins"),
    UserFilter.REGISTERED: lambda say: say("Registered"),
    UserFilter.UNREGISTERED: lambda say: say("Unregistered"),
    UserFilter.PBX_USERS: lambda say: say("PBX users"),
    UserFilter.INACTIVE: lambda say: say("Inactive"),
    UserFilter.SYNCHRONISED: lambda say: say("Synchronised"),
}

TELEPHONY_ROLES: Mapping[str, Sentence] = {
    TelephonyRole.CTI: lambda _: f"CTI ({CAPACITY[PbxModel.MIVOICE_5000].name})",
    TelephonyRole.USER: lambda _: f"User ({CAPACITY[PbxModel.MX_ONE].name})",
}

IMPORT_STATES: Mapping[str, Sentence] = {
    ImportState.READING: lambda say: say("Being read"),
    ImportState.PREVIEW: lambda say: say("Not started"),
    ImportState.RUNNING: lambda say: say("Running"),
    ImportState.DONE: lambda say: say("Done"),
}

# ``detail`` is a limit or a line's number; for columns it is the name of the field.
FAULTS: Mapping[str, Callable[[Translator, str], str]] = {
    FileFault.EMPTY: lambda say, _: say("The file is empty."),
    FileFault.TOO_LARGE: lambda say, _: say("The file is larger than 20 MB. Divide it into several."),
    FileFault.TOO_MANY_LINES: lambda say, detail: say(
        "The file has more than {limit} lines. Divide it into several.", limit=detail
    ),
    FileFault.WORKBOOK: lambda say, _: say("This is a workbook of a spreadsheet. Save it as CSV and upload that."),
    FileFault.ENCODING: lambda say, _: say("The file is not a text. Save it as CSV in UTF-8 and upload that."),
    FileFault.QUOTING: lambda say, detail: say("A quotation mark is missing near line {line}.", line=detail),
    FileFault.MISSING_COLUMN: lambda say, detail: say(
        "The header has no column “{column}”.", column=label(FIELDS, detail, say)
    ),
    FileFault.REPEATED_COLUMN: lambda say, detail: say(
        "The header has the column “{column}” twice.", column=label(FIELDS, detail, say)
    ),
}

GRANTS: Mapping[str, Sentence] = {
    "authorization_code": lambda say: say("By a code, after people have signed in here (OpenID Connect)"),
    "refresh_token": lambda say: say("By refresh tokens, so that people stay signed in"),
    "client_credentials": lambda say: say("By its own id and secret"),
    "password": lambda say: say("By people's passwords; only for programs that cannot do otherwise"),
    "direct_authorize": lambda say: say("By people's passwords, through CloudLink's POST /authorize"),
}
SCOPES: Mapping[str, Sentence] = {
    ScopeKind.ALL: lambda say: say("Everybody"),
    ScopeKind.GROUP: lambda say: say("A group"),
    ScopeKind.PEOPLE: lambda say: say("The people named below"),
}
ROLLOUT_STATES: Mapping[str, Sentence] = {
    State.LISTING: lambda say: say("Looking for the people"),
    State.INSTALLING: lambda say: say("Installing"),
    State.DONE: lambda say: say("Done"),
    State.CANCELLED: lambda say: say("Cancelled"),
    State.FAILED: lambda say: say("Stopped"),
}
PERSON_STATES: Mapping[str, Sentence] = {
    PersonState.WAITING: lambda say: say("Waiting"),
    PersonState.INSTALLED: lambda say: say("Installed"),
    PersonState.THERE_ALREADY: lambda say: say("Had it already"),
    PersonState.BLOCKED: lambda say: say("A policy of the company blocks the app"),
    PersonState.NO_TEAMS: lambda say: say("Has no Teams"),
    PersonState.UNKNOWN: lambda say: say("Nobody in the tenant has this address"),
    PersonState.FAILED: lambda say: say("Failed"),
}
TROUBLES: Mapping[str, Sentence] = {
    Trouble.NOT_IN_CATALOGUE: lambda say: say(
        "The app is not in the company's catalogue: upload its package in the Teams admin centre."
    ),
    Trouble.NOT_CONSENTED: lambda say: say("The tenant has taken its consent back: add it again under “Integrations”."),
    Trouble.NOT_PERMITTED: lambda say: say("A permission is missing: an administrator of the tenant has to consent."),
    Trouble.NO_SUCH_GROUP: lambda say: say("There is no such group in the tenant."),
    Trouble.TENANT_LOST: lambda say: say("The tenant does not belong to this account any more."),
    Trouble.REJECTED: lambda say: say(
        "Microsoft did not accept a request of this roll-out. Try again; should that not help, the server's log says"
        " why."
    ),
}
MAIL_STATES: Mapping[str, Sentence] = {
    MailState.QUEUED: lambda say: say("On its way"),
    MailState.SENT: lambda say: say("Sent"),
    MailState.SHOWN: lambda say: say("To be passed on"),
    MailState.FAILED: lambda say: say("Not sent"),
}
MAIL_TEMPLATES: Mapping[str, Sentence] = {
    "welcome": lambda say: say("Welcome"),
    "reset": lambda say: say("New password"),
    "report_receipt": lambda say: say("Receipt of a problem report"),
    "report_for_support": lambda say: say("Problem report for support"),
    "secret_ends": lambda say: say("End of a client secret or certificate"),
}

INTEGRATIONS: Mapping[str, Sentence] = {
    IntegrationKind.ENTRA_SSO: lambda say: say("Single sign-on with Entra ID"),
    IntegrationKind.ENTRA_SYNC: lambda say: say("Entra ID Sync"),
    IntegrationKind.TEAMS_PRESENCE: lambda say: say("Presence in Teams"),
}
INTEGRATION_PURPOSES: Mapping[str, Sentence] = {
    IntegrationKind.ENTRA_SSO: lambda say: say("People sign in with the account of their company."),
    IntegrationKind.ENTRA_SYNC: lambda say: say("Entra ID adds, changes and deactivates users by itself."),
    IntegrationKind.TEAMS_PRESENCE: lambda say: say("Teams shows who is on the telephone."),
}

FIELDS: Mapping[str, Sentence] = {
    "description": lambda say: say("Description"),
    "redirect_uris": lambda say: say("Redirect addresses"),
    "post_logout_redirect_uris": lambda say: say("Addresses after signing out"),
    "groupId": lambda say: say("Object ID of the group"),
    "addresses": lambda say: say("E-mail addresses of the people"),
    "tenantId": lambda say: say("Tenant"),
    "clientId": lambda say: say("Client ID"),
    "secret": lambda say: say("Client secret"),
    "certificate": lambda say: say("Certificate and private key"),
    "thumbprint": lambda say: say("Thumbprint of the certificate"),
    "ringing": lambda say: say("Show “In a call” while the telephone rings"),
    "fromTeams": lambda say: say("Take do not disturb over from Teams to the telephone"),
    "extensionAttribute": lambda say: say("SCIM attribute with the extension"),
    "pbx": lambda say: say("PBX"),
    "name": lambda say: say("Name"),
    "given_name": lambda say: say("First name"),
    "family_name": lambda say: say("Last name"),
    "email": lambda say: say("E-mail address"),
    "login_id": lambda say: say("Login ID"),
    "extension": lambda say: say("Extension"),
    "mobile": lambda say: say("Mobile"),
    "phone": lambda say: say("Telephone"),
    "role": lambda say: say("Role"),
    "telephony_role": lambda say: say("Telephony role"),
    "language_code": lambda say: say("Language"),
    "time_zone": lambda say: say("Time zone"),
    "active": lambda say: say("Active"),
    "account_number": lambda say: say("Account number"),
    "location": lambda say: say("Address"),
    "street": lambda say: say("Street"),
    "zip_code": lambda say: say("Postal code"),
    "city": lambda say: say("City"),
    "state_or_province": lambda say: say("State or province"),
    "country": lambda say: say("Country"),
    "partner": lambda say: say("Partner"),
    "contacts": lambda say: say("Contacts"),
    "region": lambda say: say("Country of the numbers"),
    "max_extension_digits": lambda say: say("Longest extension"),
    "ios_uri_template": lambda say: say("Link of MiCollab on iPhone and iPad"),
    "barred_prefixes": lambda say: say("Barred prefixes"),
    "micollab_version": lambda say: say("Version of MiCollab"),
    "dialing": lambda say: say("Dialling"),
    "mitel_credentials": lambda say: say("Mitel credentials"),
    "guest_access": lambda say: say("Guest access"),
    "access_token_expiry_hours": lambda say: say("Hours of an access token"),
    "refresh_token_expiry_hours": lambda say: say("Hours of a refresh token"),
    "telephony_role_limit": lambda say: say("Limit of telephony roles"),
}


def refusal(reason: str | None, say: Translator) -> str:
    """The sentence of a ``Reason``; of the whole state for one that is unknown here."""
    return REFUSALS.get(reason or "", REFUSALS[Reason.STATE])(say)


def fault(found: FileFault, detail: str, say: Translator) -> str:
    """Why a file of users cannot be read."""
    return FAULTS[found](say, detail)


def label(names: Mapping[str, Sentence], value: str | None, say: Translator) -> str:
    """The name of a value for people; the value itself when it has none."""
    sentence = names.get(value or "")
    return (value or "") if sentence is None else sentence(say)


def field_labels(say: Translator) -> dict[str, str]:
    """The names of all fields."""
    return {name: sentence(say) for name, sentence in FIELDS.items()}
