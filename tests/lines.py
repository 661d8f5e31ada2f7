"""What telephone lines do to sound, for tests: codecs, leaks, hum; deterministic."""

import numpy as np

from pipeline.audio.audio import SAMPLING_RATE

ALAW = 87.6


def alaw(samples):
    """The same after A-law, 8 bits a sample."""
    size = np.abs(np.clip(samples, -1, 1))
    small = size < 1 / ALAW
    scale = 1 + np.log(ALAW)
    packed = np.where(small, ALAW * size, 1 + np.log(np.maximum(ALAW * size, 1))) / scale
    steps = (np.floor(packed * 128) + 0.5) / 128
    opened = np.where(steps < 1 / scale, steps * scale / ALAW, np.exp(steps * scale - 1) / ALAW)
    return (np.sign(samples) * opened).astype(np.float32)


def leaking(audio, source, db, delay_s, colour=(1.0,)):
    """The same with channel `source` heard in the other one, after A-law."""
    late = round(delay_s * SAMPLING_RATE)
    echo = np.concatenate((np.zeros(late), np.convolve(audio[source], colour)))[: audio.shape[1]]
    mixed = audio.copy()
    mixed[1 - source] += 10 ** (db / 20) * echo / np.sqrt(np.square(colour).sum())
    return np.stack([alaw(channel) for channel in mixed])


def hum(num_samples, db, mains_hz=50.0):
    """Mains that are a little off, with overtones, at a level."""
    times = np.arange(num_samples) / SAMPLING_RATE
    strengths = {1: 1.0, 2: 0.5, 3: 0.6, 5: 0.3, 7: 0.2, 9: 0.1}
    waves = sum(a * np.sin(2 * np.pi * 1.0004 * mains_hz * n * times + n) for n, a in strengths.items())
    return waves * 10 ** (db / 20) / np.sqrt(np.mean(waves**2))
