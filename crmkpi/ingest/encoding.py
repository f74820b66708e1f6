"""Which code page a text is in, and text as UTF-8 blocks that end at line ends.

UTF-8 and UTF-16 are recognised by BOM and structure. Single-byte code pages are told apart by how much the
decoded text looks like Russian (letter frequencies of running text) or like a western language.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import IO

import numpy as np
import polars as pl

from crmkpi.ingest.limits import MEGABYTE, Limits
from crmkpi.ingest.reading_errors import BadBytesError, LineTooLongError, NulBytesError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_LEGACY = ("cp1251", "cp1252", "koi8-r", "cp866", "mac-cyrillic", "cp1250")
# share of each letter in running Russian text, per mille (public frequency lists of the language)
_RUSSIAN = {
    "о": 110, "е": 85, "а": 80, "и": 74, "н": 67, "т": 63, "с": 55, "р": 47, "в": 45, "л": 44, "к": 35,
    "м": 32, "д": 30, "п": 28, "у": 26, "я": 20, "ы": 19, "ь": 17, "г": 17, "з": 16, "б": 16, "ч": 14,
    "й": 12, "х": 10, "ж": 9, "ш": 7, "ю": 6, "ц": 5, "щ": 4, "э": 3, "ф": 3, "ъ": 1, "ё": 1,
}  # fmt: skip
_WESTERN = frozenset("äöüßéèêëàâáãåçñóôõòøíìîïúùûæœ")
_CENTRAL = frozenset("ąćęłńóśźżáčďéěíňřšťúůýžőűäöüß")
_SIGNS = frozenset("№«»–—„“”’€£°±§©®\xa0…•₽ ")
_WORD = re.compile(r"[^\W\d_]+")
_ASCII_RUNS = re.compile(r"[\x00-\x7f]+")
LF, _CR = 10, 13
# bytes looked at in one go: they and the flags made of them stay in the processor's cache
_PIECE = 128 * 1024


@dataclass(frozen=True)
class Encoding:
    """`name` is a Python codec; `bom` the bytes to skip; `double` the code page of a double encoding."""

    name: str
    bom: bytes = b""
    double: str | None = None


def detect(head: bytes, probes: tuple[bytes, ...] = ()) -> Encoding:
    """The encoding of a text by its head and by probes from further on (for heads that are pure ASCII).

    Order: BOM, NUL pattern of UTF-16, UTF-8, then the single-byte code page whose text looks most like
    language. A few bad bytes do not turn a UTF-8 file into another one. Pure ASCII is "utf-8".
    """
    for bom, name in _BOMS:
        if head.startswith(bom):
            text = head[len(bom) :]
            return Encoding(name, bom, _double(text.decode("utf-8", "ignore")) if name == "utf-8" else None)
    wide = _utf16_without_bom(head)
    if wide:
        return Encoding(wide)
    sample = head if not head.isascii() else next((p for p in probes if not p.isascii()), head)
    if sample.isascii():
        return Encoding("utf-8")
    good, bad = _utf8_sequences(sample)
    if good > bad:
        return Encoding("utf-8", double=_double(sample.decode("utf-8", "ignore")))
    return Encoding(legacy_of(sample))


def _utf16_without_bom(head: bytes) -> str | None:
    """UTF-16 shows NUL (or 0x04 for Cyrillic) at every second byte; plain text has no NUL at all."""
    sample = head[: 4096 - 4096 % 2]
    if len(sample) < 8 or b"\x00" not in sample:
        return None
    even, odd = sample[0::2], sample[1::2]
    high_even = even.count(0) + even.count(4)
    high_odd = odd.count(0) + odd.count(4)
    if high_odd > 0.8 * len(odd) and high_even < 0.2 * len(even):
        return "utf-16-le"
    if high_even > 0.8 * len(even) and high_odd < 0.2 * len(odd):
        return "utf-16-be"
    return None


def _utf8_sequences(data: bytes) -> tuple[int, int]:
    """Counts of well-formed multi-byte characters and of bytes that break UTF-8 (a cut end is no break)."""
    with suppress(UnicodeDecodeError):
        text, _ = codecs.utf_8_decode(data, "strict", False)
        return len(text) - sum(map(len, _ASCII_RUNS.findall(text))), 0
    text = data.decode("utf-8", "surrogateescape")
    tail = text[-3:]
    bad = sum(1 for ch in text if "\udc80" <= ch <= "\udcff") - sum(1 for ch in tail if ch >= "\udc80")
    good = sum(1 for ch in text if ch > "\x7f") - bad
    return good, max(bad, 0)


def legacy_of(sample: bytes) -> str:
    """The single-byte code page whose decoding reads most like words. Ties keep the order of _LEGACY."""
    high = sample if len(sample) < 20_000 else _high_lines(sample)
    best, best_score = "cp1251", float("-inf")
    for name in _LEGACY:
        score = _readability(high.decode(name, "replace"))
        if score > best_score + 1e-9:
            best, best_score = name, score
    return best


def _high_lines(sample: bytes) -> bytes:
    """Only lines with non-ASCII bytes: the rest says nothing about the code page."""
    return b"\n".join(line for line in re.split(rb"[\r\n]+", sample) if not line.isascii())[:20_000]


def _readability(text: str) -> float:
    """Sum over non-ASCII characters of how usual they are where they stand; higher is better."""
    score = 0.0
    for ch in text:
        if ch > "\x7f" and not ch.isalpha():
            score += 0.2 if ch in _SIGNS else -2.0
    for word in _WORD.findall(text):
        if not word.isascii():
            score += (
                _cyrillic_word(word) if any("\u0400" <= ch <= "\u04ff" for ch in word) else _latin_word(word)
            )
    return score


def _cyrillic_word(word: str) -> float:
    if any(ch < "\u0400" for ch in word):  # Latin and Cyrillic letters in one word: a wrong code page
        return -1.5 * len(word)
    score = sum(_RUSSIAN.get(ch, -60) / 40 for ch in word.lower())
    # koi8-r read as cp1251 swaps the case: «зАКАЗ»
    turns = sum(1 for a, b in pairwise(word) if a.islower() and b.isupper())
    return score - 3.0 * turns


def _latin_word(word: str) -> float:
    if (
        len(word) == 1 and word.lower() not in "àéèóú"
    ):  # a lone letter is a sign of another code page: «Ł5.00»
        return -1.0
    accents = [ch for ch in word.lower() if ch > "\x7f"]
    usual = sum(1.0 if ch in _WESTERN else 0.6 if ch in _CENTRAL else -1.0 for ch in accents)
    crowded = len(accents) > 1 and len(accents) * 2 > len(word)
    turns = sum(1 for a, b in pairwise(word) if a.islower() and b.isupper())
    return usual * (-1.0 if crowded and usual > 0 else 1.0) - turns


# text that was decoded with a wrong code page and saved again ---------------------------------------


def _to_byte(error: UnicodeError) -> tuple[bytes, int]:
    """Codec error handler: C1 controls stand for the byte of the same number (undefined in code pages)."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    bad = error.object[error.start : error.end]
    if any(ord(ch) > 0xFF for ch in bad):
        raise error
    return bytes(ord(ch) for ch in bad), error.end


codecs.register_error("crmkpi-c1", _to_byte)
_SUSPECTS = re.compile("[РСÐÑ][\u0080-\uffff]|Ã[\u0080-\u00ff\u0100-\uffff]|вЂ|â€")


def _double(text: str) -> str | None:
    """The code page through which UTF-8 text went a second time, or None.

    «Р—Р°РєР°Р·» (cp1251) and «Ð—Ð°ÐºÐ°Ð·» (cp1252) come back as «Заказ»: accepted only when most of the
    suspect lines decode and the result reads far better than what stands there.
    """
    lines = [line for line in text[:65536].splitlines() if len(_SUSPECTS.findall(line)) >= 2][:200]
    if not lines:
        return None
    for page in ("cp1251", "cp1252", "latin-1"):
        fixed = [undouble_line(line, page) for line in lines]
        done = [(a, b) for a, b in zip(lines, fixed, strict=True) if a != b]
        if len(done) >= 0.6 * len(lines):
            before = _readability("\n".join(a for a, _ in done))
            after = _readability("\n".join(b for _, b in done))
            if after > max(before, 0.0):
                return page
    return None


def undouble_line(line: str, page: str) -> str:
    """One line brought back through `page`; the line itself where that does not decode."""
    try:
        return line.encode(page, "crmkpi-c1").decode("utf-8")
    except UnicodeError:
        return line


# blocks ---------------------------------------------------------------------------------------------


@dataclass
class TextBlocks:
    """Iterates a byte stream as UTF-8 blocks of whole lines with `\\n` ends, and keeps the counts.

    `bad` counts undecodable bytes (each shows as U+FFFD), `first_bad` is the byte offset of the first line
    with one; `line_ends` holds the kinds seen. Raises NulBytesError, LineTooLongError, BadBytesError.
    """

    stream: IO[bytes]
    encoding: Encoding
    file: str
    limits: Limits
    # a head may be cut inside a character: bad bytes are then no reason to refuse
    lenient: bool = False
    bad: int = 0
    first_bad: int | None = None
    total: int = 0
    offset: int = 0
    lines: int = 0
    line_ends: set[str] = field(default_factory=set)
    _wide: bool = False
    _late: bool = False

    def __iter__(self) -> Iterator[bytes]:
        skip = len(self.encoding.bom)
        decoder = (
            None
            if self.encoding.name == "utf-8"
            else codecs.getincrementaldecoder(self.encoding.name)("replace")
        )
        pending = b""
        while True:
            chunk = self.stream.read(self.limits.block_bytes)
            final = not chunk
            self.total += len(chunk)
            if skip:
                self.offset += skip
                chunk, skip = chunk[skip:], 0
            if decoder:
                chunk = self._utf8(decoder, chunk, final)
            block, pending = _whole_lines(pending, chunk, final)
            if not block and len(pending) > self.limits.line_bytes:
                raise LineTooLongError(
                    file=self.file, line=self.lines + 1, limit_mb=self.limits.line_bytes // MEGABYTE
                )
            if block:
                yield self._clean(block, final)
                self.offset += len(block)
            if final:
                break
        self._refuse_bad()

    def _utf8(self, decoder: codecs.IncrementalDecoder, chunk: bytes, final: bool) -> bytes:
        """The chunk in UTF-8, piece by piece, so that the text between stays in the processor's cache."""
        out = []
        for at in range(0, len(chunk) + final, _PIECE):
            text = decoder.decode(chunk[at : at + _PIECE], final)
            if "\ufffd" in text:
                self._note_bad(text.count("\ufffd"), self.total - len(chunk))
            out.append(text.encode("utf-8", "replace"))
        return b"".join(out)

    def _note_bad(self, count: int, offset: int) -> None:
        self.bad += count
        if self.first_bad is None:
            self.first_bad = offset
        if self.bad > self.limits.bad_share * max(self.total, 4 * MEGABYTE):
            self._refuse_bad()

    def _refuse_bad(self) -> None:
        if self.bad > max(1, self.limits.bad_share * self.total) and not self.lenient:
            raise BadBytesError(
                file=self.file, encoding=self.encoding.name, offset=self.first_bad, count=self.bad
            )

    def _clean(self, block: bytes, final: bool) -> bytes:
        if self.encoding.name == "utf-8" and not block.isascii():
            block = self._as_utf8(block)
        elif self._late:
            block = block.decode(self.encoding.name, "replace").encode()
        at = block.find(b"\x00")
        if at >= 0:
            line = self.lines + count_byte(self._with_lf(block[:at]), LF) + 1
            raise NulBytesError(file=self.file, line=line)
        if b"\xef" in block:  # a BOM in the middle: files were glued together
            block = block.replace(b"\xef\xbb\xbf", b"")
        if final and block.endswith(b"\x1a"):  # the end mark of DOS programs
            block = block[:-1]
        block = self._with_lf(block)
        if self.encoding.double:
            block = self._undoubled(block)
        self.lines += count_byte(block, LF)
        return block

    def _with_lf(self, block: bytes) -> bytes:
        """Blocks leave with LF, or with CRLF throughout, which every reader knows."""
        if b"\r" not in block:
            self.line_ends.add("LF")
            return block
        lone_cr, lone_lf = _lone_ends(block)
        if not lone_cr:
            self.line_ends |= {"CRLF", "LF"} if lone_lf else {"CRLF"}
            return block
        if b"\r\n" in block:
            self.line_ends.add("CRLF")
            block = block.replace(b"\r\r\n", b"\r\n").replace(b"\r\n", b"\n")
        if b"\r" in block:
            self.line_ends.add("CR")
            block = block.replace(b"\r", b"\n")
        return block

    def _as_utf8(self, block: bytes) -> bytes:
        """A block of a UTF-8 file. Where the file was plain ASCII so far, its real encoding shows only now."""
        if _is_utf8(block):
            self._wide = True
            return block
        if not self._wide:
            good, bad = _utf8_sequences(_high_lines(block))
            if bad >= good:
                self.encoding, self._late = Encoding(legacy_of(_high_lines(block))), True
                return block.decode(self.encoding.name, "replace").encode()
        return self._validated(block)

    def _validated(self, block: bytes) -> bytes:
        """The block with undecodable bytes as U+FFFD, counted."""
        text = block.decode("utf-8", "replace")
        try:
            block.decode("utf-8")
        except UnicodeDecodeError as error:
            line_start = max(block.rfind(b"\n", 0, error.start), block.rfind(b"\r", 0, error.start)) + 1
            count = text.count("\ufffd") - block.count(b"\xef\xbf\xbd")
            self._note_bad(count, self.offset + line_start)
        return text.encode("utf-8")

    def _undoubled(self, block: bytes) -> bytes:
        page = str(self.encoding.double)
        text = block.decode("utf-8").replace("\r\n", "\n")
        fixed = undouble_line(text, page)
        if fixed == text:
            fixed = "\n".join(undouble_line(line, page) for line in text.split("\n"))
        return fixed.encode("utf-8")


def count_byte(data: bytes, byte: int) -> int:
    """How often a byte stands in data (several times faster than bytes.count)."""
    codes = np.frombuffer(data, dtype=np.uint8)
    found = np.empty(min(len(codes), _PIECE), dtype=bool)
    total = 0
    for at in range(0, len(codes), _PIECE):
        piece = codes[at : at + _PIECE]
        total += int(np.count_nonzero(np.equal(piece, byte, out=found[: len(piece)])))
    return total


def _lone_ends(data: bytes) -> tuple[bool, bool]:
    """Whether a CR stands without LF after it, and an LF without CR before it."""
    codes = np.frombuffer(data, dtype=np.uint8)
    lone_cr, lone_lf = bool(codes[-1] == _CR), bool(codes[0] == LF)
    returns, feeds = np.empty(_PIECE, dtype=bool), np.empty(_PIECE, dtype=bool)
    for at in range(0, len(codes) - 1, _PIECE):
        after = codes[at + 1 : at + 1 + _PIECE]
        cr = np.equal(codes[at : at + len(after)], _CR, out=returns[: len(after)])
        lf = np.equal(after, LF, out=feeds[: len(after)])
        if not np.array_equal(cr, lf):
            lone_cr = lone_cr or bool((cr > lf).any())
            lone_lf = lone_lf or bool((lf > cr).any())
    return lone_cr, lone_lf


def _is_utf8(block: bytes) -> bool:
    """Whether a block is valid UTF-8, at memory speed."""
    try:
        pl.Series([block], dtype=pl.Binary).cast(pl.String)
    except pl.exceptions.PolarsError:
        return False
    return True


def _whole_lines(pending: bytes, chunk: bytes, final: bool) -> tuple[bytes, bytes]:
    """The whole lines of pending and chunk together, and what is left for the next block; copied once."""
    if chunk and not final:
        cut = chunk.rfind(b"\n") + 1
        if cut:
            return b"".join((pending, memoryview(chunk)[:cut])), chunk[cut:]
    pending += chunk
    cut = len(pending) if final else _last_line_end(pending)
    return pending[:cut], pending[cut:]


def _last_line_end(pending: bytes) -> int:
    """Offset after the last line end; a CR at the very end may be half of CRLF and is not taken."""
    cut = pending.rfind(b"\n") + 1
    return cut if cut else pending.rfind(b"\r", 0, max(len(pending) - 1, 0)) + 1
