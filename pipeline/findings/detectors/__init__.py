"""The detectors: all that a call is listened for beside the phrases of the lexicons, one file each.

Knows which detectors there are, those of other packages included (entry points ``callqa.detectors``); how their
findings are put together with those of lexicons and rulebooks is in `detection`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from pipeline.errors import ConfigurationError
from pipeline.extensions import extensions
from pipeline.findings.detectors.data_quality import DATA_QUALITY
from pipeline.findings.detectors.detector import Detector, Measurement
from pipeline.findings.detectors.hangup import HANGUP
from pipeline.findings.detectors.hold import HOLD
from pipeline.findings.detectors.interruption import INTERRUPTION
from pipeline.findings.detectors.loudness import LOUDNESS
from pipeline.findings.detectors.repetition import REPETITION
from pipeline.findings.detectors.ringing import RINGING
from pipeline.findings.detectors.silence import SILENCE
from pipeline.findings.detectors.speech_rate import SPEECH_RATE
from pipeline.findings.thresholds import Thresholds

__all__ = ["SHIPPED", "Detector", "Measurement", "detectors", "detectors_by"]

SHIPPED = (*(RINGING, DATA_QUALITY, HOLD, SILENCE, INTERRUPTION, SPEECH_RATE, LOUDNESS, REPETITION, HANGUP),)
"""The detectors that come with callqa, in the order in which they listen."""


@cache
def detectors() -> tuple[Detector, ...]:
    """Every detector: those that come with callqa, then those of installed packages.

    Raises
    ------
    ConfigurationError
        If two have the same name, or a package declares something that is no detector.

    Examples
    --------
    >>> [(each.name, each.title, each.unit) for each in detectors()][:2]
    [('ringing', '振铃', '声'), ('data_quality', '数据质量', '秒')]
    """
    return distinct((*SHIPPED, *extensions("callqa.detectors", Detector)))


def detectors_by(thresholds: Thresholds) -> tuple[Detector, ...]:
    """Every detector, by some thresholds.

    Examples
    --------
    >>> len(detectors_by(Thresholds())) == len(detectors())
    True
    """
    return tuple(each.by(thresholds) for each in detectors())


def distinct(among: Iterable[Detector]) -> tuple[Detector, ...]:
    """The detectors, no two of one name.

    Raises
    ------
    ConfigurationError
        If two have the same name; names both titles.

    Examples
    --------
    >>> len(distinct(SHIPPED)) == len(SHIPPED)
    True
    """
    named: dict[str, Detector] = {}
    for each in among:
        if each.name in named:
            raise ConfigurationError(
                f"two detectors are called {each.name}: “{named[each.name].title}” and “{each.title}”; "
                "give one of your own another name"
            )
        named[each.name] = each
    return tuple(named.values())
