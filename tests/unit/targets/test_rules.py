"""Rules of status that a person edits: order decides, the project keeps them, the plan uses them."""

from __future__ import annotations

from datetime import date

import pytest

from crmkpi.i18n import Words
from crmkpi.project.document import Project
from crmkpi.project.drafts import Drafts
from crmkpi.targets.plan import freeze, read_targets
from crmkpi.targets.settings import (
    DEFAULT_RULES,
    RulesEmptyError,
    RulesOrderError,
    StatusRule,
    TargetSettings,
    checked_rules,
    moved,
)
from crmkpi.targets.target import Target
from crmkpi.views.gap import gap_view
from crmkpi.views.rules import rules_view
from tests.views.small_shop import shop_project


def test_a_rule_moves_and_stays_at_the_ends():
    a, b, c = (StatusRule(status=s) for s in ("done", "at_risk", "off_track"))
    assert moved((a, b, c), 2, -1) == (a, c, b)
    assert moved((a, b, c), 0, -1) == (a, b, c)
    assert moved((a, b, c), 2, 1) == (a, b, c)


def test_thresholds_that_fall_are_refused():
    assert checked_rules(TargetSettings()) == TargetSettings()
    for bad in ({"chance_low": 0.9}, {"chance_very_low": 0.3}, {"focus_kpis": (5, 3)}):
        with pytest.raises(RulesOrderError):
            checked_rules(TargetSettings(**bad))
    with pytest.raises(RulesEmptyError):
        checked_rules(TargetSettings(status_rules=()))


def test_a_targets_file_with_falling_thresholds_is_refused_whole():
    text = b'[settings]\nchance_low = 0.9\n[[target]]\nmetric = "aov"\ngoal = 1\ndue = 2026-12-31\n'
    with pytest.raises(RulesOrderError):
        read_targets(text)


def test_the_default_rules_read_as_sentences_and_none_is_dead():
    for lang in ("ru", "en"):
        view = rules_view(TargetSettings(), Words(lang))
        assert len(view.lines) == len(DEFAULT_RULES) and not view.own
        assert not any(line.never for line in view.lines)
    first = StatusRule(status="at_risk")
    swallowed = rules_view(TargetSettings(status_rules=(first, *DEFAULT_RULES)), Words("ru"))
    assert swallowed.own and all(line.never for line in swallowed.lines[1:])


def test_the_projects_own_rules_give_the_status(tmp_path):
    project = shop_project(tmp_path)
    data = Drafts(tmp_path).place(project.id).data
    target = freeze(data, Target(metric="active_customers", goal=60, due=date(2026, 6, 30)))
    project = project.model_copy(update={"targets": [target]})
    before = gap_view(data, project, Words("ru")).rows[0]
    strict = TargetSettings(status_rules=(StatusRule(status="off_track"), *DEFAULT_RULES))
    after = gap_view(data, project.model_copy(update={"rules": strict}), Words("ru")).rows[0]
    assert "Отстаёт" in after.status and after.status != before.status


def test_rules_live_in_the_saved_document(tmp_path):
    drafts = Drafts(tmp_path)
    rules = TargetSettings(chance_fair=0.6, status_rules=DEFAULT_RULES[:3])
    project = Project(name="П", rules=rules)
    drafts.save(project)
    assert drafts.place(project.id).read().rules == rules
    assert Project.model_validate({"name": "старый"}).rules == TargetSettings()
