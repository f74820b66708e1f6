"""Which metric is meant: catalogue names and synonyms in both languages, in any inflection, with small typos."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz

from crmkpi.catalog.in_force import per_catalogue
from crmkpi.catalog.metric import metrics
from crmkpi.targets.language import LANGUAGES, Line, either, plain, stem, stems, vocabulary

# a phrase counts when this much of its weight was said
MIN_RECALL = 0.75
# words of one name stand near each other
SPREAD = 6
SAME_WORD = 86
CLOSE = 0.97


@dataclass(frozen=True)
class Phrase:
    """One way to name a metric: the text and its stems."""

    metric: str
    text: str
    stems: tuple[str, ...]


@dataclass(frozen=True)
class Hit:
    """A metric found in a line: places of its words, weight of what was said, and how much of the name it was."""

    metric: str
    spans: tuple[tuple[int, int], ...]
    score: float


@per_catalogue
def phrases() -> tuple[Phrase, ...]:
    """All names of all metrics: id, labels, synonyms of the catalogue and of the grammar."""
    found: dict[tuple[str, str], Phrase] = {}
    for name, metric in metrics().items():
        texts = [metric.label.ru, metric.label.en, name.replace("_", " ")]
        texts += [*metric.synonyms.ru, *metric.synonyms.en]
        texts += [re.sub(r"\s*\([^)]*\)", "", text) for text in texts if "(" in text]
        for lang in LANGUAGES:
            texts += vocabulary(lang).names.get(name, ())
        for text in texts:
            if name not in by_label().get(plain(text), (name,)):
                continue  # a short name of one metric is the full name of another
            said = tuple(dict.fromkeys(stems(text))) or tuple(stem(w) for w in re.findall(r"\w+", text))
            found.setdefault((name, plain(text)), Phrase(name, plain(text), said))
    return tuple(found.values())


@per_catalogue
def _weights() -> dict[str, float]:
    """A word that few metrics have in their names says more."""
    seen: dict[str, set[str]] = {}
    for phrase in phrases():
        for word in phrase.stems:
            seen.setdefault(word, set()).add(phrase.metric)
    return {word: 0.5 + math.log(len(metrics()) / len(names)) for word, names in seen.items()}


@per_catalogue
def by_label() -> Mapping[str, tuple[str, ...]]:
    """Plain label in either language -> ids (two metrics may have one label)."""
    found: dict[str, list[str]] = {}
    for name, metric in metrics().items():
        for label in {plain(metric.label.ru), plain(metric.label.en)}:
            found.setdefault(label, []).append(name)
    return {label: tuple(names) for label, names in found.items()}


def exact(text: str, language: str | None = None) -> str | None:
    """The metric of a quoted name: its label, its id, or «label [id]»; None when there is none."""
    found = re.fullmatch(r"(.*\S)\s*\[(\w+)\]", text.strip())
    if found and found.group(2) in metrics():
        return found.group(2)
    if text.strip() in metrics():
        return text.strip()
    names = by_label().get(plain(text.strip()), ())
    return names[0] if names else None


def take_literal(line: Line) -> str | None:
    """Take a name that stands word for word (two words or a number in it): the first, and of those the longest."""
    found = [(at, -len(text), metric) for text, metric in _literals() if (at := _place(line.text, text)) >= 0]
    # a longer name may begin earlier and hold a shorter one inside; a shorter one may hang over its beginning
    best = min(found, default=None, key=lambda f: f[:2])
    if best is None:
        return None
    longer = [f for f in found if f[0] < best[0] - best[1] and f[1] < best[1]]
    at, length, metric = min(longer, default=best, key=lambda f: f[1])
    line.use(at, at - length)
    return metric


def _place(text: str, name: str) -> int:
    """Where a name stands as whole words; -1 if nowhere."""
    at = text.find(name)
    while at >= 0:
        end = at + len(name)
        if not re.match(r"\w", text[end : end + 1]) and not re.match(r"\w", text[max(at - 1, 0) : at]):
            return at
        at = text.find(name, at + 1)
    return -1


@per_catalogue
def _literals() -> tuple[tuple[str, str], ...]:
    """Names that need no stems, the longest first; of two metrics with one name the result comes first."""
    found = [(p.text, p.metric) for p in phrases() if " " in p.text or re.search(r"\d", p.text)]
    return tuple(
        sorted(found, key=lambda f: (-len(f[0]), metrics()[f[1]].local, metrics()[f[1]].kind != "kpi"))
    )


def find_metrics(line: Line, fed: Collection[str] | None = None) -> list[Hit]:
    """Metrics named in the rest of a line, the best first; one hit a metric.

    `fed`: metrics the data can feed: they win over others of nearly the same score.
    """
    # «удержать отток» speaks of churn: the verb names no metric
    tokens = [t for t in line.tokens() if not re.fullmatch(either("direction.hold"), line.text[t[1] : t[2]])]
    best: dict[str, Hit] = {}
    for phrase in phrases():
        hit = _match(phrase, tokens)
        if hit is not None and (phrase.metric not in best or hit.score > best[phrase.metric].score):
            best[phrase.metric] = hit
    return sorted(best.values(), key=lambda h: _rank(h, fed))


def _rank(hit: Hit, fed: Collection[str] | None) -> tuple[float, bool, bool, int]:
    metric = metrics()[hit.metric]
    bonus = 1.1 if fed is None or hit.metric in fed else 1.0
    return (-round(hit.score * bonus, 2), metric.local, metric.kind != "kpi", hit.spans[0][0])


def _match(phrase: Phrase, tokens: Sequence[tuple[str, int, int]]) -> Hit | None:
    weights = _weights()
    whole = sum(weights[w] for w in phrase.stems)
    said = 0.0
    places: list[int] = []
    for word in phrase.stems:
        place = _nearest(word, tokens, places)
        if place is not None:
            places.append(place)
            said += weights[word]
    if not places or whole <= 0 or said / whole < MIN_RECALL:
        return None
    if max(places) - min(places) > len(phrase.stems) + SPREAD:
        return None
    if len(places) == 1 and len(phrase.stems) > 1:
        return None
    spans = tuple((tokens[p][1], tokens[p][2]) for p in sorted(places))
    return Hit(phrase.metric, spans, said * (said / whole) ** 2)


def _nearest(word: str, tokens: Sequence[tuple[str, int, int]], used: Sequence[int]) -> int | None:
    """The token with this stem that lies nearest to the ones found; small typos only in longer words."""
    fitting = [i for i, t in enumerate(tokens) if i not in used and same_stem(word, t[0])]
    if not fitting:
        return None
    if not used:
        return fitting[0]
    middle = sum(used) / len(used)
    return min(fitting, key=lambda i: abs(i - middle))


@cache
def same_stem(a: str, b: str) -> bool:
    """Whether two stems are one word: equal, one the beginning of the other, or a typo apart."""
    if a == b:
        return True
    if min(len(a), len(b)) < 4:
        return False
    if min(len(a), len(b)) >= 5 and abs(len(a) - len(b)) <= 2 and (a.startswith(b) or b.startswith(a)):
        return True
    return a[0] == b[0] and fuzz.ratio(a, b) >= SAME_WORD


def near(hits: Sequence[Hit]) -> tuple[str, ...]:
    """Metrics that the words mean just as well as the first one, so that a person should choose."""
    return tuple(h.metric for h in hits[1:] if hits and h.score >= CLOSE * hits[0].score)


def label_repeats(name: str, lang: str) -> bool:
    """Whether another metric has the same label in this language."""
    labels = Counter(plain(m.label[lang]) for m in metrics().values())
    return labels[plain(metrics()[name].label[lang])] > 1
