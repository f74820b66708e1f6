"""What can go wrong with the store. Each error is one sentence about what, where and what to do."""

from __future__ import annotations

from crmkpi.errors import CrmKpiError


class StoreError(CrmKpiError):
    """Base of everything that the store cannot do now; nothing was written."""

    code = "store_failed"


class StoreBusyError(StoreError):
    """Other writers held the store longer than we wait: `seconds`."""

    code = "store_busy"


class StoreFullError(StoreError):
    """No room on the disk: `free_mb`, `need_mb`."""

    code = "store_full"


class StoreReadOnlyError(StoreError):
    """The place of the store cannot be written: `reason`."""

    code = "store_read_only"


class StoreDamagedError(StoreError):
    """The database file is damaged: `file`, `backup` (name of the newest good copy, or a dash)."""

    code = "store_damaged"


class StoreUnavailableError(StoreError):
    """The database or the object store does not answer."""

    code = "store_unavailable"


class StoreNewerError(StoreError):
    """A newer version of the app has changed the store: `found`, `known`."""

    code = "store_newer"


class StorePlaceError(StoreError):
    """The home lies on a network or synchronised disk, where a database gets damaged: `kind`."""

    code = "store_place"


class StoreAddressError(StoreError):
    """The address in the setting cannot be used: `setting` (its name; the value may hold a password)."""

    code = "store_address"


class ChangedByAnotherError(StoreError):
    """Somebody saved the project since it was read: `who`, `minutes` ago, `version` stored now."""

    code = "changed_by_another"


class ChangedElsewhereError(ChangedByAnotherError):
    """The same where nobody is named (another tab of this computer): `minutes`, `version`."""

    code = "changed_elsewhere"


class ProjectGoneError(StoreError):
    """The project was deleted: `id`."""

    code = "project_gone"


class LinkClosedError(StoreError):
    """The one answer for a link that is unknown, expired, revoked, used up, or got a wrong passphrase."""

    code = "link_closed"


class LinkGoneError(StoreError):
    """The owner's list is older than the store: there is no such link in the project any more: `id`."""

    code = "link_gone"


class LinkScopeError(StoreError):
    """A link of this scope allows no such thing: `what`."""

    code = "link_scope"


class QuestionAskedError(StoreError):
    """This reader has already asked about this KPI in this edition: `kpi`."""

    code = "question_asked"


class QuestionTextError(StoreError):
    """A question is empty or too long: `limit` characters at most."""

    code = "question_text"


class BlobDamagedError(StoreError):
    """Stored data do not have the hash they were stored under: `name`."""

    code = "blob_damaged"


class BlobMissingError(StoreError):
    """Stored data are not where they were put: `name`."""

    code = "blob_missing"


class LastOwnerError(StoreError):
    """A project keeps at least one owner: `subject`."""

    code = "last_owner"


class NoCopyError(StoreError):
    """There is no good copy of the store to bring back: `copy` (the name asked for, or a dash)."""

    code = "no_copy"
