"""The experiment desk on the page: an upload is read, a plan answers, a list is issued and stands there afterwards."""

from __future__ import annotations

import io
from datetime import date

import numpy as np
import polars as pl

from crmkpi.analysis.lists import customers_of
from crmkpi.periods import parse_period
from crmkpi.project.drafts import Drafts
from crmkpi.project.issued import issue


def made_file() -> bytes:
    rng = np.random.default_rng(5)
    arm = rng.permutation(np.repeat(["письмо", "контроль"], 1000))
    bought = (rng.random(2000) < np.where(arm == "письмо", 0.3, 0.1)).astype(int)
    out = io.BytesIO()
    pl.DataFrame({"клиент": range(2000), "группа": arm, "купил": bought}).write_csv(out, separator=";")
    return out.getvalue()


def test_an_upload_is_read_at_once(home, opened):
    app = opened("experiments")
    app.file_uploader(key="test_file").set_value(("тест.csv", made_file(), "text/csv")).run()
    assert not app.exception, app.exception
    assert "«письмо» меняет «купил»" in app.subheader[0].value
    app.selectbox(key="test_control_тест.csv_группа").set_value("письмо").run()
    assert "«контроль» меняет «купил» на −" in app.subheader[0].value


def test_a_bad_file_is_one_sentence(home, opened):
    app = opened("experiments")
    app.file_uploader(key="test_file").set_value(("x.csv", b"a;b\n1;2\n3;4\n", "text/csv")).run()
    assert not app.exception, app.exception
    assert len(app.error) + len(app.info) == 1


def test_a_plan_answers(shop_home, opened):
    app = opened("experiments")
    app.button_group(key="experiments_tab").set_value("plan").run()
    assert "тест заметит" in app.subheader[0].value
    app.number_input(key="plan_expected").set_value(1.0).run()
    assert not app.exception, app.exception
    app.selectbox(key="plan_audience").set_value("sleeping").run()
    assert not app.exception, app.exception


def test_the_drawer_says_what_the_control_will_show(shop_home, opened):
    app = opened("customers")
    app.button_group(key="customers_tab").set_value("flow").run()
    app.selectbox(key="flow_list").set_value("active").run()
    app.session_state["issue_share"] = 30
    app.button(key="issue_flow").click().run()
    assert not app.exception, app.exception
    assert any(h.value.startswith("Писать") for h in app.subheader)
    assert app.button(key="issue_now")


def test_an_issued_list_stands_there_with_both_files(shop_home, opened):
    drafts = Drafts(shop_home)
    place = drafts.place(drafts.last() or "")
    people = customers_of(place.data, "active", parse_period("2026-03"))
    project, one = issue(place.read(), place.data, people, "Март", start=date(2026, 4, 1), control_share=0.3)
    place.write(project)
    app = opened("experiments")
    app.button_group(key="experiments_tab").set_value("lists").run()
    assert not app.exception, app.exception
    assert any(one.title in m.value for m in app.markdown)
    labels = {b.label for b in app.get("download_button")}
    assert labels == {f"Писать ({one.people - one.control})", f"Не писать ({one.control})"}
