"""Recordings and call detail records wherever fsspec reaches, and which recording belongs to which call.

Knows places, file names and how the two are joined; not what is in a recording (`pipeline.audio`) nor in a line of
the records (`pipeline.call.cdr`).
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TypeAlias

from flows.night.addresses import address, links, located, read_bytes, readable
from pipeline.audio.audio import Audio
from pipeline.audio.formats import is_recording
from pipeline.call import Call, Recording, Rejected, line_title
from pipeline.call.cdr import CallIds, Records, read
from pipeline.call.identity import id_in_records, id_of_whole
from pipeline.errors import AudioError, ConfigurationError
from pipeline.notices import Notice, NoticeKind

MAX_BYTES = 4 * 2**30
"""Of a recording; four hours of two channels at 48 kHz and 24 bit have less."""


@dataclass(frozen=True, slots=True)
class RecordingFile:
    """A recording as a folder lists it, not opened.

    Examples
    --------
    >>> RecordingFile("file:///calls/2026/a.wav", "/calls/2026/a.wav", 1024).stem
    'a'
    """

    uri: str  # opens with fsspec
    path: str  # inside its file system
    size: int | None  # bytes; None where the place does not tell

    @property
    def name(self) -> str:
        """The file name without folders."""
        return PurePosixPath(self.path).name

    @property
    def stem(self) -> str:
        """The file name without folders and ending."""
        return PurePosixPath(self.path).stem


@dataclass(frozen=True, slots=True)
class FetchedCall:
    """A call and its recording."""

    call: Call
    file: RecordingFile


@dataclass(frozen=True, slots=True)
class CallAudio:
    """A call with its recording opened.

    Parameters
    ----------
    audio : ndarray of float32, shape (n_channels, n_samples)
        One channel where both parties are mixed, else two.
    """

    call: Call
    recording: Recording
    audio: Audio

    @property
    def mixed(self) -> bool:
        """Whether both parties speak in one channel, so that voices have to be told apart."""
        return len(self.audio) == 1


@dataclass(frozen=True, slots=True)
class Intake:
    """Every record and every recording of a night: the pairs, and all others as rows with a reason.

    `notices` says what was doubtful about the records, and about which recording is whose.
    """

    fetched: tuple[FetchedCall, ...]
    rejected: tuple[Rejected, ...]
    notices: tuple[Notice, ...] = ()


def list_recordings(url: str, records: Records | None = None) -> tuple[RecordingFile, ...]:
    """The recordings in a folder and all folders below it, or the one that `url` names, by path.

    Files with other endings than those of `pipeline.audio.formats` are recordings if one of the records names them;
    hidden files and folders are none.

    Raises
    ------
    ConfigurationError
        If there is no such place, it cannot be reached, or the package of its protocol is missing.
    """
    try:
        system, root = located(url)
        found = system.find(root, detail=True)
        exists = bool(found) or system.exists(root)
    except Exception as error:  # each protocol raises the errors of its own package
        raise ConfigurationError(_unreachable("recordings", url, error)) from error
    if not exists:
        raise ConfigurationError(f"recordings: there is no {url}")
    named = {_fold(_named(call).name) for call in records.calls} if records else set()
    files = (
        RecordingFile(address(system, path, url), readable(path), entry.get("size"))
        for path, entry in sorted(found.items())
        if not any(part.startswith(".") for part in path.removeprefix(root).split("/"))
    )
    return tuple(file for file in files if is_recording(file.name) or _fold(file.name) in named)


def read_recording(file: RecordingFile) -> bytes:
    """The bytes of a recording.

    Raises
    ------
    AudioError
        With reason ``unreadable`` if it has gone or cannot be reached, ``too_long`` if it is no call by its size.
    """
    if file.size is not None and file.size > MAX_BYTES:
        raise AudioError("too_long", f"{file.name} 有 {file.size / 2**30:.1f} GiB；请核对是不是一通通话的录音")
    return recording_bytes(file.uri)


def recording_bytes(uri: str) -> bytes:
    """The bytes of the recording at an address; raises as `read_recording` does."""
    try:
        return read_bytes(uri)
    except Exception as error:  # each protocol raises the errors of its own package
        raise AudioError("unreadable", f"{uri} 读不出来；请核对文件是否还在、有没有权限、网络是否通") from error


def read_records(url: str, dialect: str) -> Records:
    """The call detail records in a file.

    Raises
    ------
    ConfigurationError
        If there is no such file or no such dialect, it cannot be reached, or it cannot be read as a whole.
    """
    try:
        content = read_bytes(url)
    except FileNotFoundError as error:
        raise ConfigurationError(f"call detail records: there is no {url}") from error
    except Exception as error:  # each protocol raises the errors of its own package
        raise ConfigurationError(_unreachable("call detail records", url, error)) from error
    return read(content, PurePosixPath(links(url)[0]).name, dialect)


def join(records: Records, files: Iterable[RecordingFile]) -> Intake:
    """The intake of a night: each call with its recording; each record and each recording is in exactly one row.

    The rules of `_RULES` are tried in turn, and a recording that one of them gave away is out of the game. Where a
    rule gives a call two recordings, or two calls the same one, nothing is guessed: those calls are rejected. Only
    the parts of one call share a recording.

    Notes
    -----
    Reasons: ``no_recording``; ``no_answer`` for a call without a recording that nobody answered; ``no_record``;
    ``ambiguous_recording``. A recording that belongs to a rejected line of the records is named in that row and
    makes none of its own.

    Examples
    --------
    >>> intake = join(Records((), ()), [RecordingFile("file:///calls/a.wav", "/calls/a.wav", 1024)])
    >>> [(line.call_id, line.reason) for line in intake.rejected]
    [('a', 'no_record')]
    """
    files = tuple(files)
    claims = _claims([*records.calls, *records.rejected], files)
    fetched: list[FetchedCall] = []
    rejected: list[Rejected] = []
    for call, claim in zip(records.calls, claims, strict=False):
        if claim and claim.is_sole:
            fetched.append(FetchedCall(call, claim.files[0]))
        else:
            rejected.append(_without_recording(call, claim))
    for line, claim in zip(records.rejected, claims[len(records.calls) :], strict=True):
        unused = f"；没有用上的录音：{'、'.join(file.name for file in claim.files)}" if claim else ""
        rejected.append(replace(line, problem=line.problem + unused))
    claimed = {file.uri for claim in claims if claim for file in claim.files}
    beside = _recorded_beside(records.calls, [file for file in files if file.uri not in claimed])
    claimed |= {file.uri for file in beside}
    ids = CallIds([call.id for call in records.calls] + [line.call_id for line in records.rejected])
    for file in files:
        if file.uri not in claimed:
            problem = f"{file.uri} 在话单中没有对应的行；请核对话单是否导出完整"
            rejected.append(Rejected(ids.claim(file.stem), file.uri, "no_record", problem))
    notices = records.notices
    if beside:
        problem = (
            f"{len(beside)} 段录音是已有录音的通话的另一段，没有评分（{'、'.join(f.name for f in beside[:3])}）"
        )
        notices += (Notice(NoticeKind.RECORD_LEGS, "", problem),)
    return Intake(tuple(fetched), tuple(rejected), notices)


def _recorded_beside(calls: Iterable[Call], files: Sequence[RecordingFile]) -> list[RecordingFile]:
    """The recordings that a leg of a call names which is heard in another one."""
    named = {_fold(PurePosixPath(_path(leg.recording_name)).name) for call in calls for leg in call.legs}
    return [file for file in files if _fold(file.name) in named - {""}]


_Record: TypeAlias = Call | Rejected


@dataclass(frozen=True, slots=True)
class _Claim:
    files: tuple[RecordingFile, ...]
    is_sole: bool  # one file, and no record of another call claims it


def _claims(records: Sequence[_Record], files: Sequence[RecordingFile]) -> list[_Claim | None]:
    """For each record the files that the first rule which finds any gives it."""
    claims: list[_Claim | None] = [None] * len(records)
    free = set(range(len(files)))
    for key_of, keys_of in _RULES:
        shelves: dict[str, list[int]] = defaultdict(list)
        for at in sorted(free):
            for key in set(keys_of(files[at])):
                shelves[key].append(at)
        found = {
            number: shelves[key]
            for number, record in enumerate(records)
            if claims[number] is None and (key := key_of(record)) and key in shelves
        }
        rivals: dict[int, set[Hashable]] = defaultdict(set)
        for number, shelf in found.items():
            for at in shelf:
                rivals[at].add(_whole(records[number], number))
        for number, shelf in found.items():
            sole = len(shelf) == 1 and len(rivals[shelf[0]]) == 1
            claims[number] = _Claim(tuple(files[at] for at in shelf), sole)
        free -= rivals.keys()
    return claims


def _whole(record: _Record, number: int) -> Hashable:
    """What the parts of a call that share a recording have in common, and nothing else has."""
    return record.legs if isinstance(record, Call) and record.shares_recording else number


def _without_recording(call: Call, claim: _Claim | None) -> Rejected:
    if claim and len(claim.files) > 1:
        names = "、".join(file.uri for file in claim.files)
        problem = f"有 {len(claim.files)} 段录音都对得上（{names}）；请在话单中写明是哪一段"
        reason = "ambiguous_recording"
    elif claim:
        problem = f"录音 {claim.files[0].uri} 与话单的其他行也对得上；请在话单中写明各行的录音"
        reason = "ambiguous_recording"
    elif call.answered is False:
        reason, problem = "no_answer", "无人接听，也没有录音"
    elif call.recording_name:
        reason, problem = "no_recording", f"话单写的录音 {call.recording_name} 不在录音文件夹中；请补上"
    else:
        reason, problem = "no_recording", "没有文件名带这个通话编号的录音；请补上，或在话单中写明录音"
    return Rejected(call.id, call.source, reason, f"{line_title(call.source)}：{problem}", call)


def _id(record: _Record) -> str:
    """The id that the records themselves give; that of the whole call where its parts share a recording."""
    if isinstance(record, Rejected):
        return record.call_id
    own = id_in_records(record.id)
    return id_of_whole(own) if record.shares_recording else own


def _named(record: _Record) -> PurePosixPath:
    """The recording that the record names, from whatever system; an empty path when it names none."""
    name = record.recording_name if isinstance(record, Call) else None
    return PurePosixPath(_path(name))


def _path(name: str | None) -> str:
    return (name or "").replace("\\", "/").strip("/")


def _without_ending(path: PurePosixPath) -> str:
    """The file name without an audio ending; ``17.1`` is a whole name."""
    return path.stem if is_recording(path.name) else path.name


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _tails(path: str) -> list[str]:
    """The file name, and with each folder above it: ``c.wav``, ``b/c.wav``, ``a/b/c.wav``."""
    parts = PurePosixPath(path).parts
    return ["/".join(parts[at:]) for at in range(len(parts))]


def _long_id(record: _Record) -> str:
    """The id, if it is one to look for inside names; up to 8 digits may be a date, a time or an extension there."""
    return "" if re.fullmatch(r"\d{1,8}", _id(record)) else _fold(_id(record))


def _word_runs(stem: str) -> list[str]:
    """Every run of whole words: ``q-17.1`` gives ``q``, ``q-17``, ``q-17.1``, ``17``, ``17.1`` and ``1``."""
    words = [word.span() for word in re.finditer(r"[^\W_]+", stem)]
    return [stem[start:end] for at, (start, _) in enumerate(words) for _, end in words[at:]]


_RULES: tuple[tuple[Callable[[_Record], str], Callable[[RecordingFile], Iterable[str]]], ...] = (
    # the recording that the record names: with its folders, by its file name, in other case, with another ending
    (lambda r: "/".join(_named(r).parts), lambda f: _tails(f.path)),
    (lambda r: _named(r).name, lambda f: [f.name]),
    (lambda r: _fold(_named(r).name), lambda f: [_fold(f.name)]),
    (lambda r: _fold(_without_ending(_named(r))), lambda f: [_fold(f.stem)]),
    # the recording that is named after the call: exactly, in other case, with more around it
    (_id, lambda f: [f.stem]),
    (lambda r: _fold(_id(r)), lambda f: [_fold(f.stem)]),
    (_long_id, lambda f: _word_runs(_fold(f.stem))),
)
"""How a record and a file find each other, the surest way first: the same text out of both."""


def _unreachable(what: str, url: str, error: Exception) -> str:
    # fsspec's own words say which package to install, or that the protocol is unknown
    return f"{what}: {url} cannot be reached ({error or type(error).__name__})"
