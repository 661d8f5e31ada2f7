"""Throughput of the matcher beside pypinyin + rapidfuzz.partial_ratio, over the same text: phrases with two errors.

    python -m tests.bench.matching [CALLS]

`CALLS` is a folder of ``*.truth.json``, the bundled calls if none is given. Three corpora, each of 300 phrases of
the lists and made of what services say; texts of true lines and templates, half of them with a phrase in which
up to two characters are wrong; what is printed is of all three. The peer's threshold is the one of its best
F1, ours that of ours. Times are CPU seconds of this process, the best of several goes for both.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.matcher import lines_of
from pipeline.lexicon import bundled_lexicons
from pipeline.validation.accuracy.simulation import (
    Corpus,
    Pair,
    as_lexicon,
    at_best,
    at_precision,
    by_callqa,
    by_rapidfuzz,
    corrupt,
    make_corpus,
    phrases_of,
)

NUM_PHRASES, NUM_TEXTS, NUM_TEXTS_OF_PEER = 300, 20_000, 4_000
LOT, NUM_GOES = 1_000, 5  # texts of the peer timed at once; how often callqa goes over all
FASTER = 100  # times as many texts a second
MOST_ERRORS, ERROR_RATE = 2, 0.10  # in a phrase, and in the text around it
TOLERANCE = 0.29  # two unrelated syllables of seven
SEEDS = 8, 11, 23

Found = TypeVar("Found")


class Measured(NamedTuple):
    """One corpus: CPU seconds for a text, what both found in the first texts, and what was said in those."""

    ours: float
    peers: float
    found: NDArray[np.float64]
    usual: NDArray[np.float64]
    said: frozenset[Pair]


def misheard(clean: Corpus, chance: random.Random) -> list[str]:
    """The texts with up to two wrong characters in each phrase and some in the rest."""
    said = dict(sorted(clean.said))
    heard = []
    for n, text in enumerate(clean.texts):
        phrase = clean.phrases[said[n]] if n in said else ""
        parts = text.split(phrase, 1) if phrase else [text]
        wrong = phrase
        for place in chance.sample(range(len(phrase)), min(len(phrase), chance.randint(0, MOST_ERRORS))):
            # From behind, so that a lost or added character does not move the places that are still to come.
            character = corrupt(phrase[place], 1.0, chance)
            wrong = wrong if len(wrong) != len(phrase) else wrong[:place] + character + wrong[place + 1 :]
        heard.append(wrong.join(corrupt(part, ERROR_RATE, chance) for part in parts))
    return heard


def measured(lines: Sequence[str], seed: int) -> Measured:
    """Both matchers on the corpus of a seed."""
    phrases = phrases_of(bundled_lexicons(), NUM_PHRASES, seed)
    clean = make_corpus(phrases, lines, NUM_TEXTS, seed)
    texts = misheard(clean, random.Random(seed))
    wanted = as_lexicon(phrases, TOLERANCE)
    wanted.search("")  # ready, as it is after the first call of a night

    ours = min(_timed(wanted.search_all, texts)[1] for _ in range(NUM_GOES)) / NUM_TEXTS
    lots = [texts[n : n + LOT] for n in range(0, NUM_TEXTS_OF_PEER, LOT)]
    scores, seconds = zip(*(_timed(partial(by_rapidfuzz, phrases), lot) for lot in lots), strict=True)
    usual, found = np.concatenate(scores), by_callqa(phrases, texts[:NUM_TEXTS_OF_PEER], TOLERANCE)
    shared = Corpus(clean.phrases, clean.texts[:NUM_TEXTS_OF_PEER])
    for pair in shared.undecided:
        usual[pair] = found[pair] = 0.0
    print(f"seed {seed}: {len(phrases)} phrases, {len(texts)} texts, {sum(map(len, texts))} characters", flush=True)
    return Measured(ours, min(seconds) / LOT, found, usual, shared.said)


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "calls"
    several = [measured(lines_of(folder), seed) for seed in SEEDS]
    ours, peers = (float(np.mean(seconds)) for seconds in ([m.ours for m in several], [m.peers for m in several]))
    found, usual = (np.concatenate(s) for s in ([m.found for m in several], [m.usual for m in several]))
    said = frozenset((k * NUM_TEXTS_OF_PEER + n, m) for k, each in enumerate(several) for n, m in each.said)

    print(f"{len(said)} phrases said in {len(found)} texts that both went over")
    print(f"callqa                 {1 / ours:10.0f} texts/s")
    print(f"pypinyin + rapidfuzz   {1 / peers:10.0f} texts/s")
    theirs, best = at_best("rapidfuzz at its best F1", usual, said), at_best("callqa at its best F1", found, said)
    for each in (theirs, best, at_precision("callqa, as precise as it", found, said, theirs.precision)):
        print(f"{each.method:<26} precision {each.precision:.3f}  recall {each.recall:.3f}  F1 {each.f1:.3f}")
    faster = peers / ours
    print(f"throughput             {faster:10.1f} times the peer's (target {FASTER}): {_verdict(faster >= FASTER)}")
    for measure in ("recall", "precision"):
        own, others = getattr(best, measure), getattr(theirs, measure)
        print(f"{measure:<22} {own:10.3f} against {others:.3f} (target: no lower): {_verdict(own >= others)}")


def _timed(search: Callable[[Sequence[str]], Found], texts: Sequence[str]) -> tuple[Found, float]:
    """What a search finds, and the CPU seconds it took."""
    begin = time.process_time()
    found = search(texts)
    return found, time.process_time() - begin


def _verdict(holds: bool) -> str:
    return "met" if holds else "not met"


if __name__ == "__main__":
    main()
