"""One call to be heard: its waveform, its transcript word by word, and the findings to jump to.

Knows how a call is laid out to be heard; how it is judged is in the panel beside it (`_scorecard.html`).
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, NoReturn

from fastapi import APIRouter, Depends, HTTPException, Query
from markupsafe import Markup, escape
from starlette.responses import FileResponse, JSONResponse, Response

from pipeline.access.accounts import Right
from pipeline.access.audit import Action, Note
from pipeline.audio.playback import MEDIA_TYPE, BrowserCopies, Waveform
from pipeline.call import Recording
from pipeline.desk.addresses import CallId
from pipeline.desk.call_scorecard import scorecard_of_call
from pipeline.desk.call_suspicions import SuspicionRow
from pipeline.desk.page import Page
from pipeline.desk.visit import Visit, Visitor, allowed
from pipeline.errors import AudioError
from pipeline.evaluation import Evaluation, Outcome
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.findings.finding import JUDGE, SHADOW
from pipeline.findings.suspicion import filed_under
from pipeline.findings.titles import value_of
from pipeline.hearing import Hearing
from pipeline.hearing.acoustics import parties, pauses
from pipeline.hearing.part import part_of
from pipeline.hearing.privacy import Privacy
from pipeline.hearing.reading import read, stops
from pipeline.hearing.turns import Role, Turn
from pipeline.month.evidence import bundled_evidence
from pipeline.month.workbook.wording import REASONS
from pipeline.timeline import Seconds, Span, clipped, subtract, union
from pipeline.titles import Titles
from pipeline.validation.learning.opinions import is_judge

router = APIRouter()
PAGE = Page(router, right=Right.SEE_CALLS)
Listener = Annotated[Visit, Depends(allowed(Right.LISTEN))]

UNSURE_WORD = 0.5
"""Words less probable than this are marked: listen before you judge by them."""
SPOKEN_OVER = "两人同时说话：这里的字可能是另一方的，也可能有话没有写出来"
KINDS = {
    "lost": "失分依据",
    "doubt": "待复核依据",
    "suspected": "疑似",
    "kept": "得分依据",
    "cause": "客户情形",
    "fact": "其他命中",
}
"""What a finding is to the answers that name it, the weightiest first."""
KIND_OF = {
    Outcome.NOT_MET: "lost",
    Outcome.PARTLY_MET: "lost",
    Outcome.UNSURE: "doubt",
    Outcome.NEEDS_PERSON: "doubt",
    Outcome.MET: "kept",
}
GONE = {
    "unreadable": "录音已不在原处或暂时读取不了，请联系管理员找回录音",
    "replaced": "原处的录音已被替换，与评分时的不是同一份，不予播放；请联系管理员找回原录音",
}
"""Why a recording cannot be played, by the reason of the error."""


@router.get("/calls/{call_id}")
def call(
    visit: Visitor,
    call_id: CallId,
    at: Annotated[float | None, Query(ge=0, le=86_400, allow_inf_nan=False)] = None,
    queue: Annotated[str, Query(max_length=2000)] = "",
) -> Response:
    """The page of a call, opened at a second of it; noted in the audit log."""
    result = visit.call(call_id)
    visit.store.audit.append(Note(visit.account.id, Action.READ, call_id))
    hearing, panel = result.hearing, scorecard_of_call(visit, result)
    found = (*_findings(result, visit.privacy, visit.titles), *map(_suspected, panel.suspicions))
    found = tuple(sorted(found, key=lambda each: each.start))
    quiet = clipped(pauses(hearing), part_of(hearing)) if hearing else ()
    shades = tuple(_shades(hearing, quiet)) if hearing else ()
    beside = visit.store.calls.parts(result.call)
    team = (visit.store.calls.whose(call_id) or (None, None))[1]
    names = visit.desk.names(result.call.queue, team)
    present = {each.kind for each in found} - {"fact"}
    return visit.page(
        "call.html",
        result=result,
        call=result.call,
        panel=panel,
        judged_by=visit.judged_by(
            result.call.queue,
            team,
            panel.card.name if panel.card else None,
        ),
        said="",
        listed=visit.store.queue.get(call_id) if visit.can(Right.REVIEW) else None,
        queue=queue,
        at=at if at is not None or hearing is None or hearing.part is None else round(hearing.part.start, 2),
        part=result.call.part,
        heard_in=hearing.part if hearing else None,
        parts=[(number, each, visit.sees(each.id)) for number, each in beside.items()],
        opening=secrets.token_urlsafe(9),
        can_listen=visit.can(Right.LISTEN) and result.recording is not None and visit.desk.copies is not None,
        why_not=REASONS.get(result.reason, result.reason),
        evidence=tuple(each for each in found if each.kind != "fact"),
        facts=tuple(each for each in found if each.kind == "fact"),
        kinds=KINDS,
        turns=tuple(_turns(hearing, visit.privacy, names)) if hearing else (),
        shades=shades,
        legend=[
            *((kind, title) for kind, title in KINDS.items() if kind in present),
            *dict.fromkeys((kind, title) for kind, _, _, title in shades),
        ],
        pauses=[[round(pause.start, 2), round(pause.end, 2)] for pause in quiet],
    )


@router.get("/calls/{call_id}/peaks")
def peaks(visit: Visitor, call_id: CallId) -> Response:
    """The waveform: for each channel whose it is, and its amplitudes in thousandths, `rate_hz` a second."""
    visit.admit(call_id)  # who scores the call blind may see and hear it
    recording, hearing = visit.store.recordings.of_call(call_id), visit.store.hearings.get(call_id)
    if recording is None:
        raise HTTPException(404, "此通话没有录音可画")
    drawn = visit.store.recordings.waveform(recording.id)
    if drawn is None:
        drawn = _drawn_now(visit, recording)
    roles = parties(drawn, hearing) if hearing else (Role.UNKNOWN,) * len(drawn.peaks)
    thousandths = (1000 * drawn.amplitudes).round().astype(int).tolist()
    return JSONResponse(
        {
            "rate_hz": drawn.rate_hz,
            "duration": recording.duration,
            "channels": [
                {"role": role, "title": _channel(n, role, len(roles)), "peaks": channel}
                for n, (role, channel) in enumerate(zip(roles, thousandths, strict=True))
            ],
        }
    )


@router.get("/calls/{call_id}/audio")
def audio(visit: Listener, call_id: CallId, opening: Annotated[str, Query(max_length=32)] = "") -> Response:
    """The recording as browsers play it, whole or by ranges; listening is noted once an opening of the page."""
    visit.admit(call_id)
    recording = visit.store.recordings.of_call(call_id)
    if recording is None:
        raise HTTPException(404, "此通话没有可播放的录音")
    copies = _copies(visit)
    bleeps = () if visit.can(Right.CLEARANCE) else _bleeps(visit, call_id)
    try:
        path = copies.of(recording, bleeps)
    except AudioError as error:
        _gone(error)
    if visit.desk.playbacks.is_new(visit.account.id, call_id, opening):
        visit.store.audit.append(Note(visit.account.id, Action.LISTEN, call_id))
    # The tag is of what is inside: a copy that is made again in the middle of listening goes on as the same file.
    return FileResponse(path, media_type=MEDIA_TYPE, headers={"ETag": f'"{copies.key(recording, bleeps)}"'})


def _copies(visit: Visit) -> BrowserCopies:
    if visit.desk.copies is None:
        raise HTTPException(503, "本复核台没有接通录音，不能播放；请联系管理员")
    return visit.desk.copies


def _bleeps(visit: Visit, call_id: str) -> tuple[Span, ...]:
    """What is silenced in a recording, for whichever of the calls that share it; what no call has heard, too."""
    hearings = visit.store.hearings.of_recording_of(call_id)
    private = (span for hearing in hearings for span in visit.privacy.spans(hearing))
    if all(hearing.part is None for hearing in hearings):
        return union(private)
    whole = Span(0.0, hearings[0].recording.duration)
    return union((*private, *subtract([whole], map(part_of, hearings))))


def _drawn_now(visit: Visit, recording: Recording) -> Waveform:
    """The waveform of a recording that was opened before waveforms were kept."""
    try:
        drawn = _copies(visit).waveform(recording)
    except AudioError as error:
        _gone(error)
    visit.store.recordings.save_waveform(recording.id, drawn)
    return drawn


def _gone(error: AudioError) -> NoReturn:
    why = GONE.get(error.reason, f"录音不能播放：{REASONS.get(error.reason, error.reason)}")
    raise HTTPException(410, why) from error


def _channel(number: int, role: Role, num_channels: int) -> str:
    if num_channels == 1:
        return "混合声道"
    return f"声道 {number + 1}" if role is Role.UNKNOWN else role.title


@dataclass(frozen=True, slots=True)
class FoundShown:
    """A finding to jump to. `kind` is one of `KINDS`."""

    start: Seconds
    end: Seconds
    kind: str
    title: str
    quote: str
    value: str


def _findings(result: CallResult, privacy: Privacy, titles: Titles) -> Iterator[FoundShown]:
    """The findings in the order of time; of several at one place, the weightiest."""
    kinds = _kinds(result.findings, result.evaluation)
    shown: dict[tuple[Seconds, str], FoundShown] = {}
    for finding, kind in sorted(zip(result.findings, kinds, strict=True), key=lambda pair: pair[0].span):
        if finding.detector == JUDGE or (finding.detector == SHADOW and is_judge(finding.term)):
            continue  # suggested beside its item, or measured where nobody may see it
        if filed_under(finding):
            continue  # a suspicion: shown to those who may see it
        detector, cause = titles.detector(finding.detector), titles.cause(finding.detector, finding.term)
        title = detector if detector == cause else f"{detector}：{cause}"
        key = (round(finding.span.start, 1), title)
        if key in shown and list(KINDS).index(shown[key].kind) <= list(KINDS).index(kind):
            continue
        value = value_of(finding, titles)
        shown[key] = FoundShown(
            round(finding.span.start, 2),
            round(finding.span.end, 2),
            kind,
            title,
            privacy.text(finding.quote),
            privacy.text(value) if isinstance(finding.value, str) else value,
        )
    yield from shown.values()


def _suspected(row: SuspicionRow) -> FoundShown:
    span, who = row.suspicion.finding.span, "人工确认" if row.is_affirmed else "疑似"
    like = f"像：{row.like}" if row.like else ""
    return FoundShown(round(span.start, 2), round(span.end, 2), "suspected", f"{who}：{row.title}", row.quote, like)


def _kinds(findings: Sequence[Finding], evaluation: Evaluation | None) -> list[str]:
    order, policy = list(KINDS), bundled_evidence()
    kinds = ["fact"] * len(findings)
    for answer in evaluation.answers if evaluation else ():
        kind = KIND_OF.get(answer.outcome, "fact")
        for position in answer.findings:
            detector = findings[position].detector
            own = "kept" if detector in policy.credit else "cause" if detector in policy.cause else kind
            kinds[position] = min(kinds[position], own, key=order.index)
    return kinds


@dataclass(frozen=True, slots=True)
class TurnShown:
    """A turn, with each word in an element that tells its second."""

    turn: Turn
    said: Markup


def _turns(hearing: Hearing, privacy: Privacy, names: Sequence[str]) -> Iterator[TurnShown]:
    both = hearing.spoken_over
    for turn in hearing.turns:
        over = tuple(span for span in both if span.overlap(turn.span) > 0)
        yield _said(turn, privacy, names, hearing.call.agent_name or "", over)


def _said(
    turn: Turn, privacy: Privacy, names: Sequence[str], own_name: str, spoken_over: Sequence[Span]
) -> TurnShown:
    """A turn to be read: its names spelt right, and digits and punctuation behind the words, which stay as heard.

    Words in `spoken_over` are marked: there both speak on one channel.

    Where what may be shown no longer fits the times of the words, it is shown without them; of a text in which
    something is masked, no name and no number is told besides.

    Note
    ----
    Made here and not in the template: an hour of talk has 13,000 words, for which a template takes thrice as long.
    """
    text = privacy.text(turn.text)
    if len(text) != sum(len(word.text) for word in turn.words):
        return TurnShown(turn, escape(text))
    marks = read(turn, names, own_name) if text == turn.text else stops(turn)
    heard: dict[int, str] = {}  # by character of a name that is spelt otherwise
    behind: dict[int, str] = {}  # by the last character of what it follows
    for mark in marks:
        if mark.kind == "name":
            text = text[: mark.start] + mark.text + text[mark.end :]
            heard |= dict.fromkeys(range(mark.start, mark.end), turn.text[mark.start : mark.end])
        else:
            said = f"（{mark.text}）" if mark.kind == "digits" else mark.text
            if privacy.text(said) == said:  # a number that was said in words is masked as digits, perhaps
                behind[mark.end - 1] = behind.get(mark.end - 1, "") + said
    parts, at = [], 0
    for word in turn.words:
        places, at = range(at, at + len(word.text)), at + len(word.text)
        note, after = next((heard[n] for n in places if n in heard), ""), "".join(behind.get(n, "") for n in places)
        kind = "spelt" if note else "unsure" if word.probability < UNSURE_WORD and word.spoken else ""
        over = any(word.span.middle in span for span in spoken_over)
        told = {
            "class": f"{kind} over".strip() if over else kind,
            "title": "；".join(filter(None, (note and f"听成：{note}", SPOKEN_OVER if over else ""))),
            "data-after": after,
        }
        attributes = "".join(f' {name}="{escape(value)}"' for name, value in told.items() if value)
        shown = escape(text[places.start : places.stop])
        parts.append(f'<span data-w="{word.span.start:.2f}"{attributes}>{shown}</span>')
    return TurnShown(turn, Markup("".join(parts)))  # each part was escaped


def _shades(hearing: Hearing, quiet: Sequence[Span]) -> Iterator[tuple[str, Seconds, Seconds, str]]:
    """Where nobody talks, with why: ringing, music, or quiet; and what other agents have of the recording."""
    for other in subtract([Span(0.0, hearing.recording.duration)], [part_of(hearing)]):
        yield ("beside", round(other.start, 2), round(other.end, 2), "其他坐席的部分")
    for burst in hearing.ringback.bursts:
        yield ("ring", round(burst.start, 2), round(burst.end, 2), "铃声")
    for music in hearing.acoustics.music if hearing.acoustics else ():
        yield ("music", round(music.start, 2), round(music.end, 2), "等待音乐")
    for pause in quiet:
        yield ("still", round(pause.start, 2), round(pause.end, 2), "无人说话")
