"""Policy files for the desk: those in force, and drafts checked, tried, measured and released.

Knows where released files are written: lexicons and rulebooks into the deployment's own folder
(``CALLQA_RULES``), scorecards into `standards` below it, where they are in force under their names.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from importlib.resources.abc import Traversable
from pathlib import Path
from tempfile import TemporaryDirectory

from flows.desk.draft_report import hit_of, hits_report, what_if_report
from flows.desk.lock import one_at_a_time
from flows.desk.policy_files import kind_of, own_files, shadows, shape_of
from flows.desk.replacement import Replacement
from flows.month.periods import valid_month
from flows.month.whatif import WhatIf, what_if
from flows.policy.claims import by_settings, heard_by, lines_in_force
from flows.policy.library import (
    forget_library,
    fresh_library,
    library_of,
    revisions_of,
    scorecards_folder,
    scorecards_of,
)
from flows.policy.revisions import scorecard_of_month
from flows.policy.trial import Trial, candidate_of, trial_on
from flows.settings import Settings
from pipeline.errors import ConfigurationError, PolicyError
from pipeline.findings import Finding
from pipeline.findings.rulebook import RulebookFile, rulebook_files
from pipeline.hearing import Hearing
from pipeline.indicators import INDICATORS
from pipeline.indicators.roster import Roster
from pipeline.lexicon import LexiconFile, lexicon_files
from pipeline.policy.load import keys_of
from pipeline.policy.packs import pack_files
from pipeline.scorecard import Scorecard, read_scorecard
from pipeline.scorecard.drafts import (
    LARGEST,
    Checked,
    Draft,
    Kind,
    PolicyFile,
    Problem,
    Report,
    TriedCalls,
    check_stem,
)
from pipeline.scorecard.lint import Notice, lint, sources
from pipeline.scorecard.lint.draft import Draft as LintedStandard
from pipeline.store import Store

MOST_CALLS = 200
"""Calls that a file is tried on at once."""
NO_FOLDER = (
    "没有设置 CALLQA_RULES，无法发布：请管理员把它设为本单位规则文件的文件夹并重启服务；自带的文件不会被改动"
)


@dataclass(frozen=True)
class RulePorts:
    """Policy files of one deployment as the desk needs them, over one store."""

    store: Store
    settings: Settings
    feeds: Path | None = None

    def lists(self) -> tuple[PolicyFile, ...]:
        """The lexicons and rulebooks in force, by kind and name."""
        library = fresh_library(self.settings)
        paths = {path: shape_of(path) for path in own_files(self.settings)}
        own = {(file.name, type(file)): path for path, file in paths.items()}
        lists = (*lexicon_files(), *pack_files(*self.settings.packs))
        shipped = {path.name.removesuffix(".yaml"): path for path in (*lists, *rulebook_files())}
        found: list[PolicyFile] = []
        for each in sorted((*library.lexicons, library.role_wording), key=lambda each: each.file.name):
            path = own.get((each.file.name, LexiconFile))
            found.append(_in_force(Kind.LEXICON, each.file, each.version, path, shipped))
        for book in sorted(library.rulebooks, key=lambda book: book.file.name):
            path = own.get((book.file.name, RulebookFile))
            found.append(_in_force(Kind.RULES, book.file, book.version, path, shipped))
        return tuple(found)

    def standards(self) -> tuple[PolicyFile, ...]:
        """The scorecards that come with callqa and those released here, by name: the newest revision of each."""
        folder = scorecards_folder(self.settings)
        return tuple(
            PolicyFile(
                kind=Kind.STANDARD,
                name=card.name,
                title=card.title,
                revision=card.revision,
                version=f"{card.name}-{card.revision}-{card.digest}",
                own=folder is not None and Path(card.path).is_relative_to(folder),
                text=card.text.removeprefix("\ufeff"),
                document=card,
            )
            for _, card in sorted(scorecards_of(self.settings).items())
        )

    def in_force(self, kind: Kind, name: str) -> PolicyFile | None:
        """One file in force; None where there is none of that kind and name."""
        files = self.standards() if kind is Kind.STANDARD else self.lists()
        return next((file for file in files if (file.kind, file.name) == (kind, name)), None)

    @property
    def folder(self) -> Path | None:
        """The folder that lexicons and rulebooks are released to; None where a deployment has none."""
        return self.settings.rules

    def check(self, text: str) -> Checked:
        """Errors and doubts in the text of a policy file, with lines; it is not kept.

        Note
        ----
        A lexicon is checked with all files beside it: the examples of rules that stand on it, and whether a
        scorecard asks for a phrase that it no longer has.
        """
        if not text.strip():
            return Checked(problems=(Problem(None, "草案是空的"),))
        if len(text) > LARGEST:
            return Checked(problems=(Problem(None, f"草案有 {len(text)} 字，最多 {LARGEST} 字"),))
        if "\0" in text:
            return Checked(problems=(Problem(None, "草案里有不能保存的字符（NUL）"),))
        try:
            with self._beside(text) as path:
                return self._checked(path)
        except PolicyError as error:
            return Checked(problems=(_problem(error),))
        except ConfigurationError as error:
            return Checked(problems=(Problem(None, str(error)),))

    def _checked(self, path: Path) -> Checked:
        kind = kind_of(path)
        file = shape_of(path)
        known = self.in_force(kind, file.name)
        problems: list[Problem] = []
        try:
            check_stem(file.name)
        except ConfigurationError as error:
            problems.append(Problem(None, str(error)))
        others = {each.name: each.kind for each in (*self.lists(), *self.standards()) if each.kind is not kind}
        if file.name in others and Kind.STANDARD not in (kind, others[file.name]):
            problems.append(Problem(None, f"{others[file.name].title}里已有“{file.name}”，请换一个名称"))
        if known is not None and file.revision <= known.revision:
            said = f"revision 是 {file.revision}，须大于现行第 {known.revision} 版"
            problems.append(Problem(None, said))
        if isinstance(file, Scorecard):
            problems += _backdated(file, scorecards_of(self.settings).get(file.name))
            beside = tuple(scorecards_of(self.settings).values())
            judging = {line.settings for line in lines_in_force(self.settings).by(file)} or {self.settings}
            notices = [n for own in judging for n in lint(file, beside, lists=fresh_library(own).files)]
            problems += (Problem(n.line, n.told, n.severity == "error") for n in dict.fromkeys(notices))
            return Checked(kind, file.name, file.title, file.revision, tuple(problems))
        problems += self._shadowed(kind, file.name)
        problems += self._with_the_others(path)
        return Checked(kind, file.name, file.title, file.revision, tuple(problems))

    def _with_the_others(self, path: Path) -> Iterator[Problem]:
        """Problems of scorecards once the lexicon or rulebook at `path`, in a copy of the folder, is in force."""
        told: set[str] = set()
        for own in heard_by(self.settings):
            now = fresh_library(own).files
            files = library_of.__wrapped__(own.model_copy(update={"rules": path.parent})).files
            for name, card in scorecards_of(self.settings).items():
                before = {notice.told for notice in _unfounded(card, now)} | told
                for notice in _unfounded(card, files):
                    if notice.told not in before:
                        told.add(notice.told)
                        yield Problem(None, f"评分表 {name} 会不能评分：{notice.told}", notice.severity == "error")

    def _shadowed(self, kind: Kind, name: str) -> Iterator[Problem]:
        """A doubt for each line that has a file of that kind and name in a folder of its own."""
        for line in lines_in_force(self.settings).lines:
            if shadows(line.settings, kind, name):
                said = f"业务线“{line.name}”的文件夹里有自己的“{name}”，这份草案发布后对这条业务线不起作用"
                yield Problem(None, said, False)

    @contextmanager
    def _beside(self, text: str) -> Iterator[Path]:
        """A file with this text in a copy of the deployment's folder, in place of the one of the same name."""
        with TemporaryDirectory(prefix="callqa-") as folder:
            path = Path(folder) / "draft.yaml"
            path.write_text(text, encoding="utf-8")
            if not keys_of(path) & {"phrases", "rules"}:
                yield path
                return
            file = shape_of(path)
            for own in own_files(self.settings):
                kept = shape_of(own)
                if (type(kept), kept.name) != (type(file), file.name):
                    (Path(folder) / f"own_{own.name}").write_bytes(own.read_bytes())
            yield path

    def sample(self, month: str, size: int) -> tuple[str, ...]:
        """So many calls of a month, drawn by chance, the same ones each time; all where it has fewer."""
        heard = self.store.calls.ids(month)
        wanted = min(size, MOST_CALLS, len(heard))
        return tuple(sorted(random.Random(f"{month} {size}").sample(heard, wanted)))

    def try_text(self, text: str, calls: Sequence[str]) -> TriedCalls:
        """The hits of a file with this text in stored calls.

        Raises
        ------
        PolicyError
            If the file is wrong; of a draft, the path is ``draft.yaml``.
        ConfigurationError
            If none of the calls was heard, or there are too many.
        """
        with one_at_a_time("试词库"), self._beside(text) as path:
            hearings = self._hearings(calls)
            trial = self._tried(path, hearings)
        hits = tuple(hit_of(trial.file, finding) for found in trial.found.values() for finding in found)
        missing = tuple(sorted(set(calls) - set(trial.found)))
        return TriedCalls(trial.file.name, len(trial.found), trial.file.examples, hits, missing)

    def _hearings(self, calls: Sequence[str]) -> list[Hearing]:
        wanted = list(dict.fromkeys(calls))
        if len(wanted) > MOST_CALLS:
            raise ConfigurationError(f"一次最多试 {MOST_CALLS} 通，现有 {len(wanted)} 通")
        results = (self.store.calls.get(call_id) for call_id in wanted)
        found = [r.hearing for r in results if r is not None and r.hearing is not None and r.hearing.turns]
        if not found:
            raise ConfigurationError("这些通话都没有转写，无法试听词库；请核对通话编号或月份")
        return found

    def _tried(self, path: Path, hearings: Sequence[Hearing]) -> Trial:
        """A file tried on calls, each as its line hears it; a line that has its own file of the name is left out.

        Raises
        ------
        ConfigurationError
            In Chinese, if none of the calls would be heard with it.
        """
        kind, name = kind_of(path), shape_of(path).name
        roster = Roster.of_rows(self.store.roster.memberships())
        groups = by_settings((heard.call for heard in hearings), self.settings, roster)
        found: dict[str, tuple[Finding, ...]] = {}
        trial: Trial | None = None
        for own, ids in groups.items():
            if not shadows(own, kind, name):
                trial = trial_on(candidate_of(path, own), [each for each in hearings if each.call.id in ids])
                found |= trial.found
        if trial is None:
            raise ConfigurationError(f"这些通话所属的业务线都有自己的“{name}”，这份文件对它们不起作用")
        return replace(trial, found=found)

    def measure(self, draft: Draft, month: str, size: int = 50, against: str = "") -> Report:
        """The effect of a draft: of a scorecard on every agent's month, of a lexicon or rulebook on hits.

        Parameters
        ----------
        size : int
            Calls drawn for a lexicon or rulebook.
        against : str
            For a scorecard that is new: the one in force to compare with.

        Raises
        ------
        ConfigurationError
            If there is nothing to compare with, or nothing of the month.
        """
        try:
            with one_at_a_time("测算"):
                if draft.kind is Kind.STANDARD:
                    return self._what_if(draft, month, against or draft.name)
                return self._hits(draft, month, size)
        except PolicyError as error:
            raise ConfigurationError(_problem(error).told) from None

    def _hits(self, draft: Draft, month: str, size: int) -> Report:
        now = self.in_force(draft.kind, draft.name)
        calls = self.sample(month, size)
        if not calls:
            raise ConfigurationError(f"{month} 没有听过的通话")
        hearings = self._hearings(calls)
        with self._beside(draft.text) as path:
            after = self._tried(path, hearings)
        before: Mapping[str, tuple[Finding, ...]] = {}
        if now is not None:
            with self._beside(now.text) as path:
                before = self._tried(path, hearings).found
        return hits_report(month, after.file, before, after.found)

    def _what_if(self, draft: Draft, month: str, against: str) -> Report:
        if not revisions_of(against, self.settings):
            raise ConfigurationError(f"没有现行的评分表 {against}，请选一份来比较")
        known = scorecard_of_month(self.store, against, valid_month(month), self.settings)
        with TemporaryDirectory(prefix="callqa-") as folder:
            path = Path(folder) / "draft.yaml"
            path.write_text(draft.text, encoding="utf-8")
            url = self.store.engine.url.render_as_string(hide_password=False)
            found = what_if(url, WhatIf(month, str(path), known, self.feeds), start="spawn")
        return what_if_report(month, known, draft, found)

    def release(self, draft_id: int, by: str, note: str) -> Draft:
        """The draft, released: its file is written into the deployment's folder and is in force from now on.

        Raises
        ------
        ConfigurationError
            In Chinese: no folder, a draft of one's own, decided already, wrong by now, or the file in force is no
            longer the one that it was drafted from.
        """
        if self.settings.rules is None:
            raise ConfigurationError(NO_FOLDER)
        draft = self.store.drafts.get(draft_id)
        if draft is None:
            raise ConfigurationError(f"没有草案 {draft_id}")
        if wrong := self.check(draft.text).errors:
            raise ConfigurationError(f"草案 {draft_id} 现在不能发布：{wrong[0].told}")
        written = Replacement(self._target(draft))
        try:
            return self.store.drafts.decide(draft_id, "released", by, note, put=lambda d: self._put(d, written))
        except BaseException:
            written.take_back()
            raise
        finally:
            forget_library()

    def _put(self, draft: Draft, written: Replacement) -> None:
        now = self.in_force(draft.kind, draft.name)
        if (now.text if now else "") != draft.base:
            raise ConfigurationError(
                f"草案 {draft.id} 提出之后，现行的 {draft.name} 已经改过；请撤回，在现行文件上重新提出"
            )
        written.put(draft.text)

    def _target(self, draft: Draft) -> Path:
        """The file to be written: the one of the same kind and name in the folder, else a new one.

        A revision of a scorecard is always a new one: the months before it keep that by which they were assessed.
        """
        standard = draft.kind is Kind.STANDARD
        folder = scorecards_folder(self.settings) if standard else self.settings.rules
        if folder is None:
            raise ConfigurationError(NO_FOLDER)
        check_stem(draft.name)
        for path in () if standard else own_files(self.settings):
            kept = shape_of(path)
            if kept.name == draft.name and kind_of(path) is draft.kind:
                return path
        number = f"-{read_scorecard(draft.text.encode(), 'draft.yaml').revision}" if standard else ""
        target = folder / f"{draft.name}{number}.yaml"
        if target.exists():
            raise ConfigurationError(f"{target} 已存在，里面是另一个名称的文件；请先改名")
        return target


def _backdated(file: Scorecard, known: Scorecard | None) -> Iterator[Problem]:
    """A doubt about a revision that does not begin after the one before it."""
    if known is not None and file.effective_from <= known.effective_from:
        said = (
            f"effective_from 是 {file.effective_from}，不晚于现行第{known.revision}版的 {known.effective_from}："
            "这一天以后还没有关账的月份都会改按新版计算。如不是这个意思，请改成新版施行的日期"
        )
        yield Problem(None, said, False)


def _unfounded(card: Scorecard, files: Sequence[LexiconFile | RulebookFile]) -> Iterator[Notice]:
    """Notices on phrases that a scorecard asks for and no lexicon has; the rest of its lint needs no lexicon."""
    return sources.phrases(LintedStandard(card, (), INDICATORS, tuple(files)))


def _problem(error: PolicyError) -> Problem:
    """The problem of a draft, or of a file beside it, which is then named."""
    where = "" if Path(error.path).stem == "draft" else f"{Path(error.path).name}："
    return Problem(error.line, f"{where}{error.problem}")


def _in_force(
    kind: Kind,
    file: LexiconFile | RulebookFile,
    version: str,
    own: Path | None,
    shipped: dict[str, Traversable],
) -> PolicyFile:
    path = own or shipped[file.name]
    text = path.read_text(encoding="utf-8-sig")
    return PolicyFile(kind, file.name, file.title, file.revision, version, own is not None, text, file)
