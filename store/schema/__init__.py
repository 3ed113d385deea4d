"""Every table, once, in SQLAlchemy Core; ``store.migrations`` carries a database here.

- ``types``       times, row ids, and the columns that many tables share
- ``cloudlink``   accounts, users, groups, endpoints, gateways and their commands, calls
- ``identity``    sessions, applications, codes, keys, password links
- ``entra``       tenants, domains, links to Entra ID, integrations, SCIM's tokens
- ``operations``  audit, mail, imports, subscriptions, roll-outs, problem reports
- ``people``      contacts of Microsoft 365, and the words that people are found by
- ``presence``    telephony presence in Teams
- ``events``      the outbox
- ``notices``     what people want to be told, and what is to be told
- ``assistant``   what the assistant itself remembers

Times are ``UtcTime``: whole microseconds since 1970 in UTC, which sort, compare and parse alike on SQLite and
PostgreSQL. Secrets that are only compared (tokens, codes, keys of gateways) are stored as hashes.
"""

from store.schema.assistant import (
    activities_seen,
    attempts,
    call_notes,
    connections,
    conversations,
    dial_links,
    dialogs,
    hidings,
    sign_ins,
)
from store.schema.cloudlink import (
    accounts,
    call_hours,
    calls,
    commands,
    endpoints,
    gateway_reports,
    gateways,
    group_members,
    groups,
    users,
)
from store.schema.entra import domains, entra_links, entra_states, integrations, scim_tokens, tenants
from store.schema.events import outbox, outbox_cursors
from store.schema.identity import (
    authorization_codes,
    clients,
    consents,
    hosted_tokens,
    password_links,
    sessions,
    signing_keys,
)
from store.schema.notices import notices, preferences
from store.schema.operations import (
    audit_log,
    deliveries,
    import_lines,
    imports,
    mails,
    problem_reports,
    report_drafts,
    report_pictures,
    rollout_users,
    rollouts,
    subscriptions,
)
from store.schema.people import contact_syncs, contacts, people_words
from store.schema.presence import (
    presence_matches,
    presence_mirrors,
    presence_sessions,
    presence_syncs,
    presence_watchers,
)
from store.schema.types import UtcTime, metadata

__all__ = [
    "UtcTime",
    "accounts",
    "activities_seen",
    "attempts",
    "audit_log",
    "authorization_codes",
    "call_hours",
    "call_notes",
    "calls",
    "clients",
    "commands",
    "connections",
    "consents",
    "contact_syncs",
    "contacts",
    "conversations",
    "deliveries",
    "dial_links",
    "dialogs",
    "domains",
    "endpoints",
    "entra_links",
    "entra_states",
    "gateway_reports",
    "gateways",
    "group_members",
    "groups",
    "hidings",
    "hosted_tokens",
    "import_lines",
    "imports",
    "integrations",
    "mails",
    "metadata",
    "notices",
    "outbox",
    "outbox_cursors",
    "password_links",
    "people_words",
    "preferences",
    "presence_matches",
    "presence_mirrors",
    "presence_sessions",
    "presence_syncs",
    "presence_watchers",
    "problem_reports",
    "report_drafts",
    "report_pictures",
    "rollout_users",
    "rollouts",
    "scim_tokens",
    "sessions",
    "sign_ins",
    "signing_keys",
    "subscriptions",
    "tenants",
    "users",
]
