"""What a label buys: recall at one false alarm in forty against the labels of a deployment, asked for in two ways.

The criterion is a kind of fault whose sentences the bundled classifier never read. Authors are dealt: some teach it
the other kinds, three are the deployment in which labels are asked for, three are tested on. All is as a recogniser
might hear it; one turn in twenty of the deployment holds. ``python -m tests.bench.learning``, minutes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.linear_model import LogisticRegression

from models.classifiers import bundling
from models.classifiers.bundled import FAULT
from models.classifiers.sentences import sentences
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from pipeline.validation.learning.labels import Question
from pipeline.validation.learning.review_queue import queue

KINDS = ("shirking", "over_promise", "private_contact", "mockery")
NUM_DRAWS, BUDGETS, BATCH = 5, (50, 100, 200, 400), 50
NUM_AUTHORS, SHARE, FALSE_ALARMS, ASKED = 3, 0.05, 1 / 40, 0.95


def recall_at(scores: bundling.Floats, holds: bundling.Bools) -> float:
    """Recall where `FALSE_ALARMS` of what does not hold are let through."""
    return float((scores[holds] > np.quantile(scores[~holds], 1 - FALSE_ALARMS)).mean())


def asked_for(
    bench: bundling.Bench, left: Sequence[int], scores: bundling.Floats, random: float, seed: int
) -> list[int]:
    """The next sentences that the queue asks for, its threshold where one in twenty is claimed."""
    ranks = 1 / (1 + np.exp(-scores))
    questions = [
        Question("x", f"{n:06}", None, Span(0, 1), Role.AGENT, bench.sentences[n].text, "", machine=float(ranks[n]))
        for n in left
    ]
    chosen = queue(questions, BATCH, float(np.quantile(ranks[left], ASKED)), random, seed)
    return [int(question.call_id) for question in chosen]


def curve(bench: bundling.Bench, kind: str, draw: int, way: str, random: float) -> list[float]:
    """Recall without labels and with each budget; of `way` ``own`` or ``prior``."""
    by, holds = np.random.default_rng(draw), bench.holds(kind)
    dealt = by.permutation(np.unique(bench.authors))
    about, other = holds | bench.near(kind), ~holds & bench.holds(FAULT)
    taught = ~np.isin(bench.authors, dealt[: 2 * NUM_AUTHORS]) & ~about
    learned = bundling._learned(replace(bench, heads=(FAULT,)), taught)
    base = (bench.misheard @ learned.weights + learned.offsets)[:, 0]
    field = np.isin(bench.authors, dealt[:NUM_AUTHORS]) & ~other
    test = np.isin(bench.authors, dealt[NUM_AUTHORS : 2 * NUM_AUTHORS]) & ~other
    num = round((field & ~holds).sum() * SHARE / (1 - SHARE))
    there = np.flatnonzero(field & holds)
    rare = by.choice(there, min(num, len(there)), replace=False)
    left = [*np.flatnonzero(field & ~holds).tolist(), *rare.tolist()]
    scaled = csr_matrix(((base - base[left].mean()) / base[left].std())[:, None])
    rows = hstack([bench.misheard, scaled]).tocsr() if way == "prior" else bench.misheard
    scores, labelled, found = base, [], [recall_at(base[test], holds[test])]
    while len(labelled) < max(BUDGETS):
        new = asked_for(bench, left, scores, random, seed=len(labelled))
        labelled += new
        left = [n for n in left if n not in set(new)]
        if len(np.unique(holds[labelled])) == 2:
            learner = LogisticRegression(C=3.0, class_weight="balanced", solver="liblinear", dual=True, tol=0.1)
            learner.fit(rows[labelled], holds[labelled])
            scores = rows @ learner.coef_[0] + learner.intercept_[0]
        if len(labelled) in BUDGETS:
            found.append(recall_at(scores[test], holds[test]))
    return found


def main() -> None:
    columns, idf = bundling._columns([each.text for each in sentences()])
    bench = bundling._bench(Role.AGENT, columns, idf)
    means = defaultdict(list)
    for draw in range(NUM_DRAWS):
        print(f"draw {draw + 1} of {NUM_DRAWS}", flush=True)
        for way, random in (("own", 1.0), ("own", 0.2), ("prior", 1.0), ("prior", 0.2)):
            found = [curve(bench, kind, draw, way, random) for kind in KINDS]
            means[way, random].append(np.mean(found, axis=0))
    by = np.random.default_rng(0)
    for (way, random), each in means.items():
        drawn = np.array([np.array(each)[by.integers(0, NUM_DRAWS, NUM_DRAWS)].mean(axis=0) for _ in range(2000)])
        low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
        figures = zip((0, *BUDGETS), np.mean(each, axis=0), low, high, strict=True)
        print(
            way,
            "by lot" if random == 1 else "asked for",
            *(f"{n}: {m:.2f} ({a:.2f}-{b:.2f})" for n, m, a, b in figures),
        )


if __name__ == "__main__":
    main()
