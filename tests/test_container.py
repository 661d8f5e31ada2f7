"""The whole sound of a file at its true times, or a reason that says what is missing; what is doubtful is told."""

import gzip
import io
import re
import struct
import time
import zipfile
from fractions import Fraction
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.audio import container, formats
from pipeline.audio.audio import SAMPLING_RATE, open_recording
from pipeline.errors import AudioError
from pipeline.notices import NoticeKind
from tests.mutations import mutants
from tests.sentences import is_chinese

CALLS = Path(__file__).parent / "calls"
RATE, SECONDS = 8_000, 4.0
TIMES = np.arange(round(SECONDS * RATE)) / RATE
SWEEP = 0.3 * np.sin(2 * np.pi * (300 + 150 * TIMES) * TIMES)  # no two instants sound alike


def at_rate(rate):
    times = np.arange(round(SECONDS * rate)) / rate
    return 0.3 * np.sin(2 * np.pi * (300 + 150 * times) * times)


@cache
def encoded(muxer, codec, rate=RATE, num_channels=1, left_out=()):
    """A file as PyAV writes it, in packets of 20 ms or more; those that begin inside `left_out` are not there."""
    layout = "mono" if num_channels == 1 else "stereo"
    sound = np.stack([at_rate(rate)] * num_channels).astype(np.float32)
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as file:
        stream = file.add_stream(codec, rate=rate, layout=layout)
        fitted = av.AudioResampler(stream.format.name, layout, rate)
        for at in range(0, sound.shape[1], rate // 50):
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[:, at : at + rate // 50]), "fltp", layout)
            frame.sample_rate, frame.pts, frame.time_base = rate, at, Fraction(1, rate)
            for piece in fitted.resample(frame):
                _mux(file, stream.encode(piece), left_out)
        _mux(file, stream.encode(None), left_out)
    return out.getvalue()


def _mux(file, packets, left_out):
    for packet in packets:
        at = float(packet.pts * packet.time_base)
        if not any(start <= at < end for start, end in left_out):
            file.mux(packet)


def chunk(tag, body, size=None, order="<"):
    return tag + struct.pack(f"{order}I", len(body) if size is None else size) + body + b"\0" * (len(body) % 2)


def pcm(rate=RATE, num_channels=1):
    return np.repeat((at_rate(rate) * 32767).astype("<i2"), num_channels).tobytes()


def wav(rate=RATE, num_channels=1, *, size=None, riff_size=None, behind=b"", sound=None):
    sound = pcm(rate, num_channels) if sound is None else sound
    layout = struct.pack("<HHIIHH", 1, num_channels, rate, 2 * num_channels * rate, 2 * num_channels, 16)
    return chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", layout) + chunk(b"data", sound, size) + behind, riff_size)


def patched(content, at, form, number):
    changed = bytearray(content)
    struct.pack_into(form, changed, at, number)
    return bytes(changed)


KINDS = {
    "wav": encoded("wav", "pcm_s16le"),
    "alaw.wav": encoded("wav", "pcm_alaw"),
    "adpcm.wav": encoded("wav", "adpcm_ima_wav"),
    "float.wav": encoded("wav", "pcm_f32le"),
    "w64": encoded("w64", "pcm_s16le"),
    "aiff": encoded("aiff", "pcm_s16be"),
    "au": encoded("au", "pcm_mulaw"),
    "caf": encoded("caf", "pcm_s16le"),
    "mp3": encoded("mp3", "libmp3lame"),
    "opus": encoded("ogg", "libopus"),
    "webm": encoded("webm", "libopus"),
    "mka": encoded("matroska", "pcm_s16le"),
    "m4a": encoded("ipod", "aac", 16_000),
    "3gp": encoded("3gp", "libopencore_amrnb"),
    "aac": encoded("adts", "aac", 16_000),
    "amr": encoded("amr", "libopencore_amrnb"),
    "flac": encoded("flac", "flac"),
}
HEADERLESS = {
    "g722": encoded("g722", "g722", 16_000),
    "al": encoded("alaw", "pcm_alaw"),
    "gsm": (b"\xd0" + bytes(32)) * 200,
}
BROKEN_OFF = "不完整|没有录完"


def opened(content, name):
    recording, audio = open_recording(content, f"file:///calls/{name}")
    assert audio.shape[1] / SAMPLING_RATE == pytest.approx(recording.duration, abs=0.001)
    return recording, audio


def told(recording):
    return {notice.kind for notice in recording.notices}


def refused(content, name):
    with pytest.raises(AudioError) as caught:
        open_recording(content, f"file:///calls/{name}")
    assert name in caught.value.problem
    assert is_chinese(caught.value.problem)
    return caught.value


def likeness(audio, start, end, offset=0.0):
    """How much a stretch sounds as the sweep does `offset` seconds earlier; codecs may be 0.2 s late."""
    heard = audio[0, round(start * SAMPLING_RATE) : round(end * SAMPLING_RATE)]
    times = start - offset - 0.2 + np.arange(len(heard) + round(0.4 * SAMPLING_RATE)) / SAMPLING_RATE
    sweep = np.sin(2 * np.pi * (300 + 150 * times) * times)
    size = 1 << (len(sweep) + len(heard)).bit_length()
    alike = np.fft.irfft(np.fft.rfft(sweep, size) * np.conj(np.fft.rfft(heard, size)), size)
    most = np.abs(alike[: len(sweep) - len(heard)]).max()
    return float(most / (np.linalg.norm(heard) * np.sqrt(len(heard) / 2) + 1e-9))


# -- whole files ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [*KINDS, *HEADERLESS])
def test_a_whole_file_is_not_doubted(name):
    recording, audio = opened({**KINDS, **HEADERLESS}[name], f"call.{name}")
    assert recording.notices == ()
    assert recording.duration == pytest.approx(SECONDS, abs=0.3)
    if name != "gsm":
        assert likeness(audio, 1.0, 3.0) > (0.9 if name in ("3gp", "amr") else 0.98)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.61, 0.9])
def test_a_file_that_breaks_off_is_refused(name, share):
    """At any place; a file is cut so that no frame ends there by chance."""
    content = KINDS[name]
    error = refused(content[: int(share * len(content)) | 1], f"call.{name}")
    assert error.reason == "truncated"
    assert re.search(BROKEN_OFF, error.problem)


@pytest.mark.parametrize("name", ["wav", "alaw.wav", "adpcm.wav", "w64", "aiff", "au", "caf", "mp3", "mka", "flac"])
def test_a_few_bytes_are_no_loss(name):
    recording, _ = opened(KINDS[name][:-3], f"call.{name}")
    assert recording.duration == pytest.approx(SECONDS, abs=0.3)
    assert NoticeKind.SIZE_APART in told(recording)


@pytest.mark.parametrize("name", KINDS)
def test_what_fills_up_a_block_is_no_loss(name):
    recording, _ = opened(KINDS[name] + bytes(7), f"call.{name}")
    assert recording.duration == pytest.approx(SECONDS, abs=0.3)


@pytest.mark.parametrize("name", KINDS)
def test_two_files_that_were_joined_are_both_heard(name):
    recording, audio = opened(KINDS[name] * 2, f"call.{name}")
    single = opened(KINDS[name], f"call.{name}")[0].duration
    assert recording.duration == pytest.approx(2 * single, abs=0.3)
    assert likeness(audio, 1.0, 3.0) > 0.9
    if name != "mp3":  # its second header sounds as a frame
        assert likeness(audio, single + 1.0, single + 3.0, single) > 0.9
    if name != "aac":  # a row of frames, and nothing that tells how many
        assert NoticeKind.SIZE_APART in told(recording)


# -- RIFF and its kin ----------------------------------------------------------------------------------------------

BEHIND = [
    chunk(b"LIST", b"INFOISFT" + bytes(300)),
    chunk(b"xYz1", bytes(301)),
    chunk(b"LIST", b"INFOISFT" + bytes(300))[:100],
    b"ID3\4" + bytes(2000),
    b"<metadata agent='1001'/>" * 20,
    bytes(2000),
    b"\0",
]


@pytest.mark.parametrize("behind", BEHIND)
def test_what_follows_the_sound_is_not_heard(behind):
    recording, _ = opened(wav() + behind, "call.wav")
    assert recording.duration == SECONDS
    assert recording.notices == ()


def test_a_chunk_of_odd_size_that_was_not_filled_up():
    sound = pcm()[:-1]
    head = wav(sound=sound)[: -len(sound) - 1]
    recording, _ = opened(head + sound + chunk(b"LIST", b"INFO"), "call.wav")
    assert recording.duration == pytest.approx(SECONDS, abs=0.001)
    assert recording.notices == ()


@pytest.mark.parametrize(
    ("content", "seconds"),
    [
        pytest.param(wav(size=38_400), 4.0, id="stale"),
        pytest.param(wav(size=38_400, riff_size=38_436), 4.0, id="stale-twice"),
        pytest.param(wav(size=2), 4.0, id="hardly-begun"),
        pytest.param(wav(behind=chunk(b"data", pcm())), 8.0, id="two-chunks"),
        pytest.param(wav(behind=chunk(b"LIST", b"INFO") + chunk(b"data", pcm())), 8.0, id="two-chunks-apart"),
        pytest.param(wav(size=0xFFFFFFFF) * 2, 8.0, id="two-that-were-streamed"),
        pytest.param(wav(size=0) * 2, 8.0, id="two-without-sizes"),
        pytest.param(wav() * 3, 12.0, id="three"),
        pytest.param(wav() + KINDS["alaw.wav"], 8.0, id="two-codings"),
        pytest.param(wav(size=64_008), 4.0, id="eight-bytes-too-large"),
    ],
)
def test_sizes_that_are_wrong(content, seconds):
    recording, audio = opened(content, "call.wav")
    assert recording.duration == seconds
    assert told(recording) == {NoticeKind.SIZE_APART}
    assert likeness(audio, seconds - 3.0, seconds - 1.0, seconds - SECONDS) > 0.98


@pytest.mark.parametrize(
    ("name", "at", "form", "number"),
    [
        ("au", KINDS["au"].find(b".snd") + 8, ">I", 16_000),
        ("aiff", KINDS["aiff"].find(b"SSND") + 4, ">I", 38_408),
        ("w64", KINDS["w64"].find(b"data\xf3\xac") + 16, "<Q", 38_424),
        ("caf", KINDS["caf"].find(b"data") + 4, ">Q", 38_404),
    ],
)
def test_stale_sizes_of_the_kin(name, at, form, number):
    recording, audio = opened(patched(KINDS[name], at, form, number), f"call.{name}")
    assert recording.duration == pytest.approx(SECONDS, abs=0.01)
    assert told(recording) == {NoticeKind.SIZE_APART}
    assert likeness(audio, 2.5, 3.9) > 0.98


def test_half_a_second_too_large_is_a_loss():
    error = refused(wav(size=72_000), "call.wav")
    assert (error.reason, "写明有 72000 字节声音" in error.problem) == ("truncated", True)
    assert refused(wav() + wav()[:40_000], "call.wav").reason == "truncated"
    assert refused(wav() + wav()[:40], "call.wav").reason == "truncated"


def large(form=b"RF64", size=None, cut=None):
    sizes = struct.pack("<IQQQI", 28, 0, len(pcm()) if size is None else size, 0, 0)
    layout = wav()[12:36]
    return form + b"\xff\xff\xff\xffWAVEds64" + sizes + layout + b"data\xff\xff\xff\xff" + pcm()[:cut]


@pytest.mark.parametrize("form", [b"RF64", b"BW64"])
def test_large_files(form):
    assert opened(large(form), "call.wav")[0].duration == SECONDS
    assert refused(large(form, cut=30_000), "call.wav").reason == "truncated"
    recording, _ = opened(large(form, size=0), "call.wav")  # never finished
    assert recording.duration == SECONDS
    assert told(recording) == {NoticeKind.SIZE_APART}


@pytest.mark.parametrize(
    "junk", [bytes(512), b"HTTP/1.1 200 OK\r\nContent-Type: audio/wav\r\n\r\n", b"ID3\4\0\0\0\0\1\0" + bytes(128)]
)
def test_what_stands_before_a_file(junk):
    recording, audio = opened(junk + wav(), "call.wav")
    assert recording.duration == SECONDS
    assert likeness(audio, 1.0, 3.0) > 0.98


def test_a_tag_before_any_sound():
    tag = b"ID3\4\0\0\0\0\1\0" + bytes(128)
    for name in ("mp3", "aac", "flac"):
        assert opened(tag + KINDS[name], f"call.{name}")[0].duration == pytest.approx(SECONDS, abs=0.3)
    assert refused(tag, "call.mp3").reason == "not_audio"


# -- rows of frames ------------------------------------------------------------------------------------------------


def without_header(content):
    """An MP3 file without the frame that tells its length."""
    frames = container.frames
    begin = frames._first_mp3_frame(content)
    return content[begin + frames._mp3_frame(content, begin) :]


def test_an_mp3_that_tells_no_length():
    content = without_header(KINDS["mp3"])
    assert opened(content, "call.mp3")[0].duration == pytest.approx(SECONDS, abs=0.3)
    assert refused(content[: int(0.6 * len(content))], "call.mp3").reason == "truncated"


def test_wide_band_amr():
    content = b"#!AMR-WB\n" + (b"\x04" + bytes(17)) * 100
    recording, _ = opened(content, "call.awb")
    assert (recording.sampling_rate, recording.duration, recording.notices) == (16_000, 2.0, ())
    assert refused(content[:-25] + b"\x01" * 5, "call.awb").reason == "truncated"
    assert "多声道 AMR" in refused(b"#!AMR_MC1.0\n" + bytes(99), "call.amr").problem


def test_gsm_of_wav_files():
    """Blocks of 65 bytes, as D24 has them: a stale size, and two joined."""
    content = (CALLS / "D24.wav").read_bytes()
    whole, _ = opened(content, "D24.wav")
    recording, _ = opened(patched(content, content.find(b"data") + 4, "<I", 65 * 400), "D24.wav")
    assert recording.duration == pytest.approx(whole.duration, abs=0.05)
    assert opened(content * 2, "D24.wav")[0].duration == pytest.approx(2 * whole.duration, abs=0.05)


def test_an_ogg_without_its_last_page():
    content = KINDS["opus"]
    error = refused(content[: content.rfind(b"OggS")], "call.opus")
    assert (error.reason, "没有结束标记" in error.problem) == ("truncated", True)


def test_mp4_in_fragments(tmp_path):
    path = tmp_path / "call.mp4"
    layout = {"movflags": "frag_keyframe+empty_moov", "frag_duration": "500000"}
    with av.open(str(path), "w", format="mp4", options=layout) as file:
        stream = file.add_stream("aac", rate=16_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(at_rate(16_000)[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate = 16_000
        for packet in (*stream.encode(frame), *stream.encode(None)):
            file.mux(packet)
    content = path.read_bytes()
    assert opened(content, "call.mp4")[0].duration == pytest.approx(SECONDS, abs=0.2)
    assert refused(content[: int(0.6 * len(content))], "call.mp4").reason == "truncated"


# -- times ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("muxer", "codec", "rate", "ending"),
    [
        ("webm", "libopus", 48_000, "webm"),
        ("ogg", "libopus", 48_000, "opus"),
        ("matroska", "pcm_s16le", 8_000, "mka"),
        ("ipod", "aac", 16_000, "m4a"),
    ],
)
def test_holes_are_silence_at_their_true_times(muxer, codec, rate, ending):
    content = encoded(muxer, codec, rate, left_out=((1.0, 1.8), (2.5, 3.0)))
    recording, audio = opened(content, f"call.{ending}")
    assert recording.duration == pytest.approx(SECONDS, abs=0.2)
    (notice,) = recording.notices
    assert notice.kind is NoticeKind.GAP_FILLED
    assert "2 处" in notice.problem or ending == "opus"  # a page may hold both
    assert likeness(audio, 0.2, 0.8) > 0.98
    assert likeness(audio, 3.3, 3.9) > 0.95
    if ending != "opus":
        assert likeness(audio, 1.95, 2.4) > 0.95
        assert np.abs(audio[0, round(1.2 * SAMPLING_RATE) : round(1.6 * SAMPLING_RATE)]).max() < 0.01


@pytest.mark.parametrize(
    ("muxer", "codec", "rate", "ending"),
    [("matroska", "pcm_s16le", 8_000, "mka"), ("ipod", "aac", 16_000, "m4a"), ("webm", "libopus", 48_000, "webm")],
)
def test_a_late_start_is_silence(muxer, codec, rate, ending):
    recording, audio = opened(encoded(muxer, codec, rate, left_out=((0.0, 1.5),)), f"call.{ending}")
    assert recording.duration == pytest.approx(SECONDS, abs=0.15)
    assert np.abs(audio[0, SAMPLING_RATE // 10 : SAMPLING_RATE]).max() < 0.01
    assert likeness(audio, 2.0, 3.9) > 0.98
    assert told(recording) == {NoticeKind.GAP_FILLED}


def test_many_small_holes_add_up():
    """Silence suppression leaves out a packet here and there; what follows must not move."""
    left_out = tuple((0.5 + 0.1 * n, 0.54 + 0.1 * n) for n in range(25))
    recording, audio = opened(encoded("webm", "libopus", 48_000, left_out=left_out), "call.webm")
    assert recording.duration == pytest.approx(SECONDS, abs=0.15)
    late = np.flatnonzero(np.abs(audio[0]) > 0.1)[-1] / SAMPLING_RATE
    assert late == pytest.approx(SECONDS, abs=0.15)


def test_a_leap_of_hours_is_no_hole(monkeypatch):
    monkeypatch.setattr(container, "LONGEST_HOLE_S", 0.5)
    content = encoded("webm", "libopus", 48_000, left_out=((1.0, 1.8), (2.5, 3.0)))
    error = refused(content, "call.webm")
    assert (error.reason, "跳过" in error.problem) == ("damaged", True)


def test_damaged_blocks_do_not_move_what_follows():
    content = bytearray(encoded("mp3", "libmp3lame", 16_000) * 4)
    at, damaged = len(content) // 8, 0
    while damaged < 3:
        at = content.find(b"\xff\xf3", at + 1)
        content[at + 4 : at + 60] = b"\xff" * 56
        damaged += 1
    recording, _ = opened(bytes(content), "call.mp3")
    assert recording.duration == pytest.approx(4 * SECONDS, abs=0.5)
    assert NoticeKind.DAMAGED in told(recording)


# -- formats that change -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(wav() + wav(16_000), "call.wav", id="wav"),
        pytest.param(
            without_header(KINDS["mp3"]) + without_header(encoded("mp3", "libmp3lame", 16_000)),
            "call.mp3",
            id="mp3",
        ),
        pytest.param(encoded("adts", "aac", 8_000) + KINDS["aac"], "call.aac", id="aac"),
    ],
)
def test_a_rate_that_changes_inside(content, name):
    recording, audio = opened(content, name)
    assert recording.sampling_rate == 8_000
    assert recording.duration == pytest.approx(8.0, abs=0.5)
    assert NoticeKind.FORMAT_CHANGED in told(recording)
    loud = np.abs(audio[0]) > 0.1
    assert loud[round(0.5 * SAMPLING_RATE) : round(3.5 * SAMPLING_RATE)].mean() > 0.5
    assert loud[round(5.0 * SAMPLING_RATE) : round(7.5 * SAMPLING_RATE)].mean() > 0.5


@pytest.mark.parametrize(
    ("content", "name"),
    [
        pytest.param(wav() + wav(num_channels=2), "call.wav", id="wav"),
        pytest.param(KINDS["aac"] + encoded("adts", "aac", 16_000, 2), "call.aac", id="aac"),
        pytest.param(KINDS["opus"] + encoded("ogg", "libopus", RATE, 2), "call.opus", id="opus"),
    ],
)
def test_channels_that_change_inside(content, name):
    error = refused(content, name)
    assert error.reason == "channels"
    assert "在 00:04 处由 1 个声道变为 2 个" in error.problem


# -- what a file is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (KINDS["mp3"], "call.wav"),
        (KINDS["wav"], "call.mp3"),
        (KINDS["wav"], "call.PCM"),
        (KINDS["m4a"], "call.amr"),
        (KINDS["flac"], "call.xyz"),
        (KINDS["amr"], "call"),
        (KINDS["opus"], "1741.17"),
    ],
)
def test_first_bytes_outweigh_the_ending(content, name):
    recording, _ = opened(content, name)
    assert recording.duration == pytest.approx(SECONDS, abs=0.3)
    assert told(recording) == {NoticeKind.ENDING_APART}


def zipped(content):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("call.wav", content)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (gzip.compress(wav()), "“gzip 压缩包”，不能使用；请先解压"),
        (zipped(wav()), "“ZIP 压缩包”，不能使用；请先解压"),
        (b"\r\n<!DOCTYPE html><html>404", "网页"),
        (b"\xef\xbb\xbf<HTML><head>", "网页"),
        (b'{"error": "no such recording"}', "文本"),
        (b'<?xml version="1.0"?><Error/>', "文本"),
        (b"<Error><Code>NoSuchKey</Code>", "文本"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS"),
        (b"#!SILK_V3" + bytes(99), "“SILK”，不能使用；请在录音系统中转成 WAV"),
        (b"%PDF-1.7", "PDF"),
    ],
)
@pytest.mark.parametrize("name", ["call.wav", "call.mp3", "call.al", "call"])
def test_what_is_no_recording_is_named(content, says, name):
    error = refused(content, name)
    assert error.reason == "not_audio"
    assert says in error.problem


@pytest.mark.parametrize("ending", ["pcm", "raw", "vox", "g729", "G729", "g723", "g726", "silk"])
def test_what_cannot_be_read_says_what_to_convert(ending):
    content = np.random.default_rng(1).bytes(9_000)
    error = refused(content, f"call.{ending}")
    assert error.reason == "not_audio"
    assert "请在录音系统中转成 WAV" in error.problem


def test_g729_in_a_wav_file():
    layout = struct.pack("<HHIIHHH", 0x83, 1, 8_000, 1_000, 10, 0, 0)
    content = chunk(b"RIFF", b"WAVE" + chunk(b"fmt ", layout) + chunk(b"data", bytes(1_000)))
    assert "G.729，不能使用；请在录音系统中转成 WAV" in refused(content, "call.wav").problem


def test_samples_without_header_whose_name_tells_all():
    assert opened(pcm(), "call.sln")[0].duration == SECONDS
    assert opened(pcm(16_000), "call.sln16")[0].sampling_rate == 16_000


def test_no_ending_belongs_to_two_formats():
    endings = [ending for one in (*formats.FORMATS, *formats.REFUSED) for ending in one.endings]
    assert len(endings) == len(set(endings))
    assert all(is_chinese(one.advice) for one in formats.REFUSED)


# -- whatever comes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("part", range(4))
def test_mutants_are_opened_or_refused(part, capfd):
    """Three hundred of all kinds together in a run: no other error, nothing on the error stream, nothing slow."""
    kinds = list({**KINDS, **HEADERLESS}.items())[part::4]
    for name, content in kinds:
        for mutant in mutants(content, 300 // (4 * len(kinds)) + 1):
            before = time.perf_counter()
            try:
                recording, audio = open_recording(mutant, f"call.{name}")
            except AudioError as error:
                assert name in error.problem  # noqa: PT017  either outcome is right
                assert is_chinese(error.problem)  # noqa: PT017  either outcome is right
            else:
                assert len(audio) == recording.num_channels
                assert np.isfinite(audio).all()
            assert time.perf_counter() - before < 10.0
    assert capfd.readouterr().err == ""


def test_ten_thousand_tiny_files_are_opened_quickly():
    """A fiftieth of them here."""
    content = wav(sound=pcm()[:1600])
    before = time.perf_counter()
    for _ in range(200):
        open_recording(content, "call.wav")
    assert time.perf_counter() - before < 4.0
