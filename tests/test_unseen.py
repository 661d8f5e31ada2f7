"""What is found, tier by tier, in dialogues and sentences nobody tuned on: ``python -m tests.test_unseen``.

The table says what the product does on wording it has never seen. The texts are typed in: no recogniser is between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from flows.night.judgement import judge
from flows.policy.policy import Policy, policy_of
from flows.settings import load_settings
from pipeline.findings import Finding
from pipeline.findings.suspicion import affirmed, filed_under
from pipeline.hearing.dialogue import hearing_of

FOLDER = Path(__file__).parent / "unseen"
SPEAKERS = {"agent": "坐席", "customer": "客户", "ivr": "录音"}
FAULT, COMPLAINT, SINCERE = "banned_wording", "complaint", "apology"
PHRASES = {
    "greeting": "greeting",
    "company": "company",
    "staff_number": "staff_id",
    "offer_help": "offer_help",
    "further_help": "anything_else",
    "thanks": "thanks",
    "goodbye": "goodbye",
}
"""The labels of what has to be said, and the terms under which it is found."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was found of what there was, and what was found besides."""

    found: int
    missed: int
    false_alarms: int

    @property
    def precision(self) -> float:
        """0..1; nan of nothing."""
        claimed = self.found + self.false_alarms
        return self.found / claimed if claimed else float("nan")

    @property
    def recall(self) -> float:
        """0..1; nan of nothing."""
        true = self.found + self.missed
        return self.found / true if true else float("nan")

    @property
    def f1(self) -> float:
        """0..1; nan of nothing."""
        total = 2 * self.found + self.false_alarms + self.missed
        return 2 * self.found / total if total else float("nan")

    @staticmethod
    def of(pairs: Iterable[tuple[bool, bool]]) -> Counts:
        """Of pairs: is it so, and was it claimed."""
        rows = list(pairs)
        return Counts(
            sum(so and claimed for so, claimed in rows),
            sum(so and not claimed for so, claimed in rows),
            sum(claimed and not so for so, claimed in rows),
        )


@cache
def sentences() -> Mapping[str, Sequence[Mapping[str, Any]]]:
    """The single sentences by section."""
    return yaml.safe_load((FOLDER / "sentences.yaml").read_text(encoding="utf-8"))


@cache
def dialogues() -> Sequence[Mapping[str, Any]]:
    """The dialogues."""
    return yaml.safe_load((FOLDER / "dialogues.yaml").read_text(encoding="utf-8"))


@cache
def policy() -> Policy:
    """The policy of a deployment that has named no company."""
    return policy_of("kf01", load_settings(companies=()))


def kinds(finding: Finding, suspected: bool) -> set[str]:
    """What a finding claims: a fault, a complaint, an apology, or a phrase by its term; named, or suspected too."""
    if suspected and filed_under(finding):
        finding = affirmed(finding)
    if finding.detector in (FAULT, COMPLAINT):
        return {finding.detector}
    if (finding.detector, finding.term) == ("apology", "sincere"):
        return {SINCERE}
    return {finding.term} if finding.detector == "required_phrase" else set()


def claimed(lines: Sequence[str], suspected: bool) -> list[set[str]]:
    """What is claimed in each turn of a written dialogue; turns are joined where one person goes on."""
    num_turns, findings = found(tuple(lines))
    in_turn: list[set[str]] = [set() for _ in range(num_turns)]
    for finding in findings:
        if finding.turn_index is not None:
            in_turn[finding.turn_index] |= kinds(finding, suspected)
    return in_turn


@cache
def found(lines: tuple[str, ...]) -> tuple[int, tuple[Finding, ...]]:
    """The number of turns of a written dialogue, and all that is found in it."""
    heard = hearing_of(lines)
    return len(heard.turns), judge(heard, policy())[0]


def of_sentences(suspected: bool) -> Iterator[tuple[str, int, int]]:
    """The figures of the single sentences: name, how many were claimed, of how many."""

    def hits(section: str, role: str, kind: str | None = None) -> tuple[int, int]:
        rows = sentences()[section]
        claims = [claimed([f"{SPEAKERS[role]}：{row['text']}"], suspected)[0] for row in rows]
        wanted = [kind or PHRASES.get(row["kind"], SINCERE) for row in rows]
        return sum(one in of for one, of in zip(wanted, claims, strict=True)), len(rows)

    yield "faults found", *hits("agent_fault", "agent", FAULT)
    yield "polite, taken for faults", *hits("agent_polite", "agent", FAULT)
    yield "complaints found", *hits("customer_complaint", "customer", COMPLAINT)
    yield "harmless, taken for complaints", *hits("customer_harmless", "customer", COMPLAINT)
    yield "required phrases found", *hits("required", "agent")
    near = [
        (PHRASES.get(row["near"], SINCERE), claimed([f"坐席：{row['text']}"], suspected)[0])
        for row in sentences()["near_required"]
    ]
    yield "near ones, taken for them", sum(kind in claims for kind, claims in near), len(near)


def of_dialogues(suspected: bool) -> dict[str, Counts]:
    """Counts over the dialogues: faults turn by turn, all else call by call."""
    pairs: dict[str, list[tuple[bool, bool]]] = defaultdict(list)
    for dialogue in dialogues():
        turns = list(joined(dialogue["turns"]))
        in_turns = claimed([f"{SPEAKERS[role]}：{text}" for role, text, _ in turns], suspected)
        for (role, _, labels), claims in zip(turns, in_turns, strict=True):
            if role == "agent":
                pairs["faults, turn by turn"].append(
                    (any(x.startswith("banned:") for x in labels), FAULT in claims)
                )
        said = {x for _, _, labels in turns for x in labels}
        claims = set().union(*in_turns)
        pairs["complaint"].append(("complaint" in said, COMPLAINT in claims))
        pairs["sincere apology"].append(("apology:sincere" in said, SINCERE in claims))
        for label, term in PHRASES.items():
            pairs["required phrases"].append((label in said, term in claims))
            pairs[f"  {term}"].append((label in said, term in claims))
    return {name: Counts.of(rows) for name, rows in pairs.items()}


def joined(turns: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, set[str]]]:
    """Role, text and labels of turns, those of one person in a row put together."""
    role, text, labels = "", "", set[str]()
    for turn in turns:
        if role and turn["role"] != role:
            yield role, text, labels
            text, labels = "", set()
        role, text, labels = turn["role"], text + turn["text"], labels | set(turn["labels"])
    yield role, text, labels


def test_sentences_nobody_tuned_on():
    """First measured with 74, 13, 22, 2, 53 and 6; before there were suspicions with 3, 6, 1, 4, 17 and 4."""
    figures = {name: hits for name, hits, _ in of_sentences(suspected=True)}
    assert figures["faults found"] >= 77
    assert figures["polite, taken for faults"] <= 2
    assert figures["complaints found"] >= 24
    assert figures["harmless, taken for complaints"] <= 2
    assert figures["required phrases found"] >= 49
    assert figures["near ones, taken for them"] <= 3


def test_dialogues_nobody_tuned_on():
    """First measured with 0.81, 0.85, 0.80 and 0.95; before there were suspicions 0.09, 0.23, 0.71 and 0.73."""
    figures = of_dialogues(suspected=True)
    assert figures["faults, turn by turn"].f1 >= 0.87
    assert figures["complaint"].f1 >= 0.85
    assert figures["sincere apology"].f1 >= 0.77
    assert figures["required phrases"].f1 >= 0.92


def test_what_is_named_alone():
    """What may cost points: first measured at 0.69 and 0.99."""
    figures = of_dialogues(suspected=False)
    assert figures["faults, turn by turn"].precision >= 0.93
    assert figures["required phrases"].precision >= 0.98


if __name__ == "__main__":
    for tier, suspected in (("named", False), ("named and suspected", True)):
        print(f"\n== {tier}")
        for name, hits, total in of_sentences(suspected):
            print(f"{name:34}{hits} of {total}")
        for name, counts in of_dialogues(suspected).items():
            told = f"{counts.found}/{counts.missed}/{counts.false_alarms}"
            print(f"{name:34}F1 {counts.f1:.3f}  P {counts.precision:.3f}  R {counts.recall:.3f}  {told}")
