"""The judge in a night: the calls that were judged tonight, asked about within the budget; nothing stops the night.

Calls are taken by lot, so that what the budget leaves out is nobody's in particular.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace

from flows.night.assignment import Assignment, assignment_of
from flows.night.judgement import result_of
from flows.policy.claims import Lines
from flows.policy.library import scorecard_of
from flows.policy.policy import Policy
from flows.settings import Settings
from models.judge.budget import Budget
from models.judge.client import Chat, UnansweredError
from models.judge.endpoint import Endpoint, UnknownHostError, endpoint_of
from models.judge.judge import Dialogue, ask, messages_of
from models.judge.question import JudgeCard, Question, questions_of
from pipeline.errors import ConfigurationError, StoreError
from pipeline.evaluation import Evaluation, ItemAnswer, Outcome
from pipeline.evaluation.result import CallResult
from pipeline.notices import Notice, NoticeKind
from pipeline.review.urgency import lot
from pipeline.scorecard import Scorecard
from pipeline.store import Store
from pipeline.timeline import Seconds
from pipeline.validation.learning.opinions import Opinion, StagedJudge, key_of
from pipeline.validation.learning.registry import Stage

BY = "callqa"
"""In whose name a judge is registered as a draft; what it may do beyond that is for a person to say."""
FAILURES = 3
"""Questions in a row without an answer, after which the server counts as gone for the night."""

log = logging.getLogger(__name__)


@dataclass
class Asking:
    """What became of the questions of a night.

    Parameters
    ----------
    answered, kept : int
        Questions with an answer that was verified, and those that had been answered before.
    thrown : Counter of Problem
        Answers that were thrown away.
    left : Counter of str
        Questions that were not asked, or not answered, by the reason in Chinese.
    """

    answered: int = 0
    kept: int = 0
    thrown: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    calls: int = 0
    tokens: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        """The line of the night's report."""
        asked = self.answered + sum(self.thrown.values())
        said = [f"大模型建议：问了 {asked} 题，采信 {self.answered} 题"]
        if self.thrown:
            why = "、".join(f"{problem} {number}" for problem, number in self.thrown.most_common())
            said.append(f"核对不上、作废 {sum(self.thrown.values())} 题（{why}）")
        if self.kept:
            said.append(f"以前问过 {self.kept} 题")
        said += (f"没有问成 {number} 题：{why}" for why, number in self.left.most_common())
        said.append(f"请求 {self.calls} 次，{self.tokens} 个词元，{self.seconds:.0f} 秒")
        return "；".join(said)

    @property
    def notices(self) -> tuple[Notice, ...]:
        """What the data quality report of the night is told: what was left out, and what was thrown away."""
        left = (Notice(NoticeKind.JUDGE_LEFT, "", f"{number} 题：{why}") for why, number in self.left.most_common())
        thrown = (
            Notice(NoticeKind.JUDGE_THROWN, "", f"{number} 题：{problem}，没有采信")
            for problem, number in self.thrown.most_common()
        )
        return (*left, *thrown)


def endpoint_in(settings: Settings) -> Endpoint | None:
    """Where the judge is asked; None while it is off.

    Raises
    ------
    ConfigurationError
        If the address is none that may be asked.
    """
    if not settings.judge_url:
        return None
    return endpoint_of(
        settings.judge_url,
        settings.judge_model,
        settings.judge_key.get_secret_value(),
        settings.judge_allow,
        settings.judge_timeout,
        settings.judge_proxy,
    )


def check_judge(settings: Settings) -> None:
    """Refuse a judge that may not be asked before any call is heard; one that cannot be found may come back.

    Raises
    ------
    ConfigurationError
        As `endpoint_in` does.
    """
    with suppress(UnknownHostError):
        endpoint_in(settings)


def budget_in(settings: Settings) -> Budget:
    """What one night may spend."""
    return Budget(settings.judge_calls, settings.judge_tokens, settings.judge_seconds)


def judge_night(
    call_ids: Iterable[str],
    lines: Lines,
    settings: Settings,
    store: Store,
    sleep: Callable[[Seconds], None] = time.sleep,
) -> Asking:
    """Ask about the calls that were judged, keep every answer, and judge again the calls that have new ones.

    Raises
    ------
    ConfigurationError
        If the address is none that may be asked.
    """
    asking, budget = Asking(), budget_in(settings)
    try:
        endpoint = endpoint_in(settings)
    except UnknownHostError as error:
        asking.left[str(error)] += 1
        return asking
    if endpoint is None:
        return asking
    todo = sorted(call_ids, key=lambda call_id: lot(BY, call_id))
    assignment = registered(endpoint.model, todo, lines, store)
    with Chat(endpoint, budget, sleep) as chat:
        night = _Night(assignment, settings, store, chat, asking)
        for call_id in todo:
            try:
                night.judge(call_id)
            except StoreError:
                raise
            except Exception:  # a defect of ours must cost one call its suggestions, not the night
                log.exception("call %s: not judged", call_id)
                asking.left["程序错误，请连同日志报给维护的人"] += 1
    asking.calls, asking.tokens, asking.seconds = budget.spent_calls, budget.spent_tokens, budget.spent_seconds
    return asking


def tried(store_url: str, call_id: str, item_id: str, settings: Settings, *, sends: bool = True) -> Iterator[str]:
    """What is sent about one item of a call, and what comes back, line by line; nothing is kept.

    Raises
    ------
    ConfigurationError
        If the judge is off, or there is no such call, item or standard.
    """
    endpoint = endpoint_in(settings) if sends else None
    if sends and endpoint is None:
        raise ConfigurationError("CALLQA_JUDGE_URL is empty: the judge is off; see docs/judge.md")
    with Store.open(store_url, create=False) as store:
        result = store.calls.get(call_id)
    if result is None or result.hearing is None or result.evaluation is None:
        raise ConfigurationError(f"the store has no call {call_id} that was judged")
    card = scorecard_of(result.evaluation.scorecard, settings)
    question = next((each for each in questions_of(card) if each.item_id == item_id), None)
    if question is None:
        known = ", ".join(each.item_id for each in questions_of(card))
        raise ConfigurationError(f"{card.name} asks a judge no {item_id}; it asks: {known}")
    dialogue = Dialogue.of(result.hearing, keep=settings.companies)
    yield from (message["content"] for message in messages_of(question, dialogue))
    if endpoint is None:
        return
    try:
        with Chat(endpoint, budget_in(settings)) as chat:
            opinion = ask(chat, question, dialogue, question.version(endpoint.model), shown=False)
    except UnansweredError as error:
        yield f"没有回答：{error.problem}"
        return
    yield opinion.judged.title if opinion.judged else f"作废：{opinion.problem.title if opinion.problem else ''}"
    for turn, start, end in opinion.quoted:
        yield f"[{turn + 1}] {result.hearing.turns[turn].text[start:end]}"


def registered(model: str, call_ids: Iterable[str], lines: Lines, store: Store) -> Assignment:
    """The assignment of the calls with a judge of every item of their standards: new ones are drafts."""
    assignment = assignment_of(lines, store)
    for kept in store.calls.kept(call_ids).values():
        assignment.policy(kept.call)  # so that it knows the revisions of their months
    return assignment_of(lines, store) if register(model, assignment.scorecards, store) else assignment


def register(model: str, cards: Iterable[Scorecard], store: Store) -> int:
    """The number of judges that were registered as drafts: of every item that has none for this model."""
    known = {(each.criterion, each.version) for each in store.classifiers.versions()}
    num_known = len(known)
    for card in cards:
        for question in questions_of(card):
            if (question.criterion, version := question.version(model)) not in known:
                made = JudgeCard(model, question)
                store.classifiers.register(question.criterion, version, made.to_json(), made.artifact, BY)
                known.add((question.criterion, version))
    return len(known) - num_known


@dataclass
class _Night:
    """A night at work."""

    assignment: Assignment
    settings: Settings
    store: Store
    chat: Chat
    asking: Asking
    failures: int = 0
    stopped: str = ""

    def judge(self, call_id: str) -> None:
        """Ask about one call, and judge it again if anything new was said."""
        result = self.store.calls.get(call_id)
        line = self.assignment.line(result.call) if result else None
        if result is None or line is None or result.evaluation is None or result.hearing is None:
            return
        policy = self.assignment.policy_of(line, result.call.month)
        if (policy.scorecard.name, policy.scorecard.revision) != (
            result.evaluation.scorecard,
            result.evaluation.revision,
        ):
            return
        asked = list(self._asked(policy, result.evaluation))
        kept = self.store.opinions.of_keys(key_of(judge.version, result.hearing) for _, judge in asked)
        self.asking.kept += len(kept)
        new = [pair for pair in asked if key_of(pair[1].version, result.hearing) not in kept]
        if not new:
            return
        said = [each for each in self._ask_all(new, result, line.settings.companies) if each.judged is not None]
        if said:
            self._again(result, policy)

    def _asked(self, policy: Policy, evaluation: Evaluation) -> Iterator[tuple[Question, StagedJudge]]:
        """The questions of a call to the judges of this model, in the order of the standard."""
        questions = {question.criterion: question for question in questions_of(policy.scorecard)}
        wanted = wanted_items(evaluation, policy.scorecard, self.settings.judge_items)
        model = self.chat.endpoint.model
        for judge in policy.judges:
            if judge.item_id not in wanted:
                continue
            if judge.model == model:
                yield questions[judge.criterion], judge
            elif judge.stage is Stage.LIVE:
                self.asking.left[f"在用的判定由 {judge.model} 给出，本夜设的是 {model}"] += 1

    def _ask_all(
        self, asked: Collection[tuple[Question, StagedJudge]], result: CallResult, names: Collection[str]
    ) -> Iterator[Opinion]:
        """The new opinions on a call, each kept as soon as it is there."""
        if result.hearing is None:
            return
        why = self.stopped or self._over()
        dialogue = None if why else Dialogue.of(result.hearing, keep=names)
        if dialogue is not None and dialogue.is_too_long:
            self.asking.left["通话太长"] += len(asked)
            return
        for question, judge in asked:
            why = self.stopped or self._over()
            if why or dialogue is None:
                self.asking.left[why] += 1
                continue
            try:
                opinion = ask(self.chat, question, dialogue, judge.version, shown=judge.stage is not Stage.SHADOW)
            except UnansweredError as error:
                self._failed(error)
                continue
            self.failures = 0
            self.store.opinions.add(opinion)
            if opinion.problem is None:
                self.asking.answered += 1
            else:
                self.asking.thrown[opinion.problem.title] += 1
            yield opinion

    def _over(self) -> str:
        spent = self.chat.budget.exhausted
        return f"用完了本夜的额度（{spent}）" if spent else ""

    def _failed(self, error: UnansweredError) -> None:
        """Count a question without an answer; the server that fails too often is left alone for the night."""
        self.asking.left[error.problem] += 1
        self.failures += 1
        if error.stops or self.failures >= FAILURES:
            self.stopped = f"此后不再问：{error.problem}"
            log.warning("the judge is left alone for the night: %s", error.problem)

    def _again(self, result: CallResult, policy: Policy) -> None:
        """Judge a call with what was said of it: no audio, and nothing heard anew."""
        if result.hearing is None:
            return
        again = result_of(result.hearing, policy, result.fingerprint.ears)
        again = replace(
            again,
            fingerprint=replace(
                again.fingerprint,
                policy=replace(again.fingerprint.policy, hearing=result.fingerprint.policy.hearing),
            ),
        )
        if again.evaluation is not None:
            self.store.calls.save_evaluation(again)
            if self.store.answers.acts(result.call.id):
                self.store.queue.relist(result.call.id, policy.scorecard)


def wanted_items(evaluation: Evaluation, card: Scorecard, chosen: Collection[str] = ()) -> frozenset[str]:
    """The items of a call that a judge is asked: those that were chosen, or else all that are left to a person.

    What does not apply to a call is asked of nobody.

    Examples
    --------
    >>> from pipeline.evaluation import evaluate
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> from pipeline.scorecard import find_scorecard
    >>> card = find_scorecard("kf01")
    >>> judged = evaluate(hearing_of(["坐席：您好请讲"]), (), card, "")
    >>> sorted(wanted_items(judged, card))[:2], sorted(wanted_items(judged, card, ("KF01-9",)))
    (['KF01-5-1', 'KF01-5-3'], ['KF01-9-1'])
    """
    wanted = set()
    for asked in card.call_criteria:
        answer = next((each for each in evaluation.answers if each.criterion_id == asked.criterion.id), None)
        for item in asked.items:
            said = answer.item(item.id) if answer else None
            if item.source == "feed" or said is None or said.outcome is Outcome.NOT_APPLICABLE:
                continue
            if {item.id, asked.criterion.id} & set(chosen) if chosen else _is_left(said):
                wanted.add(item.id)
    return frozenset(wanted)


def _is_left(said: ItemAnswer) -> bool:
    return said.source == "suggestion" or said.outcome in (Outcome.NEEDS_PERSON, Outcome.UNSURE)
