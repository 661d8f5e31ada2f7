"""The costs of taking one sound for another, 0 (the same) to 1 (nothing in common).

A prior set by hand (what sounds alike to people) is moved by what was counted on transcripts whose truth is known
(`confusions.csv`, written by ``python -m models.confusions``): the fewer the counts, the less it moves. Costs are
probabilities on the scale of the prior: every `NATS` of negative log probability, from `OFFSET` on, cost 1.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray
from pypinyin.contrib.tone_convert import to_finals, to_initials

from pipeline.lexicon.phonetics import num_sounds, silence, syllable_names

Costs = NDArray[np.int32]
"""Costs in thousandths: whole numbers, so that sums are exact and every order of adding gives the same."""
UNIT = 1000

HOMOPHONE = 50
"""Another character of the same sound, in thousandths: what recognisers do most, and what costs a match least."""
LEAST, UNRELATED = 60, 1000
MISSING, EXTRA = 900, 700
"""Cost of a syllable of the phrase that was not heard, and of one heard inside it that is not its own."""
LEAST_MISSING = 700  # however often a syllable is swallowed
BEYOND = 30_000  # a silence is nobody's syllable

OFFSET, NATS = 2.9, 6.2
"""exp(-OFFSET - NATS * cost) is how often the sound is taken for the other: 3 % at 0.1, 0.1 % at 0.65."""
PART_WEIGHT, SYLLABLE_WEIGHT, MISSING_WEIGHT = 400.0, 200.0, 200.0
"""As how many hearings the prior counts, for an initial or final, a whole syllable, and a swallowed syllable."""
LEAST_SEEN = 2  # a pair of syllables met once is chance
MOST_LOWERED = 0.2  # a few calls make no two sounds alike: what is common is heard for anything now and then
USUALLY_MISSING = 0.02  # the share of syllables that are swallowed, where nothing was counted


def _close(written: dict[float, str]) -> dict[frozenset[str], float]:
    return {frozenset(pair.split("~")): cost for cost, pairs in written.items() for pair in pairs.split()}


CLOSE_INITIALS = _close(
    {
        0.1: "zh~z ch~c sh~s",
        0.2: "n~l h~f r~l",
        0.35: "b~p d~t g~k j~q zh~ch z~c j~zh q~ch x~sh m~n x~q s~c sh~ch",
    }
)
CLOSE_FINALS = _close(
    {
        0.1: "en~eng in~ing an~ang uan~uang ian~iang",
        0.3: "uen~uan en~uen uo~o uo~ou e~uo ong~eng ie~ian i~in i~ing u~ou ai~an ao~ou a~an iao~iou ei~en ang~ao "
        "v~i ing~ie ian~in ai~ei",
    }
)
DIFFERENT_INITIAL, DIFFERENT_FINAL = 0.65, 0.65


@dataclass(frozen=True, slots=True)
class Confusions:
    """The counts of how often each sound was said, and as which others it was heard.

    `said` counts ``(kind, sound)``, `heard` counts ``(kind, sound, other)``; the kind is ``initial``, ``final``,
    ``syllable``, or ``missing``, where the other is empty. Hearings that were right are in `said` alone.
    """

    said: Mapping[tuple[str, str], int] = field(default_factory=Counter)
    heard: Mapping[tuple[str, str, str], int] = field(default_factory=Counter)

    def rows(self) -> Iterator[tuple[str, str, str, int, int]]:
        """The rows of the table: kind, sound, what was heard for it, how often, of how many; 0 for what never was.

        Examples
        --------
        >>> list(Confusions({("initial", "zh"): 40, ("initial", "b"): 9}, {("initial", "zh", "z"): 3}).rows())
        [('initial', 'b', '', 0, 9), ('initial', 'zh', 'z', 3, 40)]
        """
        for (kind, sound), total in sorted(self.said.items()):
            others = sorted((o, n) for (k, s, o), n in self.heard.items() if (k, s) == (kind, sound))
            for other, count in others or [("", 0)]:
                yield kind, sound, other, count, total


def read_confusions(lines: Iterable[str]) -> Confusions:
    """The counts of a table as ``python -m models.confusions`` writes it; lines with # tell where they are from.

    Examples
    --------
    >>> read_confusions(["# 24 calls", "kind,said,heard,count,of", "initial,zh,z,3,40"]).heard
    {('initial', 'zh', 'z'): 3}
    """
    said: dict[tuple[str, str], int] = {}
    heard: dict[tuple[str, str, str], int] = {}
    for kind, sound, other, count, total in list(csv.reader(x for x in lines if not x.startswith("#")))[1:]:
        said[kind, sound] = int(total)
        if int(count):
            heard[kind, sound, other] = int(count)
    return Confusions(said, heard)


@cache
def learned() -> Confusions:
    """The counts that come with callqa."""
    table = files("pipeline.lexicon") / "confusions.csv"
    return read_confusions(table.read_text(encoding="utf-8").splitlines())


@cache
def parts(reading: str) -> tuple[str, str]:
    """Initial and final of a toneless syllable; either may be empty.

    Examples
    --------
    >>> parts("zhong"), parts("an"), parts("yuan")
    (('zh', 'ong'), ('', 'an'), ('', 'van'))
    """
    return to_initials(reading, strict=True), to_finals(reading, strict=True)


@cache
def sound_costs() -> Costs:
    """The cost of hearing each sound where another was said, int32 (said, heard), by the numbers of the sounds.

    Examples
    --------
    >>> names = syllable_names()
    >>> zhi, zi, ma = (names.index(name) for name in ("zhi", "zi", "ma"))
    >>> bool(sound_costs()[zhi, zi] < sound_costs()[zhi, ma])
    True
    """
    return costs_from(learned())


@cache
def missing_costs() -> Costs:
    """The cost of not hearing each sound at all, int32 (num_sounds,).

    Examples
    --------
    >>> missing_costs().shape == (num_sounds(),)
    True
    """
    return missing_from(learned())


def cost(said: str, heard: str) -> float:
    """The cost of hearing the second of two toneless syllables where the first was said, 0..1.

    Examples
    --------
    >>> cost("gong", "ma"), cost("nin", "nin"), cost("zhi", "zi") < 0.2
    (1.0, 0.0, True)
    """
    names = syllable_names()
    return float(sound_costs()[names.index(said), names.index(heard)]) / UNIT


def costs_from(counts: Confusions) -> Costs:
    """The costs between all sounds as the prior and these counts make them, int32 (num_sounds, num_sounds).

    Examples
    --------
    >>> names = syllable_names()
    >>> said, heard = names.index("fang"), names.index("huang")
    >>> counts = Confusions({("syllable", "fang"): 100}, {("syllable", "fang", "huang"): 40})
    >>> bool(costs_from(counts)[said, heard] < costs_from(Confusions())[said, heard])
    True
    """
    names = syllable_names()
    halves = [parts(name) for name in names]
    table = np.zeros((len(names), len(names)))
    for kind, half, close, different in (
        ("initial", 0, CLOSE_INITIALS, DIFFERENT_INITIAL),
        ("final", 1, CLOSE_FINALS, DIFFERENT_FINAL),
    ):
        values = sorted({both[half] for both in halves})
        prior = np.array([[_prior(a, b, close, different) for b in values] for a in values])
        moved = _moved(prior, kind, values, counts, PART_WEIGHT)
        at = np.array([values.index(both[half]) for both in halves])
        table += moved[np.ix_(at, at)]
    unspoken = np.array([not final for _, final in halves])  # m, n, hm: no syllables
    table[unspoken, :] = table[:, unspoken] = 1.0
    table = np.minimum(table, 1.0)
    table = _moved(table, "syllable", names, counts, SYLLABLE_WEIGHT, LEAST_SEEN)
    costs = np.full((num_sounds(), num_sounds()), UNRELATED, np.int32)
    costs[: len(names), : len(names)] = np.clip(np.rint(table * UNIT), LEAST, UNRELATED)
    np.fill_diagonal(costs, 0)
    costs[silence(), :] = costs[:, silence()] = BEYOND
    return costs


def missing_from(counts: Confusions) -> Costs:
    """The cost of missing each sound, as the prior and these counts make it, int32 (num_sounds,).

    Examples
    --------
    >>> swallowed = Confusions({("missing", "de"): 1000}, {("missing", "de", ""): 300})
    >>> de = syllable_names().index("de")
    >>> int(missing_from(Confusions())[de]), int(missing_from(swallowed)[de])
    (900, 700)
    """
    costs = np.full(num_sounds(), MISSING, np.int32)
    for n, name in enumerate(syllable_names()):
        total, lost = counts.said.get(("missing", name), 0), counts.heard.get(("missing", name, ""), 0)
        share = (lost + MISSING_WEIGHT * USUALLY_MISSING) / (total + MISSING_WEIGHT)
        shift = MISSING + UNIT * np.log(USUALLY_MISSING / share) / NATS
        costs[n] = np.clip(round(float(shift)), LEAST_MISSING, MISSING)
    return costs


def _prior(one: str, other: str, close: Mapping[frozenset[str], float], different: float) -> float:
    return 0.0 if one == other else close.get(frozenset((one, other)), different)


def _moved(
    prior: NDArray[np.float64],
    kind: str,
    sounds: Iterable[str],
    counts: Confusions,
    weight: float,
    least_seen: int = 0,
) -> NDArray[np.float64]:
    """The prior's costs moved by counts; where no more than `least_seen` - 1 were seen, those of the prior."""
    place = {sound: n for n, sound in enumerate(sounds)}
    total, pairs = np.zeros(len(place)), np.zeros_like(prior)
    for (of, sound), count in counts.said.items():
        if of == kind and sound in place:
            total[place[sound]] = count
    for (of, sound, other), count in counts.heard.items():
        if of == kind and sound in place and other in place:
            pairs[place[sound], place[other]] = count
    expected = np.exp(-OFFSET - NATS * prior)
    share = (pairs + weight * expected) / (total + weight)[:, None]
    costs = np.maximum((-np.log(share) - OFFSET) / NATS, np.maximum(prior - MOST_LOWERED, 0.0))
    return np.where((prior == 0) | (pairs < least_seen), prior, costs)
