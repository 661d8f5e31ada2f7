"""The scorecard of one call as shown: every criterion with the machine's answer, the person's, and the evidence.

Knows what stands in a row; how it looks is in ``templates/_scorecard.html``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.access.accounts import Right
from pipeline.desk.call_suspicions import SuspicionRow, of_item, of_none, suspicion_rows
from pipeline.desk.visit import Visit
from pipeline.evaluation import Answer, Evaluation, ItemAnswer, Outcome, Said
from pipeline.evaluation.fingerprint import LETTERS, judged_as
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.findings.finding import JUDGE, JUDGED
from pipeline.findings.titles import title_of, value_of
from pipeline.hearing.amendment import misfits
from pipeline.hearing.corrections import Correction, standing_corrections
from pipeline.hearing.turns import Turn
from pipeline.month.tickets import HeldTicket
from pipeline.review.acts import LastAct
from pipeline.review.answers import Kind, PersonAnswer, last_acts, valid_acts
from pipeline.review.overlay import followed, machine_answers, overlay
from pipeline.review.reasons import Reason, reasons, reasons_for
from pipeline.scorecard import CallCriterion, Item, Scorecard
from pipeline.timeline import Seconds
from pipeline.validation.learning.opinions import Judged

EARLIER_S: Seconds = 2.0
"""So long before a finding it is played from."""

CHANGES = {Kind.OVERTURN, Kind.LEVEL, Kind.NOT_APPLICABLE}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A finding as a chip: what to play, what was heard, against what.

    Parameters
    ----------
    position : int
        In the findings as the machine made them.
    against : str
        What stands behind it (`value_of`); empty where that is what was heard.
    denied : bool
        Whether a person says that it is not there.
    """

    position: int
    finding: Finding
    title: str
    quote: str
    against: str
    play_from: Seconds
    play_to: Seconds
    denied: bool


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a language model says of an item: a person's answer alone counts.

    Parameters
    ----------
    title : str
        Its verdict, in Chinese.
    level : str
        The level of the standard that says the same, or ``yes`` and ``no`` where there are none; empty where a
        person has to choose.
    places : tuple of Evidence
        The words that it quotes, found again in the transcript.
    """

    title: str
    level: str
    places: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A part of a criterion as one call is asked it.

    Parameters
    ----------
    counts : ItemAnswer | None
        What counts now.
    machine : Said | None
        What the machine says or suggests of it alone.
    person : PersonAnswer | None
        The answer that stands.
    """

    item: Item
    counts: ItemAnswer | None
    machine: Said | None
    person: PersonAnswer | None
    evidence: tuple[Evidence, ...]
    suggestion: Suggestion | None = None
    suspicions: tuple[SuspicionRow, ...] = ()

    @property
    def machine_says(self) -> str:
        """The machine's outcome, or what it only suggests."""
        suggests = isinstance(self.machine, ItemAnswer) and self.machine.source == "suggestion"
        return f"{'建议' if suggests else '机器'}：{_says(self.machine)}"

    @property
    def counts_says(self) -> str:
        """What counts; a suggestion does not before a person says yes."""
        if self.counts is not None and self.counts.source == "suggestion":
            return Outcome.NEEDS_PERSON.title
        return _says(self.counts)

    @property
    def can_overturn(self) -> bool:
        """Whether the machine decided or suggests something that a person may confirm or overturn."""
        return self.machine is not None and self.machine.outcome.decided

    @property
    def is_left(self) -> bool:
        """Whether it is a person's to decide: what the machine decided by itself is confirmed or overturned."""
        return _is_left(self.machine)

    @property
    def shows_tickets(self) -> bool:
        """Whether the tickets of the call are evidence for it; for what does not apply nothing is."""
        return _shows_tickets(self.item.evidence, self.machine)


@dataclass(frozen=True, slots=True)
class CriterionRow:
    """One item.

    Parameters
    ----------
    counts : Answer | None
        What counts now, an auto-fail and people's answers considered; None for a call that cannot be scored.
    machine : Said | None
        What the machine says of it alone.
    person : PersonAnswer | None
        The answer that stands, of the item as it is written now.
    lapsed : PersonAnswer | None
        One that was given to the item when it said something else.
    can_answer : bool
        Whether a call is asked it.
    parts : tuple of ItemRow
        What is answered one by one; empty for a criterion that is one whole, or has a single part.
    suspicions : tuple of SuspicionRow
        Those that bear on it; where it has parts, on which of them they do stands there.
    """

    asked: CallCriterion
    counts: Answer | None
    machine: Said | None
    person: PersonAnswer | None
    lapsed: PersonAnswer | None
    evidence: tuple[Evidence, ...]
    can_answer: bool
    parts: tuple[ItemRow, ...] = ()
    suggestion: Suggestion | None = None
    suspicions: tuple[SuspicionRow, ...] = ()

    @property
    def is_left(self) -> bool:
        """Whether it is a person's to decide as a whole."""
        return not self.parts and _is_left(self.machine)

    @property
    def shows_tickets(self) -> bool:
        """As of a part."""
        return _shows_tickets(self.asked.evidence, self.machine)

    @property
    def machine_says(self) -> str:
        """The machine's level or outcome."""
        return _says(self.machine)

    @property
    def counts_says(self) -> str:
        """What counts, as a level or outcome."""
        return _says(self.counts)

    @property
    def can_overturn(self) -> bool:
        """Whether the machine decided, so that there is something to overturn."""
        return self.machine is not None and self.machine.outcome.decided


@dataclass(frozen=True, slots=True)
class CallScorecard:
    """The whole of it.

    Parameters
    ----------
    agent_id, month : str | None
        Whose call it is, and of which month; None where the record does not tell.
    machine : Evaluation | None
        As the night left it.
    evaluation : Evaluation | None
        As it counts.
    missing : str
        Why the items cannot be shown; empty when they are.
    is_edited : bool
        Whether the machine judged by another content of the same revision.
    suspicions : tuple of SuspicionRow
        All of them that may be seen; `elsewhere` are those that bear on no item.
    tickets : tuple of HeldTicket | None
        Those that name the call; None where no feed says which call a ticket is of, or no item shows them.
    followed : tuple of str
        In Chinese, each item that came out otherwise because a person answered another one that it asks for.
    """

    call_id: str
    agent_id: str | None
    month: str | None
    card: Scorecard | None
    machine: Evaluation | None
    evaluation: Evaluation | None
    rows: tuple[CriterionRow, ...]
    turns: tuple[Turn, ...]
    corrections: tuple[Correction, ...]
    left_out: tuple[Correction, ...]
    history: tuple[PersonAnswer, ...]
    seen: LastAct
    change_reasons: tuple[Reason, ...]
    correct_reasons: tuple[Reason, ...]
    missing: str = ""
    followed: tuple[str, ...] = ()
    is_edited: bool = False
    tickets: tuple[HeldTicket, ...] | None = None
    suspicions: tuple[SuspicionRow, ...] = ()
    elsewhere: tuple[SuspicionRow, ...] = ()


def scorecard_of_call(visit: Visit, result: CallResult) -> CallScorecard:
    """The scorecard of a call as this account sees it: what the machine said and what people said."""
    call_id, machine = result.call.id, result.evaluation
    seen = visit.store.answers.seen(
        call_id
    )  # before the acts are read: what comes between is then refused, not lost
    acts = visit.store.answers.acts(call_id) if seen.answer else ()
    changed = visit.store.corrections.acts(call_id) if seen.correction else ()
    stand = standing_corrections(changed)
    heard = visit.store.hearings.original(call_id) if stand else None
    card = visit.card_of(result)
    if machine is None:
        missing = "这通电话没有评分"
    else:
        missing = "" if card else f"评分表 {machine.scorecard} 不在手边，只能查看，不能评定"
    counting = tuple(last_acts(acts).values())
    now = overlay(result, card, counting) if card else result
    alone = machine_answers(result, card) if card and machine else {}
    score = now.evaluation.score if now.evaluation else None
    flags = suspicion_rows(visit, result, card, counting, score)
    rows = _rows(card, result, alone, now, counting, visit, flags) if card and machine else ()
    return CallScorecard(
        call_id=call_id,
        agent_id=result.call.agent_id,
        month=result.call.month,
        card=card,
        machine=machine,
        evaluation=now.evaluation,
        rows=rows,
        turns=result.hearing.turns if result.hearing else (),
        corrections=stand,
        left_out=misfits(heard, stand) if heard else (),
        history=tuple(reversed(acts if visit.can(Right.REVIEW) else [each for each in acts if each.scorecard])),
        seen=seen,
        change_reasons=tuple(each for each in reasons().values() if CHANGES.intersection(each.kinds)),
        correct_reasons=reasons_for("correction"),
        missing=missing,
        followed=tuple(followed(alone, now, card)) if card and acts else (),
        is_edited=card is not None and _is_edited(card, result),
        tickets=visit.desk.tickets(result) if any(_show_tickets(rows)) else None,
        suspicions=flags,
        elsewhere=of_none(flags, card.call_criteria if card else ()),
    )


def _against(visit: Visit, finding: Finding) -> str:
    """What stands behind a finding, as this account may read it; empty where that is what was heard."""
    against = visit.shown(value_of(finding, visit.titles))
    return against if against != visit.shown(finding.quote) else ""


def _is_edited(card: Scorecard, result: CallResult) -> bool:
    now, then = judged_as(card), result.fingerprint.policy.scorecard
    return then != now and len(then) == len(now) and then[:-LETTERS] == now[:-LETTERS]


def _rows(
    card: Scorecard,
    result: CallResult,
    alone: Mapping[str, Said],
    now: CallResult,
    counting: Sequence[PersonAnswer],
    visit: Visit,
    flags: Sequence[SuspicionRow],
) -> tuple[CriterionRow, ...]:
    people = valid_acts(counting, card)
    given = {act.criterion_id: act for act in counting if act.scorecard == card.name}
    counts = {answer.criterion_id: answer for answer in now.evaluation.answers} if now.evaluation else {}
    denied = [each for act in counting for each in act.denied]

    def chips_of(positions: Sequence[int]) -> tuple[Evidence, ...]:
        chips = []
        for position in positions:
            finding = result.findings[position]
            chips.append(
                Evidence(
                    position=position,
                    finding=finding,
                    title=title_of(finding, visit.titles),
                    quote=visit.shown(finding.quote),
                    against=_against(visit, finding),
                    play_from=max(0.0, finding.span.start - EARLIER_S),
                    play_to=finding.span.end,
                    denied=any(each.means(finding) for each in denied),
                )
            )
        return tuple(chips)

    def evidence(answer: Said | None) -> tuple[Evidence, ...]:
        return chips_of(answer.findings if answer else ())

    def suggestion(item_id: str, scoring: object) -> Suggestion | None:
        own = [n for n, f in enumerate(result.findings) if f.term == item_id and f.detector in (JUDGE, JUDGED)]
        if not own or not visit.can(Right.REVIEW):
            return None
        title = str(result.findings[own[0]].value)
        yes_or_no = {Judged.MET.title: "yes", Judged.NOT_MET.title: "no"}
        ends = (
            {Judged.MET.title: card.levels[0][0], Judged.NOT_MET.title: card.levels[-1][0]} if card.levels else {}
        )
        level = (yes_or_no if scoring else ends).get(title, "")
        return Suggestion(title, level, chips_of([n for n in own if result.findings[n].quote]))

    return tuple(
        CriterionRow(
            asked=asked,
            counts=counts.get(asked.criterion.id),
            machine=alone.get(asked.criterion.id),
            person=people.get(asked.criterion.id),
            lapsed=given.get(asked.criterion.id) if asked.criterion.id not in people else None,
            evidence=evidence(alone.get(asked.criterion.id)),
            can_answer=bool(asked.items) and asked.criterion.id in alone,
            parts=tuple(
                ItemRow(
                    item=item,
                    counts=said.item(item.id) if (said := counts.get(asked.criterion.id)) else None,
                    machine=alone.get(item.id),
                    person=people.get(item.id),
                    evidence=evidence(alone.get(item.id)),
                    suggestion=suggestion(item.id, asked.criterion.scoring),
                    suspicions=of_item(flags, item),
                )
                for item in (asked.items if len(asked.items) > 1 else ())
            ),
            suggestion=suggestion(asked.items[0].id, asked.criterion.scoring) if len(asked.items) == 1 else None,
            suspicions=tuple(dict.fromkeys(row for item in asked.items for row in of_item(flags, item))),
        )
        for asked in card.call_criteria
    )


def _show_tickets(rows: Sequence[CriterionRow]) -> Iterator[bool]:
    for row in rows:
        yield row.shows_tickets
        yield from (part.shows_tickets for part in row.parts)


def _shows_tickets(evidence: str, machine: Said | None) -> bool:
    return evidence == "tickets" and not (machine and machine.outcome is Outcome.NOT_APPLICABLE)


def _is_left(answer: Said | None) -> bool:
    return answer is not None and (
        not answer.outcome.decided or (isinstance(answer, ItemAnswer) and answer.source == "suggestion")
    )


def _says(answer: Said | None) -> str:
    if answer is None:
        return "—"
    return answer.level or answer.outcome.title
