"""Verdict for a reader with a link: three answers per KPI, what changed since the last look, the tree."""

from crmkpi.ui.reader import verdict_page
from crmkpi.ui.session import open_page

s = open_page("verdict")
verdict_page(s.t)
