"""Questions: the same one of several files once, three at a time, each answer with its result."""

from __future__ import annotations

from crmkpi.views.questions import AT_ONCE, question_card


def asked(code, options, default=None, column=None, changes=True, **params):
    return {
        "code": code, "column": column, "options": list(options), "default": default,
        "changes_numbers": changes, "params": params,
    }  # fmt: skip


def report(*questions):
    return {"questions": questions}


ORDER = ("dmy", "mdy")


def day_order(column="Дата"):
    days = {"x": "03/04/2024", "dmy": "2024-04-03", "mdy": "2024-03-04"}
    return asked("ambiguous_date_order", ORDER, None, column, **days)


def test_both_days_are_shown_as_people_write_them(t):
    question = day_order()
    found = question_card({"a.csv": report(question)}, {}, t).must[0]
    assert "3 апреля 2024" in found.text
    assert [o.result for o in found.options] == ["это 3 апреля 2024", "это 4 марта 2024"]


def test_both_revenues_are_shown_as_money(t):
    question = asked(
        "which_amount",
        ("Итого", "Сумма"),
        a="Итого",
        sum_a=1e6,
        b="Сумма",
        sum_b=9e5,
        sums={"Итого": 1e6, "Сумма": 9e5},
    )
    found = question_card({"a.csv": report(question)}, {}, t).must[0]
    assert [o.result for o in found.options] == [f"сумма {t.money(1e6)}", f"сумма {t.money(9e5)}"]


def test_one_answer_holds_for_all_files_that_ask_the_same(t):
    question = day_order()
    files = {"a.csv": report(question), "b.csv": report(question)}
    found = question_card(files, {}, t)
    assert [q.files for q in found.must] == [("a.csv", "b.csv")]
    half = question_card(files, {"a.csv": {"ambiguous_date_order:Дата": "dmy"}}, t)
    assert half.open == 1
    full = {name: {"ambiguous_date_order:Дата": "dmy"} for name in files}
    assert question_card(files, full, t).open == 0


def test_no_more_than_three_open_questions_at_a_time(t):
    every = report(*(day_order(f"Дата {n}") for n in range(5)))
    found = question_card({"a.csv": every}, {}, t)
    assert len(found.must) == AT_ONCE
    assert (found.later, found.open) == (2, 5)
    next_ones = question_card({"a.csv": every}, {"a.csv": {"ambiguous_date_order:Дата 0": "dmy"}}, t)
    assert (len(next_ones.must), next_ones.later) == (AT_ONCE + 1, 1)


def anonymous():
    return asked(
        "anonymous_orders", ("customers", "all"), "customers", "Клиент", share=14.9, customers=10.0, all=12.0
    )


def test_a_marked_default_waits_apart_and_counts_as_answered(t):
    question = asked("currency", ("RUB", "USD"), "RUB", "Сумма")
    found = question_card({"a.csv": report(question)}, {}, t)
    assert not found.must
    assert found.may[0].answer == "RUB"
    assert found.open == 0


def test_which_tree_is_asked_aloud_with_both_revenues_but_holds_nothing_up(t):
    found = question_card({"a.csv": report(anonymous())}, {}, t)
    (question,) = found.must
    assert question.answer == "customers" and found.open == 0 and not found.may
    assert [o.result for o in question.options] == [f"сумма {t.money(10.0)}", f"сумма {t.money(12.0)}"]
    crowd = report(anonymous(), *(day_order(f"Дата {n}") for n in range(3)))
    assert question_card({"a.csv": crowd}, {}, t).may[0].code == "anonymous_orders", "three are enough"
