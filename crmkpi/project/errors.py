"""What can be wrong with a project file or directory."""

from __future__ import annotations

from crmkpi.errors import CrmKpiError


class NotAProjectError(CrmKpiError):
    """The path is no project: `path`."""

    code = "not_a_project"


class ProjectMissingError(CrmKpiError):
    """There is nothing at the path: `path`."""

    code = "project_missing"


class ProjectDamagedError(CrmKpiError):
    """A project file was cut or changed by hand: `file`, `entry`."""

    code = "project_damaged"


class ProjectNewerError(CrmKpiError):
    """Made by a newer version of the app: `file`, `version`, `known`."""

    code = "project_newer"


class ProjectTooLargeError(CrmKpiError):
    """More than a project may unpack to: `file`, `limit_mb`."""

    code = "project_too_large"


class ProjectUnwritableError(CrmKpiError):
    """The directory cannot be made or written: `path`, `reason` (of the system)."""

    code = "project_unwritable"


class ProjectWithoutDataError(CrmKpiError):
    """The project has no loaded file yet: `path`."""

    code = "project_without_data"


class PassphraseNeededError(CrmKpiError):
    """The project file is under a passphrase and none was given: `file`."""

    code = "passphrase_needed"


class PassphraseWrongError(CrmKpiError):
    """The passphrase does not open this file: `file`."""

    code = "passphrase_wrong"


class PassphraseShortError(CrmKpiError):
    """A passphrase that protects nothing: `least` characters are needed."""

    code = "passphrase_short"
