"""What recognisers take sounds for, counted on transcripts whose truth is known.

    python -m models.confusions STORE TRUTH OUT

aligns what a store has of its calls with the ``*.truth.json`` of a folder, speaker by speaker on the sounds, and
writes the counts that `pipeline.lexicon.confusions` turns into costs, with the calls and the error rate behind.
`STORE` is an SQLAlchemy address (``sqlite:///callqa.db``). The calls must be others than those that accuracy is
measured on. The file that comes with callqa is written by this command to ``pipeline/lexicon/confusions.csv``.

Numbers are left out (45元 and 四十五元 are one sound), and so are more than `LONGEST_RUN` errors in a row: that is
speech that was lost or invented, not taken for something.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from pathlib import Path

import numpy as np

from pipeline.files import write_file
from pipeline.hearing.turns import Role
from pipeline.lexicon.confusions import EXTRA, HOMOPHONE, MISSING, Confusions, costs_from, parts
from pipeline.lexicon.phonetics import Sounds, listen, syllable_names
from pipeline.store import Store
from pipeline.validation.accuracy.characters import edits, plain
from pipeline.validation.accuracy.truth import Trial, Truth, read_truths

LONGEST_RUN = 3  # errors in a row
NUMBERS = frozenset("零一二三四五六七八九十百千万两幺点")


@dataclass(frozen=True, slots=True)
class SyllablePair:
    """One syllable that was said and what was heard for it; one of the two is empty where it has no counterpart."""

    said: str
    heard: str
    is_number: bool

    @property
    def is_right(self) -> bool:
        """Whether it is the same sound."""
        return self.said == self.heard


def syllable_pairs(reference: str, hypothesis: str) -> Iterator[SyllablePair]:
    """The syllables of a true text and of a transcript, side by side as they fit together best.

    Examples
    --------
    >>> [(pair.said, pair.heard) for pair in syllable_pairs("感谢您来电", "感谢来订")]
    [('gan', 'gan'), ('xie', 'xie'), ('nin', ''), ('lai', 'lai'), ('dian', 'ding')]
    """
    said, heard = listen(reference), listen(hypothesis)
    names = syllable_names()
    for n, m in _aligned(said, heard):
        one = said.syllables[n] if n is not None else -1
        other = heard.syllables[m] if m is not None else -1
        characters = {said.characters[n] if n is not None else "", heard.characters[m] if m is not None else ""}
        if max(one, other) < len(names):  # letters are no syllables
            is_number = bool(characters & NUMBERS)
            yield SyllablePair(names[one] if one >= 0 else "", names[other] if other >= 0 else "", is_number)


def confusions_of(trials: Iterable[Trial]) -> Confusions:
    """Counts of what was said and of what was heard for it, over calls and both speakers."""
    said, heard = Counter[tuple[str, str]](), Counter[tuple[str, str, str]]()
    for trial in trials:
        for reference, hypothesis in texts_of(trial):
            for is_right, run in groupby(syllable_pairs(reference, hypothesis), lambda each: each.is_right):
                pairs = list(run)
                if is_right or len(pairs) <= LONGEST_RUN:
                    for pair in pairs:
                        _count(pair, said, heard)
    return Confusions(said, heard)


def texts_of(trial: Trial) -> Iterator[tuple[str, str]]:
    """The true words of each speaker, and those in the turns under the speaker's role."""
    for role in (Role.AGENT, Role.CUSTOMER):
        lines = sorted((line for line in trial.truth.lines if line.role is role), key=lambda line: line.start)
        yield "".join(line.text for line in lines), "".join(turn.text for turn in trial.turns if turn.role is role)


def _count(pair: SyllablePair, said: Counter[tuple[str, str]], heard: Counter[tuple[str, str, str]]) -> None:
    if pair.is_number or not pair.said:
        return
    said["missing", pair.said] += 1
    if not pair.heard:
        heard["missing", pair.said, ""] += 1
        return
    both = [("syllable", pair.said, pair.heard)]
    both += list(zip(("initial", "final"), parts(pair.said), parts(pair.heard), strict=True))
    for kind, one, other in both:
        said[kind, one] += 1
        if one != other:
            heard[kind, one, other] += 1


def _aligned(said: Sounds, heard: Sounds) -> list[tuple[int | None, int | None]]:
    """Places in both that stand for each other, with what sounds alike to people; None where one has nothing."""
    costs = costs_from(Confusions())[np.ix_(said.syllables, heard.syllables)].astype(np.int64)
    same = np.array(list(said.characters))[:, None] == np.array(list(heard.characters))[None, :]
    costs = np.where(same, 0, np.maximum(costs, HOMOPHONE))
    steps = EXTRA * np.arange(len(heard) + 1)
    table = np.zeros((len(said) + 1, len(heard) + 1), np.int64)
    table[0] = steps
    for n in range(1, len(said) + 1):
        row = table[n - 1] + MISSING
        row[1:] = np.minimum(row[1:], table[n - 1, :-1] + costs[n - 1])
        table[n] = np.minimum.accumulate(row - steps) + steps
    n, m = len(said), len(heard)
    pairs: list[tuple[int | None, int | None]] = []
    while n or m:
        if n and m and table[n, m] == table[n - 1, m - 1] + costs[n - 1, m - 1]:
            n, m = n - 1, m - 1
            pairs.append((n, m))
        elif n and table[n, m] == table[n - 1, m] + MISSING:
            n -= 1
            pairs.append((n, None))
        else:
            m -= 1
            pairs.append((None, m))
    return pairs[::-1]


def table_lines(counts: Confusions, trials: Sequence[Trial], on: date) -> Iterator[str]:
    """The lines of the table, with where it is from; only what was mistaken or weighs enough to matter."""
    texts = [pair for trial in trials for pair in texts_of(trial)]
    length = sum(len(plain(reference)) for reference, _ in texts)
    wrong = sum(edits(reference, hypothesis) for reference, hypothesis in texts)
    yield "# What a recogniser took each sound for. Written by python -m models.confusions; do not edit."
    yield f"# {len(trials)} calls: {' '.join(trial.call_id for trial in trials)}"
    yield f"# {length} characters said, CER {wrong / max(1, length):.3f}, counted on {on.isoformat()}"
    yield "kind,said,heard,count,of"
    yield from (",".join(map(str, row)) for row in counts.rows())


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the table of a store and a folder of truth files."""
    described = (__doc__ or "").splitlines()[0]
    parser = argparse.ArgumentParser(prog="python -m models.confusions", description=described)
    parser.add_argument("store", metavar="STORE", help="SQLAlchemy address of the store that heard the calls")
    parser.add_argument("truth", metavar="TRUTH", type=Path, help="folder with their *.truth.json")
    parser.add_argument(
        "out", metavar="OUT", type=Path, help="file to write; pipeline/lexicon/confusions.csv ships"
    )
    asked = parser.parse_args(arguments)
    with Store.open(asked.store, create=False) as store:
        truths = [truth for truth in read_truths(asked.truth) if isinstance(truth, Truth)]
        trials = [Trial.of(truth, store.calls.get(truth.call_id)) for truth in truths]
    heard = [trial for trial in trials if trial.turns]
    lines = table_lines(confusions_of(heard), heard, date.today())
    write_file(asked.out, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
