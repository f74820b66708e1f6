"""What the words of the command line stand for: files, JSON options, filters, days; and the answer on stdout."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from crmkpi.errors import CrmKpiError

if TYPE_CHECKING:
    from crmkpi.engine.data import DataDir
    from crmkpi.engine.evaluate import Where
    from crmkpi.i18n import Words


class BadJsonFileError(CrmKpiError):
    """A file given to an option is no JSON: `file`, `option`, `line`."""

    code = "bad_file_json"


class BadWhereError(CrmKpiError):
    """A filter that is not DIM=VALUE: `text`."""

    code = "bad_where"


class BadDayError(CrmKpiError):
    """An option wants a day in ISO form: `text`."""

    code = "bad_day"


class BadWindowError(CrmKpiError):
    """The window ends before it begins: `first`, `last`."""

    code = "bad_window"


class UsageError(CrmKpiError):
    """Words of the command line that do not fit: `detail`."""

    code = "usage"


def plain(value: Any) -> Any:
    """Turn dates, paths, tuples and non-finite numbers into plain JSON values (unknown is null)."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, (date, datetime)):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(v) for v in value]
    if isinstance(value, Path):
        return value.name
    return value


def write_json(document: Any) -> None:
    """One JSON document to stdout."""
    json.dump(plain(document), sys.stdout, ensure_ascii=False, allow_nan=False)
    sys.stdout.write("\n")


def json_file(path: str | None, option: str) -> dict[str, Any]:
    """An option's JSON object; {} where the option was not given."""
    if path is None:
        return {}
    file = Path(path)
    if not file.is_file():
        raise _missing(file)
    try:
        found = json.loads(file.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise BadJsonFileError(file=file.name, option=option, line=error.lineno) from error
    if not isinstance(found, dict):
        raise BadJsonFileError(file=file.name, option=option, line=1)
    return found


def _missing(file: Path) -> CrmKpiError:
    from crmkpi.ingest.reading_errors import FileMissingError

    return FileMissingError(file=file.name)


def content(path: str) -> bytes:
    """The bytes of a file of the user's."""
    file = Path(path)
    if not file.is_file():
        raise _missing(file)
    return file.read_bytes()


def files(names: Sequence[str]) -> list[Path]:
    """Paths of files that are there."""
    paths = [Path(n) for n in names]
    for path in paths:
        if not path.is_file():
            raise _missing(path)
    return paths


def where(texts: Sequence[str]) -> tuple[Where, ...]:
    """`--where country=France --where country=Spain`: OR inside a dimension, AND between dimensions."""
    from crmkpi.engine.evaluate import Where

    found: dict[str, list[str | None]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise BadWhereError(text=text)
        found.setdefault(name.strip().lower(), []).append(value if value != "" else None)
    return tuple(Where(name, tuple(values)) for name, values in found.items())


def filters(data: DataDir, texts: Sequence[str], t: Words) -> tuple[Where, ...]:
    """`--where` as the data spell it; a value that no row has is named on stderr, its numbers are of no rows."""
    from crmkpi.engine.dimensions import spelled

    found, unknown = spelled(data, where(texts))
    for dimension, value in unknown:
        print(t("cli.where_unknown", dimension=dimension, value=value), file=sys.stderr)
    return found


def day(text: str | None) -> date | None:
    """A day in ISO form, None where the option was not given."""
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadDayError(text=text) from error


def window(first: str | None, last: str | None) -> dict[str, date | None]:
    """`--from` and `--to`; BadWindowError where the first day is after the last."""
    found = {"first": day(first), "last": day(last)}
    if found["first"] and found["last"] and found["first"] > found["last"]:
        raise BadWindowError(first=found["first"], last=found["last"])
    return found
