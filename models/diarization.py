"""Who speaks when, on one mixed channel: two voices by default, because a telephone call has two ends.

`Diarizer` is the seam. `Pyannote` is pyannote.audio behind it, in two steps: its pipeline proposes where the
speaker changes, which it does well; then every stretch of speech between two changes gets one voice embedding, and
the stretches are clustered into two voices. The second step mends what sliding windows do to two voices of one sex:
a window holds both, so their embeddings blur, whereas a stretch between two pauses nearly always holds one.
Where both speak at once, both are told (see `overlap`).
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
from scipy.cluster.hierarchy import fcluster, linkage
from speakerlab.models.campplus.DTDNN import CAMPPlus
from torchaudio.compliance import kaldi

from models.overlap import Overlap, Windows
from pipeline.audio.audio import SAMPLING_RATE
from pipeline.errors import WeightsError
from pipeline.hearing.turns import SpeakerSegment
from pipeline.timeline import Seconds, Span, subtract

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # torchcodec finds no FFmpeg: harmless, waveforms are passed in memory
    from pyannote.audio import Model, Pipeline
    from pyannote.audio.core.plda import PLDA
    from pyannote.audio.pipelines import SpeakerDiarization

NUM_SPEAKERS = 2
EMBEDDING_SIZE = 192
MIN_STRETCH_S: Seconds = 0.4  # a shorter stretch is not cut off by a change of speaker
MIN_SURE_STRETCH_S: Seconds = 0.1  # unless the change is certain
LONG_STRETCH_S: Seconds = 1.0  # long enough to found a cluster on
FULL_WEIGHT_S: Seconds = 4.0  # a stretch counts by its length up to here
MIN_SAMPLES = SAMPLING_RATE // 10
ROUNDS = 20

Embeddings = NDArray[np.float32]


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

    settings = f"two-voices-{NUM_SPEAKERS}-stretches-3"

    def __init__(self, pipeline: Pipeline, voices: CAMPPlus, name: str) -> None:
        self.name = name
        self._pipeline, self._voices = pipeline, voices

    @classmethod
    def from_files(cls, segmentation: Path, embedding: Path, name: str) -> Pyannote:
        """One out of two checkpoints whose sha256 was verified: they are pickles."""
        voices = load_voices(embedding)
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
        return cls(pipeline.to(torch.device(device)), load_voices(embedding), name)

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
        labels = two_voices(embeddings, seconds, first_guess)
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


def load_voices(checkpoint: Path) -> CAMPPlus:
    """The CAM++ network with its weights, ready to embed."""
    voices = CAMPPlus(feat_dim=80, embedding_size=EMBEDDING_SIZE)
    voices.load_state_dict(torch.load(checkpoint, map_location="cpu", weights_only=True))
    return voices.eval()


def embed(voices: CAMPPlus, samples: NDArray[np.float32]) -> Embeddings:
    """The voice in `samples` as a unit vector, shape (EMBEDDING_SIZE,); zeros when there is too little sound."""
    if len(samples) < MIN_SAMPLES:
        return np.zeros(EMBEDDING_SIZE, np.float32)
    with torch.inference_mode():
        vector = voices(_mel(torch.from_numpy(np.ascontiguousarray(samples)))[None])[0].numpy()
    return np.asarray(vector / np.linalg.norm(vector), dtype=np.float32)


def two_voices(
    embeddings: Embeddings, seconds: NDArray[np.float64], first_guess: NDArray[np.int_]
) -> NDArray[np.int_]:
    """Labels 0 and 1 that part the stretches into two voices.

    Spherical 2-means, weighted by length, from two starts: the pipeline's guess and an average-linkage tree over
    the long stretches; the one whose stretches lie closer to their own voice wins.

    Parameters
    ----------
    embeddings : ndarray, shape (n, EMBEDDING_SIZE), unit vectors
    seconds : ndarray, shape (n,)
    first_guess : ndarray of int, shape (n,)
    """
    weights = np.minimum(seconds, FULL_WEIGHT_S)
    starts = [first_guess]
    long = seconds >= min(LONG_STRETCH_S, float(np.sort(seconds)[-min(2, len(seconds))]))
    if long.sum() >= NUM_SPEAKERS:
        tree = linkage(embeddings[long], "average", metric="cosine")
        founded = fcluster(tree, NUM_SPEAKERS, "maxclust") - 1
        centres = _centres(embeddings[long], weights[long], founded)
        starts.append((embeddings @ centres.T).argmax(axis=1))
    solved = [_settle(embeddings, weights, start) for start in starts]
    return max(solved, key=lambda solution: solution[1])[0]


def _settle(
    embeddings: Embeddings, weights: NDArray[np.float64], labels: NDArray[np.int_]
) -> tuple[NDArray[np.int_], float]:
    for _ in range(ROUNDS):
        nearness = embeddings @ _centres(embeddings, weights, labels).T
        moved = nearness.argmax(axis=1)
        if (moved == labels).all():
            break
        labels = moved
    return labels, float((weights * nearness.max(axis=1)).sum())


def _centres(embeddings: Embeddings, weights: NDArray[np.float64], labels: NDArray[np.int_]) -> NDArray[np.float64]:
    """The mean direction of each voice, shape (2, EMBEDDING_SIZE); zeros for a voice nobody has."""
    sums = np.stack([(embeddings * (weights * (labels == n))[:, None]).sum(axis=0) for n in range(NUM_SPEAKERS)])
    norms = np.linalg.norm(sums, axis=1, keepdims=True)
    return np.asarray(sums / np.where(norms > 0, norms, 1.0))


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
                rows.append(self.voices(_mel(samples)[None])[0])
        return torch.stack(rows)


def _mel(samples: torch.Tensor) -> torch.Tensor:
    """Mean-free log mel bands, (n_frames, 80), as CAM++ was trained on."""
    bands: Any = kaldi.fbank(samples[None], num_mel_bins=80, sample_frequency=SAMPLING_RATE, dither=0.0)
    return torch.as_tensor(bands - bands.mean(0, keepdim=True))


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


def with_overlaps(segments: Sequence[SpeakerSegment], overlaps: Sequence[Overlap]) -> tuple[SpeakerSegment, ...]:
    """The segments of two voices, then what each of them says while the other one speaks.

    Parameters
    ----------
    segments : sequence of SpeakerSegment
        In order, cut in the middle of the overlaps that hand over. The shorter of two that meet there is given to
        the other voice if both have the same.
    """
    told = list(segments)
    both: list[SpeakerSegment] = []
    for overlap in overlaps:
        span = overlap.span
        cut = next(
            (n for n in range(1, len(told)) if told[n - 1].span.end == told[n].span.start == span.middle), None
        )
        if overlap.hands_over and cut is not None:
            one, other = told[cut - 1], told[cut]
            if one.speaker == other.speaker:
                shorter = cut if other.span.duration < one.span.duration else cut - 1
                told[shorter] = SpeakerSegment(1 - told[shorter].speaker, told[shorter].span)
                one, other = told[cut - 1], told[cut]
            both.append(SpeakerSegment(other.speaker, Span(span.start, span.middle)))
            both.append(SpeakerSegment(one.speaker, Span(span.middle, span.end)))
        elif not overlap.hands_over:
            main = max(told, key=lambda segment: segment.span.overlap(span))
            both.append(SpeakerSegment(1 - main.speaker, span))
    return (*told, *both)


def _main_speaker(span: Span, proposed: Sequence[SpeakerSegment]) -> int:
    seconds = [0.0] * NUM_SPEAKERS
    for segment in proposed:
        seconds[segment.speaker % NUM_SPEAKERS] += span.overlap(segment.span)
    return int(np.argmax(seconds))
