"""Accounts, users, roles, sign-on and synchronisation, mail, audit and the public API."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_ROW_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Times are whole microseconds since 1970 in UTC."""
    _change_tables()
    _complete_rows()
    _guard_audit_log()


def _change_tables() -> None:  # noqa: PLR0915 - one statement for each change
    op.create_table(
        "audit_log",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("actor_kind", sa.String(length=16), nullable=False),
        sa.Column("actor_account_id", sa.String(length=36), nullable=True),
        sa.Column("actor_id", sa.String(length=64), nullable=True),
        sa.Column("actor_name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.Column("correlation_id", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject_kind", sa.String(length=32), nullable=False),
        sa.Column("subject_id", sa.String(length=64), nullable=False),
        sa.Column("subject_name", sa.String(length=320), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_log_account", "audit_log", ["account_id", "id"])
    op.create_table(
        "entra_states",
        sa.Column("state_hash", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=32), nullable=False),
        sa.Column("opener_hash", sa.String(length=64), nullable=False),
        sa.Column("details_encrypted", sa.Text(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("state_hash"),
    )
    op.create_index("ix_entra_states_expires_at", "entra_states", ["expires_at"])
    op.create_index("ix_entra_states_opener", "entra_states", ["opener_hash", "expires_at"])
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(length=64), nullable=False),
        sa.Column("algorithm", sa.String(length=16), nullable=False),
        sa.Column("private_key_encrypted", sa.Text(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("retired_on", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("kid"),
    )
    op.create_table(
        "call_hours",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("gateway_id", sa.String(length=36), nullable=False),
        sa.Column("hour", sa.BigInteger(), nullable=False),
        sa.Column("calls", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "gateway_id", "hour"),
    )
    op.create_table(
        "clients",
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("description", sa.String(length=400), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=True),
        sa.Column("redirect_uris", sa.JSON(), nullable=False),
        sa.Column("post_logout_redirect_uris", sa.JSON(), nullable=False),
        sa.Column("grant_types", sa.JSON(), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("modified_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("client_id"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", _ROW_ID, autoincrement=True, nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_deliveries_next_at", "deliveries", ["next_at"])
    op.create_index("ix_deliveries_subscription", "deliveries", ["account_id", "subscription_id"])
    op.create_table(
        "domains",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("domain", sa.String(length=253), nullable=False),
        sa.Column("verification", sa.String(length=64), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("verified_domain", sa.String(length=253), nullable=True),
        sa.Column("verified_on", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "domain"),
        sa.UniqueConstraint("verified_domain"),
    )
    op.create_table(
        "groups",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("name_folded", sa.String(length=400), nullable=False),
        sa.Column("external_id", sa.String(length=320), nullable=True),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("modified_on", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "group_id"),
    )
    op.create_index("ix_groups_name", "groups", ["account_id", "name_folded"])
    op.create_table(
        "imports",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("encoding", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("lines", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("invite", sa.Integer(), nullable=False),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("finished_on", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id"),
    )
    op.create_table(
        "integrations",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("configuration", sa.JSON(), nullable=False),
        sa.Column("secret_encrypted", sa.Text(), nullable=True),
        sa.Column("secret_expires_on", sa.BigInteger(), nullable=True),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("modified_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "kind"),
    )
    op.create_table(
        "mails",
        sa.Column("mail_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=True),
        sa.Column("template", sa.String(length=32), nullable=False),
        sa.Column("language_code", sa.String(length=20), nullable=False),
        sa.Column("recipient", sa.String(length=320), nullable=False),
        sa.Column("values_encrypted", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("error", sa.String(length=400), nullable=True),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("sent_on", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("mail_id"),
    )
    op.create_index("ix_mails_account", "mails", ["account_id", "created_on"])
    op.create_index("ix_mails_due", "mails", ["state", "next_at"])
    op.create_table(
        "problem_reports",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("report_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("category", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("changed_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "report_id"),
    )
    op.create_table(
        "rollouts",
        sa.Column("rollout_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("scope", sa.JSON(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=400), nullable=True),
        sa.Column("actor", sa.JSON(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("finished_on", sa.BigInteger(), nullable=True),
        sa.Column("claimed_by", sa.String(length=36), nullable=True),
        sa.Column("claimed_until", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rollout_id"),
    )
    op.create_table(
        "scim_tokens",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("token_id", sa.String(length=36), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("used_on", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_table(
        "subscriptions",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("subscription_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=True),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("application_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.String(length=2000), nullable=False),
        sa.Column("transport", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=64), nullable=False),
        sa.Column("subject_filter", sa.String(length=400), nullable=False),
        sa.Column("publication_filter", sa.String(length=2000), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("last_event", sa.BigInteger(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("account_id", "subscription_id"),
    )
    op.create_table(
        "tenants",
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("proved_on", sa.BigInteger(), nullable=False),
        sa.Column("proved_by", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.account_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("tenant_id"),
    )
    op.create_table(
        "authorization_codes",
        sa.Column("code_hash", sa.String(length=64), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("redirect_uri", sa.String(length=2000), nullable=True),
        sa.Column("scope", sa.String(length=400), nullable=False),
        sa.Column("nonce", sa.String(length=400), nullable=True),
        sa.Column("code_challenge", sa.String(length=128), nullable=True),
        sa.Column("auth_provider", sa.String(length=16), nullable=False),
        sa.Column("authenticated_on", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("session_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code_hash"),
    )
    op.create_index("ix_authorization_codes_expires_at", "authorization_codes", ["expires_at"])
    op.create_table(
        "consents",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("scope", sa.String(length=400), nullable=False),
        sa.Column("given_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "principal_id", "client_id"),
    )
    op.create_table(
        "entra_links",
        sa.Column("tenant_id", sa.String(length=36), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("linked_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("tenant_id", "object_id"),
        sa.UniqueConstraint("account_id", "principal_id", "tenant_id"),
    )
    op.create_table(
        "group_members",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("group_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "group_id"], ["groups.account_id", "groups.group_id"], ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "group_id", "principal_id"),
    )
    op.create_index("ix_group_members_user", "group_members", ["account_id", "principal_id"])
    op.create_table(
        "hosted_tokens",
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("user_id", sa.String(length=64), nullable=False),
        sa.Column("refresh_token_encrypted", sa.Text(), nullable=False),
        sa.Column("changed_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "principal_id"),
    )
    op.create_table(
        "import_lines",
        sa.Column("import_id", sa.String(length=36), nullable=False),
        sa.Column("line", sa.Integer(), nullable=False),
        sa.Column("values", sa.JSON(), nullable=False),
        sa.Column("field", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=True),
        sa.Column("principal_id", sa.String(length=36), nullable=True),
        sa.ForeignKeyConstraint(["import_id"], ["imports.import_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("import_id", "line"),
    )
    op.create_table(
        "password_links",
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("code_hash", sa.String(length=64), nullable=True),
        sa.Column("wrong_tries", sa.Integer(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("used_on", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("ix_password_links_expires_at", "password_links", ["expires_at"])
    op.create_table(
        "rollout_users",
        sa.Column("rollout_id", sa.String(length=36), nullable=False),
        sa.Column("object_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=320), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("error", sa.String(length=400), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("changed_on", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["rollout_id"], ["rollouts.rollout_id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("rollout_id", "object_id"),
    )
    op.create_index("ix_rollout_users_state", "rollout_users", ["rollout_id", "state", "next_at"])
    op.create_table(
        "sessions",
        sa.Column("session_id", sa.String(length=36), nullable=False),
        sa.Column("account_id", sa.String(length=36), nullable=False),
        sa.Column("principal_id", sa.String(length=36), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=True),
        sa.Column("auth_provider", sa.String(length=16), nullable=False),
        sa.Column("scope", sa.String(length=400), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("family_hash", sa.String(length=64), nullable=True),
        sa.Column("authenticated_on", sa.BigInteger(), nullable=False),
        sa.Column("created_on", sa.BigInteger(), nullable=False),
        sa.Column("used_on", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id", "principal_id"], ["users.account_id", "users.principal_id"], ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("session_id"),
    )
    op.create_index("ix_sessions_account_id", "sessions", ["account_id"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.add_column("accounts", sa.Column("name_folded", sa.String(length=400), server_default="", nullable=False))
    op.add_column("accounts", sa.Column("partner", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("accounts", sa.Column("partner_id", sa.String(length=36), nullable=True))
    op.add_column("accounts", sa.Column("account_number", sa.String(length=64), nullable=True))
    op.add_column("accounts", sa.Column("location", sa.JSON(), nullable=True))
    op.add_column("accounts", sa.Column("contacts", sa.JSON(), nullable=True))
    op.add_column("accounts", sa.Column("mitel_credentials", sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column("accounts", sa.Column("guest_access", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("accounts", sa.Column("access_token_expiry_hours", sa.Integer(), server_default="1", nullable=False))
    op.add_column(
        "accounts", sa.Column("refresh_token_expiry_hours", sa.Integer(), server_default="360", nullable=False)
    )
    op.add_column("accounts", sa.Column("telephony_role_limit", sa.Integer(), server_default="1000", nullable=False))
    op.add_column("accounts", sa.Column("exported_on", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("created_by", sa.String(length=36), nullable=True))
    op.add_column("accounts", sa.Column("modified_on", sa.BigInteger(), nullable=True))
    op.add_column("accounts", sa.Column("modified_by", sa.String(length=36), nullable=True))
    op.create_index("ix_accounts_partner_id", "accounts", ["partner_id"])
    op.create_index("ix_calls_account", "calls", ["account_id", "hidden", "created_on", "id"])
    op.create_index("ix_calls_call", "calls", ["account_id", "call_id"])
    op.add_column("gateways", sa.Column("name", sa.String(length=200), nullable=True))
    op.add_column("gateways", sa.Column("pbx", sa.String(length=32), nullable=True))
    op.add_column("gateways", sa.Column("pairing_hash", sa.String(length=64), nullable=True))
    op.add_column("gateways", sa.Column("pairing_expires_at", sa.BigInteger(), nullable=True))
    op.add_column("gateways", sa.Column("seen_at", sa.BigInteger(), nullable=True))
    op.add_column("gateways", sa.Column("version", sa.String(length=64), nullable=True))
    op.add_column("users", sa.Column("unique_user_id", sa.String(length=36), nullable=True))
    op.add_column("users", sa.Column("given_name", sa.String(length=100), nullable=True))
    op.add_column("users", sa.Column("family_name", sa.String(length=100), nullable=True))
    op.add_column("users", sa.Column("login_id", sa.String(length=320), nullable=True))
    op.add_column("users", sa.Column("login_id_folded", sa.String(length=640), nullable=True))
    op.add_column("users", sa.Column("phone", sa.String(length=32), nullable=True))
    op.add_column("users", sa.Column("telephony_role", sa.String(length=16), nullable=True))
    op.add_column("users", sa.Column("site_id", sa.String(length=64), nullable=True))
    op.add_column("users", sa.Column("source", sa.String(length=16), server_default="console", nullable=False))
    op.add_column("users", sa.Column("email_verified", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("registered_on", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("created_by", sa.String(length=36), nullable=True))
    op.add_column("users", sa.Column("modified_on", sa.BigInteger(), nullable=True))
    op.add_column("users", sa.Column("modified_by", sa.String(length=36), nullable=True))
    op.add_column("users", sa.Column("version", sa.Integer(), server_default="1", nullable=False))
    op.add_column("users", sa.Column("synchronised", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column("users", sa.Column("external_id", sa.String(length=320), nullable=True))
    op.add_column("users", sa.Column("scim_attributes", sa.JSON(), nullable=True))
    op.create_index("ix_users_external_id", "users", ["account_id", "external_id"])
    op.create_index("ix_users_login_id", "users", ["account_id", "login_id_folded"], unique=True)
    op.create_index("ix_users_mobile", "users", ["account_id", "mobile"], unique=True)
    op.create_index("ix_users_name", "users", ["account_id", "name_folded", "principal_id"])


# --- by hand: what no comparison of schemas finds


def _complete_rows() -> None:
    op.execute("UPDATE users SET login_id = email, login_id_folded = email_folded, unique_user_id = principal_id")
    op.execute("UPDATE users SET registered_on = created_on WHERE password_hash IS NOT NULL")
    accounts = sa.table("accounts", sa.column("account_id"), sa.column("name"), sa.column("name_folded"))
    for account_id, name in op.get_bind().execute(sa.select(accounts.c.account_id, accounts.c.name)).all():
        folded = sa.update(accounts).where(accounts.c.account_id == account_id).values(name_folded=name.casefold())
        op.execute(folded)


def _guard_audit_log() -> None:
    """What was done stays written: only the end of an account takes its entries along."""
    for statement in _GUARDS[op.get_bind().dialect.name]:
        op.execute(statement)


_SQLITE = (
    """
    CREATE TRIGGER audit_log_not_changed BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log cannot be changed'); END
    """,
    """
    CREATE TRIGGER audit_log_not_deleted BEFORE DELETE ON audit_log
    WHEN EXISTS (SELECT 1 FROM accounts WHERE accounts.account_id = OLD.account_id)
    BEGIN SELECT RAISE(ABORT, 'the audit log cannot be shortened'); END
    """,
)
_POSTGRESQL = (
    """
    CREATE FUNCTION guard_audit_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND NOT EXISTS (SELECT 1 FROM accounts WHERE accounts.account_id = OLD.account_id) THEN
            RETURN OLD;
        END IF;
        RAISE EXCEPTION 'the audit log cannot be changed' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER audit_log_guarded BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION guard_audit_log()
    """,
    """
    CREATE TRIGGER audit_log_not_emptied BEFORE TRUNCATE ON audit_log
    FOR EACH STATEMENT EXECUTE FUNCTION guard_audit_log()
    """,
)
_GUARDS: dict[str, tuple[str, ...]] = {"sqlite": _SQLITE, "postgresql": _POSTGRESQL}
