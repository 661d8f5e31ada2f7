"""What the browser sees and hears: peaks of every channel, and a copy that is the recording to the sample."""

import hashlib
import io
import os
import stat
import threading
import time
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.audio import playback
from pipeline.audio.audio import SAMPLING_RATE, open_recording, pieces
from pipeline.audio.playback import PEAKS_HZ, BrowserCopies, Waveform, bleeped, waveform
from pipeline.errors import AudioError
from pipeline.hearing import Acoustics, Stretch
from pipeline.hearing.acoustics import parties, pauses
from pipeline.hearing.privacy import Open
from pipeline.hearing.turns import Role
from pipeline.timeline import Span
from tests.builders import hearing, talk
from tests.sentences import is_chinese

CALLS = Path(__file__).parent / "calls"
BUNDLED = ["D03.wav", "D04.wav", "D07.mp3", "D12.ogg", "D14.g722", "D17.wav", "D19.wav", "D24.wav"]
CODINGS = [  # container, codec, ending, rate in Hz, channels
    ("wav", "pcm_alaw", "wav", 8_000, 2),
    ("wav", "pcm_mulaw", "wav", 8_000, 2),
    ("wav", "pcm_s16le", "wav", 44_100, 2),
    ("alaw", "pcm_alaw", "al", 8_000, 1),
    ("mulaw", "pcm_mulaw", "ul", 8_000, 1),
    ("amr", "libopencore_amrnb", "amr", 8_000, 1),
    ("g722", "g722", "g722", 16_000, 1),
    ("mp3", "libmp3lame", "mp3", 8_000, 2),
    ("ogg", "libopus", "ogg", 16_000, 2),
    ("ipod", "aac", "m4a", 16_000, 2),
]


def bundled(name):
    content = (CALLS / name).read_bytes()
    return content, *open_recording(content, name)


def encoded(audio, container, codec, rate):
    layout = "mono" if len(audio) == 1 else "stereo"
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(audio), "fltp", layout)
        frame.sample_rate = SAMPLING_RATE
        fitted = av.AudioResampler(stream.format.name, layout, rate)
        for piece in (*fitted.resample(frame), *fitted.resample(None)):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return out.getvalue()


def late_ms(original, copy):
    """How much later the copy sounds, by cross-correlation."""
    size = 1 << (len(original) + len(copy)).bit_length()
    alike = np.fft.irfft(np.fft.rfft(copy, size) * np.conj(np.fft.rfft(original, size)), size)
    at = int(alike.argmax())
    return 1000 * (at if at < size / 2 else at - size) / SAMPLING_RATE


def heard_alike(original, copy):
    n = min(len(original), len(copy))
    return float(np.corrcoef(original[:n], copy[:n])[0, 1])


def copy_of(content, recording, folder):
    path = BrowserCopies(folder, lambda uri: content).of(recording)
    return path, open_recording(path.read_bytes(), "copy.flac")


# -- the copy ----------------------------------------------------------------------------------------------------


def check_copy(content, recording, audio, folder):
    path, (copied, again) = copy_of(content, recording, folder)
    assert path.read_bytes().startswith(b"fLaC")
    assert copied.num_channels == recording.num_channels
    assert copied.sampling_rate in (8_000, 16_000)
    assert copied.duration == pytest.approx(recording.duration, abs=0.002)
    for original, copy in zip(audio, again, strict=True):
        assert abs(late_ms(original, copy)) < 1
        assert heard_alike(original, copy) > 0.99


@pytest.mark.parametrize("name", BUNDLED)
def test_copies_of_the_bundled_calls(name, tmp_path):
    check_copy(*bundled(name), tmp_path)


@pytest.mark.parametrize(("container", "codec", "ending", "rate", "num_channels"), CODINGS)
def test_copies_of_every_coding(container, codec, ending, rate, num_channels, tmp_path):
    """Real speech, coded as recorders code it; the two parties stay apart."""
    speech = bundled("D04.wav")[2][:num_channels, : 20 * SAMPLING_RATE]
    content = encoded(speech, container, codec, rate)
    recording, audio = open_recording(content, f"call.{ending}")
    assert recording.num_channels == num_channels
    check_copy(content, recording, audio, tmp_path)


def test_seeking_is_exact(tmp_path):
    """What a player decodes after a seek is what the recording holds there."""
    content, recording, audio = bundled("D04.wav")
    path, _ = copy_of(content, recording, tmp_path)
    with av.open(str(path)) as file:
        stream = file.streams.audio[0]
        for instant in (0.0, 7.3, 31.25, 44.0):
            file.seek(int(instant / stream.time_base), stream=stream)
            frame = next(file.decode(stream))
            samples = frame.to_ndarray().reshape(-1, 2).T[0] / 32768
            begins = float(frame.pts * stream.time_base)
            assert begins <= instant < begins + 1.0
            at = round(begins * SAMPLING_RATE)
            original = audio[0, at : at + 2 * len(samples) : 2]
            if np.abs(original).max() > 0.01:
                assert heard_alike(original, samples) > 0.98


def test_pieces_are_the_recording():
    content, recording, audio = bundled("D12.ogg")
    parts = list(pieces(content, recording.uri))
    assert len(parts) > 10
    assert np.array_equal(np.concatenate(parts, axis=1), audio)


def test_nobody_else_may_look(tmp_path):
    content, recording, _ = bundled("D03.wav")
    folder = tmp_path / "a" / "copies"
    path = BrowserCopies(folder, lambda uri: content).of(recording)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [each.name for each in folder.iterdir()] == [f"{recording.id}-{playback.COPY_VERSION}.flac"]


def test_made_once_even_when_asked_by_many(tmp_path):
    content, recording, _ = bundled("D03.wav")
    reads, made = [], []

    def read(uri):
        reads.append(uri)
        return content

    copies = BrowserCopies(tmp_path, read)

    def ask():
        made.append(copies.of(recording))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reads == [recording.uri]
    assert len(set(made)) == 1
    assert len(made) == 8


def test_same_key_same_bytes(tmp_path):
    """A browser goes on with ranges of a copy that was forgotten and made again."""
    content, recording, _ = bundled("D04.wav")
    first, second = (copy_of(content, recording, tmp_path / name)[0].read_bytes() for name in "ab")
    assert first == second


def test_recording_replaced_by_another_is_not_played(tmp_path):
    """The call would be judged by what nobody said in it."""
    _, recording, _ = bundled("D03.wav")
    other = bundled("D04.wav")[0]
    with pytest.raises(AudioError) as error:
        BrowserCopies(tmp_path, lambda uri: other).of(recording)
    assert error.value.reason == "replaced"
    assert is_chinese(error.value.problem)
    assert not list(tmp_path.iterdir())


def test_id_that_is_no_hash_names_no_file(tmp_path):
    _, recording, _ = bundled("D03.wav")
    with pytest.raises(AudioError) as error:
        BrowserCopies(tmp_path, lambda uri: b"").of(replace(recording, id="../../etc/passwd"))
    assert is_chinese(error.value.problem)


def test_recording_that_breaks_leaves_nothing_behind(tmp_path):
    content = (CALLS / "D08.mp3").read_bytes()
    broken = content[:600] + np.random.default_rng(1).bytes(len(content) - 600)
    recording = replace(bundled("D08.mp3")[1], id=hashlib.sha256(broken).hexdigest())
    with pytest.raises(AudioError):
        BrowserCopies(tmp_path, lambda uri: broken).of(recording)
    assert not list(tmp_path.iterdir())


def test_gone_recording_is_told_by_its_reader(tmp_path):
    def read(uri):
        raise AudioError("unreadable", "file:///C1.wav: cannot be read (gone)")

    with pytest.raises(AudioError, match="cannot be read"):
        BrowserCopies(tmp_path, read).of(bundled("D03.wav")[1])


def test_oldest_copies_go_first(tmp_path):
    recordings = [bundled(name)[1] for name in ("D03.wav", "D17.wav", "D24.wav")]

    def of(recording, **limit):
        return BrowserCopies(tmp_path, lambda uri: (CALLS / uri).read_bytes(), **limit).of(recording)

    first, second, third = (of(recording) for recording in recordings)
    now = time.time()
    os.utime(first, (now - 1_000, now - 1_000))
    os.utime(second, (now - 1_500, now - 1_500))
    room_for_two = first.stat().st_size + third.stat().st_size + 1_000
    third.unlink()
    third = of(recordings[2], max_bytes=room_for_two)
    assert first.exists()
    assert not second.exists()
    assert third.exists()
    os.utime(third, (now - 2_000, now - 2_000))
    third = of(recordings[2], max_bytes=room_for_two)  # asked for: no longer the oldest
    of(recordings[1], max_bytes=room_for_two)
    assert not first.exists()
    assert third.exists()
    third.unlink()
    assert of(recordings[2], max_bytes=1).exists()  # what was asked for is there, however little room there is


def test_what_a_killed_maker_left_is_cleared(tmp_path):
    content, recording, _ = bundled("D03.wav")
    old, fresh = tmp_path / "a.part", tmp_path / "b.part"
    for path in (old, fresh):
        path.write_bytes(b"half")
    os.utime(old, (0, 0))
    BrowserCopies(tmp_path, lambda uri: content).of(recording)
    assert not old.exists()
    assert fresh.exists()  # somebody may be making it now


def test_waveform_of_an_older_recording(tmp_path):
    content, recording, audio = bundled("D04.wav")
    drawn = BrowserCopies(tmp_path, lambda uri: content).waveform(recording)
    assert np.array_equal(drawn.peaks, waveform(audio).peaks)
    with pytest.raises(AudioError, match="评分之后换过"):
        BrowserCopies(tmp_path, lambda uri: b"another").waveform(recording)


# -- masking -----------------------------------------------------------------------------------------------------


def test_open_masks_nothing():
    assert Open().text("我的电话是13800138000") == "我的电话是13800138000"
    assert Open().spans(hearing("坐席：您好")) == ()


def test_bleeps_replace_what_was_said(tmp_path):
    content, recording, audio = bundled("D04.wav")
    span = Span(9.5, 11.25)
    copies = BrowserCopies(tmp_path, lambda uri: content)
    path, plain = copies.of(recording, [span]), copies.of(recording)
    assert path != plain  # the copy for one must not be given to the other
    again = open_recording(path.read_bytes(), "copy.flac")[1]
    inside, outside = slice(int(9.51 * SAMPLING_RATE), int(11.24 * SAMPLING_RATE)), slice(0, 9 * SAMPLING_RATE)
    for channel in (0, 1):
        spectrum = np.abs(np.fft.rfft(again[channel, inside]))
        assert spectrum.argmax() * SAMPLING_RATE / len(again[channel, inside]) == pytest.approx(1_000, abs=2)
        assert abs(np.corrcoef(again[channel, inside], audio[channel, inside])[0, 1]) < 0.1
        assert heard_alike(again[channel, outside], audio[channel, outside]) > 0.99


def test_bleeps_run_on_from_piece_to_piece():
    silence = np.zeros((2, SAMPLING_RATE), np.float32)
    whole = bleeped(np.zeros((2, 2 * SAMPLING_RATE), np.float32), [Span(0.5, 1.5)], SAMPLING_RATE)
    parts = [bleeped(silence, [Span(0.5, 1.5)], SAMPLING_RATE, start) for start in (0.0, 1.0)]
    assert np.allclose(np.concatenate(parts, axis=1), whole, atol=1e-6)
    assert not silence.any()
    assert bleeped(silence, [Span(5.0, 6.0)], SAMPLING_RATE) is silence


# -- the waveform ------------------------------------------------------------------------------------------------


def test_peaks_of_each_channel():
    audio = np.zeros((2, 2 * SAMPLING_RATE + 100), np.float32)
    audio[0, 800 * 3 + 7] = -0.5
    audio[1, -1] = 1.0
    drawn = waveform(audio)
    assert drawn.peaks.dtype == np.uint8
    assert drawn.peaks.shape == (2, 2 * PEAKS_HZ + 1)
    assert drawn.amplitudes[0].tolist() == pytest.approx([0, 0, 0, 0.5] + [0] * 37, abs=0.005)
    assert drawn.amplitudes[1].tolist() == [0] * 40 + [1.0]


@pytest.mark.parametrize("num_samples", [0, 1, 799, 800, 801])
def test_peaks_of_next_to_nothing(num_samples):
    drawn = waveform(np.full((1, num_samples), 0.25, np.float32))
    assert drawn.peaks.shape == (1, -(-num_samples // 800))
    assert (drawn.peaks == 128).all()


def test_faint_speech_has_steps():
    """40 dB below full scale, the waveform still moves."""
    levels = waveform(np.repeat(np.linspace(0, 0.01, 20, dtype=np.float32), 800)[None]).peaks[0]
    assert len(set(levels.tolist())) > 15


def test_waveform_of_an_hour_is_quick():
    audio = np.zeros((2, 1800 * SAMPLING_RATE), np.float32)
    before = time.perf_counter()
    waveform(audio)
    assert time.perf_counter() - before < 2.0


def drawn_as(first, second):
    return Waveform(PEAKS_HZ, np.array([first, second], np.uint8))


def test_which_channel_is_whose():
    said = Acoustics((Stretch(Role.AGENT, Span(0, 2), -20), Stretch(Role.CUSTOMER, Span(2, 4), -25)), ())
    call = hearing("坐席：您好", acoustics=said)
    loud, faint = [200] * 40, [20] * 40
    assert parties(drawn_as(loud + faint, faint + loud), call) == (Role.AGENT, Role.CUSTOMER)
    assert parties(drawn_as(faint + loud, loud + faint), call) == (Role.CUSTOMER, Role.AGENT)
    assert parties(drawn_as(loud + loud, loud + loud), call) == (Role.UNKNOWN, Role.UNKNOWN)
    assert parties(Waveform(PEAKS_HZ, np.array([loud], np.uint8)), call) == (Role.UNKNOWN,)
    assert parties(drawn_as(loud, faint), replace(call, acoustics=None)) == (Role.UNKNOWN, Role.UNKNOWN)


def test_pauses_leave_a_breath_and_no_voice_out():
    call = talk(("坐席", 10.0, "您好这里是"), ("客户", 20.0, "我要投诉"))
    length = call.recording.duration
    assert [(round(s.start, 2), round(s.end, 2)) for s in pauses(call)] == [
        (0.3, 9.7),
        (11.55, 19.7),
        (21.3, round(length - 0.3, 2)),
    ]
    unheard = replace(call, acoustics=Acoustics((Stretch(Role.CUSTOMER, Span(13, 19), -30),), ()))
    assert [(round(s.start, 2), round(s.end, 2)) for s in pauses(unheard)][1:2] == [(21.3, 67.7)]


def test_short_pauses_stay():
    call = talk(("坐席", 0.0, "您好"), ("客户", 2.4, "好"))
    assert all(span.start > 2.4 for span in pauses(call))
