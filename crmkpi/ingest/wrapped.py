"""Files in which every whole line is one quoted cell: a CSV that was opened and saved by a program of one column.

The quotes inside are doubled. Only the head decides; then each line of the file that is wrapped is unwrapped
before it is read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from crmkpi.ingest.dialect import Sniffed, sniff_dialect

_SHARE = 0.9
_LINE = re.compile(rb'^"((?:[^"\n]|"")*)"(?=\r?$)', re.M)


def unwrapped_head(lines: Sequence[str], sniffed: Sniffed) -> tuple[list[str], Sniffed] | None:
    """Lines of the head without their outer quotes and the dialect below; None when it is no such file."""
    if sniffed.dialect.delimiter is not None or sniffed.sep_lines:
        return None
    held = [line for line in lines if line.strip()]
    wrapped = [line for line in held if len(line) > 1 and line[0] == '"' == line.rstrip()[-1]]
    if len(wrapped) < max(2, _SHARE * len(held)):
        return None
    inner = unwrapped("\n".join(lines).encode("utf-8")).decode("utf-8").split("\n")
    below = sniff_dialect(inner)
    return (inner, below) if below.dialect.delimiter is not None else None


def unwrapped(data: bytes) -> bytes:
    """A block of whole lines with the outer quotes of each wrapped line taken off."""
    return _LINE.sub(lambda found: found[1].replace(b'""', b'"'), data)
