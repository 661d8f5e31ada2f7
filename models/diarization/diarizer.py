"""Who speaks when, on one mixed channel: two voices to begin with, because a telephone call has two ends.

`Diarizer` is the seam. `Pyannote` is pyannote.audio behind it, in two steps: its pipeline proposes where the
speaker changes, which it does well; then every stretch of speech between two changes gets one voice embedding, and
the stretches are clustered into two voices, and each of these into as many as it holds: machines, a second agent.
The second step mends what sliding windows do to two voices of one sex: a window holds both, so their embeddings
blur, whereas a stretch between two pauses nearly always holds one. Where both speak at once, both are told (see
`overlap`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from speakerlab.models.campplus.DTDNN import CAMPPlus

from models.diarization.overlap import Overlap, Windows, with_overlaps
from models.diarization.voices import (
    EMBEDDING_SIZE,
    MIN_SAMPLES,
    NUM_SPEAKERS,
    count_voices,
    embed,
    load_network,
    mel,
    two_voices,
)
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.errors import WeightsError
from pipeline.hearing.turns import SpeakerSegment
from pipeline.timeline import Seconds, Span, subtract

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torchcodec finds no FFmpeg: harmless, waveforms are passed in memory
    from pyannote.audio import Model, Pipeline
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization

MIN_STRETCH_S: Seconds = 0.4  # a shorter stretch is not cut off by a change of speaker
MIN_SURE_STRETCH_S: Seconds = 0.1  # unless the change is certain


class Diarizer(Protocol):
    """Tells voices apart. Implementations are loaded once per worker and used by one thread at a time."""

    name: str
    settings: str

    def diarize(self, samples: NDArray[np.float32], speech: Sequence[Span]) -> tuple[SpeakerSegment, ...]:
        """The voice of each stretch of `speech`, in order; samples float32 (n_samples,), 16 kHz.

        After them comes what the other voice says at the same time, so that segments of the two may overlap.
        """
        ...


class Pyannote:
    """pyannote.audio behind the seam.

    Parameters
    ----------
    pipeline : pyannote.audio.Pipeline
        Proposes changes of speaker.
    voices : CAMPPlus
        The embedding network, 80 mel bands to `EMBEDDING_SIZE` dimensions.
    name : str
        Models and revisions, for provenance.
    """

    settings = "voices-counted-stretches-4"

    def __init__(self, pipeline: Pipeline, voices: CAMPPlus, name: str) -> None:
        self.name = name
        self._pipeline, self._voices = pipeline, voices

    @classmethod
    def from_files(cls, segmentation: Path, embedding: Path, name: str) -> Pyannote:
        """One out of two checkpoints whose sha256 was verified: they are pickles."""
        voices = load_network(embedding)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline = SpeakerDiarization(
                segmentation=Model.from_pretrained(str(segmentation)),  # type: ignore[arg-type]  # None: a hub's only
                segmentation_step=0.25,
                embedding=_Voices(voices),
                embedding_exclude_overlap=True,
                plda=object.__new__(PLDA),  # asked for by the constructor, used by another clustering only
                clustering="AgglomerativeClustering",
                segmentation_batch_size=8,
                embedding_batch_size=8,
            )
        clustering = {"method": "centroid", "min_cluster_size": 3, "threshold": 0.6}
        pipeline.instantiate({"segmentation": {"min_duration_off": 0.0}, "clustering": clustering})
        return cls(pipeline, voices, name)

    @classmethod
    def from_pipeline(cls, folder: Path, embedding: Path, name: str, device: str) -> Pyannote:
        """One out of a whole pyannote pipeline, such as community-1, and the embedding checkpoint.

        Raises
        ------
        WeightsError
            If the folder holds no such pipeline.
        """
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pipeline = Pipeline.from_pretrained(folder)
        if pipeline is None:
            raise WeightsError(f"{folder} holds no pyannote pipeline")
        return cls(pipeline.to(torch.device(device)), load_network(embedding), name)

    def diarize(self, samples: NDArray[np.float32], speech: Sequence[Span]) -> tuple[SpeakerSegment, ...]:
        """The voice of each stretch of `speech`; see `Diarizer`."""
        if not speech:
            return ()
        proposed, overlaps = self._propose(samples, speech)
        stretches = [piece for span in speech for piece in _cut_at_changes(span, proposed, overlaps)]
        alone = [_alone(stretch, overlaps) for stretch in stretches]
        embeddings = np.stack([embed(self._voices, _cut(samples, span)) for span in alone])
        seconds = np.array([span.duration for span in alone])
        first_guess = np.array([_main_speaker(stretch, proposed) for stretch in stretches])
        labels = count_voices(embeddings, seconds, two_voices(embeddings, seconds, first_guess))
        return with_overlaps(
            [SpeakerSegment(int(label), span) for label, span in zip(labels, stretches, strict=True)], overlaps
        )

    def _propose(
        self, samples: NDArray[np.float32], speech: Sequence[Span]
    ) -> tuple[list[SpeakerSegment], tuple[Overlap, ...]]:
        """The pipeline's own segments, and where two speak at once; ringing and music silenced first."""
        voiced = np.zeros_like(samples)
        for span in speech:
            cut = _slice(span)
            voiced[cut] = samples[cut]
        kept: dict[str, Any] = {}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            output: Any = self._pipeline(
                {"waveform": torch.from_numpy(voiced)[None], "sample_rate": SAMPLING_RATE},
                num_speakers=NUM_SPEAKERS,
                hook=lambda step, artifact, **_: kept.update({step: artifact}),
            )
        tracks = list(output.exclusive_speaker_diarization.itertracks(yield_label=True))
        names = sorted({label for _, _, label in tracks})
        proposed = [SpeakerSegment(names.index(label), Span(turn.start, turn.end)) for turn, _, label in tracks]
        return proposed, _windows(kept["segmentation"]).overlaps()


def _windows(segmentation: Any) -> Windows:
    """What pyannote's sliding windows hold, in our shape."""
    sliding, active = segmentation.sliding_window, np.asarray(segmentation.data) > 0.5
    starts = sliding.start + sliding.step * np.arange(len(active))
    return Windows(active, starts, sliding.duration / active.shape[1])


class _Voices(Model):
    """CAM++ as pyannote.audio wants an embedding: batches of waveforms, with the frames that count."""

    def __init__(self, voices: CAMPPlus) -> None:
        super().__init__(sample_rate=SAMPLING_RATE, num_channels=1)
        self.voices = voices

    @property
    def dimension(self) -> int:
        return EMBEDDING_SIZE

    def forward(  # type: ignore[override]  # embedding networks alone are given the weights of the frames
        self, waveforms: torch.Tensor, weights: torch.Tensor | None = None
    ) -> torch.Tensor:
        rows = []
        for n, waveform in enumerate(waveforms):
            samples = waveform[0]
            if weights is not None:
                mask = torch.nn.functional.interpolate(weights[n][None, None], size=len(samples))[0, 0]
                samples = samples[mask > 0.5]
            if len(samples) < MIN_SAMPLES:
                rows.append(torch.full((EMBEDDING_SIZE,), float("nan")))
            else:
                rows.append(self.voices(mel(samples)[None])[0])
        return torch.stack(rows)


def _slice(span: Span) -> slice:
    return slice(int(span.start * SAMPLING_RATE), int(span.end * SAMPLING_RATE))


def _cut(samples: NDArray[np.float32], span: Span) -> NDArray[np.float32]:
    return samples[_slice(span)]


def _cut_at_changes(
    span: Span, proposed: Sequence[SpeakerSegment], overlaps: Sequence[Overlap] = ()
) -> Iterator[Span]:
    """A stretch of speech parted where another speaker begins, unless a sliver would remain.

    Where one takes over from the other while both speak, the change lies in the middle and is certain.
    """
    certain = [overlap.span for overlap in overlaps if overlap.hands_over]
    changes = [
        ((one.span.end + other.span.start) / 2, MIN_STRETCH_S)
        for one, other in pairwise(proposed)
        if one.speaker != other.speaker
    ]
    changes = [
        (at, least) for at, least in changes if all(over.gap(Span(at, at)) > MIN_STRETCH_S for over in certain)
    ]
    start = span.start
    for change, least in sorted([*changes, *((over.middle, MIN_SURE_STRETCH_S) for over in certain)]):
        if change - start >= least and span.end - change >= least:
            yield Span(start, change)
            start = change
    yield Span(start, span.end)


def _alone(stretch: Span, overlaps: Sequence[Overlap]) -> Span:
    """The longest part of a stretch in which one voice speaks alone; all of it when that is too short."""
    longest = max(subtract([stretch], [o.span for o in overlaps]), key=lambda span: span.duration, default=stretch)
    return longest if longest.duration >= MIN_STRETCH_S else stretch


def _main_speaker(span: Span, proposed: Sequence[SpeakerSegment]) -> int:
    seconds = [0.0] * NUM_SPEAKERS
    for segment in proposed:
        seconds[segment.speaker % NUM_SPEAKERS] += span.overlap(segment.span)
    return int(np.argmax(seconds))
