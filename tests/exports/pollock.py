"""Polluted files after the Pollock benchmark (Vitagliano et al., PVLDB 2023), made from our own seeded table.

One clean table; each file breaks one thing: the payload, the header, the delimiter or quote of the whole file,
or one delimiter or quote mark of one row at one place. The score is the paper's simple score: success plus
precision, recall and F1 of header, records and cells, ten points a file at most.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

SEED = 2023
HEAD = ("DATE", "TIME", "Qty", "PRODUCTID", "Price", "ProductType", "ProductDescription", "URL", "Comments")
_NOUNS = (
    "Boots",
    "Running Jacket",
    "Trail Shoes",
    "Fly Rods",
    "Throw Pillow, Wooden",
    "Suspenders",
    "Cotton Towel",
)
_WORDS = [
    "rugged",
    "light",
    "comfort,",
    "timeless",
    "weather",
    "protection",
    "quick",
    "warm",
    "dry",
    "conditions.",
    "design,",
    "style",
    "men's",
    "durable",
]
MEASURES = (
    "success",
    *(f"{part} {m}" for part in ("header", "record", "cell") for m in ("precision", "recall", "f1")),
)


@dataclass(frozen=True)
class Polluted:
    """One file: its bytes and the header and records that should come out. `header` empty: not judged."""

    name: str
    data: bytes
    header: tuple[str, ...]
    records: tuple[tuple[str, ...], ...]


@dataclass
class Row:
    """One row to be written: cells, the delimiter before each cell but the first, quote marks put in front."""

    cells: list[str]
    marks: list[str] = field(default_factory=list)

    def raw(self, delimiter: str, quote: str, quote_all: bool = False) -> str:
        """The row as text; only cells that need it are quoted, as the benchmark's source is."""
        marks = self.marks or [delimiter] * (len(self.cells) - 1)
        out = ""
        for place, cell in enumerate(self.cells):
            out += (marks[place - 1] if place else "") + quoted(cell, delimiter, quote, quote_all)
        return out


def quoted(cell: str, delimiter: str, quote: str, always: bool = False) -> str:
    """The cell, quoted when it holds a delimiter or a quote mark."""
    needs = always or any(mark in cell for mark in (delimiter, quote, "\n", ","))
    return quote + cell.replace(quote, quote * 2) + quote if needs else cell


def source(rows: int = 83) -> list[list[str]]:
    """The clean records: dates, times, money with a sign, long texts with commas and inches, an empty column."""
    rng = random.Random(SEED)
    out = []
    for i in range(rows):
        kind = rng.choice(_NOUNS) + rng.choice(("", "", ' 5" wide', ', 24"'))
        about = "These " + " ".join(rng.choice(_WORDS) for _ in range(rng.randrange(9, 22))) + "."
        code = f"{rng.choice(('MG', 'RI', 'CC', 'YY'))}-{rng.randrange(1000, 9999)}"
        day = f"{13 + i % 15:02d}/{1 + i % 12:02d}/2018"
        url = f"https://www.example.com/product/{code.replace('-', '_')}.html"
        price = f"${rng.uniform(0.5, 99):.2f}"
        out.append(
            [
                day,
                f"{i % 24:02d}:{15 * (i % 4):02d}",
                str(rng.randrange(30)),
                code,
                price,
                kind,
                about,
                url,
                "",
            ]
        )
    return out


CLEAN = source()


def written(
    rows: Sequence[Row], delimiter: str = ",", quote: str = '"', eol: str = "\r\n", last: str | None = None
) -> bytes:
    """The whole file."""
    text = eol.join(row.raw(delimiter, quote) for row in rows)
    return (text + (eol if last is None else last)).encode("utf-8")


def _rows(records: Sequence[Sequence[str]] = CLEAN, header: bool = True) -> list[Row]:
    return [Row(list(r)) for r in ([HEAD] if header else []) + list(map(tuple, records))]


def _tuples(records: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(r) for r in records)


def whole_file() -> Iterator[Polluted]:
    """Payload, header, tables, and a dialect of the whole file."""
    all_, clean = _rows(), _tuples(CLEAN)
    yield Polluted("source", written(all_), HEAD, clean)
    yield Polluted("file_no_payload", b"", (), ())
    yield Polluted("file_no_trailing_newline", written(all_, last=""), HEAD, clean)
    yield Polluted("file_double_trailing_newline", written(all_, last="\r\n\r\n"), HEAD, clean)
    yield Polluted("file_no_header", written(_rows(header=False)), (), clean)
    for extra in (2, 3):
        # the paper wants every name two or three times; a name said again says nothing new, so once is right here
        yield Polluted(
            f"file_header_multirow_{extra}", written([Row(list(HEAD))] * (extra - 1) + all_), HEAD, clean
        )
    empty = Row([""] * len(HEAD))
    title = Row(["PREAMBLE"] + [""] * (len(HEAD) - 1))
    yield Polluted("file_preamble", written([title, empty, *all_]), HEAD, clean)
    for name, width in (("less", 8), ("same", 9), ("more", 10)):
        second = [(*r, *r[-1:])[:width] for r in [HEAD, *clean]]
        raw = written(all_) + written([Row(list(r)) for r in second])
        yield Polluted(f"file_multitable_{name}", raw, HEAD, (*clean, *second[1:]))
    yield Polluted("file_header_only", written(all_[:1]), HEAD, ())
    yield Polluted("file_one_data_row", written(all_[:2]), HEAD, clean[:1])
    for eol in ("\n", "\r"):
        yield Polluted(f"file_record_delimiter_{eol!r}", written(all_, eol=eol), HEAD, clean)
    for mark in (";", "\t", ", ", " "):
        yield Polluted(f"file_field_delimiter_{mark!r}", written(all_, mark), HEAD, clean)
    yield Polluted("file_quotation_char_0x27", written(all_, quote="'"), HEAD, clean)
    escaped = [r.raw(",", '"').replace('""', '\\"') for r in all_]
    yield Polluted("file_escape_char_0x5C", ("\r\n".join(escaped) + "\r\n").encode(), HEAD, clean)


def row_level() -> Iterator[Polluted]:
    """One delimiter more or less, one quote mark more, or blanks for delimiters, in every row and place."""
    for i in range(len(CLEAN) + 1):
        for j in range(len(HEAD)):
            yield _more(i, j)
            if j:
                yield _less(i, j)
            yield _quote(i, j)
        yield _blanks(i)


def _expected(i: int, cells: Sequence[str]) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Header and records when row `i` (0 = header) has become `cells`."""
    rows = [tuple(HEAD), *_tuples(CLEAN)]
    rows[i] = tuple(cells)
    return rows[0], tuple(rows[1:])


def _more(i: int, j: int) -> Polluted:
    rows = _rows()
    cells = [*rows[i].cells[:j], "", *rows[i].cells[j:]]
    rows[i] = Row(cells)
    return Polluted(f"row_more_sep_row{i}_col{j}", written(rows), *_expected(i, cells))


def _less(i: int, j: int) -> Polluted:
    rows = _rows()
    marks = [","] * (len(HEAD) - 1)
    marks[j - 1] = ""
    old = rows[i].cells
    rows[i] = Row(old, marks)
    cells = [*old[: j - 1], old[j - 1] + old[j], *old[j + 1 :]]
    return Polluted(f"row_less_sep_row{i}_col{j}", written(rows), *_expected(i, cells))


def _quote(i: int, j: int) -> Polluted:
    rows = _rows()
    text = written(rows).decode().split("\r\n")
    parts = [quoted(c, ",", '"') for c in rows[i].cells]
    # inside the quotes of a quoted cell, as the benchmark puts it in front of the value
    parts[j] = parts[j][0] + '"' + parts[j][1:] if parts[j].startswith('"') else '"' + parts[j]
    text[i] = ",".join(parts)
    cells = [*rows[i].cells]
    cells[j] = '"' + cells[j]
    return Polluted(f"row_extra_quote{i}_col{j}", "\r\n".join(text).encode(), *_expected(i, cells))


def _blanks(i: int) -> Polluted:
    rows = _rows()
    rows[i] = Row(rows[i].cells, [" "] * (len(HEAD) - 1))
    return Polluted(f"row_field_delimiter_{i}", written(rows), *_expected(i, rows[i].cells))


def polluted() -> Iterator[Polluted]:
    """All files: 19 of the whole-file kind and 26 for each of the 84 rows."""
    yield from whole_file()
    yield from row_level()


def normal(cell: str | None) -> str:
    """Cells are compared without case and outer blanks."""
    return (cell or "").strip().lower()


def _pair(wanted: Counter[str], got: Counter[str]) -> list[float]:
    """Precision, recall and F1 of two multisets as the paper's program names them."""
    if not wanted:
        return [1.0, 1.0, 1.0]
    both = sum((wanted & got).values())
    if not both:
        return [0.0, 0.0, 0.0]
    precision, recall = both / sum(wanted.values()), both / sum(got.values())
    return [precision, recall, 2 * precision * recall / (precision + recall)]


def score(
    file: Polluted, header: Sequence[str] | None, records: Sequence[Sequence[str | None]]
) -> dict[str, float]:
    """Ten measures of one file. `header` None: the reader failed, except where there was nothing to read."""
    if header is None:
        return dict.fromkeys(MEASURES, 0.0 if file.header or file.records else 1.0)
    names = _pair(Counter(map(normal, file.header)), Counter(normal(h) for h in header))
    wanted = Counter("".join(map(normal, r)) for r in file.records)
    got = Counter("".join(map(normal, r)) for r in records)
    cells = Counter(normal(c) for r in file.records for c in r)
    found = Counter(normal(c) for r in records for c in r)
    return dict(zip(MEASURES, [1.0, *names, *_pair(wanted, got), *_pair(cells, found)], strict=True))
