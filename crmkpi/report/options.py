"""What a person chooses for a report, checked before any work: title, logo, colour, which KPIs."""

from __future__ import annotations

import re
from dataclasses import dataclass

from crmkpi.errors import CrmKpiError

COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")
# pictures that every kind of report can hold; SVG is left out, it may carry scripts
LOGOS = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg"}
LARGEST_LOGO = 2_000_000
LONGEST_TITLE = 160


class ReportFormatError(CrmKpiError):
    """No report of this kind: `suffix`, `known`."""

    code = "report_format"


class ReportFolderError(CrmKpiError):
    """The folder of the report does not exist or cannot be written: `folder`."""

    code = "report_folder"


class ReportColourError(CrmKpiError):
    """A colour that is not #RRGGBB: `colour`."""

    code = "report_colour"


class ReportLogoError(CrmKpiError):
    """A logo that is no PNG or JPEG, or too large: `limit_mb`."""

    code = "report_logo"


class ReportUnknownKpiError(CrmKpiError):
    """A KPI asked for that the project has no target for: `name`, `known`."""

    code = "report_unknown_kpi"


@dataclass(frozen=True)
class ReportOptions:
    """The choices. `title`: None = the project's name. `logo`: bytes of a PNG or JPEG. `colour`: #RRGGBB.

    `kpis`: ids of targets or metrics to tell about, None = all; an empty tuple leaves the targets out.
    Errors: ReportColourError, ReportLogoError.
    """

    title: str | None = None
    logo: bytes | None = None
    colour: str | None = None
    kpis: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        if self.colour is not None and not COLOUR.fullmatch(self.colour):
            raise ReportColourError(colour=self.colour[:20])
        if self.logo is not None and (self.logo_kind is None or len(self.logo) > LARGEST_LOGO):
            raise ReportLogoError(limit_mb=LARGEST_LOGO // 1_000_000)

    @property
    def logo_kind(self) -> str | None:
        """png or jpg by the first bytes, None for anything else or no logo."""
        if self.logo is None:
            return None
        return next((kind for start, kind in LOGOS.items() if self.logo.startswith(start)), None)
