"""The matcher measured on recognition errors made on purpose, and how far its hits are to be believed.

    python -m models.matcher compare TRUTH OUT.svg     recall and precision by error rate, table and plot
    python -m models.matcher believe TRUTH OUT.csv     fit the belief in hits; pipeline/lexicon/belief.csv ships

`TRUTH` is a folder of ``*.truth.json``, whose true lines are the clean text. The plot in this folder,
``matcher.svg``, is from the bundled calls. The errors follow `pipeline/lexicon/confusions.csv`, and so do the
costs of the matcher: the simulation tells how methods compare when errors are of the kind that was counted.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from pipeline.files import replacing, write_file
from pipeline.lexicon import bundled_lexicons
from pipeline.lexicon.belief import FEATURES, features
from pipeline.validation.accuracy.simulation import (
    SearchScore,
    as_lexicon,
    compare_methods,
    corrupt,
    make_corpus,
    phrases_of,
)
from pipeline.validation.accuracy.truth import Truth, read_truths

ERROR_RATES = (0.05, 0.10, 0.16, 0.29)
NUM_PHRASES, NUM_TEXTS = 300, 2_000
SEED = 20_261
LEAST_SYLLABLES = 2  # of phrases whose hits are believed: the lists have some as short


def lines_of(truth_folder: Path) -> tuple[str, ...]:
    """The true lines of a folder of truth files."""
    truths = [truth for truth in read_truths(truth_folder) if isinstance(truth, Truth)]
    return tuple(line.text for truth in truths for line in truth.lines)


def comparison(
    lines: Sequence[str], num_phrases: int = NUM_PHRASES, num_texts: int = NUM_TEXTS, seed: int = SEED
) -> dict[float, tuple[SearchScore, ...]]:
    """Figures of each method by character error rate."""
    clean = make_corpus(phrases_of(bundled_lexicons(), num_phrases, seed), lines, num_texts, seed)
    return {rate: compare_methods(clean, rate, seed) for rate in ERROR_RATES}


def judged_hits(
    lines: Sequence[str], num_phrases: int, num_texts: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int32], NDArray[np.bool_]]:
    """Hits in corrupted texts: what each cost in syllables, how many syllables it has, whether it was really said.

    Half of the texts have none of the phrases planted. Hits of what is almost said are neither right nor wrong.
    """
    clean = make_corpus(
        phrases_of(bundled_lexicons(), num_phrases, seed, least=LEAST_SYLLABLES), lines, num_texts, seed
    )
    chance = random.Random(seed)
    wanted = as_lexicon(clean.phrases)
    costs, lengths, right = [], [], []
    texts = [corrupt(text, chance.choice(ERROR_RATES), chance) for text in clean.texts]
    for n, hits in enumerate(wanted.search_all(texts)):
        for hit in hits:
            pair = (n, int(hit.phrase.term))
            if pair not in clean.undecided:
                lengths.append(len(hit.variant))
                costs.append((1 - hit.likeness) * len(hit.variant))
                right.append(pair in clean.said)
    return np.array(costs), np.array(lengths, np.int32), np.array(right)


def fitted(lines: Sequence[str], seed: int = SEED) -> NDArray[np.float64]:
    """Weights of the belief, one for each of `FEATURES`."""
    costs, lengths, right = judged_hits(lines, NUM_PHRASES, 5 * NUM_TEXTS, seed)
    curve = LogisticRegression(C=10.0, fit_intercept=False, max_iter=1000).fit(features(costs, lengths), right)
    return np.asarray(curve.coef_[0], np.float64)


def table(measured: dict[float, tuple[SearchScore, ...]]) -> Iterator[str]:
    """The figures as lines of text."""
    yield f"{'CER':>4}  {'method':<36} {'precision':>9} {'recall':>7} {'F1':>6} {'missed':>7}"
    for rate, each in measured.items():
        for one in each:
            figures = f"{one.precision:9.3f} {one.recall:7.3f} {one.f1:6.3f} {one.missed:7d}"
            yield f"{rate:4.2f}  {one.method:<36} {figures}"


def plot(measured: dict[float, tuple[SearchScore, ...]], path: Path) -> None:
    """Recall and precision over the error rate, one line for each method, as SVG."""
    import altair as alt  # noqa: PLC0415  only drawing needs it
    import pandas as pd  # noqa: PLC0415

    rows = [
        {"CER": rate, "method": one.method, "measure": measure, "share": getattr(one, measure)}
        for rate, each in measured.items()
        for one in each
        for measure in ("recall", "precision")
    ]
    lines = (
        alt.Chart(pd.DataFrame(rows))
        .mark_line(point=True)
        .encode(
            x=alt.X("CER:Q", axis=alt.Axis(format="%", values=list(measured))),
            y=alt.Y("share:Q", title=None, scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("method:N", legend=alt.Legend(orient="bottom", title=None, labelLimit=300, columns=2)),
        )
        .properties(width=300, height=220)
    )
    with replacing(path) as beside:
        lines.facet(column=alt.Column("measure:N", title=None, sort=["recall", "precision"])).save(str(beside))


def main(arguments: Sequence[str] | None = None) -> None:
    """Compare, or fit the belief."""
    parser = argparse.ArgumentParser(prog="python -m models.matcher", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("what", choices=["compare", "believe"])
    parser.add_argument("truth", metavar="TRUTH", type=Path, help="folder of *.truth.json")
    parser.add_argument("out", metavar="OUT", type=Path, help="file to write")
    asked = parser.parse_args(arguments)
    lines = lines_of(asked.truth)
    if asked.what == "compare":
        measured = comparison(lines, NUM_PHRASES, NUM_TEXTS)
        plot(measured, asked.out)
        print("\n".join(table(measured)))
        return
    weights = fitted(lines)
    told = "# How far a hit is to be believed. Written by python -m models.matcher believe; do not edit.\n"
    told += f"# {5 * NUM_TEXTS} simulated texts at a CER of {', '.join(map(str, ERROR_RATES))}; {date.today()}\n"
    rows = "".join(f"{name},{weight:.4f}\n" for name, weight in zip(FEATURES, weights, strict=True))
    write_file(asked.out, f"{told}feature,weight\n{rows}")


if __name__ == "__main__":
    main()
