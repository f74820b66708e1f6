"""The store: projects, links, editions, members and an audit log, on SQLite or Postgres. Knows no page."""

from crmkpi.store.store import Store, open_store

__all__ = ["Store", "open_store"]
