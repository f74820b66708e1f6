"""What only a person can decide: a question with its options, never a guess."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Question:
    """One question about a file. The sentence is i18n `question.<code>`, an option's `question.<code>_<option>`.

    `default` is set only when the evidence is one-sided: the question may then wait as a marked default.
    `changes_numbers` says that a number on screen depends on the answer. `params` fills the sentence and
    carries both results ("revenue 8.9m or 890m") where they are known.
    """

    code: str
    column: str | None = None
    options: tuple[str, ...] = ()
    default: str | None = None
    changes_numbers: bool = True
    params: dict[str, object] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Under which an answer is given: `code` or `code:column`."""
        return self.code if self.column is None else f"{self.code}:{self.column}"


def worded(answers: Mapping[str, str], code: str, word: str, understood: str | None) -> str | None:
    """What a word of the file means: the answer about this very word, else what the vocabulary understands, else an
    answer for all words of the file that nobody understands."""
    return answers.get(f"{code}:{word}") or understood or answers.get(code)


def answer_to(answers: Mapping[str, str], code: str, column: str | None) -> str | None:
    """The given answer, the one for this column before the one for the whole file; None if there is none."""
    if column is not None and f"{code}:{column}" in answers:
        return answers[f"{code}:{column}"]
    return answers.get(code)
