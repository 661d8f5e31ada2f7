"""Policy files in force: the shipped lexicons, rulebooks and scorecards, and those of one deployment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import TypeAlias

from flows.settings import Settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings.detection import detect
from pipeline.findings.rulebook import Rulebook, RulebookFile, bundled_rulebooks, load_rulebook
from pipeline.findings.thresholds import AS_SHIPPED, Thresholds, load_thresholds
from pipeline.findings.titles import shipped_files, titles_of
from pipeline.lexicon import Lexicon, LexiconFile, bundled_lexicons, load_lexicon
from pipeline.lexicon.file import ROLE_WORDING
from pipeline.policy.load import keys_of, load_policy
from pipeline.scorecard import Scorecard, bundled_scorecards, find_scorecard, load_scorecard
from pipeline.scorecard.revisions import age, in_force
from pipeline.titles import Titles

THRESHOLDS = "thresholds"
"""The key that tells a file of thresholds."""
Stamp: TypeAlias = tuple[tuple[tuple[str, int, int], ...], tuple[tuple[str, int, int], ...]]


@dataclass(frozen=True)
class Library:
    """What every call is searched with: lexicons, rulebooks, thresholds; and the wording that tells roles."""

    lexicons: tuple[Lexicon, ...]
    role_wording: Lexicon
    rulebooks: tuple[Rulebook, ...]
    thresholds: Thresholds = AS_SHIPPED

    @property
    def files(self) -> tuple[LexiconFile | RulebookFile, ...]:
        """Lexicons and rulebooks as they are written."""
        lexicons = (*self.lexicons, self.role_wording)
        return (*(each.file for each in lexicons), *(book.file for book in self.rulebooks))


@cache
def library_of(settings: Settings) -> Library:
    """The library of a deployment; a file of its own takes the place of a shipped one with the same name.

    Raises
    ------
    ConfigurationError
        If there is no such folder.
    PolicyError
        If a file in it is wrong, or is neither a lexicon, a rulebook nor thresholds.

    Examples
    --------
    >>> library_of(Settings()).role_wording.file.name
    'roles'
    """
    paths = _own_paths(settings.rules)
    of_lists = [load_lexicon(path, settings.slots) for path, keys in paths.items() if "phrases" in keys]
    shipped, shipped_rules = _shipped(settings.companies)
    lexicons = {each.file.name: each for each in (*shipped, *of_lists)}
    role_wording = lexicons.pop(ROLE_WORDING)
    thresholds = next((load_thresholds(path) for path, keys in paths.items() if THRESHOLDS in keys), AS_SHIPPED)
    listening = partial(detect, lexicons=tuple(lexicons.values()), thresholds=thresholds)
    read: Callable[[Path], Rulebook] = partial(load_rulebook, slots=settings.slots, facts=listening)
    of_rules = [read(path) for path, keys in paths.items() if "rules" in keys]
    books = {book.file.name: book for book in (*shipped_rules, *of_rules)}
    return Library(tuple(lexicons.values()), role_wording, tuple(books.values()), thresholds)


@cache
def _shipped(companies: tuple[str, ...]) -> tuple[tuple[Lexicon, ...], tuple[Rulebook, ...]]:
    """The files that come with callqa: read once, whatever becomes of a deployment's own."""
    slots = {"company": companies}
    lexicons = bundled_lexicons(slots)
    # The examples of shipped rules were written for the shipped lexicons.
    return lexicons, bundled_rulebooks(slots, partial(detect, lexicons=lexicons))


def fresh_library(settings: Settings) -> Library:
    """The library as the files are now: a service runs for days, and a file may be released meanwhile."""
    _forget_if_changed(settings)
    return library_of(settings)


def scorecards_of(settings: Settings) -> dict[str, Scorecard]:
    """The newest revision of each scorecard, by name: released here, or one that comes with callqa.

    Raises
    ------
    PolicyError
        If a file in the folder `standards` is wrong.

    Examples
    --------
    >>> "kf01" in scorecards_of(Settings())
    True
    """
    _forget_if_changed(settings)
    return {name: revisions[-1] for name, revisions in _revisions(settings).items()}


def scorecard_of(name: str, settings: Settings, day: date | None = None) -> Scorecard:
    """A scorecard by name or alias, in the revision in force on a day or the newest; or a file, by its path.

    Raises
    ------
    PolicyError
        If there is none, its file is wrong, or no revision is in force on that day.

    Examples
    --------
    >>> scorecard_of("kf01", Settings()).name
    'kf01'
    """
    known = revisions_of(name, settings) or (find_scorecard(name).with_titles(_titles(settings)),)
    return known[-1] if day is None else in_force(known, day)


def revisions_of(name: str, settings: Settings) -> tuple[Scorecard, ...]:
    """The revisions of a scorecard by name or alias, the newest last; none for a file, or where there is none.

    Those in the folder `standards` count from their `effective_from` on, under whatever name their files have;
    before the first of them, the one that comes with callqa does.

    Examples
    --------
    >>> [card.name for card in revisions_of("KF3", Settings())], revisions_of("ours.yaml", Settings())
    (['kf03'], ())
    """
    _forget_if_changed(settings)
    every = _revisions(settings)
    named = {each: card.name for cards in every.values() for card in cards for each in (card.name, *card.aliases)}
    return every.get(named.get(name) or named.get(name.lower(), ""), ())


def scorecards_folder(settings: Settings) -> Path | None:
    """The folder of released scorecards; None where a deployment has none. `library_of` does not look there.

    Examples
    --------
    >>> scorecards_folder(Settings(rules=Path("rules"))).as_posix()
    'rules/standards'
    """
    return settings.rules / "standards" if settings.rules else None


@cache
def _revisions(settings: Settings) -> dict[str, tuple[Scorecard, ...]]:
    folder, titles = scorecards_folder(settings), _titles(settings)
    own: dict[tuple[str, int], Scorecard] = {}
    for path in sorted(folder.glob("*.yaml")) if folder and folder.is_dir() else ():
        card = load_scorecard(path).with_titles(titles)
        if same := own.get((card.name, card.revision)):
            raise PolicyError(
                str(path),
                None,
                f"{card.name} 第{card.revision}版已在 {Path(same.path).name} 里：每一版只能有一份文件",
            )
        own[card.name, card.revision] = card
    found = defaultdict[str, list[Scorecard]](list)
    for card in own.values():
        found[card.name].append(card)
    for shipped in bundled_scorecards().values():
        card = load_scorecard(shipped).with_titles(titles)
        own_ones = found[card.name]
        if all(card.effective_from < each.effective_from and card.revision != each.revision for each in own_ones):
            own_ones.append(card)
    return {name: tuple(sorted(cards, key=age)) for name, cards in found.items()}


def titles_in_force(settings: Settings) -> Titles:
    """The titles of detectors and terms: as a deployment's own files have them, else as those of callqa do.

    Note
    ----
    A file of its own that cannot be read has no titles here; `library_of` says what is wrong with it.
    """
    _forget_if_changed(settings)
    return _titles(settings)


@cache
def _titles(settings: Settings) -> Titles:
    return titles_of((*_own_files(settings.rules), *shipped_files()))


def _own_files(folder: Path | None) -> Iterator[LexiconFile | RulebookFile]:
    """The files of a deployment's folder that can be read, as they are written."""
    for path in sorted(folder.glob("*.yaml")) if folder and folder.is_dir() else ():
        with suppress(PolicyError):
            keys = keys_of(path)
            if "phrases" in keys:
                yield load_policy(path, LexiconFile)[0]
            elif "rules" in keys:
                yield load_policy(path, RulebookFile)[0]


def forget_library() -> None:
    """Read all files again the next time: one was written."""
    library_of.cache_clear()
    _revisions.cache_clear()
    _titles.cache_clear()
    _stamps.clear()


_stamps: dict[Settings, Stamp] = {}


def _forget_if_changed(settings: Settings) -> None:
    now = _stamp(settings.rules), _stamp(scorecards_folder(settings))
    if _stamps.setdefault(settings, now) != now:
        forget_library()
        _stamps[settings] = now


def _stamp(folder: Path | None) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and instants of the files of a folder: another stamp says that one was written."""
    if folder is None or not folder.is_dir():
        return ()
    stats = [(path.name, path.stat()) for path in sorted(folder.glob("*.yaml"))]
    return tuple((name, stat.st_size, stat.st_mtime_ns) for name, stat in stats)


def _own_paths(folder: Path | None) -> dict[Path, frozenset[str]]:
    """The files of the deployment's own folder, with the keys that tell what kind each is."""
    if folder is None:
        return {}
    if not folder.is_dir():
        raise ConfigurationError(f"CALLQA_RULES: there is no folder {folder}; make it, or leave the variable out")
    paths = {path: keys_of(path) for path in sorted(folder.glob("*.yaml"))}
    for path, keys in paths.items():
        if not keys & {"phrases", "rules", THRESHOLDS}:
            problem = "is neither a phrase list (phrases) nor a rule file (rules), nor thresholds"
            raise PolicyError(str(path), None, problem)
    if len(several := [path.name for path, keys in paths.items() if THRESHOLDS in keys]) > 1:
        raise PolicyError(str(folder), None, f"holds thresholds twice: {', '.join(several)}; keep one of them")
    return paths
