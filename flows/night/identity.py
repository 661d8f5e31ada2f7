"""The calls of a night and those that the store has: which is which, and what of each is new.

A call is the same where its id and its beginning are the same, or its id and its recording; it is done where its
record and its recording are the same as well. So an id that is used again is another call, a corrected record is
judged again, and a recording that was replaced is heard again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from flows.night.sources import FetchedCall, Intake, recording_bytes
from pipeline.call import Call, Rejected, Status
from pipeline.call.identity import distinct_id, id_in_records, own_id
from pipeline.errors import AudioError
from pipeline.evaluation.fingerprint import Fingerprint
from pipeline.notices import Notice, NoticeKind
from pipeline.store import Store
from pipeline.store.calls.kept import KeptCall

_REUSED = "通通话的编号在以前的夜里用过，不是同一通通话，编号后加日期另存，例如 {}"
_CORRECTED = "通通话的话单有更正，已按更正后的话单重新评分，改动记入审计日志，例如 {}"
_REPLACED = "通通话的录音已更换，重新听写评分，例如 {}"


@dataclass(frozen=True, slots=True)
class KnownNight:
    """A night beside the store.

    Parameters
    ----------
    intake : Intake
        Every call under the id by which the store keeps it, or will.
    todo : tuple of FetchedCall
        Those to be heard or judged again.
    unclaimed : tuple of FetchedCall
        Those for which there is no standard.
    """

    intake: Intake
    todo: tuple[FetchedCall, ...]
    unclaimed: tuple[FetchedCall, ...] = ()


def recognised(intake: Intake, store: Store, fingerprint_of: Callable[[Call], Fingerprint | None]) -> KnownNight:
    """The night with each call under its id in the store, and what is to be done.

    Parameters
    ----------
    fingerprint_of : callable
        What hears and judges a call tonight: what was done under another one is done again. None where no line
        claims the call.
    """
    names = [pair.call.id for pair in intake.fetched] + [line.call_id for line in intake.rejected]
    known = _Known(store, names)
    fetched = tuple(replace(pair, call=known.named(pair.call, pair.file.uri)) for pair in intake.fetched)
    rejected = tuple(known.own(line) for line in intake.rejected)
    prints = {pair.call.id: fingerprint_of(pair.call) for pair in fetched}
    unclaimed = tuple(pair for pair in fetched if prints[pair.call.id] is None)
    todo = tuple(
        pair
        for pair in fetched
        if (mark := prints[pair.call.id]) is not None and not is_done(pair, known.kept.get(pair.call.id), mark)
    )
    notices = (*intake.notices, *known.notices(todo, {id: str(mark) for id, mark in prints.items()}))
    return KnownNight(Intake(fetched, rejected, notices), todo, unclaimed)


def is_done(pair: FetchedCall, kept: KeptCall | None, fingerprint: Fingerprint) -> bool:
    """Whether nothing of a call is new: what hears and judges it, its record, and its recording.

    A recording that cannot be read any more is no other one.
    """
    if kept is None or kept.status is Status.FAILED or kept.fingerprint != str(fingerprint):
        return False
    return kept.has_record(pair.call) and kept.recording_id is not None and _is_recording(pair.file.uri, kept)


def _is_recording(uri: str, kept: KeptCall) -> bool:
    digest = _digest(uri)
    return kept.uri == uri if digest is None else digest == kept.recording_id


def _digest(uri: str) -> str | None:
    """The sha256 of what lies there; None where it cannot be read."""
    try:
        return hashlib.sha256(recording_bytes(uri)).hexdigest()
    except AudioError:
        return None


def _is_nameless(line: Rejected) -> bool:
    """Whether a line is known by its place alone."""
    return line.call is None and line.call_id.partition("#")[0] == line.source


def _file(line: Rejected) -> str:
    return line.source.rpartition(":")[0]


class _Known:
    """The calls that the store has under the ids of a night, and ids for those that it has not."""

    def __init__(self, store: Store, names: Iterable[str]) -> None:
        self.by_name: dict[str, list[KeptCall]] = {}
        for kept in store.calls.namesakes(names):
            self.by_name.setdefault(id_in_records(kept.call.id), []).append(kept)
        self.kept = {each.call.id: each for same in self.by_name.values() for each in same}
        self._taken = set(self.kept)
        self._reused: list[str] = []
        self._files: dict[str, str] = {}

    def named(self, call: Call, uri: str | None) -> Call:
        """The call under the id that it has, or gets."""
        same = self._same(call, uri)
        if same is not None:
            return replace(call, id=same.call.id)
        if call.id in self._taken:
            call = replace(call, id=distinct_id(replace(call, id=id_in_records(call.id)), self._taken))
            self._reused.append(call.id)
            self._files[call.id] = call.source
        self._taken.add(call.id)
        return call

    def own(self, line: Rejected) -> Rejected:
        """The line under an id that no other night's has."""
        if line.call is not None:
            call = self.named(line.call, None)
            return replace(line, call=call, call_id=call.id)
        if _is_nameless(line):
            number = line.call_id.partition("#")[1:]
            return replace(line, call_id=own_id(_file(line), line.row) + "".join(number))
        kept = self.kept.get(line.call_id)
        if kept is None or (line.row and kept.row == line.row) or kept.uri == line.source:
            return line
        if line.reason == "no_record" and kept.recording_id and _is_recording(line.source, kept):
            return line
        return replace(line, call_id=own_id(line.call_id, line.row or line.source))

    def _same(self, call: Call, uri: str | None) -> KeptCall | None:
        """The call that the store has: the same beginning, the same recording, or the bad row in its place."""
        namesakes = self.by_name.get(id_in_records(call.id), ())
        for kept in namesakes:
            if kept.call.started_at is not None and kept.call.started_at == call.started_at:
                return kept
        for kept in namesakes:
            if kept.recording_id is not None and uri is not None and _digest(uri) == kept.recording_id:
                return kept
        return next((kept for kept in namesakes if _is_repaired(kept, call)), None)

    def notices(self, todo: Iterable[FetchedCall], fingerprints: Mapping[str, str]) -> Iterable[Notice]:
        """What is to be told of ids used again, records corrected, and recordings replaced."""
        corrected, replaced = [], []
        for pair in todo:
            kept = self.kept.get(pair.call.id)
            if kept is not None and kept.recording_id is not None:
                if not kept.has_record(pair.call):
                    corrected.append(pair)
                if kept.fingerprint == fingerprints[pair.call.id] and not _is_recording(pair.file.uri, kept):
                    replaced.append(pair)
        if self._reused:
            about = _file_of(self._files[self._reused[0]])
            yield Notice(NoticeKind.ID_REUSED, about, f"{len(self._reused)} {_REUSED.format(self._reused[0])}")
        for pairs, kind, sentence in (
            (corrected, NoticeKind.RECORD_CORRECTED, _CORRECTED),
            (replaced, NoticeKind.RECORDING_REPLACED, _REPLACED),
        ):
            if pairs:
                first = pairs[0].call
                yield Notice(kind, _file_of(first.source), f"{len(pairs)} {sentence.format(first.id)}")


def _file_of(source: str) -> str:
    return source.rpartition(":")[0] or source


def _is_repaired(kept: KeptCall, call: Call) -> bool:
    """Whether a call stands where a bad row stood, which told no beginning."""
    return kept.call.started_at is None and kept.recording_id is None and kept.call.source == call.source
