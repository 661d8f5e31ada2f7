"""All the models that listening takes, loaded once per worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

import torch

from models.asr import Recognizer, engine
from models.diarization import Campplus, Diarizer, Embedder, Pyannote
from models.segmentation import FILE, Segmentation
from models.speech import VERSION
from models.weights import engine_of, place_of
from pipeline.errors import ConfigurationError, WeightsError
from pipeline.evaluation.fingerprint import EarsVersion

EMBEDDING = "campplus_cn_en_common.pt"


@dataclass(frozen=True)
class Ears:
    """A recogniser for words, a diarizer for mixed recordings, an embedder, and a network that finds faint speech.

    The embedder counts the voices in a channel; without one there is one. Where `keeps_voices`, it knows agents by
    theirs as well. It is no part of the version: it shapes no transcript. The segmentation network is the pinned
    one by default.
    """

    recognizer: Recognizer
    diarizer: Diarizer
    embedder: Embedder | None = None
    keeps_voices: bool = False
    segmentation: Segmentation | None = None

    @cached_property
    def second(self) -> Recognizer:
        """The recogniser's second opinion, asked for words in doubt."""
        return self.recognizer.second_opinion()

    def with_hotwords(self, words: Sequence[str]) -> Ears:
        """The same ears whose recogniser expects these words; themselves for none. No model is loaded.

        Raises
        ------
        ConfigurationError
            If the recogniser cannot be told.

        Examples
        --------
        >>> from types import SimpleNamespace as One
        >>> ears = Ears(One(), One())
        >>> ears.with_hotwords(()) is ears
        True
        """
        if not words:
            return self
        tell = getattr(self.recognizer, "with_hotwords", None)
        if tell is None:
            raise ConfigurationError(f"{self.recognizer.name} 不能设热词；请去掉业务线的 hotwords")
        return replace(self, recognizer=tell(words))

    @property
    def diarization_settings(self) -> str:
        """All that shapes a diarization beside the model: where speech was found, too.

        Examples
        --------
        >>> from types import SimpleNamespace as One
        >>> Ears(One(), One(settings="2")).diarization_settings.startswith("2+speech-")
        True
        """
        return f"{self.diarizer.settings}+{VERSION}"

    @property
    def version(self) -> EarsVersion:
        """Models and settings as they shape a transcript: of the recogniser, its second opinion and the diarizer.

        Examples
        --------
        >>> from types import SimpleNamespace as One
        >>> second = One(name="base@1", settings="slow")
        >>> first = One(name="base@1", settings="fast", second_opinion=lambda: second)
        >>> Ears(first, One(name="voices@1", settings="2")).version.recognizer_settings
        'fast+slow'
        """
        settings = f"{self.recognizer.settings}+{self.second.settings}"
        return EarsVersion(self.recognizer.name, settings, self.diarizer.name, self.diarizer.settings)


@cache
def load_ears(profile: str, weights: Path | None = None, threads: int = 0, voices: bool = False) -> Ears:
    """The models of a profile, or of a folder of the user's; see `flows.settings.Settings.weights` and `voices`.

    Raises
    ------
    WeightsError
        If weights are missing; says which command to type. Nothing is downloaded here.
    ConfigurationError
        If the weights name an engine of speech recognition that there is not.
    """
    device = "cuda" if profile == "gpu" else "cpu"
    if profile == "gpu" and not torch.cuda.is_available():
        raise WeightsError("profile gpu needs a CUDA device and none is visible; use --profile cpu")
    if threads:
        torch.set_num_threads(threads)
    folder, name = place_of("asr", profile, weights)
    recognizer = engine(engine_of(profile, weights)).load(folder, name, device, threads)
    segmentation, _ = place_of("segmentation", "cpu", weights)
    return Ears(
        recognizer,
        _diarizer(profile, weights, device),
        _embedder(weights),
        keeps_voices=voices,
        segmentation=Segmentation.from_file(segmentation / FILE),
    )


def _embedder(weights: Path | None) -> Embedder:
    folder, name = place_of("embedding", "cpu", weights)
    return Campplus.from_file(folder / EMBEDDING, name)


def _diarizer(profile: str, weights: Path | None, device: str) -> Diarizer:
    # The community pipeline proposes, where there is one; CAM++ out of the cpu profile tells the voices apart.
    has_pipeline = (weights / "pipeline").is_dir() if weights else profile == "gpu"
    embedding, voice_name = place_of("embedding", "cpu", weights)
    if has_pipeline:
        folder, name = place_of("pipeline", profile, weights)
        return Pyannote.from_pipeline(folder, embedding / EMBEDDING, f"{name}+{voice_name}", device)
    segmentation, name = place_of("segmentation", "cpu", weights)
    return Pyannote.from_files(segmentation / FILE, embedding / EMBEDDING, f"{name}+{voice_name}")
