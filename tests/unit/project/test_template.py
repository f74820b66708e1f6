"""A template for the next client carries the work and nothing of the client."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crmkpi.errors import CrmKpiError
from crmkpi.project.document import Confirmed, FileRecord, Project, Settings, TreeChoice
from crmkpi.project.errors import NotAProjectError, ProjectDamagedError, ProjectNewerError
from crmkpi.project.template import LEFT, MAX_BYTES, TAKEN, from_template, template_text
from crmkpi.project.tree_versions import Change, OwnTrees, TreeState
from crmkpi.targets.agreement import Agreement

CANARY = "kanareyka-51"


def full() -> Project:
    return Project(
        name=CANARY,
        lang="en",
        settings=Settings(inactivity_days=45, own_total=123456.0, margin_rate=0.31, base="customers"),
        files=[FileRecord(file=f"{CANARY}.csv", sha256="0" * 64, table="orders")],
        confirmed={
            "h1": Confirmed(table="orders", columns={"order_id": "Заказ"}, answers={"currency": CANARY})
        },
        tree=TreeChoice(template="customer_flow", starred=["aov"], hidden=["reach"]),
        agreement=Agreement(who=CANARY, day="2026-01-01", targets=()),
        false_alarms=2.0,
        own_trees=OwnTrees().saved(
            TreeState(),
            "customer_flow",
            Change(what="reset", name={"ru": CANARY, "en": CANARY}),
            CANARY,
            datetime.now(UTC),
        ),
    )


def written(tmp_path, text: str):
    path = tmp_path / "next.crmkpi-template"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_next_client_begins_with_tree_mapping_and_settings(tmp_path):
    old = full()
    new = from_template(written(tmp_path, template_text(old)))
    assert new.tree == old.tree and new.lang == "en" and new.false_alarms == 2.0
    assert new.confirmed["h1"].columns == {"order_id": "Заказ"}
    assert (new.settings.inactivity_days, new.settings.base) == (45, "customers")
    assert new.id != old.id


def test_nothing_of_the_client_goes_along(tmp_path):
    text = template_text(full())
    assert CANARY not in text and "123456" not in text and "0.31" not in text
    new = from_template(written(tmp_path, text))
    assert (new.name, new.files, new.targets, new.agreement) == ("", [], [], None)


def test_every_field_of_the_document_was_decided():
    assert set(TAKEN) | set(LEFT) == set(Project.model_fields)
    assert not set(TAKEN) & set(LEFT)


def test_fields_that_a_template_may_not_hold_are_not_read(tmp_path):
    raw = json.loads(template_text(full()))
    raw["project"] |= {"name": "Чужое", "id": "f" * 16, "files": [1], "targets": "x"}
    new = from_template(written(tmp_path, json.dumps(raw)))
    assert new.name == "" and new.id != "f" * 16


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", ProjectDamagedError),
        ("[" * 100_000, ProjectDamagedError),
        ("{}", NotAProjectError),
        ('{"format": "crmkpi-template"}', ProjectDamagedError),
        ('{"format": "crmkpi-template", "version": 99, "project": {}}', ProjectNewerError),
        ('{"format": "crmkpi-template", "version": 1, "project": {"settings": 3}}', ProjectDamagedError),
        ('{"format": "crmkpi-template", "version": 0, "project": {}}', ProjectDamagedError),
        ("x" * (MAX_BYTES + 1), CrmKpiError),
    ],
)
def test_what_is_no_template_is_refused(tmp_path, text, error):
    with pytest.raises(error):
        from_template(written(tmp_path, text))
