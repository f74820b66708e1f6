"""No suggestion of the coach fails its own letters: every metric that the sample shops feed, in both languages."""

from __future__ import annotations

from pathlib import Path

import pytest

from crmkpi.catalog import metrics
from crmkpi.engine.available import available
from crmkpi.engine.data import DataDir
from crmkpi.i18n import Words
from crmkpi.ingest.load import load
from crmkpi.targets.aim import suggest
from crmkpi.targets.gather import Gather, data_to
from crmkpi.targets.plan import inputs_of, plan
from crmkpi.targets.settings import TargetSettings
from crmkpi.targets.target import Target, TargetsDocument
from crmkpi.views.targets import first_due

SAMPLES = Path(__file__).resolve().parents[2] / "sample_data"
TEMPLATE = "ecommerce_revenue"
# the law holds for any number of simulated futures; fewer are quicker
RULES = TargetSettings(paths=300)


@pytest.fixture(scope="module", params=["ru", "en"])
def sample(request, tmp_path_factory):
    """A sample shop loaded as its files are, with its language."""
    data = DataDir(tmp_path_factory.mktemp(request.param) / "data")
    assert not load(sorted((SAMPLES / f"shop_{request.param}").iterdir()), data).unanswered
    return data, request.param


def test_every_suggestion_passes_the_five_letters_of_the_plan(sample):
    data, lang = sample
    gaps = available(data)
    fed = [m.id for m in metrics().values() if gaps.get(m.id, 0) is None and not m.cohort]
    gather = Gather(data, data_to(data))
    for grain in ("month", "week", "day"):
        gather.want(fed, grain, ())
    suggested: list[Target] = []
    for name in fed:
        draft = Target(metric=name, goal=0.0, due=first_due(data, name))
        suggested += [aim.target for aim in suggest(inputs_of(gather, draft, RULES, TEMPLATE)).found]
    assert len(fed) > 60 and len(suggested) > 30
    # together, a target on a business goal would put the others' share of its gap into their letters
    goals = {m.id for m in metrics().values() if m.level == "goal"}
    apart = [
        tuple(x for x in suggested if x.metric not in goals),
        tuple(x for x in suggested if x.metric in goals),
    ]
    for targets in apart:
        document = TargetsDocument(target=targets, settings=RULES)
        said = plan(data, document, None, Words(lang), TEMPLATE)["targets"]
        failing = {
            (one["metric"], one["goal"]): [name for name, letter in one["smart"].items() if not letter["ok"]]
            for one in said
            if not all(letter["ok"] for letter in one["smart"].values())
        }
        assert not failing
        assert not any(one["status"] == "done" for one in said), "what is there already is no suggestion"
