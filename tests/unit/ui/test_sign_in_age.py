"""A sign-in ends after two idle hours, after twelve in all, and at once when the person signs out everywhere."""

from __future__ import annotations

import time

import pytest

from crmkpi.project.drafts import Drafts
from crmkpi.store.one import one_store
from crmkpi.ui import rights
from crmkpi.ui.people_box import AddressError, subject_of
from crmkpi.ui.sign_in_age import IDLE_SECONDS, LONGEST_SECONDS, MOST, SignIns

HOUR = 3600.0


def test_clicks_keep_a_sign_in_alive_for_twelve_hours_and_no_longer():
    known = SignIns(started=0.0)
    at = 0.0
    while at <= LONGEST_SECONDS:
        assert known.fresh("anna", 0.0, 0, at), at
        at += 1.5 * HOUR
    assert not known.fresh("anna", 0.0, 0, LONGEST_SECONDS + 1)


def test_two_idle_hours_end_it_in_every_tab_and_a_new_sign_in_begins_anew():
    known = SignIns(started=0.0)
    assert known.fresh("anna", 0.0, 0, HOUR)
    assert not known.fresh("anna", 0.0, 0, HOUR + IDLE_SECONDS + 1)
    assert not known.fresh("anna", 0.0, 0, HOUR + IDLE_SECONDS + 2)
    assert known.fresh("anna", 4 * HOUR, 0, 4 * HOUR + 1)
    assert known.fresh("boris", 2 * HOUR, 0, 3 * HOUR)


def test_a_cookie_that_lay_unused_is_idle_and_a_restart_is_no_idleness():
    assert not SignIns(started=0.0).fresh("anna", 0.0, 0, 3 * HOUR)
    assert SignIns(started=2.5 * HOUR).fresh("anna", 0.0, 0, 3 * HOUR)


def test_the_memory_is_bounded():
    known = SignIns(started=0.0)
    for i in range(MOST + 50):
        assert known.fresh(f"p{i}", 0.0, 0, 1.0)
    assert len(known._last) == MOST


def test_signing_out_everywhere_ends_older_sign_ins_of_this_person_only(tmp_path, monkeypatch):
    monkeypatch.setenv("CRMKPI_HOME", str(tmp_path))
    now = time.time()

    def claims(who: str, since: float) -> dict[str, object]:
        return {"email": f"{who}@shop.ru", "email_verified": True, "iat": since}

    anna = rights.signed_in(claims("anna", now - 60), now)
    assert anna == "person:anna@shop.ru"
    epoch = one_store(Drafts().home).members.sign_out_everywhere(anna)
    assert rights.signed_in(claims("anna", now - 60), now) is None
    assert rights.signed_in(claims("boris", now - 60), now) == "person:boris@shop.ru"
    assert rights.signed_in(claims("anna", epoch), epoch + 1.0) == anna
    assert rights.signed_in({"email": "anna@shop.ru", "email_verified": True}, now) is None


def test_only_an_address_is_invited():
    assert subject_of("  Anna@Shop.RU ") == "person:anna@shop.ru"
    for bad in (
        "",
        "anna",
        "anna@",
        "@shop.ru",
        "anna@shop",
        "a b@shop.ru",
        "a@b@c.ru",
        "a@shop..ru",
        "x" * 300 + "@a.ru",
    ):
        with pytest.raises(AddressError):
            subject_of(bad)
