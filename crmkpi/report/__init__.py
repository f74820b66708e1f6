"""Report: the result on paper. One content, four kinds: html, pdf, pptx, xlsx."""

from crmkpi.report.content import snapshot
from crmkpi.report.options import ReportOptions
from crmkpi.report.write import Written, write

__all__ = ["ReportOptions", "Written", "snapshot", "write"]
