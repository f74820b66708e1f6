"""The sample shop as a saved project, for tests that must find what was planted in it."""

from __future__ import annotations

from pathlib import Path

from crmkpi.ingest.load import load
from crmkpi.project.document import Project, TreeChoice
from crmkpi.project.drafts import Drafts
from crmkpi.project.record import recorded

SHOPS = Path(__file__).resolve().parents[2] / "sample_data"
SAMPLE = SHOPS / "shop_ru"


def sample_project(home: Path, template: str = "ecommerce_revenue", lang: str = "ru") -> Project:
    """A saved draft with all sample files loaded."""
    drafts = Drafts(home)
    project = Project(name="Пример", tree=TreeChoice(template=template))
    place = drafts.place(project.id)
    place.root.mkdir(parents=True)
    result = load(sorted((SHOPS / f"shop_{lang}").iterdir()), place.data)
    assert not result.unanswered
    project = recorded(project, place.data)
    drafts.save(project)
    return project
