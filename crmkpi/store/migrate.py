"""Bringing the tables to today's form at start: one transaction, a backup first, one process at a time.

A start that is killed half way leaves the old form (the database rolls it back), so the next start simply repeats it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from crmkpi.store.backup import back_up_sqlite
from crmkpi.store.engine import Database
from crmkpi.store.errors import StoreNewerError

STEPS = Path(__file__).parent / "migrations"
LOCK = 7_235_000


def migrate(database: Database) -> str:
    """Upgrade to the newest form if needed; returns its revision. Raises StoreNewerError for a form we do not know."""
    script = ScriptDirectory(str(STEPS))
    head = script.get_current_head()
    assert head is not None
    with database.read() as tx:
        if MigrationContext.configure(tx.conn).get_current_revision() == head:
            return head
    with database.write() as tx:
        if not database.sqlite:
            tx.conn.execute(sa.select(sa.func.pg_advisory_xact_lock(LOCK)))
        # asked again: another process may have done it while we waited for the turn
        current = MigrationContext.configure(tx.conn).get_current_revision()
        if current == head:
            return head
        if current is not None and current not in {s.revision for s in script.walk_revisions()}:
            raise StoreNewerError(found=current, known=head)
        if current is not None and database.file is not None:
            back_up_sqlite(database.file, database.home, "before-upgrade")
        _run(tx.conn, script, head)
    return head


def _run(conn: sa.Connection, script: ScriptDirectory, head: str) -> None:
    def steps(revision: Any, context: MigrationContext) -> Any:
        return script._upgrade_revs(head, revision)

    context = MigrationContext.configure(conn, opts={"fn": steps, "transactional_ddl": True})
    with Operations.context(context):
        context.run_migrations()
