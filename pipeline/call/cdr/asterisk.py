"""Asterisk's ``Master.csv`` (cdr_csv, no header), with `loguniqueid` and, where set, `loguserfield`.

What it tells, and what it does not:

- **One call, many rows.** A queue writes a row for each agent that it rang. Rows with one `linkedid`
  (`newcdrcolumns`), else one `uniqueid`, are legs of one call, see `legs`: the answered leg counts, of several the
  longest, and each that names a recording of its own.
- **Zone.** The server's local time is taken for Asia/Shanghai. With ``usegmtime=yes``, which the sample
  configuration sets, times are in UTC; a `uniqueid` begins with the second at which the channel was created, and
  most of a file's rows together show its zone.
- **Ring to answer.** `answer` is the instant at which anything answered. It is the agent's only where the last
  application is Dial and more than a second has passed since `start`: an IVR answers at once, and a queue's time
  is mostly waiting. Elsewhere `answered_at` is None though `answered` is True.
- **Nobody.** A call ANSWERED without a destination channel was answered by a machine only: `answered` is False.
- **Direction.** By `dcontext`; where that does not tell, outbound if the caller is one of our extensions.
- **Who hung up** it does not tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta, tzinfo
from functools import partial

from pipeline.call.call import SHANGHAI, Call, Direction
from pipeline.call.cdr.clock import AmbiguousDayError, Moment, read_moment, zone_of
from pipeline.call.cdr.dialect import Dialect
from pipeline.call.cdr.legs import leg_rank
from pipeline.call.cdr.records import (
    Records,
    check_order,
    collect,
    is_extension,
    picked_up,
    required_id,
    required_instant,
)
from pipeline.call.cdr.table import Layout, Row, Sheet
from pipeline.errors import RecordError
from pipeline.ids import which_rows
from pipeline.notices import Notice, NoticeKind

# fmt: off
_COLUMNS = (
    "accountcode", "src", "dst", "dcontext", "clid", "channel", "dstchannel", "lastapp", "lastdata", "start",
    "answer", "end", "duration", "billsec", "disposition", "amaflags", "uniqueid", "userfield", "peeraccount",
    "linkedid", "sequence",
)
# fmt: on
LAYOUT = Layout(
    required=("src", "channel", "dstchannel", "start", "answer", "end", "disposition", "uniqueid"),
    headless=(_COLUMNS[:16], _COLUMNS[:17], _COLUMNS[:18], _COLUMNS),
)

_DISPOSITIONS = {"answered": True, "no answer": False, "busy": False, "failed": False, "congestion": False}
_INBOUND = ("from-trunk", "from-pstn", "from-did", "incoming", "inbound", "queue", "ivr")
_OUTBOUND = ("from-internal", "outbound", "outgoing", "outrt")
# PJSIP/1001-0000002a, SIP/1001-b7e3f2a0, Local/1001@from-queue-0000002a;1
_CHANNEL = re.compile(r"[A-Za-z0-9]+/(?P<endpoint>[^@;/]+?)(?:@[^;]*?)?(?:-[0-9a-fA-F]{8})?(?:;[12])?")
_RECORDING = re.compile(r"(?:audio:)?(?P<name>.+\.[A-Za-z][A-Za-z0-9]{1,4})")
_EPOCH = re.compile(r"(?:.*-)?(\d{9,10})\.\d+")


def _records(rows: Iterable[Row]) -> Records:
    """Calls and rejected rows, all times in the one zone that the file shows."""
    every = list(rows)
    zone = _zone(every)
    return collect(every, "uniqueid", partial(_call, zone=zone), leg_rank)


def _call(row: Row, zone: tzinfo) -> Call:
    if not row.has("uniqueid"):
        raise RecordError("bad_record", "没有 uniqueid；请在 cdr.conf 的 [csv] 下设置 loguniqueid=yes")
    uniqueid = required_id(row, "uniqueid")
    start = required_instant(row, "start", zone)
    answer, end = row.instant("answer", zone), row.instant("end", zone)
    check_order(("start", start), ("answer", answer), ("end", end))
    disposition = row.one_of("disposition", _DISPOSITIONS)
    if disposition is None:
        raise RecordError("bad_record", "disposition 是空的；请核对话单是否导出完整")
    answered = disposition and row.text("dstchannel") is not None
    direction = _direction(row)
    inbound = direction is Direction.INBOUND
    last_app = (row.text("lastapp") or "").casefold()
    userfield = _RECORDING.fullmatch(row.text("userfield") or "")
    return Call(
        id=required_id(row, "linkedid") if row.text("linkedid") else uniqueid,
        # An inbound call that rang at several agents and was answered by none is nobody's.
        agent_id=_endpoint(row, "dstchannel" if inbound else "channel") if answered or not inbound else None,
        agent_name=None,
        queue=re.split(r"[,|]", row.text("lastdata") or "")[0] or None if last_app == "queue" else None,
        direction=direction,
        caller=row.text("src" if inbound else "dst"),
        ring_at=start,
        answered_at=picked_up(start, answer) if answered and last_app == "dial" else None,
        ended_at=end,
        recording_name=userfield["name"] if userfield else None,
        answered=answered,
        source=row.source,
    )


def _zone(rows: Sequence[Row]) -> tzinfo:
    """The zone of a file's times: that in which its channels were created when their ids say."""
    rows = [row for row in rows if _created(row) is not None]
    found = zone_of([(moment.at, epoch) for row in rows if (moment := _start(row)) and (epoch := _created(row))])
    if rows and found.is_known:
        sheet = rows[0].sheet
        if found.zone is not SHANGHAI:
            hours = (found.zone.utcoffset(None) or timedelta()) / timedelta(hours=1)
            _tell(sheet, f"按编号里的时刻推断，话单的时间是 UTC{hours:+g}，已换算")
        if found.against:
            others = which_rows([rows[n].line for n in found.against])
            _tell(sheet, f"{len(found.against)} 行的时间与编号里的时刻不符，仍按全文件的时区换算（{others}）")
    return found.zone


def _tell(sheet: Sheet, problem: str) -> None:
    sheet.first += (Notice(NoticeKind.CLOCK_ZONE, sheet.name, problem),)


def _created(row: Row) -> int | None:
    """The second in which a row's channel was created, by its id."""
    created = _EPOCH.fullmatch(row.text("uniqueid") or "")
    return int(created[1]) if created and _start(row) else None


def _start(row: Row) -> Moment | None:
    """When a row begins, without its zone; None where it names one."""
    try:
        moment = read_moment(row.text("start") or "")
    except AmbiguousDayError:
        return None
    return moment if moment and moment.at.tzinfo is None else None


def _direction(row: Row) -> Direction:
    context = (row.text("dcontext") or "").casefold()
    if any(word in context for word in _INBOUND):
        return Direction.INBOUND
    if any(word in context for word in _OUTBOUND):
        return Direction.OUTBOUND
    ours = is_extension(row.text("src")) or is_extension(_endpoint(row, "channel"))
    return Direction.OUTBOUND if ours else Direction.INBOUND


def _endpoint(row: Row, column: str) -> str | None:
    channel = _CHANNEL.fullmatch(row.text(column) or "")
    return channel["endpoint"] if channel else None


DIALECT = Dialect(
    "asterisk",
    "Asterisk Master.csv",
    LAYOUT,
    _records,
)
