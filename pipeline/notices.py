"""Notices: what was doubtful about recordings, records, tables and labels as they came, and how it was taken.

Nothing that is doubtful is decided in silence: whoever decides it gives a notice. A notice of a recording or a call
stays with it; those of a night are counted in its data quality report.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pipeline.enums import TitledEnum


class Area(TitledEnum):
    """The part of the material that a notice is about."""

    FILE = "file", "录音文件"
    RECORD = "record", "话单"
    ID = "id", "编号"
    CLOCK = "clock", "时间"
    ENCODING = "encoding", "文字编码"
    TABLE = "table", "表格"
    LABEL = "label", "标注"
    CHANNEL = "channel", "声道"
    LEVEL = "level", "音量与噪声"
    VOICE = "voice", "说话人"
    WORDS = "words", "转写"
    JUDGE = "judge", "大模型建议"


class NoticeKind(TitledEnum):
    """The sort of a notice; its stored value begins with its area.

    Examples
    --------
    >>> NoticeKind.DURATION_APART.value, NoticeKind.DURATION_APART.area.title
    ('file.duration_apart', '录音文件')
    """

    # file
    DURATION_APART = "file.duration_apart", "录音时长与话单不符"
    SIZE_APART = "file.size_apart", "文件头与声音不符"
    GAP_FILLED = "file.gap_filled", "录音中间有空缺"
    FORMAT_CHANGED = "file.format_changed", "录音中途格式改变"
    ENDING_APART = "file.ending_apart", "扩展名与内容不符"
    DAMAGED = "file.damaged", "录音局部损坏"
    # record
    RECORD_ASIDE = "record.aside", "话单中不是通话的行"
    RECORD_EMPTY = "record.empty", "话单中没有通话"
    RECORD_LEGS = "record.legs", "一通通话有几段"
    RECORD_CORRECTED = "record.corrected", "话单有更正"
    RECORD_UNCLAIMED = "record.unclaimed", "没有适用的考核标准"
    RECORDING_REPLACED = "record.recording_replaced", "录音已更换"
    # id
    ID_CLEANED = "id.cleaned", "编号写法已统一"
    ID_NOTHING = "id.nothing", "编号写作“空”"
    ID_DOUBTFUL = "id.doubtful", "编号不可信，没有采用"
    ID_CASE = "id.case", "编号只有大小写不同"
    ID_REUSED = "id.reused", "编号用于不止一通通话"
    # clock
    CLOCK_PARTLY_SHOWN = "clock.partly_shown", "时间没有显示完整"
    CLOCK_ZONES = "clock.zones", "时区有写有不写"
    CLOCK_FORM = "clock.form", "时间的写法要换算"
    CLOCK_COARSE = "clock.coarse", "时间没有写到秒"
    CLOCK_ZONE = "clock.zone", "时间的时区由文件推断"
    # encoding
    ENCODING_GUESSED = "encoding.guessed", "编码按内容判断"
    # table
    TABLE_KIND = "table.kind", "文件名与内容不符"
    TABLE_SHEETS = "table.sheets", "有工作表没有读"
    TABLE_ABOVE = "table.above", "列标题之上有文字"
    TABLE_MERGED = "table.merged", "有合并的单元格"
    TABLE_ROUNDED = "table.rounded", "显示的数与存的数不同"
    TABLE_RATED_APART = "table.rated_apart", "外部表与复核台的评定不同"
    TABLE_RATING_LAPSED = "table.rating_lapsed", "评定的项目后来改过"
    # label
    LABEL_SKIPPED = "label.skipped", "有答案没有读"
    LABEL_PEOPLE = "label.people", "标注员只有编号"
    LABEL_OTHER_AGENT = "label.other_agent", "工号与通话不符"
    LABEL_WITHOUT_TIME = "label.without_time", "答案没有写时间"
    # channel
    ONE_MIX = "channel.one_mix", "两个声道是同一份混音"
    CHANNEL_LEAK = "channel.leak", "声道之间串音"
    CHANNEL_SILENT = "channel.silent", "一个声道没有人声"
    CHANNEL_DEAD = "channel.dead", "一个声道中途断了"
    # level
    HUM = "level.hum", "电流声或直流偏移"
    FAINT = "level.faint", "一方声音很轻"
    NOISE = "level.noise", "噪声大"
    # voice
    ROLES_CONTRADICT = "voice.roles_contradict", "坐席声道的依据互相矛盾"
    AGENT_CHANGED = "voice.agent_changed", "坐席一方不止一人"
    CUSTOMER_CHANGED = "voice.customer_changed", "客户一方不止一人"
    PARTY_MISSING = "voice.party_missing", "只听到一方说话"
    ANNOUNCEMENT = "voice.announcement", "通话中途有语音播报"
    # words
    WORDS_UNHEARD = "words.unheard", "有话音而听不出字"
    # judge
    JUDGE_LEFT = "judge.left", "有题没有问成"
    JUDGE_THROWN = "judge.thrown", "有回答核对不上，作废"

    @property
    def area(self) -> Area:
        """The part of the material that it is about."""
        return Area(self.value.partition(".")[0])


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that was doubtful, and how it was taken.

    Parameters
    ----------
    kind : NoticeKind
        The sort of thing.
    about : str
        The file, ``file:line``, ``sheet!cell`` or channel that it is about; empty for a call as a whole.
    problem : str
        What is doubtful, how it was taken, and what to do: one Chinese sentence without personal data.

    Examples
    --------
    >>> notice = Notice(NoticeKind.DURATION_APART, "D04.wav", "录音比话单短 42 秒，缺的部分按未听到处理")
    >>> str(notice)
    '录音时长与话单不符（D04.wav）：录音比话单短 42 秒，缺的部分按未听到处理'
    """

    kind: NoticeKind
    about: str
    problem: str

    def __str__(self) -> str:
        place = f"（{self.about}）" if self.about else ""
        return f"{self.kind.title}{place}：{self.problem}"


def to_lists(notices: Iterable[Notice]) -> list[list[str]]:
    """The notices as they are stored.

    Examples
    --------
    >>> to_lists([Notice(NoticeKind.DURATION_APART, "a.wav", "短 42 秒")])
    [['file.duration_apart', 'a.wav', '短 42 秒']]
    """
    return [[notice.kind.value, notice.about, notice.problem] for notice in notices]


def from_lists(stored: Iterable[Iterable[str]]) -> tuple[Notice, ...]:
    """The notices that were stored.

    Examples
    --------
    >>> from_lists([["file.duration_apart", "a.wav", "短 42 秒"]])[0].kind.area.title
    '录音文件'
    """
    return tuple(Notice(NoticeKind(kind), about, problem) for kind, about, problem in stored)


@dataclass(frozen=True, slots=True)
class NoticeCount:
    """How often one sort of thing was doubtful in a night.

    Parameters
    ----------
    kind : NoticeKind
        The sort of thing.
    num_notices, num_calls : int
        How many notices of the kind there were, and in how many calls; those about no call count in no call.
    examples : tuple of (str, Notice)
        Some of them, each with the id of its call; the id is empty where it is about no call.
    """

    kind: NoticeKind
    num_notices: int
    num_calls: int
    examples: tuple[tuple[str, Notice], ...]


MOST_EXAMPLES = 20


def counted(found: Iterable[tuple[str, Notice]]) -> tuple[NoticeCount, ...]:
    """The notices of a night, each with the id of its call, counted by kind in the order of the kinds.

    An example of each call comes before a second one of any.

    Examples
    --------
    >>> short = Notice(NoticeKind.DURATION_APART, "D04.wav", "短 42 秒")
    >>> (count,) = counted([("D04", short), ("D04", short), ("", short)])
    >>> count.num_notices, count.num_calls, [call_id for call_id, _ in count.examples]
    (3, 1, ['D04', '', 'D04'])
    """
    by_kind: dict[NoticeKind, list[tuple[str, Notice]]] = defaultdict(list)
    for call_id, notice in found:
        by_kind[notice.kind].append((call_id, notice))
    return tuple(_count(kind, by_kind[kind]) for kind in NoticeKind if kind in by_kind)


def _count(kind: NoticeKind, found: list[tuple[str, Notice]]) -> NoticeCount:
    first = {call_id: n for n, (call_id, _) in reversed(list(enumerate(found)))}
    in_turn = sorted(range(len(found)), key=lambda n: n != first[found[n][0]])
    return NoticeCount(kind, len(found), len(first.keys() - {""}), tuple(found[n] for n in in_turn[:MOST_EXAMPLES]))
