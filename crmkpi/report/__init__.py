"""Report: the result on paper. One content, four kinds: html, pdf, pptx, xlsx."""

from crmkpi.report.content import snapshot
from crmkpi.report.file import Written, write
from crmkpi.report.options import ReportOptions
from crmkpi.report.pack import Ask, Pack, pack
from crmkpi.report.pack_papers import write_pack

__all__ = ["Ask", "Pack", "ReportOptions", "Written", "pack", "snapshot", "write", "write_pack"]
