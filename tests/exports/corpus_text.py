"""Trouble in the text itself: encodings, delimiters, quotes, line ends, titles, totals and ragged rows."""

from __future__ import annotations

import random

from tests.exports.corpus import ROWS, RU, SEED, Case, Written, case, comma, dot, english, text

W = Written()
E = english()
PLAIN = text(W.header, W.cells())
NOTES = [f"звонил; просил «{o.city}», дом {i}" for i, o in enumerate(ROWS)]


def encodings() -> list[Case]:
    """The same Russian table in every encoding a Russian office produces."""
    out = [
        case(name, "encoding", PLAIN.encode(name), W)
        for name in ("utf-8", "utf-8-sig", "cp1251", "koi8-r", "cp866")
    ]
    for name in ("utf-16-le", "utf-16-be"):
        bom = b"\xff\xfe" if name.endswith("le") else b"\xfe\xff"
        out.append(case(f"{name} with bom", "encoding", bom + PLAIN.encode(name), W))
        out.append(case(f"{name} without bom", "encoding", PLAIN.encode(name), W))
    western = [
        [*row[:6], {"Berlin": "Köln", "Paris": "Orléans", "Leeds": "Málaga", "Turin": "Forlì"}[row[6]]]
        for row in E.cells()
    ]
    out.append(case("cp1252 accents", "encoding", text(E.header, western, ",").encode("cp1252"), E))
    twice = PLAIN.encode("utf-8").decode("cp1251", "replace")
    lossless = "\ufffd" not in twice
    garbled = PLAIN.replace("И", "I").encode("utf-8").decode("latin-1").encode("utf-8")
    out.append(
        case(
            "double encoded through latin-1",
            "encoding",
            garbled,
            None,
            rows=len(ROWS),
            columns=RU,
            says=("repaired_encoding",),
        )
    )
    if lossless:
        out.append(case("double encoded through cp1251", "encoding", twice, W, says=("repaired_encoding",)))
    long = Written(rows=ROWS * 60)
    raw = bytearray(text(long.header, long.cells()).encode())
    raw[raw.rfind("Казань".encode())] = 0xFF
    out.append(
        case(
            "one bad byte in utf-8",
            "encoding",
            bytes(raw),
            long,
            says=("bad_bytes", "undecodable", "undecodable_bytes"),
        )
    )
    mixed = (
        text(W.header, W.cells()[:20]).encode()
        + text(W.header, W.cells()[20:]).encode("cp1251").split(b"\r\n", 1)[1]
    )
    out.append(case("half utf-8 half cp1251", "encoding", mixed, error=("mixed_encodings",)))
    late = english(rows=ROWS * 60)
    tail = text(late.header, late.cells(), ";") + ";".join([*E.cells()[0][:6], "Санкт-Петербург"]) + "\r\n"
    rows = [*late.rows, ROWS[0]]
    out.append(case("cp1251 after 64 kB of ascii", "encoding", tail.encode("cp1251"), english(rows=rows)))
    return out


def delimiters() -> list[Case]:
    """Every delimiter, with decimal commas beside them."""
    marks = [";", ",", "\t", "|", "^", "~", "\x01", "\x1f", "||", "\t\t", "::", ";;"]
    out = [case(f"delimiter {mark!r}", "delimiter", text(W.header, W.cells(), mark), W) for mark in marks]
    out.append(case("delimiter comma and blank", "delimiter", text(E.header, E.cells(), ", "), E))
    out.append(
        case(
            "delimiter colon",
            "delimiter",
            text(
                E.header,
                [[c.replace(":", ".") if i == 1 else c for i, c in enumerate(r)] for r in E.cells()],
                ":",
            ),
            english(),
            dates={},
            mapping={},
            table=None,
        )
    )
    out.append(case("sep line", "delimiter", "sep=;\r\n" + PLAIN, W))
    out.append(case("sep line with tab", "delimiter", "sep=\t\n" + text(W.header, W.cells(), "\t"), W))
    blanks = text([f"{h:<24}" for h in W.header], [[f"{c:<20}" for c in row] for row in W.cells()], "|")
    out.append(case("padded with blanks", "delimiter", blanks, W))
    trailing = "".join(line + ";\r\n" for line in PLAIN.splitlines())
    out.append(case("delimiter at the end of every line", "delimiter", trailing, W))
    body = PLAIN.splitlines()
    out.append(
        case(
            "delimiter at the end of data lines only",
            "delimiter",
            "\r\n".join([body[0], *(b + ";" for b in body[1:])]),
            W,
        )
    )
    leading = "".join(";" + line + "\r\n" for line in PLAIN.splitlines())
    out.append(case("blank first column", "delimiter", leading, W, columns=None))
    return out


def quotes() -> list[Case]:
    """Quotes, escapes and line ends inside cells."""
    head, rows = (*W.header, "Комментарий"), W.cells()
    noted = [[*r, n] for r, n in zip(rows, NOTES, strict=True)]
    with_notes = {"columns": head}
    out = [
        case("all cells quoted", "quotes", text(W.header, rows, quoting=1), W),
        case("delimiter inside quotes", "quotes", text(head, noted), W, **with_notes),
        case("single quotes", "quotes", text(E.header, E.cells(), ",", quotechar="'", quoting=1), E),
        case("decimal comma quoted in comma file", "quotes", text(W.header, rows, ","), W),
        case(
            "doubled quotes",
            "quotes",
            text(head, [[*r, f'ООО "Лилия", {i}'] for i, r in enumerate(rows)]),
            W,
            **with_notes,
        ),
        case(
            "backslash escapes",
            "quotes",
            text(
                head,
                [[*r, f'ООО "Лилия"; {i}'] for i, r in enumerate(rows)],
                quoting=1,
                doublequote=False,
                escapechar="\\",
            ),
            W,
            **with_notes,
        ),
        case(
            "line ends inside cells",
            "quotes",
            text(head, [[*r, f"первая\nвторая {i}"] for i, r in enumerate(rows)]),
            W,
            **with_notes,
        ),
        case(
            "crlf inside cells of an lf file",
            "quotes",
            text(head, [[*r, f"раз\r\nдва {i}"] for i, r in enumerate(rows)], eol="\n"),
            W,
            **with_notes,
        ),
        case(
            "quote in the middle of a bare cell",
            "quotes",
            ";".join(head)
            + "\n"
            + "".join(";".join([*r, f'экран 24" чёрный {i}']) + "\n" for i, r in enumerate(rows)),
            W,
            **with_notes,
        ),
        case(
            "inches at the end of a bare cell",
            "quotes",
            ";".join(head)
            + "\n"
            + "".join(
                ";".join([*r, f'экран {i}"' if i == 7 else "кабель"]) + "\n" for i, r in enumerate(rows)
            ),
            W,
            **with_notes,
        ),
        case(
            "blanks around quotes",
            "quotes",
            "".join("; ".join(f'"{c}"' for c in r) + "\n" for r in [W.header, *rows]),
            W,
        ),
        case(
            "guillemets and apostrophes",
            "quotes",
            text(head, [[*r, "«Ёлка» д'Артаньян"] for r in rows]),
            W,
            **with_notes,
        ),
    ]
    lines = text(head, [[*r, "нет замечаний"] for r in rows]).splitlines()
    broken = [*lines[:8], lines[8].replace("нет замечаний", '"забыли закрыть'), *lines[9:]]
    out.append(case("unclosed quote in one row", "quotes", "\r\n".join(broken) + "\r\n", W, **with_notes))
    wrapped = "".join('"' + ",".join(r).replace('"', '""') + '"\r\n' for r in [E.header, *E.cells()])
    out.append(case("whole lines quoted", "quotes", wrapped, E))
    return out


def line_ends() -> list[Case]:
    """Line ends of three systems and their mixtures."""
    body = PLAIN.splitlines()
    rng = random.Random(SEED)
    mixed = "".join(line + rng.choice(("\r\n", "\n")) for line in body)
    return [
        case("cr line ends", "line ends", "\r".join(body) + "\r", W),
        case("lf line ends", "line ends", "\n".join(body) + "\n", W),
        case("mixed line ends", "line ends", mixed, W),
        case("no last line end", "line ends", "\r\n".join(body), W),
        case("ten line ends at the end", "line ends", PLAIN + "\r\n" * 10, W),
        case("empty line after every row", "line ends", "\r\n\r\n".join(body) + "\r\n", W),
        case("cr cr lf line ends", "line ends", "\r\r\n".join(body) + "\r\r\n", W),
        case("ctrl-z at the end", "line ends", PLAIN + "\x1a", W),
    ]


def frames() -> list[Case]:
    """Titles, totals, footers, doubled and two-row headers."""
    rows, width = W.cells(), len(W.header)
    total = ["Итого", "", "", comma(sum(o.amount for o in ROWS)), "", "", ""]
    title = "Отчёт по продажам\r\nПериод: 01.01.2025 - 31.12.2025\r\n\r\n"
    wide_title = (
        f"Отчёт по продажам{';' * (width - 1)}\r\nПериод: 2025{';' * (width - 1)}\r\n{';' * (width - 1)}\r\n"
    )
    body = PLAIN.splitlines()

    half = comma(sum(o.amount for o in ROWS[:20]))
    rest = comma(sum(o.amount for o in ROWS[20:]))
    subtotals = [
        *rows[:20],
        ["Итого за полугодие", "", "", half, "", "", ""],
        *rows[20:],
        ["Итого за полугодие", "", "", rest, "", "", ""],
        total,
    ]
    out = [
        case("title rows", "frame", title + PLAIN, W),
        case("title rows with delimiters", "frame", wide_title + PLAIN, W),
        case(
            "1c report in cp1251 with title and total",
            "frame",
            (wide_title + text(W.header, [*rows, total])).encode("cp1251"),
            W,
            dropped=1,
        ),
        case("total row", "frame", text(W.header, [*rows, total]), W, dropped=1),
        case(
            "grand total in english",
            "frame",
            text(
                E.header,
                [*E.cells(), ["Grand Total", "", "", dot(sum(o.amount for o in ROWS)), "", "", ""]],
                ",",
            ),
            E,
            dropped=1,
        ),
        case(
            "total row without a label",
            "frame",
            text(W.header, [*rows, ["", "", "", total[3], "", "", ""]]),
            W,
            dropped=1,
        ),
        case("total row above the rows", "frame", text(W.header, [total, *rows]), W, dropped=1),
        case("subtotals and total", "frame", text(W.header, subtotals), W, dropped=3),
        case(
            "footer lines", "frame", PLAIN + "\r\nСформировано в системе 05.01.2026\r\nСтраница 1 из 1\r\n", W
        ),
        case("rows of delimiters only", "frame", PLAIN + f"{';' * (width - 1)}\r\n" * 12, W),
        case(
            "header repeated on every page",
            "frame",
            text(W.header, rows[:20]) + PLAIN.split("\r\n", 1)[0] + "\r\n" + "\r\n".join(body[21:]) + "\r\n",
            W,
        ),
        case(
            "two files glued with a bom inside",
            "frame",
            ("\ufeff" + text(W.header, rows[:20]) + "\ufeff" + text(W.header, rows[20:])),
            W,
        ),
        case(
            "header in two rows",
            "frame",
            "Заказ;;Клиент;Деньги;Прочее;;\r\nНомер;Дата;Код клиента;Сумма;Статус;Согласие;Город\r\n"
            + "\r\n".join(body[1:]),
            W,
            columns=None,
            mapping={},
            sums={},
            dates={},
            flags={},
            ids={},
        ),
        case(
            "line end inside a header",
            "frame",
            PLAIN.replace("Согласие на рассылку", '"Согласие\nна рассылку"', 1),
            W,
            columns=None,
            flags={},
        ),
        case(
            "header in capitals with blanks",
            "frame",
            "; ".join(h.upper() for h in W.header) + "\r\n" + "\r\n".join(body[1:]),
            W,
            columns=None,
            mapping={},
            sums={},
            dates={},
            flags={},
            ids={},
        ),
        case("footer that only says end", "frame", PLAIN + "*** Конец отчёта ***\r\n", W),
    ]

    doubled = ["Сумма заказа" if h == "Город" else h for h in W.header]
    money = text(doubled, [[*r[:6], "0,00"] for r in rows])
    out.append(
        case("duplicate headers", "frame", money, W, columns=None, mapping={}, says=("duplicate_headers",))
    )
    out.append(
        case(
            "empty header",
            "frame",
            text([h if h != "Город" else "" for h in W.header], rows),
            W,
            columns=None,
            mapping={},
            says=("empty_headers",),
        )
    )
    out.append(
        case("no header at all", "frame", text(rows[0], rows[1:]), None, rows=len(rows), says=("no_header",))
    )
    return out


def ragged() -> list[Case]:
    """Rows with too few or too many cells: used whole, padded, or rejected and counted; never shifted."""
    lines = PLAIN.splitlines()
    short = [line.rsplit(";", 1)[0] if i in (4, 9) else line for i, line in enumerate(lines)]
    empty_extra = [line + ";;" if i in (4, 9) else line for i, line in enumerate(lines)]
    extra = [line + ";лишнее" if i == 5 else line for i, line in enumerate(lines)]
    without = [o for i, o in enumerate(ROWS, 1) if i != 5]
    cut = "\r\n".join(lines[:-1]) + "\r\n" + lines[-1][:9]
    split = [line.replace(";", "\n", 1) if i == 5 else line for i, line in enumerate(lines)]
    return [
        case("short rows", "ragged", "\n".join(short), W, says=("short_rows",)),
        case("empty cells too many", "ragged", "\n".join(empty_extra), W),
        case("one filled cell too many", "ragged", "\n".join(extra), Written(rows=without), rejected=1),
        case(
            "last line cut in the middle",
            "ragged",
            cut,
            None,
            sums={"Сумма заказа": float(sum(o.amount for o in ROWS[:-1]))},
        ),
        case(
            "a line broken in two",
            "ragged",
            "\n".join(split),
            None,
            sums={"Сумма заказа": float(sum(o.amount for o in without))},
        ),
        case(
            "columns that are all empty",
            "ragged",
            text([*W.header, "Промокод", "Отдел"], [[*r, "", ""] for r in W.cells()]),
            W,
            columns=(*W.header, "Промокод", "Отдел"),
        ),
        case(
            "a single column",
            "ragged",
            "E-mail\r\n" + "".join(f"user{i}@example.com\r\n" for i in range(30)),
            None,
            columns=("E-mail",),
            rows=30,
        ),
        case("one data row", "ragged", text(W.header, W.cells()[:1]), Written(rows=ROWS[:1])),
    ]


def text_cases() -> list[Case]:
    """All of this module."""
    return [*encodings(), *delimiters(), *quotes(), *line_ends(), *frames(), *ragged()]
