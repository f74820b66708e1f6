"""What is fixed before any draw: the planted effects, the words, the calendar."""

import tomllib
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

HERE = Path(__file__).resolve().parents[1]
DAY = 24 * 60
# January..December: a shop for the home sells its year in November and December
MONTH_LEVEL = np.array([0.85, 0.90, 1.00, 0.95, 0.90, 0.80, 0.76, 0.85, 1.00, 1.08, 1.65, 1.90])
WEEKDAY_LEVEL = np.array([0.95, 0.94, 0.98, 1.00, 1.06, 1.14, 0.93])

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Plan:
    """Effects (effects.toml), words (words.toml) and the calendar they share."""

    effects: dict[str, Any]
    words: dict[str, Any]

    @property
    def start(self) -> date:
        """First day of the data."""
        return self.effects["data"]["from"]

    @property
    def days(self) -> int:
        """Number of days in the data, both ends included."""
        return (self.effects["data"]["to"] - self.start).days + 1

    def day(self, moment: date) -> int:
        """Days from the first day of the data; negative before it."""
        return (moment - self.start).days

    def minute(self, moment: datetime) -> int:
        """Whole minutes from the first midnight of the data."""
        return int((moment - datetime.combine(self.start, datetime.min.time())) / timedelta(minutes=1))

    def dates(self) -> list[date]:
        """Every day of the data."""
        return [self.start + timedelta(days=n) for n in range(self.days)]

    def months(self) -> list[date]:
        """First day of every month of the data."""
        return [day for day in self.dates() if day.day == 1]

    def level(self) -> Array:
        """How busy each day is: yearly season times weekday, about 1 on average."""
        days = self.dates()
        month = MONTH_LEVEL[[day.month - 1 for day in days]]
        return month * WEEKDAY_LEVEL[[day.weekday() for day in days]]

    def keys(self, values: str) -> list[str]:
        """The keys of one value list of words.toml, in file order."""
        return list(self.words["values"][values])

    def code(self, values: str, english: str) -> int:
        """Position of the value whose English name is given (effects.toml speaks as the files do)."""
        names = [word["en"] for word in self.words["values"][values].values()]
        return names.index(english)


def read_plan() -> Plan:
    """Read effects.toml and words.toml that lie beside make.py."""
    effects = tomllib.loads((HERE / "effects.toml").read_text(encoding="utf-8"))
    words = tomllib.loads((HERE / "words.toml").read_text(encoding="utf-8"))
    return Plan(effects, words)
