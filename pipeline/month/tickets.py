"""A ticket against the call that it was written of: what was asked, said and read back, field by field.

Knows the two sides and where they differ. A difference is a place to listen to and never a point lost: a recogniser
mishears numbers and names, so that a person decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from pipeline.call import SHANGHAI
from pipeline.enums import TitledEnum
from pipeline.evaluation import Outcome
from pipeline.evaluation.result import CallResult
from pipeline.findings import Finding
from pipeline.hearing import Hearing
from pipeline.hearing.turns import Role, Turn
from pipeline.lexicon.entities import Kind, find_entities, same_value
from pipeline.lexicon.numerals import NUMBER, number_of
from pipeline.lexicon.phonetics import listen
from pipeline.timeline import Span, place

CLEAR = 0.7
"""Mean probability of the words from which on a recogniser seldom misheard them."""
_NAMED = re.compile(r"(?:我姓|我叫|免贵姓|姓)(?P<name>[\u4e00-\u9fff]{1,3}?)(?=$|[，。,.\s]|的|，|叫|先生|女士)")
_TERM = re.compile(f"(?P<n>{NUMBER})(?:个)?(?P<unit>分钟|小时|钟头|天|工作日)")
_COMPARED = {"customer": "客户姓名", "phone": "联系电话", "address": "地址", "appointment": "约定时间"}
_UNITS = {
    "分钟": timedelta(minutes=1),
    "小时": timedelta(hours=1),
    "钟头": timedelta(hours=1),
    "天": timedelta(days=1),
}


class Side(TitledEnum):
    """How a field of a ticket and the call differ."""

    OTHERWISE = "otherwise", "说的不同"
    UNSAID = "unsaid", "通话里没有听到"
    UNWRITTEN = "unwritten", "工单没有填"
    UNREAD = "unread", "没有复述"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field in which a ticket and its call differ; shown, and never counted by itself.

    Parameters
    ----------
    field : str
        Its Chinese name.
    written, said : str
        On the ticket, and in the call as it was heard; empty for nothing.
    span : Span | None
        Where to listen; None where there is nothing to listen to.
    asked : bool
        Whether the agent asked for it.
    clear : bool
        Whether the words there were heard clearly, and by a speaker whose role is sure.
    """

    ticket_id: str
    call_id: str
    agent_id: str | None
    field: str
    side: Side
    written: str
    said: str
    span: Span | None
    asked: bool
    clear: bool

    @property
    def sentence(self) -> str:
        """What a reader is told, in Chinese.

        Examples
        --------
        >>> said = ("13800132202", Span(61.0, 64.0), True, False)
        >>> Difference("T1", "D01", "1001", "联系电话", Side.OTHERWISE, "13800132201", *said).sentence
        '联系电话：工单上是“13800132201”，01:01 处听到“13800132202”；听得不清，请听录音核对'
        """
        where = f"{place(self.span.start)} 处" if self.span else ""
        told = {
            Side.OTHERWISE: f"工单上是“{self.written}”，{where}听到“{self.said}”",
            Side.UNSAID: f"工单上是“{self.written}”，通话里没有听到" + ("" if self.asked else "，坐席也没有问"),
            Side.UNWRITTEN: f"工单没有填，{where}听到“{self.said}”",
            Side.UNREAD: f"{where}客户说了“{self.said}”，坐席没有复述",
        }[self.side]
        doubt = "请听录音核对" if self.clear else "听得不清，请听录音核对"
        return f"{self.field}：{told}；{doubt}"


@dataclass(frozen=True, slots=True)
class HeldTicket:
    """A ticket held against the call that it names.

    Parameters
    ----------
    fields : tuple of str
        The Chinese names of what stands on it and is always compared; `differences` may have others.
    heard : bool
        Whether there was anything to hold it against.
    """

    ticket_id: str
    heard: bool
    fields: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def suggests(self) -> Outcome | None:
        """Whether the record is right, for a person to confirm; None where only listening tells."""
        if any(each.clear and each.side in (Side.OTHERWISE, Side.UNWRITTEN) for each in self.differences):
            return Outcome.NOT_MET
        return Outcome.MET if self.heard and self.fields and not self.differences else None

    @property
    def remark(self) -> str:
        """How it stands against the call, in Chinese."""
        if not self.heard:
            return "通话没有听写，无法核对"
        if self.differences:
            return f"与通话有 {len(self.differences)} 处差异"
        return f"{'、'.join(self.fields)}与通话一致" if self.fields else "没有填可以核对的内容"


@dataclass(frozen=True, slots=True)
class TicketReport:
    """The differences of a month, and how many tickets could be held against a call.

    `unlinked` tickets name no call; the call of `unheard` is not in the store, or was not heard.
    """

    month: str
    compared: int
    unlinked: int
    unheard: int
    differences: tuple[Difference, ...]

    @property
    def remark(self) -> str:
        """How many tickets were compared, and what becomes of a difference, in Chinese."""
        told = f"核对 {self.compared} 张，没有通话编号 {self.unlinked} 张，通话没有听过 {self.unheard} 张"
        return f"{told}。差异只供核对，不自动计入任何得分"


@dataclass(frozen=True, slots=True)
class _Said:
    """Something named in a call; `value` is its one spelling."""

    turn: Turn
    text: str
    value: str
    span: Span

    @property
    def clear(self) -> bool:
        words = [word for word in self.turn.words if word.spoken and word.span.overlap(self.span) > 0]
        mean = sum(word.probability for word in words) / len(words) if words else 0.0
        return mean >= CLEAR and self.turn.confidence >= CLEAR


def differences(
    ticket: Mapping[str, Any], hearing: Hearing, findings: Sequence[Finding] = ()
) -> tuple[Difference, ...]:
    """The fields of a ticket that the call does not bear out, in the order of the fields.

    Parameters
    ----------
    ticket : mapping
        A row of the feed ``tickets``: `ticket_id`, and what there is of `customer`, `phone`, `address`,
        `appointment`, `promised_at` and `kind`; None for an empty cell, and no key for a missing column.
    findings : sequence of Finding
        Those of the call: what the agent asked (``slots_asked``), and complaints.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> call = hearing_of(["客户：我电话幺三八零零幺三二二零幺", "坐席：好的"])
    >>> [each.sentence for each in differences({"ticket_id": "T1", "phone": "13800132202"}, call)]
    ['联系电话：工单上是“13800132202”，00:00 处听到“13800132201”；请听录音核对']
    """
    compared = _Comparison(ticket, hearing, findings)
    return tuple(compared.all())


def held(ticket: Mapping[str, Any], result: CallResult | None) -> HeldTicket:
    """A ticket held against the call that it names; None for one that is not in the store.

    Examples
    --------
    >>> held({"ticket_id": "T1", "phone": "13800132202"}, None).remark
    '通话没有听写，无法核对'
    """
    heard = result.hearing if result is not None and result.hearing and result.hearing.turns else None
    found = differences(ticket, heard, result.findings) if result and heard else ()
    fields = tuple(title for column, title in _COMPARED.items() if ticket.get(column))
    return HeldTicket(str(ticket["ticket_id"]), heard is not None, fields, found)


@dataclass(frozen=True, slots=True)
class _Comparison:
    ticket: Mapping[str, Any]
    hearing: Hearing
    findings: Sequence[Finding]

    def all(self) -> Iterator[Difference]:
        yield from self._name()
        yield from self._named("phone", "联系电话", "phone", "phone")
        yield from self._named("address", "地址", "address", "address")
        yield from self._when("appointment", "约定时间", self._said("date"), self._said("time"), "when")
        yield from self._promise()
        yield from self._kind()

    def _said(self, kind: Kind) -> list[_Said]:
        return [
            _Said(turn, turn.text[each.start : each.end], each.value, turn.span_of(each.start, each.end))
            for turn in self.hearing.turns
            if turn.role.is_party
            for each in find_entities(turn.text, kind)
        ]

    def _asked(self, term: str) -> bool:
        return any(f.detector == "slots_asked" and f.term == term for f in self.findings)

    def _differs(self, title: str, side: Side, written: str, said: _Said | None, term: str) -> Difference:
        return Difference(
            str(self.ticket["ticket_id"]),
            self.hearing.call.id,
            self.hearing.call.agent_id,
            title,
            side,
            written,
            (said.value if said.value[:1] not in "+-w" else said.text) if said else "",
            said.span if said else None,
            self._asked(term),
            said.clear if said else self.hearing.quality.word_confidence >= CLEAR,
        )

    def _named(self, column: str, title: str, kind: Kind, term: str) -> Iterator[Difference]:
        """A number or an address: the same one must be said, and one that the customer says be read back."""
        if column not in self.ticket:
            return
        written, said = str(self.ticket[column] or ""), self._said(kind)
        if kind == "phone" and written and same_value(kind, written, self.hearing.call.caller or ""):
            return  # the line knows it, nobody needs to say it
        same = [each for each in said if written and _is_within(kind, each.value, written)]
        by_customer = [each for each in said if each.turn.role is Role.CUSTOMER]
        if not written and by_customer:
            yield self._differs(title, Side.UNWRITTEN, "", by_customer[-1], term)
        elif written and not same:
            side = Side.OTHERWISE if said else Side.UNSAID
            yield self._differs(title, side, written, (by_customer or said)[-1] if said else None, term)
        elif same and not any(each.turn.role is Role.AGENT for each in same):
            yield self._differs(title, Side.UNREAD, written, same[-1], term)

    def _name(self) -> Iterator[Difference]:
        """The customer's name, by its sound: 王 and 汪 are one; the family name is enough."""
        if "customer" not in self.ticket:
            return
        written = re.sub(r"(先生|女士|小姐|老师)$", "", str(self.ticket["customer"] or ""))
        told = [
            _Said(turn, match["name"], match["name"], turn.span_of(match.start("name"), match.end("name")))
            for turn in self.hearing.turns
            if turn.role is Role.CUSTOMER
            for match in _NAMED.finditer(turn.text)
        ]
        if not written:
            yield from [self._differs("客户姓名", Side.UNWRITTEN, "", told[-1], "name")] if told else []
            return
        forms = [
            *([written] if len(written) > 1 else []),
            *(written[0] + each for each in ("先生", "女士", "小姐")),
        ]
        spoken = [_sounds(turn.text) for turn in self.hearing.turns]
        called = any(_sounds(form) in each for form in forms for each in spoken)
        if called or any(_sounds(written[0]) == _sounds(each.value[0]) for each in told):
            return
        side = Side.OTHERWISE if told else Side.UNSAID
        yield self._differs("客户姓名", side, written, told[-1] if told else None, "name")

    def _when(
        self, column: str, title: str, days: Sequence[_Said], times: Sequence[_Said], term: str
    ) -> Iterator[Difference]:
        """An instant: its day among the days said, its time among the times said, each as far as any was said."""
        if column not in self.ticket:
            return
        at, today = _local(self.ticket[column]), self.hearing.call.day
        if at is None:
            if times and days:
                yield self._differs(title, Side.UNWRITTEN, "", times[-1], term)
            return
        resolved = [(each, day) for each in days if today and (day := day_said(each.value, today))]
        shown = f"{at:%Y-%m-%d %H:%M}"
        if resolved and not any(day == at.date() for _, day in resolved):
            yield self._differs(title, Side.OTHERWISE, shown, resolved[-1][0], term)
        elif times and not any(same_value("time", each.value, f"{at:%H:%M}") for each in times):
            yield self._differs(title, Side.OTHERWISE, shown, times[-1], term)
        elif not resolved and not times:
            yield self._differs(title, Side.UNSAID, shown, None, term)

    def _promise(self) -> Iterator[Difference]:
        """The term that was promised: said by the agent as a span of time, or as a day."""
        if "promised_at" not in self.ticket:
            return
        at, began = _local(self.ticket["promised_at"]), self.hearing.call.started_at
        terms = [each for turn in self.hearing.turns if turn.role is Role.AGENT for each in _terms(turn)]
        days = [each for each in self._said("date") if each.turn.role is Role.AGENT]
        if at is None or began is None:
            if at is None and terms:
                yield self._differs("承诺时间", Side.UNWRITTEN, "", terms[-1], "")
            return
        if any(each.value.endswith("工作日") for each in terms):
            return  # which a calendar must tell
        lasts = [(each, term) for each in terms if (term := _lasting(each.value)) is not None]
        begun = began.astimezone(SHANGHAI)
        if any(abs(begun + term - at) <= max(timedelta(minutes=15), term / 10) for _, term in lasts):
            return
        if any(day_said(each.value, begun.date()) == at.date() for each in days):
            return
        said = [*(each for each, _ in lasts), *days]
        side = Side.OTHERWISE if said else Side.UNSAID
        yield self._differs("承诺时间", side, f"{at:%Y-%m-%d %H:%M}", said[-1] if said else None, "")

    def _kind(self) -> Iterator[Difference]:
        """A complaint that was written down as something else."""
        kind = self.ticket.get("kind")
        complaints = [f for f in self.findings if f.detector == "complaint" and f.role is Role.CUSTOMER]
        turns = {turn.index: turn for turn in self.hearing.turns}
        for finding in complaints[:1]:
            turn = turns.get(-1 if finding.turn_index is None else finding.turn_index)
            if kind and kind != "complaint" and turn is not None:
                said = _Said(turn, finding.quote, finding.quote, finding.span)
                yield self._differs("类型", Side.OTHERWISE, KIND_TITLES.get(str(kind), str(kind)), said, "")


KIND_TITLES = {"inquiry": "咨询", "request": "诉求", "complaint": "投诉", "suggestion": "建议", "other": "其他"}


def _is_within(kind: Kind, said: str, written: str) -> bool:
    """Whether what was said is what is written; of an address, a part of it that names the house is enough."""
    if same_value(kind, said, written):
        return True
    named = find_entities(written, "address") if kind == "address" else ()
    one, houses = said.removesuffix("室"), [each.value.removesuffix("室") for each in named]
    return any(house.endswith(one) or one.endswith(house) for house in houses)


def day_said(value: str, today: date) -> date | None:
    """The day that the value of an entity means on a day; None where there is none such.

    Examples
    --------
    >>> today = date(2025, 3, 5)  # a Wednesday
    >>> [day_said(each, today).isoformat() for each in ("+1", "w5", "w1+", "03-08", "8")]
    ['2025-03-06', '2025-03-07', '2025-03-10', '2025-03-08', '2025-03-08']
    """
    if value[:1] in "+-":
        return today + timedelta(days=int(value))
    if week := re.fullmatch(r"w(\d)([+-]*)", value):
        weeks = week[2].count("+") - week[2].count("-")
        monday = today - timedelta(days=today.weekday())
        day = monday + timedelta(days=int(week[1]) - 1, weeks=weeks)
        return day + timedelta(weeks=1) if not week[2] and day < today else day
    numbers = [int(each) for each in value.split("-")]
    parts = [*(today.year, today.month)[: 3 - len(numbers)], *numbers]
    try:
        return date(*parts)
    except ValueError:
        return None


def _terms(turn: Turn) -> Iterator[_Said]:
    for match in _TERM.finditer(turn.text):
        yield _Said(turn, match[0], match[0], turn.span_of(match.start(), match.end()))


def _lasting(text: str) -> timedelta | None:
    """A span of time; None for working days, which a calendar must tell."""
    match = _TERM.fullmatch(text)
    number, unit = (number_of(match["n"]), _UNITS.get(match["unit"])) if match else (None, None)
    return None if number is None or unit is None else number * unit


def _local(value: Any) -> datetime | None:
    """An instant of a feed, in Asia/Shanghai; None for an empty cell."""
    if value is None:
        return None
    at: datetime = value
    return at.replace(tzinfo=SHANGHAI) if at.tzinfo is None else at.astimezone(SHANGHAI)


def _sounds(text: str) -> str:
    return "".join(chr(0xE000 + int(syllable)) for syllable in listen(text).syllables)
