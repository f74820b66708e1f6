"""The tables. Every row names its project; times are milliseconds since the epoch, UTC; ids are random.

The migrations build exactly this (a test compares). `audit` and `receipt` outlive a project on purpose and hold
ids, counts and hashes only, never a word that a user wrote.
"""

from __future__ import annotations

import sqlalchemy as sa

METADATA = sa.MetaData()
# SQLite numbers rows by itself only in a column of type INTEGER
Serial = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _project(primary: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("project.id", ondelete="CASCADE")
    return sa.Column("project_id", sa.String(16), key, primary_key=primary, nullable=False, index=not primary)


PROJECT = sa.Table(
    "project",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("saved_at", sa.BigInteger, nullable=False),
    sa.Column("saved_by", sa.Text, nullable=False),
    sa.Column("used_at", sa.BigInteger, nullable=False),
    sa.Column("retention_days", sa.Integer),
    sa.Column("owner_hash", sa.String(64), unique=True),
    sa.Column("dataset", sa.Integer, nullable=False),
)

PROJECT_VERSION = sa.Table(
    "project_version",
    METADATA,
    _project(primary=True),
    sa.Column("version", sa.Integer, primary_key=True),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("saved_at", sa.BigInteger, nullable=False),
    sa.Column("saved_by", sa.Text, nullable=False),
)

BLOB = sa.Table(
    "blob",
    METADATA,
    _project(primary=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Column("bytes", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

DATASET = sa.Table(
    "dataset",
    METADATA,
    _project(primary=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("files", sa.Text, nullable=False),
    sa.Column("fingerprint", sa.String(64), nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
)

LINK = sa.Table(
    "share_link",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    _project(),
    sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
    sa.Column("prefix8", sa.String(8), nullable=False),
    sa.Column("scope", sa.String(32), nullable=False),
    sa.Column("passphrase", sa.Text),
    sa.Column("questions", sa.Boolean, nullable=False),
    sa.Column("sharer", sa.Text, nullable=False),
    sa.Column("created_by", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("expires_at", sa.BigInteger, nullable=False),
    sa.Column("ended_at", sa.BigInteger),
    sa.Column("revoked_at", sa.BigInteger),
    sa.Column("max_opens", sa.Integer),
    sa.Column("opens", sa.Integer, nullable=False),
    sa.Column("last_open_at", sa.BigInteger),
    sa.Column("once", sa.String(64)),
    sa.UniqueConstraint("project_id", "once", name="share_link_once"),
)


def _link(primary: bool = False) -> sa.Column[str]:
    key = sa.ForeignKey("share_link.id", ondelete="CASCADE")
    return sa.Column("link_id", sa.String(16), key, primary_key=primary, nullable=False, index=not primary)


MISS = sa.Table(
    "link_miss",
    METADATA,
    sa.Column("id", Serial, primary_key=True),
    _project(),
    _link(),
    sa.Column("at", sa.BigInteger, nullable=False),
)

EDITION = sa.Table(
    "edition",
    METADATA,
    _link(primary=True),
    sa.Column("number", sa.Integer, primary_key=True),
    _project(),
    sa.Column("document", sa.Text, nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("data_hash", sa.String(64), nullable=False),
    sa.Column("data_day", sa.String(10)),
    sa.Column("app_version", sa.String(32), nullable=False),
    sa.Column("published_at", sa.BigInteger, nullable=False),
    sa.Column("published_by", sa.Text, nullable=False),
)

VIEWER = sa.Table(
    "viewer",
    METADATA,
    sa.Column("id_hash", sa.String(64), primary_key=True),
    _project(),
    _link(),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("seen_at", sa.BigInteger, nullable=False),
    sa.Column("seen_edition", sa.Integer),
    sa.Column("before_edition", sa.Integer),
)

REPLY = sa.Table(
    "reply",
    METADATA,
    sa.Column("id", Serial, primary_key=True),
    _project(),
    _link(),
    sa.Column("edition", sa.Integer, nullable=False),
    sa.Column("viewer", sa.String(64), nullable=False),
    sa.Column("kind", sa.String(8), nullable=False),
    sa.Column("kpi", sa.String(120), nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("link_id", "edition", "viewer", "kind", "kpi", name="reply_once"),
    sqlite_autoincrement=True,
)

MEMBER = sa.Table(
    "member",
    METADATA,
    _project(primary=True),
    sa.Column("subject", sa.String(320), primary_key=True),
    sa.Column("role", sa.String(8), nullable=False),
    sa.Column("added_at", sa.BigInteger, nullable=False),
    sa.Column("added_by", sa.Text, nullable=False),
)

# the epoch of a person is not of one project: raising it signs them out everywhere
PERSON = sa.Table(
    "person",
    METADATA,
    sa.Column("subject", sa.String(320), primary_key=True),
    sa.Column("auth_epoch", sa.Integer, nullable=False),
)

AUDIT = sa.Table(
    "audit",
    METADATA,
    sa.Column("id", Serial, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("project_id", sa.String(16), nullable=False, index=True),
    sa.Column("actor", sa.String(64), nullable=False),
    sa.Column("action", sa.String(40), nullable=False),
    sa.Column("object", sa.String(64), nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("prev_hash", sa.String(64), nullable=False),
    sa.Column("hash", sa.String(64), nullable=False),
    sqlite_autoincrement=True,
)

RECEIPT = sa.Table(
    "receipt",
    METADATA,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("project_id", sa.String(16), nullable=False, index=True),
    sa.Column("at", sa.BigInteger, nullable=False),
    sa.Column("document", sa.Text, nullable=False),
)

# in the order in which rows go when a project is deleted: what opens doors first
OWNED = (REPLY, VIEWER, MISS, EDITION, LINK, MEMBER, DATASET, BLOB, PROJECT_VERSION)
