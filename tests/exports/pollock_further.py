"""Twenty further polluted files in the categories of the Pollock survey that the first set does not hold: preambles and
footnotes, marks of other programs, cells that run on, columns that repeat, and two damages at once."""

from __future__ import annotations

from collections.abc import Iterator

from tests.exports.pollock import CLEAN, HEAD, Polluted

TEXT = tuple(tuple(r) for r in CLEAN)


def lines(mark: str = ",", quote: str = '"', eol: str = "\r\n", always: bool = False) -> list[str]:
    """The clean table as lines of text, header first."""
    return [_line(HEAD, mark, quote, always), *(_line(r, mark, quote, always) for r in TEXT)]


def _line(cells: tuple[str, ...], mark: str, quote: str, always: bool) -> str:
    def one(cell: str) -> str:
        needs = always or mark in cell or quote in cell or "\n" in cell
        return quote + cell.replace(quote, quote * 2) + quote if needs else cell

    return mark.join(one(c) for c in cells)


def _file(name: str, text: str | bytes, header: tuple[str, ...] = HEAD, records: tuple = TEXT) -> Polluted:
    return Polluted(name, text.encode() if isinstance(text, str) else text, header, records)


def _joined(rows: list[str], eol: str = "\r\n") -> str:
    return eol.join(rows) + eol


def further() -> Iterator[Polluted]:
    """The files, each from the clean table by one or two damages."""
    plain = lines()
    yield _file("sep line and a bom", b"\xef\xbb\xbf" + _joined(["sep=,", *plain]).encode())
    yield _file("sep line with semicolons", _joined(["sep=;", *lines(";")]))
    yield _file("preamble of three lines", _joined(["Sales report", "Period: 2020", "", *plain]))
    yield _file(
        "preamble of key and value", _joined(["Account: 123", "Currency: EUR", "Made by: me", "", *plain])
    )
    yield _file("footnotes", _joined([*plain, "", "* prices without tax", "Source: shop"]))
    yield _file("comment lines", _joined(["# exported by tool 1.2", "# 2020-01-01", *plain]))
    yield _file("blank lines all over", "\r\n\r\n" + "\r\n\r\n".join(plain) + "\r\n\r\n")
    yield _file("a delimiter behind every row", _joined([line + "," for line in plain]))
    yield _file("blanks behind delimiters", _joined([", ".join(_parts(r)) for r in (HEAD, *TEXT)]))
    yield _file("single quotes", _joined(lines(",", "'")))
    yield _file("pipes with everything quoted", _joined(lines("|", '"', always=True)))
    yield _file("tabs and single line ends", _joined(lines("\t"), "\n"))
    yield _file("utf-16 with tabs", _joined(lines("\t")).encode("utf-16"))
    yield _file("carriage returns only", _joined(plain, "\r"))
    yield _file("line ends mixed", "".join(x + ("\n" if i % 2 else "\r\n") for i, x in enumerate(plain)))
    yield _file("no line end at the end, quotes kept", "\n".join(lines(always=True)))
    yield _file("a rule under the header", _joined([plain[0], "-" * 40, *plain[1:]]))
    run_on = [*TEXT[:4], (*TEXT[4][:-1], "first line\nsecond, line\n\nfourth"), *TEXT[5:]]
    text = _joined([plain[0], *(_line(r, ",", '"', False) for r in run_on)])
    yield _file("a comment of four lines", text, HEAD, tuple(run_on))
    again = [*plain[:30], plain[0], *plain[30:60], plain[0], *plain[60:]]
    yield _file("pages with the header again", _joined(again))
    yield _file("end mark of an old editor", _joined(plain).encode() + b"\x1a")


def _parts(cells: tuple[str, ...]) -> list[str]:
    return [_line((c,), ",", '"', False) for c in cells]
