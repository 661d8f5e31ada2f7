"""The doubts about who speaks in a call whose roles are decided: as notices, and as stretches that nobody heard.

A second person at the agent's end (after a transfer, mostly) is nobody's agent: what he says is neither credited
nor blamed, and what was to be said may have been said by him. Where one party is not heard, nothing that asks for
his words can be judged.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.hearing.hearing import Unheard
from pipeline.hearing.roles import Roles
from pipeline.hearing.signs import ASKS_DETAILS, QUESTION
from pipeline.hearing.turns import Role, Utterance
from pipeline.notices import Notice, NoticeKind
from pipeline.timeline import Seconds, Span, place, union

MUCH_TALK_S: Seconds = 5.0  # of one party: so long nobody talks without an answer
LEAST_TALK_S: Seconds = 0.8  # of the other one, less is no part in a call
JOINED_S: Seconds = 3.0  # stretches of one voice that are told as one
MOST_UNANSWERED = 2  # questions at the end of a call: from here on their answers are missing
MOST_PLACES = 3  # that a sentence names

REVIEWED = frozenset(
    {
        NoticeKind.ROLES_CONTRADICT,
        NoticeKind.AGENT_CHANGED,
        NoticeKind.PARTY_MISSING,
        NoticeKind.CHANNEL_DEAD,
        NoticeKind.FAINT,
        NoticeKind.NOISE,
    }
)
"""The kinds of notices for which a person should look at a call."""


def doubts_of(utterances: Sequence[Utterance], roles: Roles) -> tuple[tuple[Notice, ...], tuple[Unheard, ...]]:
    """What is doubtful about who speaks, and whose words are missing where.

    Examples
    --------
    >>> from pipeline.hearing.dialogue import hearing_of
    >>> (turn,) = hearing_of("坐席：您好这里是阳光家政工号一零零一请问有什么可以帮您").turns
    >>> notices, unheard = doubts_of([Utterance(0, turn.words)], Roles(0, 0.9, frozenset()))
    >>> notices[0].kind.title, unheard[0].role.value
    ('只听到一方说话', 'customer')
    """
    roles_of = [roles.of(n, u) for n, u in enumerate(utterances)]
    notices = []
    if roles.contradiction:
        problem = f"{'与'.join(roles.contradiction)}所示的坐席相反，请人工核对哪一方是坐席"
        notices.append(Notice(NoticeKind.ROLES_CONTRADICT, "", problem))
    further = [
        u for role, u in zip(roles_of, utterances, strict=True) if u.speaker in roles.others and role.is_party
    ]
    strange = [u for role, u in zip(roles_of, utterances, strict=True) if _is_strange(role, u, roles)]
    if strange:
        problem = f"{_places(strange)} 起是坐席以外另一个人的声音（转接或换人），他的话不计入，请人工核对由谁负责"
        notices.append(Notice(NoticeKind.AGENT_CHANGED, "", problem))
    if further:
        problem = f"{_places(further)} 起客户一方是另一个人的声音，按客户处理"
        notices.append(Notice(NoticeKind.CUSTOMER_CHANGED, "", problem))
    talked = [n for n, role in enumerate(roles_of) if role.is_party]
    if talked and (late := [n for n, role in enumerate(roles_of) if role is Role.SYSTEM and n > talked[0]]):
        problem = f"{_places([utterances[n] for n in late])} 起是机器播报，不计入任何一方"
        notices.append(Notice(NoticeKind.ANNOUNCEMENT, "", problem))
    unheard = [Unheard(Role.UNKNOWN, span) for span in union((u.span for u in strange), JOINED_S)]
    if (missing := _missing(roles_of, utterances)) is not None:
        problem = (
            f"全程只听到{missing.other.title}说话，没有{missing.title}的声音，与{missing.title}有关的项目请人工核对"
        )
        notices.append(Notice(NoticeKind.PARTY_MISSING, "", problem))
        unheard.append(Unheard(missing, Span(utterances[talked[0]].span.start, utterances[talked[-1]].span.end)))
    elif (since := _unanswered_since(roles_of, utterances)) is not None:
        problem = f"{place(since.start)} 之后坐席多次提问，客户没有声音，可能没有录到，与客户有关的项目请人工核对"
        notices.append(Notice(NoticeKind.PARTY_MISSING, "", problem))
        unheard.append(Unheard(Role.CUSTOMER, since))
    return tuple(notices), tuple(unheard)


def _unanswered_since(roles_of: Sequence[Role], utterances: Sequence[Utterance]) -> Span | None:
    """The end of a call in which the agent asks more than once and the customer is not heard any more."""
    customers = [n for n, role in enumerate(roles_of) if role is Role.CUSTOMER]
    last = customers[-1] if customers else -1
    rest = [u for n, u in enumerate(utterances) if n > last and roles_of[n] is Role.AGENT]
    asked = [u for u in rest[:-1] if QUESTION.search(u.text) or ASKS_DETAILS.search(u.text)]
    if last < 0 or len(asked) < MOST_UNANSWERED or rest[-1].span.end - asked[0].span.end < MUCH_TALK_S:
        return None
    return Span(utterances[last].span.end, rest[-1].span.end)


def _is_strange(role: Role, utterance: Utterance, roles: Roles) -> bool:
    """Whether another one than the agent speaks at the agent's end."""
    return role is Role.UNKNOWN and roles.others.get(utterance.speaker) is Role.UNKNOWN


def _places(utterances: Sequence[Utterance]) -> str:
    spans = union((u.span for u in utterances), JOINED_S)
    return "、".join(place(span.start) for span in spans[:MOST_PLACES])


def _missing(roles_of: Sequence[Role], utterances: Sequence[Utterance]) -> Role | None:
    """The party that says nothing while the other one talks."""
    seconds = dict.fromkeys((Role.AGENT, Role.CUSTOMER), 0.0)
    for role, utterance in zip(roles_of, utterances, strict=True):
        if role.is_party:
            seconds[role] += sum(word.span.duration for word in utterance.words if word.spoken)
    least = min(seconds, key=lambda role: seconds[role])
    return least if seconds[least] < LEAST_TALK_S and seconds[least.other] >= MUCH_TALK_S else None
