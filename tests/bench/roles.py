"""How far the probability of the roles comes true, and the weights that make it so.

    python -m tests.bench.roles                    reliability of the bundled weights on made problems
    python -m tests.bench.roles --truth tests/calls    the same on the true lines of calls
    python -m tests.bench.roles --fit              weights fitted on tests/role_dialogues.txt, to be written by hand

A problem is a dialogue whose roles are known, as a poor night would hand it on: characters misheard and lost, turns
dropped, the call cut short, and words given to the other voice. No audio, no model. The weights are fitted by
logistic regression without intercept on the differences between both voices (so that numbering the voices the other
way round gives the other answer), none below nought; the temperature on dialogues left out of the fit.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.optimize import minimize, minimize_scalar

from pipeline.call import Call, Direction
from pipeline.hearing.roles import decide_roles
from pipeline.hearing.signs import Weights, bundled_weights, load_weights
from pipeline.hearing.transcript import Word
from pipeline.hearing.turns import Role, Utterance
from pipeline.lexicon import Lexicon, bundled_lexicons
from pipeline.timeline import Span
from pipeline.validation.accuracy.truth import Truth, read_truths

DIALOGUES = Path(__file__).parent.parent / "role_dialogues.txt"
CHARACTER_S, PAUSE_S = 0.25, 0.6
LOST = 0.3  # of the characters that are wrong; the others are taken for some other one
FITTED = ("serious", "medium", "asking", "short_answer", "formality", "first_voice")
RIDGE = 0.02
BINS = 10


@dataclass(frozen=True)
class Dialogue:
    """Lines in order, each with whether the agent says it."""

    direction: Direction
    agent_name: str
    lines: tuple[tuple[bool, str], ...]


@dataclass(frozen=True)
class Problem:
    """Utterances of voices 0 and 1, and which of them is the agent's."""

    call: Call
    utterances: tuple[Utterance, ...]
    agent: int


def read_dialogues(path: Path = DIALOGUES) -> tuple[Dialogue, ...]:
    """The dialogues of a text file; see its head for the notation."""
    found: list[Dialogue] = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("="):
            _, direction, name = line.split()
            found.append(Dialogue(Direction(direction), name, ()))
        elif line and not line.startswith("#"):
            said = (line[0] == "A", line[2:])
            found[-1] = replace(found[-1], lines=(*found[-1].lines, said))
    return tuple(found)


def dialogues_of(folder: Path) -> tuple[Dialogue, ...]:
    """The true lines of calls."""
    return tuple(
        Dialogue(
            Direction(truth.direction),
            "",
            tuple((line.role is Role.AGENT, line.text) for line in truth.lines if line.role.is_party),
        )
        for truth in read_truths(folder)
        if isinstance(truth, Truth) and truth.lines
    )


def problems(dialogues: Sequence[Dialogue], each: int, seed: int = 0) -> Iterator[Problem]:
    """Every dialogue `each` times, spoilt in another way each time."""
    chance = random.Random(seed)
    alphabet = "".join(text for dialogue in dialogues for _, text in dialogue.lines)
    for dialogue in dialogues:
        for _ in range(each):
            yield _spoilt(dialogue, alphabet, chance)


def _spoilt(dialogue: Dialogue, alphabet: str, chance: random.Random) -> Problem:
    misheard = chance.choice((0.0, 0.1, 0.2, 0.3))
    dropped = chance.choice((0.0, 0.0, 0.15, 0.3))
    confused = chance.choice((0.0, 0.0, 0.05, 0.15, 0.3))
    lines = list(dialogue.lines)
    if chance.random() < 0.5:  # a call cut short, at either end
        length = chance.randint(2, len(lines))
        start = chance.choice((0, chance.randint(0, len(lines) - length)))
        lines = lines[start : start + length]
    lines = [line for line in lines if chance.random() >= dropped] or lines[:1]
    agent = chance.randint(0, 1)
    at, heard = 0.0, []
    for is_agent, text in lines:
        for clause in _clauses(text):
            speaker = agent if is_agent != (chance.random() < confused) else 1 - agent
            words = []
            for said in clause:
                wrong = chance.random() < misheard
                if wrong and chance.random() < LOST:
                    continue
                heard_as = chance.choice(alphabet) if wrong else said
                words.append(Word(heard_as, Span(at, at + CHARACTER_S), 0.8))
                at += CHARACTER_S
            if words:
                heard.append(Utterance(speaker, tuple(words)))
        at += PAUSE_S
    call = Call("P", None, dialogue.agent_name or None, None, dialogue.direction, *[None] * 5)
    return Problem(call, tuple(heard), agent)


def _clauses(text: str) -> list[str]:
    pieces, start = [], 0
    for n, character in enumerate(text, 1):
        if character in "，。？！" or n == len(text):
            pieces.append(text[start:n])
            start = n
    return pieces


def wording() -> Lexicon:
    """The phrases that tell roles."""
    return next(each for each in bundled_lexicons({}) if each.file.name == "roles")


def outcomes(given: Sequence[Problem], lexicon: Lexicon, weights: Weights) -> tuple[np.ndarray, np.ndarray]:
    """The probability of each decision, and whether it was right."""
    decided = [decide_roles(p.utterances, p.call, lexicon, False, weights=weights) for p in given]
    probability = np.array([roles.probability for roles in decided])
    right = np.array([roles.agent == p.agent for roles, p in zip(decided, given, strict=True)], float)
    return probability, right


def calibration_error(probability: np.ndarray, right: np.ndarray) -> float:
    """Expected calibration error: gap of belief and truth in ten bins of equal size (Naeini et al. 2015)."""
    order = np.argsort(probability, kind="stable")
    bins = np.array_split(order, BINS)
    return float(sum(len(b) * abs(probability[b].mean() - right[b].mean()) for b in bins if len(b)) / len(order))


def brier(probability: np.ndarray, right: np.ndarray) -> float:
    """Mean squared distance of belief and truth."""
    return float(np.mean((probability - right) ** 2))


def log_loss(probability: np.ndarray, right: np.ndarray) -> float:
    """Mean surprise in nats."""
    return float(-np.mean(np.log(np.clip(np.where(right > 0, probability, 1 - probability), 1e-9, 1))))


def _units(given: Sequence[Problem], lexicon: Lexicon) -> np.ndarray:
    """Units of each fitted sign in favour of the true agent, shape (problems, signs)."""
    severities = {phrase.term: phrase.severity for phrase in lexicon.file.phrases}
    ones = _weights(np.ones(len(FITTED)), 1.0)
    units = np.zeros((len(given), len(FITTED)))
    for row, problem in zip(units, given, strict=True):
        roles = decide_roles(problem.utterances, problem.call, lexicon, False, weights=ones)
        for sign in roles.evidence:
            side = 1 if roles.agent == problem.agent else -1
            row[FITTED.index(severities.get(sign.term, sign.term))] += side * sign.log_odds
    return units


def _weights(values: np.ndarray, temperature: float) -> Weights:
    named = dict(zip(FITTED, map(float, values), strict=True))
    severities = {name: named.pop(name) for name in ("serious", "medium")}
    changed = {"wording": {**severities, "light": severities["medium"] / 2}, **named, "temperature": temperature}
    return Weights.model_validate(bundled_weights().model_dump() | changed | {"most": 1e6})


def _fitted(units: np.ndarray) -> np.ndarray:
    def loss(values: np.ndarray) -> tuple[float, np.ndarray]:
        margin = units @ values
        slope = -units * (1 / (1 + np.exp(margin)))[:, None]
        return float(np.logaddexp(0, -margin).mean() + RIDGE * values @ values / 2), slope.mean(0) + RIDGE * values

    return minimize(loss, np.ones(len(FITTED)), jac=True, bounds=[(0, None)] * len(FITTED)).x


def fit(each: int = 40) -> tuple[np.ndarray, float]:
    """Weights and temperature; the temperature on dialogues left out, five folds."""
    lexicon, dialogues = wording(), read_dialogues()
    units = [_units(list(problems([d], each, seed=n)), lexicon) for n, d in enumerate(dialogues)]
    margins = []
    for fold in range(5):
        kept = np.vstack([u for n, u in enumerate(units) if n % 5 != fold])
        margins += [u @ _fitted(kept) for n, u in enumerate(units) if n % 5 == fold]
    margin = np.concatenate(margins)
    temperature = minimize_scalar(
        lambda t: np.logaddexp(0, -margin / t).mean(), bounds=(0.3, 5), method="bounded"
    ).x
    return _fitted(np.vstack(units)), float(temperature)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--truth", type=Path, help="folder of *.truth.json; else the dialogues of the tests")
    parser.add_argument("--weights", type=Path, help="another file of weights, to compare")
    parser.add_argument("--fit", action="store_true")
    parser.add_argument("--each", type=int, default=40)
    chosen = parser.parse_args()
    if chosen.fit:
        values, temperature = fit()
        for name, value in zip(FITTED, values, strict=True):
            print(f"{name:14} {value:.2f}")
        print(f"{'temperature':14} {temperature:.2f}")
    dialogues = dialogues_of(chosen.truth) if chosen.truth else read_dialogues()
    given = list(problems(dialogues, chosen.each, seed=1))
    weights = load_weights(chosen.weights) if chosen.weights else bundled_weights()
    probability, right = outcomes(given, wording(), weights)
    print(
        f"{len(dialogues)} dialogues, {len(given)} problems: right {right.mean():.3f}, "
        f"ECE {calibration_error(probability, right):.3f}, Brier {brier(probability, right):.3f}, "
        f"log loss {log_loss(probability, right):.3f}"
    )
    for low, high in ((0.5, 0.7), (0.7, 0.9), (0.9, 0.98), (0.98, 1.01)):
        inside = (probability >= low) & (probability < high)
        if inside.any():
            print(f"  believed {probability[inside].mean():.3f}, right {right[inside].mean():.3f} ({inside.sum()})")


if __name__ == "__main__":
    main()
