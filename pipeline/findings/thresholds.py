"""Thresholds: from where on a measure is a finding, such as how fast is too fast. Policy as data.

Knows how the shipped file and that of a deployment are read; what is measured is in `detectors`.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, model_validator

from pipeline.policy.load import load_policy

Positive: TypeAlias = Annotated[float, Field(gt=0)]
Share: TypeAlias = Annotated[float, Field(gt=0, le=1)]
Count: TypeAlias = Annotated[int, Field(ge=1)]


class Limits(BaseModel):
    """The thresholds of one detector; unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class SpeechRate(Limits):
    """Of `detectors.speech_rate`: characters a minute, characters, seconds."""

    fast: Positive = 280
    slow: Positive = 120
    min_characters: Count = 15
    pause_s: Positive = 1.0

    @model_validator(mode="after")
    def _apart(self) -> SpeechRate:
        if self.slow >= self.fast:
            raise ValueError(f"slow {self.slow:g} must be less than fast {self.fast:g}")
        return self


class Loudness(Limits):
    """Of `detectors.loudness`: dB over the own usual level, dB below full scale, turns, seconds."""

    raised_db: Positive = 6.0
    quiet_db: Annotated[float, Field(lt=0)] = -42.0
    min_turns: Count = 4
    min_sound_s: Positive = 0.8


class Silence(Limits):
    """Of `detectors.silence` and `detectors.hold`: seconds, and a share."""

    dead_air_s: Positive = 3.0
    request_reach_s: Positive = 12.0
    musical: Share = 0.5


class Interruption(Limits):
    """Of `detectors.interruption`: seconds."""

    min_overlap_s: Positive = 0.3
    floor_s: Positive = 0.5
    breath_s: Positive = 0.6


class Repetition(Limits):
    """Of `detectors.repetition`: a likeness, turns of the customer, characters."""

    alike: Share = 0.6
    within_turns: Count = 5
    min_characters: Count = 5


class Hangup(Limits):
    """Of `detectors.hangup`: seconds."""

    abrupt_s: Positive = 1.0


class Thresholds(Limits):
    """The thresholds of every detector that has some.

    Examples
    --------
    >>> Thresholds() == shipped_thresholds(), Thresholds().version
    (True, '')
    >>> Thresholds(silence=Silence(dead_air_s=5)).version
    '27e1d75d'
    """

    speech_rate: SpeechRate = SpeechRate()
    loudness: Loudness = Loudness()
    silence: Silence = Silence()
    interruption: Interruption = Interruption()
    repetition: Repetition = Repetition()
    hangup: Hangup = Hangup()

    @property
    def version(self) -> str:
        """A short hash of what is set otherwise than in the shipped file; empty where nothing is."""
        own = self.model_dump_json(exclude_defaults=True)
        return "" if own == "{}" else hashlib.sha256(own.encode()).hexdigest()[:8]


AS_SHIPPED = Thresholds()
"""What `pipeline/policy/thresholds.yaml` says."""


class ThresholdsFile(BaseModel):
    """The file as it is written; what it leaves out is as shipped."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Literal["thresholds"]
    revision: Count
    thresholds: Thresholds


def load_thresholds(path: Traversable | Path) -> Thresholds:
    """The thresholds out of their file.

    Raises
    ------
    PolicyError
        With file and line, for a field that is unknown or wrong.

    Examples
    --------
    >>> load_thresholds(files("pipeline.policy") / "thresholds.yaml").silence.dead_air_s
    3.0
    """
    return load_policy(path, ThresholdsFile)[0].thresholds


@cache
def shipped_thresholds() -> Thresholds:
    """Those that come with callqa."""
    return load_thresholds(files("pipeline.policy") / "thresholds.yaml")
