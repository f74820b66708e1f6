"""Report: the result on paper. One content, four kinds: html, pdf, pptx, xlsx."""

from crmkpi.report.content import snapshot
from crmkpi.report.file import Written, write
from crmkpi.report.options import ReportOptions

__all__ = ["ReportOptions", "Written", "snapshot", "write"]
