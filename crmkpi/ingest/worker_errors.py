"""How work in a worker process can end badly. Sentences live in i18n `error.<code>`.

Everywhere `files` names what was being worked on, as the user knows it (None when the job has no files).
"""

from __future__ import annotations

from crmkpi.errors import CrmKpiError


class WorkerOutOfMemoryError(CrmKpiError):
    """The work needed more memory than it may take. Params: files, limit_mb."""

    code = "worker_out_of_memory"


class WorkerTimeoutError(CrmKpiError):
    """The work went on for longer than it may. Params: files, seconds (the limit that was reached)."""

    code = "worker_timeout"


class WorkerNoSpaceError(CrmKpiError):
    """The disk is full, or one file grew beyond its limit. Params: files, limit_mb."""

    code = "worker_no_space"


class WorkerCrashedError(CrmKpiError):
    """The process ended without an answer; the log has the details under the code. Params: files, incident."""

    code = "worker_crashed"
    exit_status = 1


class WorkCancelledError(CrmKpiError):
    """The user stopped the work. Params: files."""

    code = "cancelled"
