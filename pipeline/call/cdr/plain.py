"""Call detail records as a CSV with a header, the form in which callqa asks for them.

Columns: `call_id`, `agent_id`, `direction`, `started_at` (the first ring) are a must; `agent_name`, `queue`,
`caller` (the customer's number), `answered_at`, `ended_at`, `recording`, `remark`, `answered`, `agent_channel`
(0 or 1) and `hangup_by` may be left out; any others are kept for rules as they are written.
Times without a zone are Asia/Shanghai.
"""

from __future__ import annotations

from functools import partial

from pipeline.call.call import Call, Direction
from pipeline.call.cdr.dialect import Dialect
from pipeline.call.cdr.records import check_order, collect, required_id, required_instant
from pipeline.call.cdr.table import Layout, Row
from pipeline.errors import RecordError

LAYOUT = Layout(required=("call_id", "agent_id", "direction", "started_at"))

_DIRECTIONS = {
    "inbound": Direction.INBOUND,
    "in": Direction.INBOUND,
    "呼入": Direction.INBOUND,
    "outbound": Direction.OUTBOUND,
    "out": Direction.OUTBOUND,
    "呼出": Direction.OUTBOUND,
    "外呼": Direction.OUTBOUND,
}
_YES_NO = {"1": True, "true": True, "yes": True, "是": True, "0": False, "false": False, "no": False, "否": False}
_CHANNELS = {"0": 0, "1": 1}
_PARTIES = {"agent": "agent", "坐席": "agent", "customer": "customer", "客户": "customer", "system": "system"}


def _call(row: Row) -> Call:
    ring_at = required_instant(row, "started_at", coarse=True)
    answered_at, ended_at = row.instant("answered_at", coarse=True), row.instant("ended_at", coarse=True)
    check_order(("started_at", ring_at), ("answered_at", answered_at), ("ended_at", ended_at))
    direction = row.one_of("direction", _DIRECTIONS)
    if direction is None:
        raise RecordError("bad_record", "direction 是空的；请填 inbound（呼入）或 outbound（呼出）")
    answered = row.one_of("answered", _YES_NO)
    if answered is False and answered_at is not None:
        raise RecordError("bad_record", "answered 写的是未接听，answered_at 却有时间；请核对这两列")
    if answered is None and row.has("answered_at"):
        answered = answered_at is not None
    return Call(
        id=required_id(row, "call_id"),
        agent_id=row.id("agent_id"),
        agent_name=row.text("agent_name"),
        queue=row.text("queue"),
        direction=direction,
        caller=row.text("caller"),
        ring_at=ring_at,
        answered_at=None if row.is_coarse("started_at", "answered_at") else answered_at,
        ended_at=None if row.is_coarse("started_at", "ended_at") else ended_at,
        recording_name=row.text("recording"),
        answered=answered,
        agent_channel=row.one_of("agent_channel", _CHANNELS),
        hangup_by=row.one_of("hangup_by", _PARTIES),
        remark=row.text("remark"),
        source=row.source,
    )


DIALECT = Dialect("csv", "带表头的 CSV", LAYOUT, partial(collect, id_column="call_id", call_of=_call))
