"""How the bundled classifier is made of the seed sentences: ``make classifier``.

Two linear learners that err differently are added up: complement naive Bayes (Rennie et al. 2003), which needs
little data, and logistic regression, which weighs pieces against each other. What a model says of an author whom it
was not trained on makes the probabilities, the thresholds and every figure; each kind of fault is judged once more
by a model that saw no sentence of that kind.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, vstack
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import ComplementNB

from models.classifiers.bundled import CARD, FAULT, FILE, Bundled, packed, read
from models.classifiers.grams import named, pieces, vectors
from models.classifiers.sentences import Sentence, sentences
from pipeline.call import SHANGHAI
from pipeline.findings.suspicion import suspicions
from pipeline.hearing.turns import Role
from pipeline.validation.accuracy.bootstrap import interval
from pipeline.validation.accuracy.simulation import corrupt

LEAST_SENTENCES = 3
"""A piece of one or two sentences teaches little, and there are many of them."""

LEAST_OF_AUTHOR = 15
"""Sentences of a head below which an author did not label for it."""

SMOOTHING, REGULARISATION, SHARE = 0.3, 4.0, 0.7
"""Of naive Bayes; of logistic regression; and the weight of the latter in the sum."""

CLOSE_ENOUGH = 0.1
"""Of the weights; further steps move no figure."""

NUM_FOLDS = 3
"""Parts into which the authors are dealt; each is judged by a model of the others."""

ERROR_RATES = (0.05, 0.30)
"""Of the recogniser, on the copy that every sentence is learned from as well."""

BASE_RATE = 0.1
"""The share of turns in calls that is taken to be any one thing: seeds hold far more of everything."""

MOST_FALSE_ALARMS, MOST_FALSE_PHRASES, MOST_FALSE_NAMES = 1 / 50, 1 / 15, 1 / 25
"""The share of what only looks like it, as it is written, that a threshold lets through.

More of phrases that have to be said: one that nobody suspects is missing, and costs an agent points; one suspected
without need costs a person a look. Less of names, and where the other openings and closings stand for what looks
like it.
"""

NAMES = ("company", "staff_id")

LEAST_NEAR = 400
"""Sentences that only look like it under which a threshold is set on others: so few say little of the rarest."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Names = NDArray[np.str_]


@dataclass(frozen=True)
class Learned:
    """The weights of some heads: float32 (n_columns, n_heads) and (n_heads,)."""

    weights: NDArray[np.float32]
    offsets: Floats


@dataclass(frozen=True)
class Bench:
    """The sentences of one role, as vectors, those as they are heard, and who wrote each."""

    sentences: tuple[Sentence, ...]
    clean: csr_matrix
    misheard: csr_matrix
    heads: tuple[str, ...]

    def holds(self, head: str) -> Bools:
        """Whether each is what a head says."""
        if head == FAULT:
            return np.array([any(_is_fault(name) for name in each.holds) for each in self.sentences])
        return np.array([head in each.holds for each in self.sentences])

    def near(self, head: str) -> Bools:
        """Whether each only looks like what a head says."""
        if head == FAULT:
            looks = np.array([any(_is_fault(name) for name in each.near) for each in self.sentences])
        else:
            looks = np.array([head in each.near for each in self.sentences])
        return looks & ~self.holds(head)

    @property
    def phrases(self) -> Bools:
        """Whether each is, or only looks like, anything that has to be said."""
        return np.array([any(map(_is_phrase, each.holds | each.near)) for each in self.sentences])

    def labelled(self, head: str) -> Bools:
        """Whether the author of each labelled for a head."""
        num = Counter(each.author for each, holds in zip(self.sentences, self.holds(head), strict=True) if holds)
        return np.array([num[each.author] >= LEAST_OF_AUTHOR for each in self.sentences])

    @property
    def authors(self) -> Names:
        """Who wrote each."""
        return np.array([each.author for each in self.sentences])

    @property
    def kinds(self) -> list[int]:
        """The positions of the heads that are kinds of fault."""
        return [n for n, head in enumerate(self.heads) if head != FAULT and _is_fault(head)]


@dataclass(frozen=True)
class Judged:
    """What is said of sentences by models that saw no other of their author, float64 (n,).

    `odds` are of the sentences as they are written, `misheard` of their misheard copies; the other two are whether
    it is so, and who wrote each.
    """

    odds: Floats
    misheard: Floats
    holds: Bools
    authors: Names


@dataclass(frozen=True)
class Omitted:
    """Sentences of a kind of fault, and those that only look like it, judged by models of other authors.

    `odds` are the log-odds of any fault by models that know the kind, `without` by models that saw neither the
    former nor the latter, float64 (n,).
    """

    odds: Floats
    without: Floats
    holds: Bools
    authors: Names


def _is_fault(name: str) -> bool:
    known = suspicions().get(name)
    return known is not None and known.is_fault


def _is_phrase(name: str) -> bool:
    known = suspicions().get(name)
    return known is not None and known.detector == "required_phrase"


@dataclass(frozen=True)
class Made:
    """The model of all seed sentences; how it judges those that it was not trained on, and kinds it never saw."""

    model: Bundled
    judged: dict[str, Judged]
    omitted: dict[str, Omitted]


def made() -> Made:
    """The model, with what its figures are made of."""
    texts = [each.text for each in sentences()]
    columns, idf = _columns(texts)
    model = Bundled(columns, idf, (), np.zeros((len(columns), 0), np.float32), np.zeros(0), {}, {}, "")
    judged: dict[str, Judged] = {}
    omitted: dict[str, Omitted] = {}
    for role in (Role.AGENT, Role.CUSTOMER):
        bench = _bench(role, columns, idf)
        everything = np.ones(len(bench.sentences), bool)
        unseen = _unseen(bench, everything)
        learned = _learned(bench, everything)
        claims = _claims(bench, unseen)
        factors = {name: tuple(_calibrated(scores, holds)) for name, (scores, holds) in claims.items()}
        for name, (scores, holds) in claims.items():
            written, misheard = np.split(_odds(scores, factors[name]), 2)
            judged[name] = Judged(written, misheard, np.split(holds, 2)[0], bench.authors[bench.labelled(name)])
        if FAULT in factors:
            omitted = {bench.heads[n]: _omitted(bench, unseen[0], n, factors[FAULT]) for n in bench.kinds}
        model = replace(
            model,
            heads=(*model.heads, *bench.heads),
            weights=np.hstack([model.weights, learned.weights]),
            offsets=np.concatenate([model.offsets, learned.offsets]),
            calibration=model.calibration | factors,
            thresholds=model.thresholds | {name: _threshold(bench, name, judged[name]) for name in claims},
        )
    return Made(model, judged, omitted)


def _columns(texts: Sequence[str]) -> tuple[dict[str, int], NDArray[np.float32]]:
    """The pieces that count, and how rare each is."""
    seen = Counter(named(n, piece) for text in texts for n, channel in enumerate(pieces(text)) for piece in channel)
    kept = [piece for piece, times in sorted(seen.items()) if times >= LEAST_SENTENCES]
    idf = np.log((1 + len(texts)) / (1 + np.array([seen[piece] for piece in kept]))) + 1
    return {piece: n for n, piece in enumerate(kept)}, idf.astype(np.float32)


def _bench(role: Role, columns: dict[str, int], idf: NDArray[np.float32]) -> Bench:
    own = tuple(each for each in sentences() if each.role is role)
    chance = Random(0)
    misheard = [corrupt(each.text, chance.uniform(*ERROR_RATES), chance) or each.text for each in own]
    heads = tuple(
        name for name, each in suspicions().items() if each.speaker is role and _num_authors(own, name) > 1
    )
    first = (FAULT,) if role is Role.AGENT else ()
    return Bench(
        own, vectors([each.text for each in own], columns, idf), vectors(misheard, columns, idf), (*first, *heads)
    )


def _num_authors(own: Sequence[Sentence], name: str) -> int:
    """How many authors labelled for a suspicion: by a single one nothing can be measured."""
    num = Counter(each.author for each in own if name in each.holds)
    return sum(of >= LEAST_OF_AUTHOR for of in num.values())


def _learned(bench: Bench, learn: Bools) -> Learned:
    """The heads, from some of the sentences and their misheard copies."""
    weights, offsets = [], []
    for head in bench.heads:
        use = learn & bench.labelled(head)
        holds = np.tile(bench.holds(head)[use], 2)
        rows = vstack([bench.clean[use], bench.misheard[use]]).tocsr()
        kind = head != FAULT and _is_fault(head)
        weight, offset = _regressed(rows, holds) if kind else _summed(rows, holds)
        weights.append(weight)
        offsets.append(offset)
    return Learned(np.stack(weights, axis=1).astype(np.float32), np.array(offsets))


def _regressed(rows: csr_matrix, holds: Bools) -> tuple[Floats, float]:
    learner = LogisticRegression(
        C=REGULARISATION, class_weight="balanced", solver="liblinear", dual=True, tol=CLOSE_ENOUGH, random_state=0
    )
    learner.fit(rows, holds)
    return learner.coef_[0], float(learner.intercept_[0])


def _summed(rows: csr_matrix, holds: Bools) -> tuple[Floats, float]:
    """Naive Bayes and logistic regression, each in its own deviations, added up."""
    bayes = ComplementNB(alpha=SMOOTHING).fit(rows, holds)
    likelier = bayes.feature_log_prob_[1] - bayes.feature_log_prob_[0]
    weight, offset = _regressed(rows, holds)
    by_bayes, by_regression = rows @ likelier, rows @ weight + offset
    spread = SHARE / by_regression.std()
    total = likelier / by_bayes.std() + weight * spread
    return total, float(-by_bayes.mean() / by_bayes.std() + offset * spread)


def _dealt(bench: Bench) -> list[Names]:
    """The authors in `NUM_FOLDS` lots by chance, so that no lot holds all who labelled for a head."""
    labelled = [np.unique(bench.authors[bench.labelled(head)]) for head in bench.heads]
    dealer = np.random.default_rng(0)
    while True:
        lots = np.array_split(dealer.permutation(np.unique(bench.authors)), NUM_FOLDS)
        if not any(np.isin(authors, lot).all() for authors in labelled for lot in lots):
            return lots


def _unseen(bench: Bench, learn: Bools) -> Floats:
    """The score of each head for each sentence, clean and misheard, by a model that saw no other of its author.

    Parameters
    ----------
    learn : ndarray, shape (n_sentences,)
        What may be learned from at all.
    """
    scores = np.zeros((2, len(bench.sentences), len(bench.heads)))
    for authors in _dealt(bench):
        own = np.isin(bench.authors, authors)
        learned = _learned(bench, learn & ~own)
        for n, rows in enumerate((bench.clean, bench.misheard)):
            scores[n, own] = rows[own] @ learned.weights + learned.offsets
    return scores


def _omitted(bench: Bench, unseen: Floats, kind: int, factors: tuple[float, ...]) -> Omitted:
    """The sentences around one kind of fault, with and without the kind learned; `unseen` (n_sentences, n_heads).

    Note
    ----
    The other kinds keep these sentences as counterexamples, which is a little pessimistic: on four kinds recall was
    0.01 to 0.06 higher without, at eight times the cost.
    """
    name = bench.heads[kind]
    holds = bench.holds(name)
    about = holds | bench.near(name)
    fault, others = bench.heads.index(FAULT), [n for n in bench.kinds if n != kind]
    learned = _unseen(replace(bench, heads=(FAULT,)), ~about)[0, :, 0]
    without = np.stack([learned, unseen[:, others].max(axis=1)], axis=1)
    known = np.stack([unseen[:, fault], unseen[:, bench.kinds].max(axis=1)], axis=1)
    return Omitted(_odds(known[about], factors), _odds(without[about], factors), holds[about], bench.authors[about])


def _claims(bench: Bench, unseen: Floats) -> dict[str, tuple[Floats, Bools]]:
    """What each claim stands on, float64 (n, n_scores), clean and misheard, and whether it is so."""
    claims = {}
    for n, head in enumerate(bench.heads):
        if n in bench.kinds:
            continue
        scores = unseen[:, :, [n]]
        if head == FAULT:
            scores = np.concatenate([scores, unseen[:, :, bench.kinds].max(axis=2, keepdims=True)], axis=2)
        use = bench.labelled(head)
        claims[head] = np.concatenate(scores[:, use]), np.tile(bench.holds(head)[use], 2)
    return claims


def _odds(scores: Floats, factors: tuple[float, ...]) -> Floats:
    """Log-odds of scores (n, n_scores), by their factors and the constant behind them."""
    return np.asarray(scores @ np.array(factors[:-1]) + factors[-1])


def _calibrated(scores: Floats, holds: Bools) -> Iterator[float]:
    """The factors by which scores become log-odds at `BASE_RATE`, and the constant."""
    share = holds.mean()
    weight = np.where(holds, BASE_RATE / share, (1 - BASE_RATE) / (1 - share))
    learner = LogisticRegression(C=1e3).fit(scores, holds, sample_weight=weight)
    yield from learner.coef_[0].tolist()
    yield float(learner.intercept_[0])


def _threshold(bench: Bench, head: str, judged: Judged) -> float:
    """The probability that so much of what only looks like it reaches: `MOST_FALSE_ALARMS` and its like.

    Where authors wrote little that does, the other openings and closings stand for it; for what has no place in a
    call, whatever is none.
    """
    use, rate = bench.labelled(head), MOST_FALSE_PHRASES if _is_phrase(head) else MOST_FALSE_ALARMS
    none = bench.near(head)[use]
    if none.sum() < LEAST_NEAR:
        none = ~judged.holds & (bench.phrases[use] if _is_phrase(head) else True)
        rate = min(rate, MOST_FALSE_NAMES)
    if head in NAMES:
        rate = MOST_FALSE_NAMES
    return float(1 / (1 + np.exp(-np.quantile(judged.odds[none], 1 - rate))))


def material() -> str:
    """The hash of what the model is made of: the sentences, and the code that takes them apart and learns."""
    folder = files("models.classifiers")
    of_sentences = sorted((folder / "seeds" / "sentences").iterdir(), key=lambda each: each.name)
    parts = [each for each in of_sentences if each.name.endswith(".csv")] + [
        folder / "grams.py",
        folder / "bundling.py",
    ]
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part.read_bytes())
    return digest.hexdigest()[:12]


def card_of(made: Made) -> dict[str, object]:
    """What the model is, and how it does on authors and on kinds of fault that it was not trained on."""
    model = made.model
    return {
        "version": model.version,
        "material": material(),
        "made_on": f"{datetime.now(SHANGHAI):%Y-%m-%d}",
        "sentences": len(sentences()),
        "authors": sorted({each.author for each in sentences()}),
        "unseen_author": {
            name: _row(of, model.thresholds[name], written=of.odds, misheard=of.misheard)
            for name, of in made.judged.items()
        },
        "unseen_category": {
            name: _row(of, model.thresholds[FAULT], known=of.odds, left_out=of.without)
            for name, of in made.omitted.items()
        },
    }


def _row(of: Judged | Omitted, threshold: float, **odds: Floats) -> dict[str, object]:
    """How many sentences are it and are not, and the figures by each of some log-odds of them."""
    counted = {"num_holds": int(of.holds.sum()), "num_not": int((~of.holds).sum())}
    return counted | {name: _figures(each, of.holds, of.authors, threshold) for name, each in odds.items()}


def _figures(odds: Floats, holds: Bools, authors: Names, threshold: float) -> dict[str, object]:
    """Recall and false alarms at a threshold, each with its 95 % interval, for which authors are drawn."""
    claimed = odds >= np.log(threshold / (1 - threshold))
    told: dict[str, object] = {}
    for name, of in (("recall", holds), ("false_alarms", ~holds)):
        own = [of & (authors == author) for author in np.unique(authors)]
        hits, all_of = [int(claimed[each].sum()) for each in own], [int(each.sum()) for each in own]
        spread = interval(hits, all_of) or (0.0, 1.0)
        told[name] = round(sum(hits) / max(1, sum(all_of)), 3)
        told[f"{name}_interval"] = [round(end, 3) for end in spread]
    return told


if __name__ == "__main__":
    result = made()
    folder = Path(__file__).parent
    content = packed(result.model)
    (folder / FILE).write_bytes(content)
    result = replace(result, model=replace(result.model, version=read(content).version))
    card = card_of(result)
    (folder / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    for figures in (card["unseen_author"], card["unseen_category"]):
        for name, told in figures.items():  # type: ignore[attr-defined]
            print(name, told)
    print(f"{len(content) / 1e6:.1f} MB, {len(result.model.columns)} pieces")
