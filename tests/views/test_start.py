"""Start: the drafts to come back to."""

from __future__ import annotations

from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.views.start import draft_lines


def test_the_open_draft_is_left_out_and_a_nameless_one_gets_a_name(tmp_path, t):
    drafts = Drafts(tmp_path)
    first, second = Project(name="Первый"), Project(name="")
    drafts.save(first)
    drafts.save(second)
    lines = draft_lines(drafts, first.id, t)
    assert [(line.id, line.name) for line in lines] == [(second.id, "Проект без названия")]
