"""Links: the door says one thing for every closed link; a reader reads, signs, asks once, and nothing else."""

from __future__ import annotations

import threading
import time
from datetime import date, timedelta

import pytest
import sqlalchemy as sa

from crmkpi.project.document import Project
from crmkpi.store.editions import EditionDraft
from crmkpi.store.errors import (
    LinkClosedError,
    LinkGoneError,
    LinkScopeError,
    QuestionAskedError,
    QuestionTextError,
)
from crmkpi.store.links import LONGEST_DAYS, LinkOptions, Scope, end_of
from crmkpi.store.schema import EDITION, LINK, METADATA, VIEWER
from crmkpi.store.viewers import LONGEST_QUESTION, TRIES, ShareReader
from tests.store.conftest import START

TODAY = date(2026, 9, 21)
FIRST = EditionDraft({"verdict": "Хорошо", "value": 0.25}, data_hash="ab" * 32, data_day=TODAY)


def made(store, project, **options):
    return store.links.create(project.id, FIRST, LinkOptions(**options))


def opened(store, new, passphrase=None) -> ShareReader:
    reader = store.viewers.reader(store.viewers.enter(new.token, passphrase).session_id)
    assert reader is not None
    return reader


def refused(store, token, passphrase=None) -> str:
    with pytest.raises(LinkClosedError) as caught:
        store.viewers.enter(token, passphrase)
    return f"{caught.value.key} {caught.value.params}"


def dumped(store) -> str:
    """Every value of every row as text."""
    with store.database.read() as tx:
        rows = [list(map(str, row)) for table in METADATA.sorted_tables for row in tx.run(sa.select(table))]
    return str(rows)


def test_a_reader_sees_what_was_frozen(store, project):
    new = made(store, project, sharer="Анна")
    assert store.viewers.door(new.token).sharer == "Анна"
    reader = opened(store, new)
    edition = reader.edition()
    assert (edition.snapshot, edition.number, edition.data_day) == (FIRST.snapshot, 1, TODAY)
    assert edition.data_hash == FIRST.data_hash
    assert store.links.get(project.id, new.link.id).opens == 1


def test_looking_at_the_door_counts_nothing(store, project):
    new = made(store, project, max_opens=1)
    before = dumped(store)
    for _ in range(5):
        assert store.viewers.door(new.token) is not None
    assert dumped(store) == before
    opened(store, new)


def test_neither_token_nor_session_nor_passphrase_is_stored(store, project):
    new = made(store, project, passphrase="сирень-42")
    session = store.viewers.enter(new.token, "сирень-42").session_id
    text = dumped(store)
    assert len(new.token) == 43
    for secret in (new.token, session, "сирень-42"):
        assert secret not in text


def test_one_answer_for_unknown_expired_revoked_used_up_and_wrong(store, project, clock):
    expired = made(store, project, until=TODAY)
    revoked, used = made(store, project), made(store, project, max_opens=1)
    locked = made(store, project, passphrase="да")
    store.links.revoke(project.id, revoked.link.id)
    opened(store, used)
    clock.forward(days=5)
    answers = {
        refused(store, "x" * 43),
        refused(store, expired.token),
        refused(store, revoked.token),
        refused(store, used.token),
        refused(store, locked.token, "нет"),
        refused(store, locked.token),
        refused(store, ""),
    }
    assert len(answers) == 1
    assert {store.viewers.door(x.token) for x in (expired, revoked, used)} == {None}
    assert store.viewers.door("x" * 43) is None


def test_a_wrong_passphrase_costs_as_much_time_as_an_unknown_link(store, project):
    locked, plain = made(store, project, passphrase="да"), made(store, project)
    store.links.revoke(project.id, plain.link.id)

    def spent(token: str) -> float:
        start = time.process_time()
        refused(store, token, "нет")
        return time.process_time() - start

    rounds = [(spent(locked.token), spent(plain.token), spent("x" * 43)) for _ in range(TRIES - 1)]
    wrong, revoked, unknown = (sorted(column)[1] for column in zip(*rounds, strict=True))
    assert max(wrong, revoked, unknown) < 2 * min(wrong, revoked, unknown)


def test_after_five_wrong_passphrases_even_the_right_one_waits(store, project, clock):
    new = made(store, project, passphrase="да")
    for _ in range(TRIES):
        refused(store, new.token, "нет")
    refused(store, new.token, "да")
    clock.forward(minutes=16)
    assert opened(store, new, "да").link_id == new.link.id


def test_a_revoked_link_is_dark_for_those_who_are_in(store, project):
    new = made(store, project)
    session = store.viewers.enter(new.token).session_id
    reader = store.viewers.reader(session)
    store.links.revoke(project.id, new.link.id)
    assert store.viewers.reader(session) is None
    with pytest.raises(LinkClosedError):
        reader.sign_off("Ольга")
    with pytest.raises(LinkClosedError):
        reader.look()
    with pytest.raises(LinkGoneError):
        store.links.renew(project.id, new.link.id)


def test_revoking_all_closes_every_link_of_this_project_only(store, project):
    other = store.projects.create(Project()).project
    mine, theirs = [made(store, project) for _ in range(3)], made(store, other)
    assert store.links.revoke_all(project.id) == 3
    assert all(store.viewers.door(x.token) is None for x in mine)
    assert store.viewers.door(theirs.token) is not None
    assert store.links.revoke_all(project.id) == 0


def test_a_link_of_another_project_is_not_found(store, project):
    other = store.projects.create(Project()).project
    new = made(store, project)
    for call in (store.links.get, store.links.revoke, store.links.renew):
        with pytest.raises(LinkGoneError):
            call(other.id, new.link.id)
    with pytest.raises(LinkGoneError):
        store.editions.publish(other.id, new.link.id, FIRST)
    assert store.editions.of(other.id, new.link.id) == []


def test_an_expired_link_does_not_revive_when_the_clock_jumps_back_but_the_owner_can_renew_it(
    store, project, clock
):
    new = made(store, project, until=TODAY + timedelta(days=3))
    session = store.viewers.enter(new.token).session_id
    clock.forward(days=365)
    assert store.viewers.reader(session) is None
    clock.forward(days=-366)
    assert store.viewers.reader(session) is None
    refused(store, new.token)
    assert not store.links.get(project.id, new.link.id).open
    assert store.links.renew(project.id, new.link.id).open
    assert opened(store, new).link_id == new.link.id
    assert store.viewers.reader(session) is not None


def test_a_link_lives_until_the_last_due_date_and_ninety_days_at_most(store, project, clock):
    assert end_of([TODAY + timedelta(days=9), TODAY - timedelta(days=9)], TODAY) == TODAY + timedelta(days=9)
    assert end_of([TODAY + timedelta(days=400)], TODAY) == TODAY + timedelta(days=LONGEST_DAYS)
    assert end_of([], TODAY) == end_of([TODAY - timedelta(days=1)], TODAY) == TODAY + timedelta(days=30)
    far = made(store, project, until=TODAY + timedelta(days=4000)).link
    assert (far.expires_at / 1000 - START) / 86_400 == LONGEST_DAYS
    near = made(store, project, until=TODAY + timedelta(days=1)).link
    end = date.fromtimestamp(near.expires_at / 1000)
    assert end == TODAY + timedelta(days=2)


def test_a_new_edition_comes_to_the_same_address_and_is_compared_with_the_last_look(store, project):
    new = made(store, project)
    reader = opened(store, new)
    assert (reader.look()[0].number, reader.look()[1]) == (1, None)
    for value in (0.5, 0.75):
        store.editions.publish(project.id, new.link.id, EditionDraft({"value": value}))
    latest, before = reader.look()
    assert (latest.number, latest.snapshot, before.number) == (3, {"value": 0.75}, 1)
    # a reload still compares with what was seen before this edition
    assert reader.look()[1].number == 1
    assert opened(store, new).look()[1] is None
    assert reader.numbers() == (3, 2, 1)
    assert [e.snapshot for e in store.editions.of(project.id, new.link.id)][-1] == FIRST.snapshot


def test_numbers_that_are_not_numbers_are_not_published(store, project):
    with pytest.raises(ValueError, match="Out of range float"):
        store.links.create(project.id, EditionDraft({"value": float("nan")}), LinkOptions())
    assert store.links.of(project.id) == []


def test_a_reader_signs_once_and_asks_once_an_edition(store, project):
    new = made(store, project, questions=True)
    reader = opened(store, new)
    assert reader.sign_off("Ольга")
    assert not reader.sign_off("Ольга")
    assert reader.sign_off("Ольга", "aov")
    reader.ask("aov", " Почему вырос? ", "Ольга")
    with pytest.raises(QuestionAskedError):
        reader.ask("aov", "И ещё?")
    for text in ("", "  ", "я" * (LONGEST_QUESTION + 1)):
        with pytest.raises(QuestionTextError):
            reader.ask("revenue", text)
    store.editions.publish(project.id, new.link.id, FIRST)
    reader.ask("aov", "А теперь?")
    found = store.editions.replies(project.id)
    assert [(r.kind, r.kpi, r.text, r.edition) for r in reversed(found)] == [
        ("seen", "", "", 1),
        ("seen", "aov", "", 1),
        ("question", "aov", "Почему вырос?", 1),
        ("question", "aov", "А теперь?", 2),
    ]
    assert len(reader.replies()) == 4 and opened(store, new).replies() == []


def test_questions_only_where_the_owner_allowed_them(store, project):
    with pytest.raises(LinkScopeError):
        opened(store, made(store, project)).ask("aov", "Почему?")


def test_the_reader_has_no_way_to_the_owner_side():
    # turned_away only writes down in the audit that this reader tried another page
    allowed = {"numbers", "edition", "look", "sign_off", "ask", "replies", "turned_away"}
    assert {name for name in vars(ShareReader) if not name.startswith("_")} == allowed


def test_a_click_twice_makes_one_link(store, project):
    first, second = made(store, project, once="click-1"), made(store, project, once="click-1")
    assert first.token and second.token is None
    assert first.link.id == second.link.id
    assert len(store.links.of(project.id)) == 1
    # the key is of this project only
    other = store.projects.create(Project()).project
    assert made(store, other, once="click-1").token


def test_the_last_opening_goes_to_one_reader(store, project):
    new = made(store, project, max_opens=3)
    came = []

    def come() -> None:
        try:
            came.append(store.viewers.enter(new.token))
        except LinkClosedError:
            return

    threads = [threading.Thread(target=come) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(came) == 3
    # those who are in stay in
    assert all(store.viewers.reader(one.session_id) for one in came)


def test_two_editions_at_once_get_two_numbers(store, project):
    new = made(store, project)
    threads = [
        threading.Thread(target=store.editions.publish, args=(project.id, new.link.id, FIRST))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [e.number for e in store.editions.of(project.id, new.link.id)] == [7, 6, 5, 4, 3, 2, 1]


def test_scopes_are_written_and_read_back():
    for live in (False, True):
        for drill in (False, True):
            for export in (False, True):
                scope = Scope(live, drill, export)
                assert Scope.parse(str(scope)) == scope
    for wrong in ("", "all", "snapshot+write", "drill"):
        with pytest.raises(LinkScopeError):
            Scope.parse(wrong)


def test_leaving_forgets_the_session(store, project):
    session = store.viewers.enter(made(store, project).token).session_id
    store.viewers.leave(session)
    assert store.viewers.reader(session) is None
    assert store.viewers.reader(None) is None
    with store.database.read() as tx:
        assert tx.run(sa.select(sa.func.count()).select_from(VIEWER)).scalar_one() == 0
        assert tx.run(sa.select(sa.func.count()).select_from(LINK)).scalar_one() == 1
        assert tx.run(sa.select(sa.func.count()).select_from(EDITION)).scalar_one() == 1
