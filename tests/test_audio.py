"""Recordings of every coding opened, and every broken file refused with its reason and its name."""

import io
import itertools
import json
import socket
import struct
import time
import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.audio.audio import (
    SAMPLING_RATE,
    cut,
    duration,
    level_db,
    open_recording,
)
from pipeline.errors import AudioError
from pipeline.timeline import Span
from tests.sentences import is_chinese

CALLS = Path(__file__).parent / "calls"
AGENT_HZ, CUSTOMER_HZ = 440.0, 1_000.0
SILENT_S, SOUNDING_S = 0.5, 1.5
CODINGS = [
    # container, codec, ending, rates in Hz, numbers of channels, codec padding in seconds
    ("wav", "pcm_s16le", "wav", (8_000, 16_000), (1, 2), 0.0),
    ("wav", "pcm_alaw", "wav", (8_000, 16_000), (1, 2), 0.0),
    ("wav", "pcm_mulaw", "WAV", (8_000, 16_000), (1, 2), 0.0),
    ("wav", "pcm_f32le", "wav", (8_000,), (2,), 0.0),
    ("wav", "adpcm_ima_wav", "wav", (8_000,), (1, 2), 0.05),
    ("wav", "g722", "wav", (16_000,), (1,), 0.0),
    ("mp3", "libmp3lame", "mp3", (8_000, 16_000), (1, 2), 0.0),
    ("wav", "libmp3lame", "wav", (8_000,), (2,), 0.2),
    ("ogg", "libopus", "ogg", (8_000, 16_000), (1, 2), 0.0),
    ("matroska", "libopus", "mka", (16_000,), (2,), 0.0),
    ("amr", "libopencore_amrnb", "amr", (8_000,), (1,), 0.02),
    ("flac", "flac", "flac", (8_000, 16_000), (1, 2), 0.0),
    ("ipod", "aac", "m4a", (8_000, 16_000), (1, 2), 0.2),
    ("g722", "g722", "g722", (16_000,), (1,), 0.0),
    ("alaw", "pcm_alaw", "al", (8_000,), (1,), 0.0),
    ("alaw", "pcm_alaw", "alaw", (8_000,), (1,), 0.0),
    ("mulaw", "pcm_mulaw", "ul", (8_000,), (1,), 0.0),
    ("mulaw", "pcm_mulaw", "ulaw", (8_000,), (1,), 0.0),
]


def tone(hz, rate=SAMPLING_RATE, seconds=2.0, amplitude=0.3):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)


def burst(hz, rate):
    """Half a second of silence, then a tone."""
    return np.concatenate((np.zeros(round(SILENT_S * rate)), tone(hz, rate, SOUNDING_S)))


def encoded(signal, rate, container="wav", codec="pcm_s16le"):
    """A file, from samples of shape (n_channels, n_samples)."""
    layout = "mono" if len(signal) == 1 else "stereo"
    out = io.BytesIO()
    with av.open(out, "w", format=container) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(signal, np.float32), "fltp", layout)
        frame.sample_rate = rate
        fitted = av.AudioResampler(stream.format.name, layout, rate)
        for piece in (*fitted.resample(frame), *fitted.resample(None)):
            file.mux(stream.encode(piece))
        file.mux(stream.encode(None))
    return out.getvalue()


def chunk(tag, body, size=None):
    return tag + struct.pack("<I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def wav(signal, rate=8_000, *, tag=1, bits=16, channels=None, extra=b"", data_size=None, riff_size=None):
    """A RIFF file whose header says what the test wants."""
    channels = channels or len(signal)
    pcm = (np.asarray(signal).T * 32767).astype("<i2").tobytes()
    align = channels * bits // 8 % 65536
    layout = struct.pack("<HHIIHH", tag, channels, rate, rate * align % 2**32, align, bits)
    body = b"WAVE" + chunk(b"fmt ", layout) + extra + chunk(b"data", pcm, data_size)
    return chunk(b"RIFF", body, riff_size)


GOOD = wav([tone(AGENT_HZ, 8_000)])


def spectrum(samples):
    return np.abs(np.fft.rfft(samples * np.hanning(len(samples)))) / len(samples)


def pitch(samples):
    """The loudest frequency, in Hz."""
    return float(np.argmax(spectrum(samples)) * SAMPLING_RATE / len(samples))


def strength(samples, hz):
    return float(spectrum(samples)[round(hz * len(samples) / SAMPLING_RATE)])


def refused(content, name="call.wav"):
    """The error with which a file is refused; its message names the file and says more than its name."""
    with pytest.raises(AudioError) as caught:
        open_recording(content, f"s3://night/2025-03-03/{name}")
    assert name in caught.value.problem
    assert "s3://" not in caught.value.problem
    assert is_chinese(caught.value.problem)
    assert str(caught.value).startswith(f"{caught.value.reason}: ")
    return caught.value


# -- what can be opened ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("container", "codec", "ending", "rate", "num_channels", "padding_s"),
    [
        pytest.param(container, codec, ending, rate, channels, padding_s, id=f"{codec}-{ending}-{rate}-{channels}")
        for container, codec, ending, rates, numbers, padding_s in CODINGS
        for rate, channels in itertools.product(rates, numbers)
    ],
)
def test_every_coding(container, codec, ending, rate, num_channels, padding_s):
    tones_hz = (AGENT_HZ, CUSTOMER_HZ)[:num_channels]
    content = encoded(np.stack([burst(hz, rate) for hz in tones_hz]), rate, container, codec)
    recording, audio = open_recording(content, f"file:///夜/call.{ending}")

    assert audio.dtype == np.float32
    assert audio.flags.c_contiguous
    assert recording.num_channels == len(audio) == num_channels
    assert recording.sampling_rate == (48_000 if codec == "libopus" else rate)
    assert recording.duration == recording.num_samples / recording.sampling_rate
    assert recording.duration == pytest.approx(2.0 + padding_s / 2, abs=0.001 + padding_s / 2)
    assert duration(audio) == pytest.approx(recording.duration, abs=0.001)

    for samples, hz in zip(audio, tones_hz, strict=True):
        sounding = samples[round(0.7 * SAMPLING_RATE) : round(1.9 * SAMPLING_RATE)]
        assert pitch(sounding) == pytest.approx(hz, abs=2)
        assert level_db(sounding) == pytest.approx(-13.5, abs=2)
        others = [other for other in tones_hz if other != hz]
        assert all(strength(sounding, other) < 0.01 * strength(sounding, hz) for other in others)
        onset = float(np.argmax(np.abs(samples) > 0.15) / SAMPLING_RATE)
        assert onset == pytest.approx(SILENT_S, abs=0.01 + padding_s)  # a place to listen must be the right one


def test_gsm_in_wav():
    truth = json.loads((CALLS / "D24.truth.json").read_text(encoding="utf-8"))
    content = (CALLS / "D24.wav").read_bytes()
    recording, audio = open_recording(content, "D24.wav")
    assert (recording.sampling_rate, recording.num_channels) == (8_000, 1)
    assert recording.duration == pytest.approx(truth["duration"], abs=0.04)
    start, end = truth["ringback"]["bursts"][2]
    assert pitch(cut(audio, 0, Span(start, end))) == pytest.approx(450, abs=2)


def test_headerless_gsm():
    silence = (b"\xd0" + bytes(32)) * 100  # 100 frames of 20 ms
    recording, audio = open_recording(silence, "call.gsm")
    assert recording.sampling_rate == 8_000
    assert duration(audio) == pytest.approx(2.0)


def test_riff_header_outweighs_headerless_ending():
    recording, audio = open_recording(GOOD, "call.al")
    assert recording.duration == pytest.approx(2.0)
    assert pitch(audio[0]) == pytest.approx(AGENT_HZ, abs=2)


@pytest.mark.parametrize(("rate", "seconds"), [(8_000, 2.0), (16_000, 4.0)])
def test_headerless_mulaw_is_telephone_audio(rate, seconds):
    """Such a file cannot say its rate; 8 kHz is what its ending promises."""
    recording, _ = open_recording(encoded([tone(AGENT_HZ, rate)], rate, "mulaw", "pcm_mulaw"), "call.ul")
    assert recording.sampling_rate == 8_000
    assert recording.duration == pytest.approx(seconds)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000, 192_000])
def test_rates(rate):
    recording, audio = open_recording(wav([tone(AGENT_HZ, rate)], rate), "call.wav")
    assert recording.sampling_rate == rate
    assert duration(audio) == pytest.approx(2.0, abs=0.001)
    assert pitch(audio[0]) == pytest.approx(AGENT_HZ, abs=2)


@pytest.mark.parametrize("mask", [0, 0x3, 0x5, 0xC, 0x30, 0x600, 0x60000000])
def test_channels_stay_apart_whatever_the_header_calls_them(mask):
    """Front left and right, centre and subwoofer: the first is the first, the second the second, nothing mixed."""
    pcm = (np.stack([tone(AGENT_HZ, 8_000), tone(CUSTOMER_HZ, 8_000)], axis=1) * 32767).astype("<i2").tobytes()
    subformat = bytes.fromhex("0100000000001000800000aa00389b71")
    layout = struct.pack("<HHIIHHHHI", 0xFFFE, 2, 8_000, 32_000, 4, 16, 22, 16, mask) + subformat
    _, audio = open_recording(chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", layout) + chunk(b"data", pcm)), "call.wav")
    assert [round(pitch(samples)) for samples in audio] == [AGENT_HZ, CUSTOMER_HZ]
    assert [level_db(samples) for samples in audio] == pytest.approx([-13.5, -13.5], abs=0.2)


@pytest.mark.parametrize(
    "sizes",
    [
        pytest.param({"data_size": 0}, id="zero"),
        pytest.param({"data_size": 0, "riff_size": 0}, id="zeros"),
        pytest.param({"data_size": 0xFFFFFFFF}, id="all-ones"),
        pytest.param({"data_size": 0xFFFFFFFF, "riff_size": 0xFFFFFFFF}, id="all-ones-twice"),
        pytest.param({"data_size": 0x7FFFFFFF}, id="largest-signed"),
        pytest.param({"data_size": 0x7FFFF000}, id="sox-in-a-pipe"),
        pytest.param({"data_size": 0x7FFFFF00}, id="arecord-in-a-pipe"),
        pytest.param({"riff_size": 0}, id="riff-zero"),
        pytest.param({"riff_size": 0xFFFFFFFF}, id="riff-all-ones"),
    ],
)
def test_streamed_sizes(sizes):
    recording, _ = open_recording(wav([tone(AGENT_HZ, 8_000)], **sizes), "call.wav")
    assert recording.duration == pytest.approx(2.0)


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(chunk(b"LIST", b"INFOISFT" + struct.pack("<I", 14) + b"Lavf60.16.100\0"), id="software"),
        pytest.param(chunk(b"LIST", b"INFOx"), id="odd-length"),
        pytest.param(
            chunk(b"fact", b"\0\0\0\0") + chunk(b"junk", b"abc") + chunk(b"bext", bytes(602)), id="several"
        ),
        pytest.param(chunk(b"LIST", b"data" + struct.pack("<I", 10**6)), id="says-data-inside"),
    ],
)
def test_chunks_before_the_sound(extra):
    recording, audio = open_recording(wav([tone(AGENT_HZ, 8_000)], extra=extra), "call.wav")
    assert recording.duration == pytest.approx(2.0)
    assert pitch(audio[0]) == pytest.approx(AGENT_HZ, abs=2)


def test_recording_is_known_by_its_content():
    (one, _), (other, _) = open_recording(GOOD, "a/one.wav"), open_recording(GOOD, "b/other.wav")
    assert one.id == other.id
    assert len(one.id) == 64
    assert (one.uri, other.uri) == ("a/one.wav", "b/other.wav")
    assert open_recording(wav([tone(441, 8_000)]), "a/one.wav")[0].id != one.id


def test_samples_stay_within_full_scale():
    loud = encoded([tone(AGENT_HZ, 8_000, amplitude=3.0)], 8_000, "wav", "pcm_f32le")
    assert np.abs(open_recording(loud, "call.wav")[1]).max() <= 1.0


# -- what is refused ---------------------------------------------------------------------------------------------


def test_no_content():
    error = refused(b"")
    assert error.reason == "empty"
    assert "0 字节" in error.problem


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF])
def test_header_without_sound(size):
    assert refused(wav(np.zeros((1, 0)), data_size=size)).reason == "empty"


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("您好，这不是录音。\n".encode() * 200, id="chinese"),
        pytest.param(b"<!DOCTYPE html><title>404 Not Found</title>" * 20, id="error-page"),
        pytest.param(b"a", id="one-byte"),
        pytest.param(bytes(100_000), id="zeros"),
        pytest.param(b"\xff" * 100_000, id="ones"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(1000), id="picture"),
        pytest.param(b"PK\x03\x04" + bytes(1000), id="archive"),
    ],
)
@pytest.mark.parametrize("name", ["call.wav", "call.mp3", "call"])
def test_not_audio(content, name):
    assert refused(content, name).reason == "not_audio"


@pytest.mark.parametrize("num_bytes", [4, 8, 10, 12, 20, 36, 40, 43])
def test_breaks_off_inside_the_header(num_bytes):
    error = refused(GOOD[:num_bytes])
    assert error.reason == "truncated"
    assert "在文件头中间断开" in error.problem


@pytest.mark.parametrize("num_bytes", [44, 46, 1_000, len(GOOD) - 8_000])
def test_breaks_off_inside_the_sound(num_bytes):
    error = refused(GOOD[:num_bytes])
    assert error.reason == "truncated"
    assert "写明有 32000 字节声音" in error.problem
    assert f"实际只有 {num_bytes - 44}；" in error.problem


@pytest.mark.parametrize("size", [100_000, 2**30, 2**31 - 2**17])
def test_huge_promises_take_no_memory(size):
    content = wav([tone(AGENT_HZ, 8_000)], data_size=size)
    tracemalloc.start()
    try:
        assert refused(content).reason == "truncated"
        assert tracemalloc.get_traced_memory()[1] < 10 * len(content)
    finally:
        tracemalloc.stop()


def test_chunk_of_huge_size():
    assert refused(wav([tone(AGENT_HZ, 8_000)], extra=b"LIST\xff\xff\xff\xff")).reason == "truncated"


def test_no_audio_stream():
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as file:
        stream = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 32
        stream.pix_fmt = "yuv420p"
        file.mux(stream.encode(av.VideoFrame(32, 32, "yuv420p")))
        file.mux(stream.encode(None))
    error = refused(out.getvalue(), "screen.mkv")
    assert error.reason == "not_audio"
    assert "没有音轨" in error.problem


def test_two_audio_streams():
    """Each party in a stream of its own: the second one must not be lost without a word."""
    out = io.BytesIO()
    with av.open(out, "w", format="matroska") as file:
        streams = [file.add_stream("pcm_s16le", rate=8_000, layout="mono") for _ in range(2)]
        for stream in streams:
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 800), np.int16), "s16", "mono")
            frame.sample_rate = 8_000
            file.mux(stream.encode(frame))
    error = refused(out.getvalue(), "call.mka")
    assert error.reason == "channels"
    assert "2 条音轨" in error.problem


@pytest.mark.parametrize("num_channels", [3, 4, 6, 200])
def test_too_many_channels(num_channels):
    error = refused(wav([tone(AGENT_HZ, 8_000)] * 4, channels=num_channels))
    assert error.reason == "channels"
    assert f"{num_channels} 个声道" in error.problem


@pytest.mark.parametrize("rate", [1, 4_000, 7_999, 192_001, 99_999_989, 2**31 - 1])
def test_rates_that_no_telephone_has(rate):
    before = time.perf_counter()
    error = refused(wav([tone(AGENT_HZ, 8_000)], rate))
    assert error.reason == "sampling_rate"
    assert f"{rate} Hz" in error.problem
    assert time.perf_counter() - before < 1.0  # a filter for 99,999,989 Hz takes five seconds and a gigabyte


@pytest.mark.parametrize("rate", [0, 2**31, 2**32 - 1])
def test_rates_that_are_nonsense(rate):
    assert refused(wav([tone(AGENT_HZ, 8_000)], rate)).reason in ("not_audio", "sampling_rate")


@pytest.mark.parametrize("fields", [{"tag": 0x1234}, {"tag": 0}, {"bits": 0}, {"bits": 65_535}])
def test_unknown_coding(fields):
    error = refused(wav([tone(AGENT_HZ, 8_000)], **fields))
    assert error.reason == "not_audio"
    assert "编码" in error.problem


def test_damaged_blocks():
    content = encoded([tone(AGENT_HZ, 8_000)], 8_000, "mp3", "libmp3lame")
    noise = np.random.default_rng(1).bytes(len(content) - 600)
    assert refused(content[:600] + noise, "call.mp3").reason == "damaged"


def test_samples_that_are_no_numbers():
    signal = tone(AGENT_HZ, 8_000)
    signal[5_000] = np.nan
    assert refused(encoded([signal], 8_000, "wav", "pcm_f32le")).reason == "damaged"


def test_too_long(monkeypatch):
    monkeypatch.setattr("pipeline.audio.container.MAX_HOURS", 0.0005)  # 1.8 s
    error = refused(GOOD)
    assert error.reason == "too_long"
    assert "0.0005 小时" in error.problem
    monkeypatch.setattr("pipeline.audio.container.MAX_HOURS", 0.0006)
    assert open_recording(GOOD, "call.wav")[0].duration == pytest.approx(2.0)


@pytest.mark.parametrize("name", ["call.wav", "call.m3u8", "call.sdp"])
def test_recording_opens_nothing_but_itself(name, tmp_path, monkeypatch):
    """A text that FFmpeg would follow to other files, or to an address, is no recording."""
    monkeypatch.chdir(tmp_path)
    Path("other.wav").write_bytes(GOOD)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        texts = (
            "ffconcat version 1.0\nfile other.wav\n",
            f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nhttp://{address}/a.ts\n#EXT-X-ENDLIST\n",
            f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{tmp_path}/other.wav\n#EXT-X-ENDLIST\n",
            "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=-\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 45454 RTP/AVP 0\n",
        )
        before = time.perf_counter()
        assert {refused(text.encode(), name).reason for text in texts} == {"not_audio"}
        assert time.perf_counter() - before < 5.0  # a session description waits 20 s for its sender
        with pytest.raises(BlockingIOError):
            server.accept()


@pytest.mark.parametrize(
    ("name", "reason"), [("D-BAD1", "truncated"), ("D-BAD2", "empty"), ("D-BAD3", "not_audio")]
)
def test_bundled_broken_files(name, reason):
    assert refused((CALLS / f"{name}.wav").read_bytes(), f"{name}.wav").reason == reason


def test_silence_is_a_recording():
    recording, audio = open_recording((CALLS / "D-BAD4.wav").read_bytes(), "D-BAD4.wav")
    assert recording.duration == pytest.approx(20.0)
    assert level_db(audio[0]) == -120.0


# -- whatever comes ----------------------------------------------------------------------------------------------

SHORT = [
    (encoded([tone(AGENT_HZ, 8_000, 0.3)], 8_000, container, codec), ending)
    for container, codec, ending, rates, _, _ in CODINGS
    if 8_000 in rates
]


def recording_or_refusal(content, name):
    """Nothing else may come out; what comes out is sound, and in proportion to what went in."""
    tracemalloc.start()
    try:
        recording, audio = open_recording(content, name)
    except AudioError as error:
        assert name in error.problem  # noqa: PT017  either outcome is right
        assert is_chinese(error.problem)  # noqa: PT017  either outcome is right
    else:
        assert audio.dtype == np.float32
        assert len(audio) == recording.num_channels
        assert len(audio) in (1, 2)
        assert audio.size
        assert np.abs(audio).max() <= 1.0
        assert duration(audio) == pytest.approx(recording.duration, abs=0.01)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 50e6


@settings(max_examples=60, deadline=None, derandomize=True, database=None)
@given(
    st.binary(max_size=2_000),
    st.sampled_from(["wav", "mp3", "ogg", "amr", "g722", "al", "ul", "gsm", "flac", "m4a"]),
)
@example(b"RIFF", "wav")
@example(b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "wav")
@example(b"RIFF\0\0\0\0WAVEfmt \0\0\0\0data\0\0\0\0", "wav")
@example(b"fLaC", "flac")
@example(b"OggS", "ogg")
@example(b"#!AMR\n", "amr")
def test_random_bytes(content, ending):
    recording_or_refusal(content, f"call.{ending}")


@settings(max_examples=150, deadline=None, derandomize=True, database=None)
@given(
    st.sampled_from(SHORT),
    st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.booleans(), st.binary(max_size=4)), max_size=6),
    st.floats(0.2, 1),
)
def test_changed_bytes(recorded, changes, kept):
    """Bytes overwritten, mostly in the header, and the end cut off."""
    content, ending = recorded
    content = bytearray(content)
    for place, in_header, replacement in changes:
        at = int(place * (min(len(content), 100) if in_header else len(content)))
        content[at : at + len(replacement)] = replacement
    recording_or_refusal(bytes(content[: int(kept * len(content))]), f"call.{ending}")


# -- pieces of it -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "db"),
    [
        pytest.param(np.ones(1600), 0.0, id="full-scale"),
        pytest.param(tone(AGENT_HZ, amplitude=1.0), -3.01, id="sine"),
        pytest.param(0.1 * np.ones(1600), -20.0, id="a-tenth"),
        pytest.param(np.zeros(1600), -120.0, id="silence"),
        pytest.param(np.zeros(0), -120.0, id="nothing"),
    ],
)
def test_level_db(samples, db):
    assert level_db(samples.astype(np.float32)) == pytest.approx(db, abs=0.01)


def test_cut():
    audio = np.stack((np.arange(2 * SAMPLING_RATE), -np.arange(2 * SAMPLING_RATE)))
    assert cut(audio, 1, Span(0.5, 0.5 + 2 / SAMPLING_RATE)).tolist() == [-8000, -8001]
    assert len(cut(audio, 0, Span(1.9, 9.0))) == round(0.1 * SAMPLING_RATE)
    assert not len(cut(audio, 0, Span(5.0, 9.0)))
