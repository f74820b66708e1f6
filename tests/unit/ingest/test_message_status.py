"""Logs of messages with one status column: the flags that a person would count by hand, in both shapes."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from crmkpi.i18n import Words
from crmkpi.ingest.load import LoadResult
from crmkpi.ingest.message_words import says_status
from crmkpi.ingest.vocabulary import meaning
from tests.unit.ingest.loaded import Shop, shop

START = datetime(2026, 1, 13, 9, 0)
STEPS = ("delivered", "bounced", "opened", "clicked", "unsubscribed", "complained")
KEYS = ("sent", *STEPS)


def spelt(text: str) -> dict[str, str]:
    return dict(zip(KEYS, text.split("|"), strict=True))


RU = spelt("Отправлено|Доставлено|Ошибка доставки|Открыто|Переход|Отписка|Жалоба на спам")
SENDGRID = spelt("processed|delivered|bounce|open|click|unsubscribe|spamreport")
MAILGUN = spelt("accepted|delivered|failed|opened|clicked|unsubscribed|complained")
MINDBOX = spelt("Отправка|Доставка|Недоставка|Открытие|Клик|Отписка|Спам")
WORDS = {"ru": RU, "sendgrid": SENDGRID, "mailgun": MAILGUN, "mindbox": MINDBOX}


@dataclass(frozen=True)
class Sent:
    """One message and what became of it, step by step with the time of each."""

    number: int
    to: str
    campaign: str
    steps: tuple[tuple[str, datetime], ...]


def mailing(seed: int = 1, people: int = 60, campaigns: int = 4) -> list[Sent]:
    rng = random.Random(seed)
    out = []
    for c in range(campaigns):
        for p in range(people):
            at = START + timedelta(days=7 * c, minutes=p)
            steps = [("sent", at)]
            luck = rng.random()
            if luck < 0.08:
                steps.append(("bounced", at + timedelta(minutes=1)))
            else:
                steps.append(("delivered", at + timedelta(minutes=1)))
                if luck > 0.6:
                    steps.append(("opened", at + timedelta(hours=1)))
                if luck > 0.85:
                    steps.append(("clicked", at + timedelta(hours=2)))
                if luck > 0.97:
                    steps.append((rng.choice(("unsubscribed", "complained")), at + timedelta(hours=3)))
            out.append(Sent(c * people + p, f"u{p}@shop.ru", f"Акция {c}", tuple(steps)))
    return out


def truth(messages: list[Sent]) -> dict[str, int]:
    return {step: sum(step in dict(m.steps) for m in messages) for step in STEPS}


def events(messages: list[Sent]) -> Iterator[tuple[Sent, str, datetime]]:
    return ((m, step, at) for m in messages for step, at in m.steps)


def found(made: Shop) -> dict[str, int]:
    frame = made.table("messages")
    return {s: int(frame[s].sum()) for s in STEPS if s in frame.columns}


def told(result: LoadResult) -> dict[str, int]:
    return {f.code: f.count for report in result.files for f in report.issues}


@pytest.mark.parametrize("words", WORDS)
def test_an_event_log_becomes_its_messages(words: str, tmp_path: Path) -> None:
    made, said = shop(tmp_path), WORDS[words]
    rows = [f"{m.number};{m.to};{m.campaign};{at:%d.%m.%Y %H:%M};{said[s]}" for m, s, at in events(mailing())]
    random.Random(2).shuffle(rows)
    result = made.load("ID сообщения;Email;Рассылка;Дата события;Событие\n" + "\n".join(rows))
    frame = made.table("messages")
    assert result.files[0].table == "messages"
    assert frame.height == len(mailing())
    assert found(made) == truth(mailing())
    seconds = [int((m.steps[0][1] - datetime(1970, 1, 1)).total_seconds()) for m in mailing()]
    assert sorted(frame["ts"].to_list()) == sorted(seconds)
    assert frame["clicked_ts"].is_not_null().sum() == truth(mailing())["clicked"]


@pytest.mark.parametrize("words", WORDS)
@pytest.mark.parametrize("campaigns", [1, 6])
def test_a_log_without_message_numbers_begins_a_message_with_each_send(
    words: str, campaigns: int, tmp_path: Path
) -> None:
    made, said, sent = shop(tmp_path), WORDS[words], mailing(campaigns=6)
    name = (lambda m: m.campaign) if campaigns == 6 else (lambda m: "Триггер")
    rows = [f"{at:%Y-%m-%d %H:%M:%S},{m.to},{name(m)},{said[s]}" for m, s, at in events(sent)]
    made.load("timestamp,email,campaign,event\n" + "\n".join(reversed(rows)))
    assert made.table("messages").height == len(sent)
    assert found(made) == truth(sent)


@pytest.mark.parametrize("words", WORDS)
def test_the_last_status_implies_the_steps_before_it(words: str, tmp_path: Path) -> None:
    made, said, sent = shop(tmp_path), WORDS[words], mailing()
    rows = [f"{m.to};{m.campaign};{m.steps[0][1]:%d.%m.%Y %H:%M};{said[m.steps[-1][0]]}" for m in sent]
    result = made.load("Email;Рассылка;Дата отправки;Статус\n" + "\n".join(rows))
    wanted = truth(sent)
    # who left as the last thing may have opened and clicked: that is not known, and not counted
    left = sum(m.steps[-1][0] in ("unsubscribed", "complained") for m in sent)
    wanted |= {s: wanted[s] - left for s in ("opened", "clicked")}
    assert found(made) == wanted
    frame = made.table("messages")
    assert frame.height == len(sent) and frame["opened"].null_count() == left
    assert told(result)["status_unfolded"] == len(sent) and "events_gathered" not in told(result)


def test_the_same_customer_with_many_last_statuses_is_no_event_log(tmp_path: Path) -> None:
    made, sent = shop(tmp_path), mailing(people=10, campaigns=30)
    rows = [f"{m.to};{m.steps[0][1]:%d.%m.%Y %H:%M};{RU[m.steps[-1][0]]}" for m in sent]
    result = made.load(
        made.file("Кому;Отправлено;Статус\n" + "\n".join(rows), "log.csv"),
        answers={"log.csv": {"message_rows": "message"}},
    )
    assert made.table("messages").height == len(sent)
    assert not result.unanswered


def test_queued_messages_are_not_counted_and_unknown_words_are_asked_about(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows = ["a;01.03.2026;Доставлено"] * 6 + [
        "b;13.03.2026;В очереди",
        "c;14.03.2026;Открыто",
        "d;15.03.2026;Хм",
    ]
    text = "Получатель;Дата отправки;Статус сообщения\n" + "\n".join(f"{i}{r}" for i, r in enumerate(rows))
    asked = made.load(made.file(text, "log.csv")).unanswered
    assert [(q["code"], q["column"]) for q in asked] == [("message_status", "Хм")]
    result = made.load(made.file(text, "log.csv"), answers={"log.csv": {"message_status:Хм": "clicked"}})
    assert found(made) == {"delivered": 8, "opened": 2, "clicked": 1}
    assert told(result)["messages_not_sent"] == 1
    result = made.load(made.file(text, "log.csv"), answers={"log.csv": {"message_status:Хм": "other"}})
    assert found(made) == {"delivered": 7, "opened": 1} and told(result)["unknown_message_status"] == 1


def test_a_log_of_openings_alone_has_no_delivery_rate(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows = [
        f"{i};u{i % 9};{1 + i % 28:02d}.01.2026 10:00;{'Клик' if i % 3 == 0 else 'Открытие'}"
        for i in range(60)
    ]
    result = made.load("ID сообщения;ID клиента;Время события;Событие\n" + "\n".join(rows))
    assert made.table("messages")["delivered"].null_count() == 60
    assert told(result)["only_engaged_rows"] == 60


def test_flags_of_the_file_itself_are_left_alone(tmp_path: Path) -> None:
    made = shop(tmp_path)
    rows = ["a;13.01.2026;Доставлено;да", "b;13.01.2026;Не доставлено;нет", "c;13.01.2026;Доставлено;нет"]
    made.load("Клиент ID;Дата отправки;Статус доставки;Открыто\n" + "\n".join(rows))
    assert found(made) == {"delivered": 2, "bounced": 1, "opened": 1}


@pytest.mark.parametrize(
    ("text", "step"),
    [
        ("Не открыто", "delivered"), ("Не прочитано", "delivered"), ("Не доставлено", "bounced"),
        ("Доставляется", "sent"), ("Soft bounce", "soft"), ("hard_bounce", "hard"), ("HardBounce", "hard"),
        ("Отклонено как спам", "bounced"), ("Перешёл по ссылке", "clicked"), ("ЗАБЛОКИРОВАНО", "bounced"),
        ("Email Opened", "opened"), ("email.delivered", "delivered"), ("Отписался", "unsubscribed"), ("Ready", None),
        ("group_unsubscribe", "unsubscribed"), ("ожидает отправки", "not_sent"), ("Прочитано", "opened"),
        ("DELIVRD", "delivered"), ("UNDELIV", "bounced"), ("Абонент недоступен", "bounced"), ("Hm", None),
    ],
)  # fmt: skip
def test_words_of_mailing_systems(text: str, step: str | None) -> None:
    assert meaning("message_status", text) == step


def test_statuses_of_orders_are_not_statuses_of_messages(tmp_path: Path) -> None:
    made = shop(tmp_path)
    said = ["Доставлен", "Отправлен", "Отменён", "Возврат", "Новый"] * 8
    rows = [f"{i};u{i % 7};{1 + i % 28:02d}.01.2026;{100 + i};{s}" for i, s in enumerate(said)]
    result = made.load("Заказ;Клиент;Дата;Сумма;Статус\n" + "\n".join(rows))
    assert result.files[0].table == "orders"
    assert not says_status(["Новый", "Собран", "Выдан"]) and not says_status(["да", "нет"])


def test_every_option_of_the_questions_has_its_words() -> None:
    for lang in ("ru", "en"):
        t = Words(lang)
        assert all(t.has(f"question.message_status_{o}") for o in ("sent", "other", "not_sent", *STEPS))
        assert t.has("question.message_rows_message") and t.has("question.message_rows_event")
