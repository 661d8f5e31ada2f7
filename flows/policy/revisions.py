"""Which revision of a standard counts: of a month, of a closing, of a call; and that a closed one is not edited.

A month is assessed by the revision in force on its first day, and so are its calls, so that points add up; a closed
month keeps the revision with which it was closed, whatever became of the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

from flows.policy.library import revisions_of, scorecard_of, titles_in_force
from flows.settings import Settings, load_settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.month.assessment.closing import Closing, ClosingState
from pipeline.scorecard import Scorecard, read_scorecard
from pipeline.store import Store


def first_day(month: str) -> date:
    """The day whose revision a month is assessed by.

    Examples
    --------
    >>> first_day("2026-10")
    datetime.date(2026, 10, 1)
    """
    return date.fromisoformat(f"{month}-01")


def scorecard_of_month(store: Store, name: str, month: str | None, settings: Settings) -> Scorecard:
    """The scorecard by which a month is assessed, and every call of it judged.

    Parameters
    ----------
    name : str
        Of a scorecard: the closed month's own revision, else the one in force on the first day. Of a file: that
        file, closed or not.
    month : str | None
        ``YYYY-MM``; None for calls whose record gives no instant: the newest revision.

    Raises
    ------
    PolicyError
        If there is no such scorecard, its file is wrong, or none is in force on that day.
    ConfigurationError
        If the month is closed and its revision is no longer at hand.
    """
    if month is None:
        return scorecard_of(name, settings)
    closing = None if Path(name).is_file() else store.months.closing(month, standard_name(name, settings))
    return scorecard_of(name, settings, first_day(month)) if closing is None else card_of(store, closing, settings)


def scorecard_shown(name: str, month: str | None, store_url: str) -> Scorecard:
    """The newest revision of a scorecard; or, with a month, the one by which that is assessed.

    Examples
    --------
    >>> scorecard_shown("table1", None, "sqlite:///nowhere.db").name
    'table1'
    """
    settings = load_settings()
    if month is None:
        return scorecard_of(name, settings)
    with Store.open(store_url, create=False) as store:
        return scorecard_of_month(store, name, month, settings)


def standard_name(name: str, settings: Settings) -> str:
    """The name of a scorecard that is given by name, alias or file; as it was given where none is at hand.

    Examples
    --------
    >>> standard_name("KF3", Settings()), standard_name("gone", Settings())
    ('kf03', 'gone')
    """
    known = revisions_of(name, settings)
    if known or not Path(name).is_file():
        return known[-1].name if known else name
    return scorecard_of(name, settings).name


def card_of(store: Store, closing: Closing, settings: Settings) -> Scorecard:
    """The scorecard of a closing or trial: its file as it is, else as it was kept.

    Raises
    ------
    ConfigurationError
        In Chinese, if the file is another one by now and was not kept, or cannot be read by this callqa.
    """
    known = revisions_of(closing.standard, settings)
    for card in known:
        if card.digest == closing.digest:
            return card
    text = store.scorecards.text(closing.digest)
    if text is not None:
        return _read(text, closing.standard, closing.revision, settings)
    if not closing.digest and known:
        return known[-1]
    raise ConfigurationError(
        f"{closing.month} 是按 {closing.standard} 第{closing.revision}版算出的，"
        "现行文件已不是那一版，当时也没有留存；"
        f"请用当时的文件：callqa month {closing.month} --standard 文件.yaml"
    )


def scorecard_of_revision(store: Store, name: str, revision: int, settings: Settings) -> Scorecard:
    """A revision of a scorecard, as its file is or was kept; the newest one where neither is at hand.

    Raises
    ------
    PolicyError
        If there is no scorecard of that name.
    """
    for card in revisions_of(name, settings):
        if card.revision == revision:
            return card
    for text in store.scorecards.of_revision(name, revision):
        return _read(text, name, revision, settings)
    return scorecard_of(name, settings)


def check_revision(store: Store, card: Scorecard) -> None:
    """Refuse a scorecard that was changed under the number with which a month was closed.

    Raises
    ------
    ConfigurationError
        In Chinese: the file, its revision, the month that was closed with it, and what to do.
    """
    for closing in _closings(store, card):
        text = store.scorecards.text(closing.digest)
        if text is None or _content(text) != card.model_dump():
            raise ConfigurationError(
                f"{card.path or card.name}：{closing.month} 已用 {card.name} 第{card.revision}版关账，"
                "这份文件的内容却与当时的不同。同一个版本号不能有两种算法："
                f"请把 revision 改为 {card.revision + 1} 并写明 effective_from，另存为一份文件；"
                "如是误改，请恢复原文件"
            )


def _closings(store: Store, card: Scorecard) -> Iterator[Closing]:
    """The closings with the same number and another file, reopened ones too."""
    for closing in store.months.history():
        same = (closing.standard, closing.revision) == (card.name, card.revision)
        if same and closing.state is ClosingState.CLOSED and closing.digest not in ("", card.digest):
            yield closing


def _content(text: str) -> dict[str, object] | None:
    """What a kept file says, without remarks and order of its keys; None where this callqa cannot read it."""
    try:
        return read_scorecard(text.encode(), "").model_dump()
    except PolicyError:
        return None


def _read(text: str, name: str, revision: int, settings: Settings) -> Scorecard:
    try:
        return read_scorecard(text.encode(), "").with_titles(titles_in_force(settings))
    except PolicyError as error:
        raise ConfigurationError(
            f"留存的 {name} 第{revision}版，这一版 callqa 读不了（第 {error.line} 行：{error.problem}）；"
            "结果以关账为准，要重算请用当时的 callqa"
        ) from None
