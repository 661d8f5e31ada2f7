"""Rings counted and timed on generated calls, and on the recorded calls under tests/calls."""

import io
import json
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.audio.audio import open_recording
from pipeline.audio.ringing import Ringback, find_ringback
from pipeline.audio.speed_of_answer import SpeedOfAnswer, rings_by, speed_of_answer
from pipeline.timeline import Span

RATE = 16000
EDGE = 0.05  # seconds
TRUTHS = [
    path
    for path in sorted(Path(__file__).parent.glob("calls/**/*.truth.json"))
    if "ringback" in json.loads(path.read_text(encoding="utf-8"))
]


def amplitude(db):
    return 10 ** (db / 20)


def tone(seconds, hz=450.0, db=-20.0, phase=0.0):
    """A sine with faded ends; its RMS is `db` of full scale."""
    times = np.arange(round(seconds * RATE)) / RATE
    fade = np.minimum(1, np.minimum(times, times[::-1]) / 0.004)
    return fade * amplitude(db) * 2**0.5 * np.sin(2 * np.pi * hz * times + phase)


def scaled(samples, db):
    return samples * amplitude(db) / np.sqrt(np.mean(samples**2))


def noise(seconds, db=-50.0, seed=0):
    return scaled(np.random.default_rng(seed).standard_normal(round(seconds * RATE)), db)


def speech(seconds, db=-20.0, seed=0):
    """Voiced syllables and pauses: a buzz whose pitch and formants wander, as in talk."""
    rng, pieces = np.random.default_rng(seed), []
    while sum(map(len, pieces)) < seconds * RATE:
        times = np.arange(round(rng.uniform(0.12, 0.4) * RATE)) / RATE
        pitch = rng.uniform(90, 260) * (1 + rng.uniform(-0.25, 0.25) * times / times[-1])
        phase = 2 * np.pi * np.cumsum(pitch) / RATE
        formants = (rng.uniform(300, 800), rng.uniform(900, 2300), 2900)
        syllable = np.zeros_like(times)
        for k in range(1, 30):
            hz = k * pitch.mean()
            syllable += (
                sum(np.exp(-(((hz - formant) / 120) ** 2)) for formant in formants) * np.sin(k * phase) / k**0.3
            )
        pieces += [syllable * np.hanning(len(times)), np.zeros(round(rng.choice([0.02, 0.05, 0.4]) * RATE))]
    return scaled(np.concatenate(pieces)[: round(seconds * RATE)], db)


def melody(seconds, notes_hz, beat=1.0, db=-20.0, overtones=(0.4, 0.2), seed=0):
    """Notes of one beat, each held at one loudness to its end."""
    rng = np.random.default_rng(seed)
    notes = []
    for hz in rng.choice(notes_hz, int(seconds / beat)):
        parts = ((1, 1.0), *enumerate(overtones, start=2))
        notes.append(sum(gain * tone(beat, hz * k, 0.0) for k, gain in parts))
    return scaled(np.concatenate(notes), db)


def laid(duration, *layers, floor=-50.0):
    """One channel: noise, and each (start in seconds, samples) laid on it."""
    channel = noise(duration, floor)
    for start, samples in layers:
        first = round(start * RATE)
        room = channel[first : first + len(samples)]
        room += samples[: len(room)]
    return channel


def ringing(rings, start=0.6, on=1.0, period=5.0, hz=450.0, db=-20.0):
    return [(start + k * period, tone(on, hz, db)) for k in range(rings)]


def heard(*channels, rate=RATE):
    return find_ringback(np.stack(channels).astype(np.float32), rate)


def assert_rings(ringback, *spans):
    assert ringback.rings == len(spans), ringback
    for burst, (start, end) in zip(ringback.bursts, spans, strict=True):
        assert burst.start == pytest.approx(start, abs=EDGE)
        assert burst.end == pytest.approx(end, abs=EDGE)


def spans_of(rings, start=0.6, on=1.0, period=5.0):
    return [(start + k * period, start + k * period + on) for k in range(rings)]


# -- what is ringing ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rings", [1, 2, 3, 9])
def test_rings_before_the_answer(rings):
    spoken = 0.6 + (rings - 1) * 5 + 2.5
    call = laid(spoken + 8, *ringing(rings), (spoken, speech(8)))
    assert_rings(heard(call), *spans_of(rings))


def test_nobody_answers():
    assert_rings(heard(laid(42, *ringing(9))), *spans_of(9))


@settings(max_examples=25, deadline=None, derandomize=True, database=None)
@given(
    hz=st.floats(425, 475),
    on=st.floats(0.9, 1.1),
    period=st.floats(4.5, 5.5),
    start=st.floats(0, 9),
    db=st.floats(-30, -12),
    rings=st.integers(1, 4),
)
def test_pitch_cadence_and_level_in_tolerance(hz, on, period, start, db, rings):
    end = start + (rings - 1) * period + on
    call = laid(end + 5, *ringing(rings, start, on, period, hz, db), (end + 1, speech(4, seed=1)))
    assert_rings(heard(call), *spans_of(rings, start, on, period))


@pytest.mark.parametrize("cut", [0.1, 0.3, 0.5, 0.8])
@pytest.mark.parametrize("rings", [1, 3])
def test_a_last_ring_cut_off_by_the_answer_counts(cut, rings):
    last = 0.6 + rings * 5
    call = laid(last + 8, *ringing(rings), (last, tone(cut)), (last + cut + 0.3, speech(6)))
    assert_rings(heard(call), *spans_of(rings), (last, last + cut))


def test_an_only_ring_cut_off_by_the_answer_counts():
    assert_rings(heard(laid(10, (0.4, tone(0.45)), (1.2, speech(8)))), (0.4, 0.85))


def test_a_recording_that_starts_within_a_ring():
    call = laid(16, *ringing(3, start=0.0))[round(0.3 * RATE) :]
    assert_rings(heard(call), (0.0, 0.7), (4.7, 5.7), (9.7, 10.7))


def test_a_recording_that_ends_within_a_ring():
    call = laid(11.0, *ringing(3))
    assert_rings(heard(call), *spans_of(2), (10.6, 11.0))


@pytest.mark.parametrize("seed", range(4))
def test_speech_over_ringing_neither_hides_nor_ends_it(seed):
    call = laid(30, *ringing(4, db=-22), (0.0, speech(22, seed=seed)), (24, speech(5, seed=9)))
    found = heard(call)
    assert found.rings == 4
    assert found.bursts[0].start == pytest.approx(0.6, abs=2 * EDGE)


@pytest.mark.parametrize("seed", range(4))
def test_music_over_ringing_neither_hides_nor_ends_it(seed):
    music = melody(22, (262, 294, 330, 392, 523, 587), beat=0.4, seed=seed)
    assert_rings(heard(laid(24, *ringing(4, db=-22), (0.0, music))), *spans_of(4))


def test_an_announcement_before_and_within_ringing():
    call = laid(30, (0.5, speech(6)), *ringing(3, start=8.0), (9.5, speech(2.5, seed=2)), (20, speech(8, seed=3)))
    assert_rings(heard(call), *spans_of(3, start=8.0))


def test_mains_hum_with_its_harmonic_at_450_hz():
    times = np.arange(20 * RATE) / RATE
    hum = sum(gain * np.sin(2 * np.pi * 50 * k * times) for k, gain in ((1, 1), (3, 0.5), (7, 0.3), (9, 0.3)))
    assert heard(scaled(hum, -32) + laid(20, (2, speech(10)))).rings == 0
    assert_rings(heard(scaled(hum, -38) + laid(20, *ringing(3))), *spans_of(3))


@pytest.mark.parametrize("channel", [0, 1])
def test_ringing_in_one_channel_only(channel):
    ring, talk = laid(24, *ringing(3), (13, speech(8))), laid(24, (0.2, speech(20, seed=4)))
    assert_rings(heard(*((ring, talk) if channel == 0 else (talk, ring))), *spans_of(3))


def test_one_channel_lost_the_first_ring():
    full, late = laid(16, *ringing(3)), laid(16, *ringing(3)[1:])
    assert_rings(heard(late, full), *spans_of(3))


def test_eight_kilohertz():
    assert_rings(heard(laid(14, *ringing(2))[::2], rate=8000), *spans_of(2))


def recoded(samples, form, codec, rate, bit_rate=None):
    """The samples through a codec, as the pipeline opens them."""
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=rate, layout="mono")
        if bit_rate:
            stream.bit_rate = bit_rate
        whole = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[None], format="s16", layout="mono")
        whole.sample_rate = RATE
        resampler = av.AudioResampler(stream.format.name, "mono", rate, frame_size=stream.frame_size or None)
        for frame in [*resampler.resample(whole), *resampler.resample(None), None]:
            container.mux(stream.encode(frame))
    return open_recording(file.getvalue(), f"call.{form}")[1]


@pytest.mark.parametrize(
    "codec",
    [
        ("wav", "pcm_mulaw", 8000),
        ("wav", "pcm_alaw", 8000),
        ("ogg", "libopus", 16000, 16000),
        ("mp3", "libmp3lame", 16000, 16000),
        ("amr", "libopencore_amrnb", 8000, 4750),
    ],
    ids=lambda codec: codec[1],
)
def test_codecs(codec):
    call = laid(22, *ringing(2, db=-26), (10.6, tone(0.4, db=-26)), (11.6, speech(9)))
    assert_rings(find_ringback(recoded(call, *codec)), *spans_of(2), (10.6, 11.0))
    assert find_ringback(recoded(laid(20, (0.3, speech(19))), *codec)).rings == 0


# -- what is not -------------------------------------------------------------------------------------------------


def repeated(on, off, hz=(450.0,), start=0.6, until=20.0):
    starts = np.arange(start, until, on + off)
    return [(at, tone(on, pitch, -18)) for at in starts for pitch in hz]


@pytest.mark.parametrize(
    ("on", "off", "hz"),
    [
        (0.35, 0.35, (450,)),  # busy
        (0.7, 0.7, (450,)),  # congestion
        (0.4, 4.0, (450,)),  # call waiting
        (2, 2, (450,)),
        (2, 4, (450,)),
        (2, 4, (440, 480)),  # ringing in the United States
        (0.4, 0.2, (400, 450)),  # and in Britain, without its pause
        (1, 1, (450,)),
        (1, 2, (450,)),
        (1, 3, (450,)),
        (1, 5, (450,)),
        (0.75, 4.25, (450,)),
        (1.3, 3.7, (450,)),
        (1, 4, (500,)),
        (1, 4, (478,)),
        (1, 4, (422,)),
        (1, 4, (400,)),
        (20, 1, (450,)),  # dial tone
    ],
)
@pytest.mark.parametrize("start", [0.0, 0.6, 3.1])
def test_other_tones(on, off, hz, start):
    assert heard(laid(26, *repeated(on, off, hz, start), (21, speech(4)))).rings == 0


@pytest.mark.parametrize(("on", "off"), [(0.35, 0.35), (0.7, 0.7)])
@pytest.mark.parametrize("rings", [1, 3])
@pytest.mark.parametrize("pause", [0.8, 1.1, 1.4])
@pytest.mark.parametrize("hz", [450, 471])
def test_busy_after_ringing_adds_no_ring(on, off, rings, pause, hz):
    last = 0.6 + (rings - 1) * 5 + 1
    busy = repeated(on, off, (hz,), start=last + pause, until=last + 13)
    call = laid(last + 14, *ringing(rings, hz=hz), *busy)
    assert_rings(heard(call), *spans_of(rings))


def test_busy_tones_in_any_phase():
    rng = np.random.default_rng(0)
    for _ in range(25):
        hz, starts = rng.uniform(425, 475), np.arange(rng.uniform(2, 3), 9, 0.7)
        busy = [(at, tone(0.35, hz, phase=rng.uniform(0, 6.28))) for at in starts]
        assert_rings(heard(laid(10, (0.6, tone(1.0, hz)), *busy)), (0.6, 1.6))


def test_dial_tone_after_ringing_adds_no_ring():
    assert_rings(heard(laid(26, *ringing(3), (13, tone(12)))), *spans_of(3))


@pytest.mark.parametrize("seed", range(6))
def test_speech_alone(seed):
    assert heard(laid(40, (0.3, speech(39, seed=seed)))).rings == 0


@pytest.mark.parametrize("overtones", [(), (0.4, 0.2)], ids=["flute", "organ"])
@pytest.mark.parametrize("beat", [0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_music_alone(overtones, beat, seed):
    music = melody(40, (392, 440, 466, 523), beat, overtones=overtones, seed=seed)
    assert heard(laid(40, (0.0, music))).rings == 0


def test_notes_in_cadence_within_a_melody():
    """Every fifth note of one second is the A of 440 Hz: the cadence of ringing, but the music goes on."""
    notes = [tone(1.0, hz) for _ in range(5) for hz in (440, 330, 392, 523, 587)]
    assert heard(laid(25, (0.0, np.concatenate(notes)))).rings == 0


def test_a_single_note_after_talk():
    assert heard(laid(20, (0.2, speech(6)), (9.0, tone(1.0)), (12, speech(6)))).rings == 0


def test_keys_pressed():
    keys = [(1 + k, tone(0.2, 697 + 73 * k) + tone(0.2, 1209 + 127 * k)) for k in range(4)]
    assert heard(laid(12, *keys, (6, tone(1.0, 941) + tone(1.0, 1336)))).rings == 0


def test_a_transfer_in_the_middle_of_a_talk():
    call = laid(60, (0.5, speech(24)), *ringing(4, start=26), (44, speech(12)))
    assert heard(call).rings == 0


def test_only_the_first_train_counts():
    call = laid(70, *ringing(2), (8, speech(20)), *ringing(4, start=30), (48, speech(10)))
    assert_rings(heard(call), *spans_of(2))


@pytest.mark.parametrize("samples", [0, 1, 100, 5000, 40000])
def test_silence_and_next_to_nothing(samples):
    assert find_ringback(np.zeros((2, samples), np.float32)) == Ringback(())


def test_a_click_in_silence():
    click = np.zeros((1, 10 * RATE), np.float32)
    click[0, 5 * RATE] = 1.0
    assert find_ringback(click).rings == 0


def test_an_odd_sampling_rate_says_what_to_do():
    with pytest.raises(ValueError, match="11025 Hz: resample"):
        find_ringback(np.zeros((1, 11025), np.float32), 11025)


# -- speed of answer ---------------------------------------------------------------------------------------------

TWO_RINGS = Ringback((Span(0.5, 1.5), Span(5.5, 6.5)))


def test_the_audio_counts_where_ringing_was_recorded():
    speed = speed_of_answer(8.0, TWO_RINGS, agent_speaks_at=9.7)
    assert speed == SpeedOfAnswer(by_record=8.0, by_audio=pytest.approx(9.2), rings=2)
    assert (speed.source, speed.seconds) == ("audio", speed.by_audio)
    assert speed.disagreement == pytest.approx(1.2)


def test_a_disagreement_has_no_sign():
    assert SpeedOfAnswer(by_record=9.0, by_audio=3.5, rings=1).disagreement == 5.5


@pytest.mark.parametrize(
    ("ringback", "agent_speaks_at", "rings"),
    [
        (Ringback(()), 0.8, None),  # recorded from the pick-up on
        (TWO_RINGS, None, 2),  # nobody answered
        (TWO_RINGS, 3.0, 2),  # words while it still rings
        (TWO_RINGS, 0.2, None),  # a transfer: the agent spoke before
    ],
)
def test_without_an_answer_in_the_audio_the_record_counts(ringback, agent_speaks_at, rings):
    speed = speed_of_answer(8.0, ringback, agent_speaks_at)
    assert speed == SpeedOfAnswer(by_record=8.0, by_audio=None, rings=rings)
    assert (speed.source, speed.seconds, speed.disagreement) == ("cdr", 8.0, None)


def test_neither_is_known():
    speed = speed_of_answer(None, Ringback(()), None)
    assert (speed.source, speed.seconds, speed.disagreement, speed.rings) == (None, None, None, None)


@pytest.mark.parametrize(("seconds", "rings"), [(-1, 0), (0, 1), (5, 2), (11, 3), (14.99, 3), (15, 4), (41, 9)])
def test_seconds_turned_into_rings(seconds, rings):
    assert rings_by(seconds) == rings


# -- recorded calls ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TRUTHS, ids=lambda path: path.name.partition(".")[0])
def test_recorded_calls(path):
    truth = json.loads(path.read_text(encoding="utf-8"))
    recording = path.parent / truth["recording"]
    _, audio = open_recording(recording.read_bytes(), recording.name)
    assert_rings(find_ringback(audio), *truth["ringback"]["bursts"])
