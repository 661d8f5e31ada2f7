"""FreeSWITCH's ``Master.csv`` (mod_cdr_csv): its own templates, or any template under a header of variable names.

Read without a header: the built-in default and the templates ``example``, ``linksys``, ``snom`` and ``sql``
of ``cdr_csv.conf.xml``, which begin with the same 13 variables.

What it tells, and what it does not:

- **Legs.** A row that another row names in `bleg_uuid`, or that names another in `originating_leg_uuid` or
  `call_uuid`, and that names no B leg itself, is an agent's half of that call (``legs=ab``); it is kept as a leg,
  and its `destination_number` is the agent. Agents who followed each other have a part each, see `legs`.
- **Agent.** `cc_agent` of mod_callcenter, else the B leg, else `destination_number` where it is an extension;
  for an outbound call the caller.
- **Direction.** `call_direction` where the template has it, else outbound if the caller is an extension.
  FreeSWITCH's own `direction` is that of the channel: inbound for every A leg.
- **Ring to answer.** `answer_stamp` is the agent's only without a `cc_queue` and more than a second after
  `start_stamp`; elsewhere something else answered first, and `answered_at` is None though `answered` is True.
- **Who hung up.** `sip_hangup_disposition` is that of the A leg, which is the party that called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from pipeline.call.call import Call, Direction
from pipeline.call.cdr.dialect import Dialect
from pipeline.call.cdr.legs import joined_legs, leg_of, leg_rank
from pipeline.call.cdr.records import (
    Records,
    check_order,
    collect,
    is_extension,
    picked_up,
    required_id,
    required_instant,
    told,
)
from pipeline.call.cdr.table import Layout, Row
from pipeline.errors import RecordError

# fmt: off
_DEFAULT = (
    "caller_id_name", "caller_id_number", "destination_number", "context", "start_stamp", "answer_stamp",
    "end_stamp", "duration", "billsec", "hangup_cause", "uuid", "bleg_uuid", "accountcode",
)
# fmt: on
_EXAMPLE = (*_DEFAULT, "read_codec", "write_codec")
_LINKSYS = (*_EXAMPLE, "sip_user_agent", "sip_p_rtp_stat")
_SNOM = (*_EXAMPLE, "sip_user_agent", "call_clientcode", "sip_rtp_rxstat", "sip_rtp_txstat", "sofia_record_file")
LAYOUT = Layout(
    required=("uuid", "caller_id_number", "destination_number", "start_stamp", "answer_stamp"),
    headless=(_DEFAULT, _EXAMPLE, _LINKSYS, _SNOM),
)

_INSERT = re.compile(r"\s*INSERT INTO \S+ VALUES \((.*)\);?\s*", re.IGNORECASE)
_RECORDING = ("recording", "recording_name", "record_name", "cc_record_filename", "sofia_record_file")
_DIRECTIONS = {"inbound": Direction.INBOUND, "outbound": Direction.OUTBOUND}


def _records(rows: Iterable[Row]) -> Records:
    """Calls and rejected rows, the agents' halves joined to them as legs."""
    every = list(rows)
    callers = _callers(every)
    calling = [row for row in every if row.source not in callers]
    legs: dict[str, list[Row]] = {}
    for row in every:
        if row.source in callers:
            legs.setdefault(callers[row.source], []).append(row)
    named = {row.text("uuid"): row for row in every if row.source in callers}
    records = collect(calling, "uuid", lambda row: _call(row, named))
    calls = tuple(part for call in records.calls for part in _parts(call, legs.get(call.id, ())))
    num_legs = len(every) - len(calls) - len(records.rejected)
    return replace(records, calls=calls, num_legs=num_legs, notices=told(calls))


def _callers(rows: Sequence[Row]) -> dict[str, str]:
    """For each row that is an agent's half, by its place, the `uuid` of the call that it belongs to."""
    uuids = {row.text("uuid") for row in rows} - {None}
    by_b_leg = {row.text("bleg_uuid"): row.text("uuid") for row in rows if row.text("bleg_uuid")}
    callers: dict[str, str] = {}
    for row in rows:
        uuid = row.text("uuid")
        if uuid is None or row.text("bleg_uuid") is not None:
            continue
        named = (by_b_leg.get(uuid), row.text("originating_leg_uuid"), row.text("call_uuid"))
        caller = next((each for each in named if each is not None and each != uuid and each in uuids), None)
        if caller is not None:
            callers[row.source] = caller
    return callers


def _parts(call: Call, rows: Sequence[Row]) -> list[Call]:
    """The call with its legs, or a call for each agent's half, where they follow each other."""
    legs = [leg for row in rows if (leg := _leg(row, call)) is not None]
    if not legs:
        return [call]
    agents = {leg.agent_id for leg in legs if leg.answered}
    if len(agents) == 1 and call.agent_id:  # whom mod_callcenter calls by name, the half by extension
        legs = [replace(leg, agent_id=call.agent_id) if leg.answered else leg for leg in legs]
    told_of = tuple(map(leg_of, (call, *legs)))
    parts: list[Call] = []
    if call.answered and call.recording_name and call.agent_id in agents:
        parts = _in_one_recording(call, legs)
    elif call.answered and not call.recording_name and any(leg.recording_name for leg in legs):
        parts = joined_legs(legs, leg_rank)
        call = replace(call, recording_name=parts[0].recording_name)
    return parts if len(parts) > 1 else [replace(call, legs=told_of)]


def _in_one_recording(call: Call, halves: Sequence[Call]) -> list[Call]:
    """The parts of a call that was recorded as a whole; the first begins as the call does."""
    legs = [replace(half, recording_name=call.recording_name) for half in halves]
    first = min(range(len(legs)), key=lambda n: (not legs[n].answered, legs[n].ring_at or call.ended_at))
    legs[first] = replace(
        legs[first], ring_at=call.ring_at, answered_at=call.answered_at or legs[first].answered_at
    )
    # What was recorded of a half as well is no recording without a record.
    beside = tuple(replace(leg_of(half), answered=None) for half in halves if half.recording_name)
    parts = joined_legs(legs, lambda leg: (leg.agent_id == call.agent_id, leg_rank(leg)[1]))
    return [replace(part, legs=(*part.legs, *beside)) for part in parts]


def _leg(row: Row, call: Call) -> Call | None:
    """An agent's half as if it were the call; None where its times cannot be read."""
    try:
        ring_at = required_instant(row, "start_stamp")
        answered_at, ended_at = row.instant("answer_stamp"), row.instant("end_stamp")
    except RecordError:
        return None
    number = row.text("destination_number")
    return replace(
        call,
        agent_id=number if is_extension(number) else None,
        ring_at=ring_at,
        answered_at=picked_up(ring_at, answered_at),
        ended_at=ended_at,
        recording_name=row.text(*_RECORDING),
        answered=answered_at is not None,
        source=row.source,
    )


def _call(row: Row, b_legs: Mapping[str | None, Row]) -> Call:
    ring_at = required_instant(row, "start_stamp")
    answered_at, ended_at = row.instant("answer_stamp"), row.instant("end_stamp")
    check_order(("start_stamp", ring_at), ("answer_stamp", answered_at), ("end_stamp", ended_at))
    direction = _direction(row)
    inbound = direction is Direction.INBOUND
    queue, agent = row.text("cc_queue"), row.text("cc_agent")
    # A caller who left the queue before an agent came was answered by the queue only.
    answered = answered_at is not None and (agent is not None or queue is None or not row.has("cc_agent"))
    b_leg = b_legs.get(row.text("bleg_uuid"))
    return Call(
        id=required_id(row, "uuid"),
        agent_id=_agent(row, b_leg, inbound) if answered or not inbound else None,
        agent_name=None,
        queue=queue.partition("@")[0] if queue else None,
        direction=direction,
        caller=row.text("caller_id_number" if inbound else "destination_number"),
        ring_at=ring_at,
        answered_at=picked_up(ring_at, answered_at) if queue is None else None,
        ended_at=ended_at,
        recording_name=row.text(*_RECORDING),
        answered=answered,
        hangup_by=_hangup_by(row, inbound) if answered else None,
        source=row.source,
    )


def _direction(row: Row) -> Direction:
    told = _DIRECTIONS.get((row.text("call_direction") or "").casefold())
    return told or (Direction.OUTBOUND if is_extension(row.text("caller_id_number")) else Direction.INBOUND)


def _agent(row: Row, b_leg: Row | None, inbound: bool) -> str | None:
    agent = row.text("cc_agent")
    if agent:
        return agent.partition("@")[0]
    number = (b_leg or row).text("destination_number") if inbound else row.text("caller_id_number")
    return number if is_extension(number) else None


def _hangup_by(row: Row, inbound: bool) -> str | None:
    """The party that said goodbye: FreeSWITCH received the BYE of the one that called, or sent it one."""
    caller, other = ("customer", "agent") if inbound else ("agent", "customer")
    return {"recv_bye": caller, "send_bye": other}.get(row.text("sip_hangup_disposition") or "")


DIALECT = Dialect("freeswitch", "FreeSWITCH Master.csv", LAYOUT, _records, unwrap=partial(_INSERT.sub, r"\1"))
