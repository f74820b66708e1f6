"""The order of loyalty tiers: proposed by spending, changed by the user, and it changes the share of upper tiers."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from crmkpi.engine.evaluate import evaluate
from crmkpi.ingest.load import rebuild
from crmkpi.project.drafts import Drafts
from crmkpi.project.record import load_settings
from crmkpi.views.settings import tier_choice, tiers_complete, with_tiers
from tests.views.sample_shop import SAMPLE, sample_project


def members() -> dict[str, int]:
    """Customers by tier, from the file alone."""
    frame = pd.read_csv(SAMPLE / "customers.csv", sep=";", encoding="cp1251", dtype=str)
    column = next(c for c in frame.columns if frame[c].isin(["Золотой"]).any())
    return frame[column].value_counts().to_dict()


def test_the_chosen_order_decides_who_stands_high(tmp_path: Path):
    project = sample_project(tmp_path)
    place = Drafts(tmp_path).place(project.id)
    choice = tier_choice(place.data, project.settings)
    assert set(choice.tiers) == set(members())
    assert choice.tiers[-1] == "Золотой"
    assert not choice.chosen
    order = list(reversed(choice.tiers))
    wanted = with_tiers(project.settings, choice, order, order[-1])
    rebuild(place.data, load_settings(project.model_copy(update={"settings": wanted})))
    last = evaluate(place.data, ["loyalty_tier_share"], "month").rows.filter(complete=True).tail(1)
    counts = members()
    assert last["numerator"][0] == counts[order[-1]]
    assert last["value"][0] == pytest.approx(counts[order[-1]] / sum(counts.values()))
    again = tier_choice(place.data, wanted)
    assert (again.tiers, again.floor, again.chosen) == (tuple(order), order[-1], True)


def test_an_untouched_order_stays_the_proposed_one(sample):
    project, data = sample
    choice = tier_choice(data, project.settings)
    same = with_tiers(project.settings, choice, list(choice.tiers), None)
    assert same.loyalty_tiers == []
    assert not tiers_complete(choice, list(choice.tiers)[:-1])
    assert tiers_complete(choice, list(reversed(choice.tiers)))


def test_a_shop_without_tiers_is_not_asked(data, shop):
    assert tier_choice(data, shop.settings) is None
    assert tier_choice(None, shop.settings) is None
