"""Throughput of the matcher beside pypinyin + rapidfuzz.partial_ratio, over the same text: phrases with two errors.

    python -m tests.bench.matching [CALLS]

`CALLS` is a folder of ``*.truth.json``, the bundled calls if none is given. 300 phrases of the lists and made of
what services say; texts of true lines and templates, half of them with a phrase in which up to two characters are
wrong. The peer's threshold is the one of its best F1, ours that of ours. Times are CPU seconds of this process, so
that what else the machine does is left out. callqa goes over all texts, the peer over the first of them, and both
are told as texts a second; what was found is compared on the texts that both went over.
"""

import random
import sys
import time
from pathlib import Path

from models.matching import lines_of
from pipeline.accuracy.simulation import (
    Corpus,
    as_lexicon,
    at_best,
    at_precision,
    by_callqa,
    by_rapidfuzz,
    corpus,
    corrupted,
    phrases_of,
)
from pipeline.lexicon import bundled_lexicons

NUM_PHRASES, NUM_TEXTS, NUM_TEXTS_OF_PEER = 300, 20_000, 1_000
MOST_ERRORS, ERROR_RATE = 2, 0.10  # in a phrase, and in the text around it
TOLERANCE = 0.25
SEED = 7


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
            character = corrupted(phrase[place], 1.0, chance)
            wrong = wrong if len(wrong) != len(phrase) else wrong[:place] + character + wrong[place + 1 :]
        heard.append(wrong.join(corrupted(part, ERROR_RATE, chance) for part in parts))
    return heard


def main() -> None:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "calls"
    phrases = phrases_of(bundled_lexicons(), NUM_PHRASES, SEED)
    clean = corpus(phrases, lines_of(folder), NUM_TEXTS, SEED)
    texts = misheard(clean, random.Random(SEED))
    wanted = as_lexicon(phrases, TOLERANCE)
    wanted.search("")  # ready, as it is after the first call of a night

    begin = time.process_time()
    wanted.search_all(texts)
    ours = len(texts) / (time.process_time() - begin)
    shared = Corpus(clean.phrases, clean.texts[:NUM_TEXTS_OF_PEER])
    begin = time.process_time()
    usual = by_rapidfuzz(phrases, texts[:NUM_TEXTS_OF_PEER])
    peer = NUM_TEXTS_OF_PEER / (time.process_time() - begin)
    found = by_callqa(phrases, texts[:NUM_TEXTS_OF_PEER], TOLERANCE)
    for pair in shared.undecided:
        usual[pair] = found[pair] = 0.0

    characters = sum(map(len, texts))
    print(f"{len(phrases)} phrases, {len(texts)} texts, {characters} characters, {len(clean.said)} phrases said")
    print(f"callqa                 {ours:10.0f} texts/s")
    print(f"pypinyin + rapidfuzz   {peer:10.0f} texts/s")
    print(f"ratio                  {ours / peer:10.0f} (target: 100)")
    theirs = at_best("rapidfuzz at its best F1", usual, shared.said)
    for each in (
        theirs,
        at_best("callqa at its best F1", found, shared.said),
        at_precision("callqa, as precise as it", found, shared.said, theirs.precision),
    ):
        print(f"{each.method:<26} precision {each.precision:.3f}  recall {each.recall:.3f}  F1 {each.f1:.3f}")


if __name__ == "__main__":
    main()
