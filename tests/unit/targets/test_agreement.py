"""The signature: what was agreed stays readable, and every later change of it is seen; notes are not changes."""

from __future__ import annotations

import json
from datetime import date

from crmkpi.project.document import Project
from crmkpi.targets.agreement import Agreement, changes_since
from crmkpi.targets.own_path import path_verdict
from crmkpi.targets.target import CheckIn, Target

AOV = Target(id="a", metric="aov", goal=4000, due=date(2026, 12, 31))
RATE = Target(id="b", metric="open_rate", goal=0.3, due=date(2026, 12, 31))
SIGNED = Agreement(who="Анна", day=date(2026, 9, 30), targets=(AOV, RATE))


def test_the_same_set_has_no_changes():
    assert changes_since(SIGNED, [RATE, AOV]) == ()


def test_changes_additions_and_removals_are_all_seen():
    now = [
        AOV.model_copy(update={"goal": 3800, "due": date(2027, 3, 31)}),
        Target(id="c", metric="crr", goal=1, due=date.max),
    ]
    found = changes_since(SIGNED, now)
    assert [(c.code, c.fields) for c in found] == [
        ("changed", ("goal", "due")),
        ("removed", ()),
        ("added", ()),
    ]


def test_a_check_in_is_no_change_of_the_agreement():
    said = AOV.model_copy(
        update={"checkins": (CheckIn(day=date(2026, 10, 7), note="идём"),), "confidence": 0.5}
    )
    assert changes_since(SIGNED, [said, RATE]) == ()


def test_older_projects_load_with_defaults_and_newer_ones_come_back_whole():
    old = {"version": 1, "targets": [{"metric": "aov", "goal": 1, "due": "2026-12-31"}]}
    project = Project.model_validate(old)
    assert (project.agreement, project.starting_point, project.false_alarms) == (None, None, 1.0)
    assert project.targets[0].checkins == () and project.targets[0].own_points == ()
    whole = project.model_copy(update={"agreement": SIGNED})
    assert Project.model_validate(json.loads(whole.model_dump_json())) == whole


def test_a_path_reaches_falls_short_or_goes_beyond():
    assert path_verdict([1, 2, 3], 3, True, False) == "reaches"
    assert path_verdict([1, 2], 3, True, False) == "short"
    assert path_verdict([5, 4], 3, False, False) == "short"
    assert path_verdict([5, 2], 3, False, False) == "overshoots"
    assert path_verdict([1, 2], 3, True, True) == "reaches"
