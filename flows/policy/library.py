"""Policy files in force: the shipped lexicons, rulebooks and scorecards, and those of one deployment."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cache, partial, reduce
from pathlib import Path
from typing import TypeAlias

from flows.policy.lines import read_lines
from flows.settings import Settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings.detection import detect
from pipeline.findings.rulebook import Rulebook, RulebookFile, bundled_rulebooks, load_rulebook
from pipeline.findings.thresholds import AS_SHIPPED, Thresholds, load_thresholds
from pipeline.findings.titles import shipped_files, titles_of
from pipeline.lexicon import Lexicon, LexiconFile, bundled_lexicons, load_lexicon, read_lexicon
from pipeline.lexicon.file import ROLE_WORDING
from pipeline.policy.load import keys_of, load_policy
from pipeline.policy.packs import check_packs, pack_files
from pipeline.scorecard import Scope, Scorecard, bundled_scorecards, find_scorecard, load_scorecard
from pipeline.scorecard.revisions import age, in_force
from pipeline.titles import Titles

THRESHOLDS = "thresholds"
"""The key that tells a file of thresholds."""
Stamp: TypeAlias = tuple[tuple[str, int, int], ...]


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
    paths = _own_paths(settings)
    of_lists = [load_lexicon(path, settings.slots) for path, keys in paths.items() if "phrases" in keys]
    shipped, shipped_rules = _shipped(settings.companies)
    of_packs = [each for pack in settings.packs for each in _of_pack(pack, settings.companies)]
    lexicons = {each.file.name: each for each in (*shipped, *of_packs, *of_lists)}
    role_wording = lexicons.pop(ROLE_WORDING)
    own = [path for path, keys in paths.items() if THRESHOLDS in keys]
    thresholds = load_thresholds(own[-1]) if own else AS_SHIPPED
    listening = partial(detect, lexicons=tuple(lexicons.values()), thresholds=thresholds)
    read: Callable[[Path], Rulebook] = partial(load_rulebook, slots=settings.slots, facts=listening)
    of_rules = [read(path) for path, keys in paths.items() if "rules" in keys]
    books = {book.file.name: book for book in (*shipped_rules, *of_rules)}
    return Library(tuple(lexicons.values()), role_wording, tuple(books.values()), thresholds)


@cache
def _shipped(companies: tuple[str, ...]) -> tuple[tuple[Lexicon, ...], tuple[Rulebook, ...]]:
    """The files that come with callqa: read once, whatever becomes of a deployment's own."""
    slots = {"company": companies}
    return bundled_lexicons(slots), bundled_rulebooks(slots)


@cache
def _of_pack(pack: str, companies: tuple[str, ...]) -> tuple[Lexicon, ...]:
    """The lists of an industry pack; tests have tried them on their examples."""
    return tuple(read_lexicon(path, {"company": companies}) for path in pack_files(pack))


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
    return _named(name, _revisions(settings))


def _named(name: str, every: Mapping[str, tuple[Scorecard, ...]]) -> tuple[Scorecard, ...]:
    """The revisions of the scorecard of that name or alias; none where there is none."""
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
    every = {name: tuple(sorted(cards, key=age)) for name, cards in found.items()}
    return every | _of_lines(settings, every)


def _of_lines(settings: Settings, others: Mapping[str, tuple[Scorecard, ...]]) -> dict[str, tuple[Scorecard, ...]]:
    """The scorecards that the file of lines names, each for whom the lines say that it is."""
    released = scorecards_folder(settings)
    found: dict[str, tuple[Scorecard, ...]] = {}
    for entry in read_lines(settings.lines):
        path = Path(entry.standard)
        if path.is_file():
            card = load_scorecard(path).with_titles(_titles(settings))
            if any(released and Path(each.path).is_relative_to(released) for each in others.get(card.name, ())):
                raise PolicyError(
                    str(settings.lines),
                    None,
                    f"业务线“{entry.name}”用的是文件 {path}，而 {card.name} 已在 {released} 中发布；"
                    f"请把 standard 改为 {card.name}，或给文件里的标准另取名称",
                )
            if any(each.digest != card.digest for each in found.get(card.name, ())):
                raise PolicyError(str(settings.lines), None, f"两条业务线用了内容不同、名称都是 {card.name} 的标准")
            found[card.name] = (card,)
        elif cards := _named(entry.standard, others):
            found.setdefault(cards[-1].name, cards)
    return {name: tuple(_for_lines(card, settings) for card in cards) for name, cards in found.items()}


def _for_lines(card: Scorecard, settings: Settings) -> Scorecard:
    """A scorecard that lines name, for whom the lines say that it is; where they do not say, as it is written."""
    names = {card.name, *card.aliases}
    scopes = [
        entry.scope or card.applies_to
        for entry in read_lines(settings.lines)
        if entry.standard in names or entry.standard == card.path
    ]
    return card.model_copy(update={"applies_to": reduce(Scope.with_all, scopes)}) if scopes else card


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
    of_packs = (each.file for pack in packs_in_force(settings) for each in _of_pack(pack, settings.companies))
    return titles_of((*_own_files(settings), *shipped_files(), *of_packs))


def packs_in_force(settings: Settings) -> tuple[str, ...]:
    """The industry packs of the deployment or of any of its lines.

    Examples
    --------
    >>> packs_in_force(Settings(packs=("finance",)))
    ('finance',)
    """
    of_lines = (pack for entry in read_lines(settings.lines) for pack in entry.packs or ())
    return check_packs((*settings.packs, *of_lines))


def _own_files(settings: Settings) -> Iterator[LexiconFile | RulebookFile]:
    """The files of a deployment's folders that can be read, as they are written; what counts most comes first.

    Those of other lines come behind: a call page may show a term that only they have.
    """
    of_lines = [Path(entry.rules) for entry in read_lines(settings.lines) if entry.rules]
    for folder in dict.fromkeys((*reversed(_folders(settings)), *of_lines)):
        for path in sorted(folder.glob("*.yaml")):
            with suppress(PolicyError):
                keys = keys_of(path)
                if "phrases" in keys:
                    yield load_policy(path, LexiconFile)[0]
                elif "rules" in keys:
                    yield load_policy(path, RulebookFile)[0]


def _folders(settings: Settings) -> tuple[Path, ...]:
    """The folders of a deployment's own lists and rules; a later one's files take the place of an earlier one's."""
    return (*((settings.rules,) if settings.rules else ()), *settings.more_rules)


def forget_library() -> None:
    """Read all files again the next time: one was written."""
    library_of.cache_clear()
    _revisions.cache_clear()
    _titles.cache_clear()
    _stamps.clear()


_stamps: dict[Settings, Stamp] = {}


def _forget_if_changed(settings: Settings) -> None:
    now = _stamp(settings)
    if _stamps.setdefault(settings, now) != now:
        forget_library()
        _stamps[settings] = now


def _stamp(settings: Settings) -> Stamp:
    """Names, sizes and instants of a deployment's files: another stamp says that one was written."""
    entries = read_lines(settings.lines)
    standards = scorecards_folder(settings)
    of_lines = [Path(entry.rules) for entry in entries if entry.rules]
    folders = (*_folders(settings), *((standards,) if standards else ()), *of_lines)
    paths = [path for folder in folders for path in sorted(folder.glob("*.yaml"))]
    paths += [path for entry in entries if (path := Path(entry.standard)).is_file()]
    stats = [(path, path.stat()) for path in (*paths, *((settings.lines,) if settings.lines else ()))]
    return tuple((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in stats)


def _own_paths(settings: Settings) -> dict[Path, frozenset[str]]:
    """The files of the deployment's own folders, with the keys that tell what kind each is."""
    for folder in _folders(settings):
        if not folder.is_dir():
            variable = "CALLQA_RULES" if folder == settings.rules else "CALLQA_MORE_RULES, CALLQA_LINES"
            raise ConfigurationError(f"{variable}: there is no folder {folder}; make it, or leave it out")
    paths = {path: keys_of(path) for folder in _folders(settings) for path in sorted(folder.glob("*.yaml"))}
    for path, keys in paths.items():
        if not keys & {"phrases", "rules", THRESHOLDS}:
            problem = "is neither a phrase list (phrases) nor a rule file (rules), nor thresholds"
            raise PolicyError(str(path), None, problem)
    for folder in _folders(settings):
        several = [path.name for path, keys in paths.items() if THRESHOLDS in keys and path.parent == folder]
        if len(several) > 1:
            raise PolicyError(str(folder), None, f"holds thresholds twice: {', '.join(several)}; keep one of them")
    return paths
