"""The decoder process: codecs may crash or hang, the program may not."""

import sys
import threading

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import JPEGLSLossless

from bsnet_core.errors import UnreadableImageError
from bsnet_core.loading import load_radiograph
from bsnet_core.loading.decoder import MAX_PIXELS, Decoder, time_limit_s
from tests.dicom_files import ramp, write_compressed

HANGS = (sys.executable, "-c", "import time; time.sleep(600)")


CRASHES = (sys.executable, "-c", "import os, sys; sys.stdin.buffer.read(1); os.abort()")


HALF_AN_ANSWER = (sys.executable, "-c", "import sys; sys.stdin.buffer.read(1); sys.stdout.buffer.write(b'\\0\\0')")


NONSENSE = (sys.executable, "-c", "print('x' * 10 ** 6)")


@pytest.fixture
def decoder():
    made = Decoder()
    yield made
    made.close()


@pytest.fixture
def compressed(tmp_path):
    return write_compressed(tmp_path / "a.dcm", ramp(), JPEGLSLossless, 12)


def process_of(decoder):
    assert decoder._process is not None
    return decoder._process


def test_one_child_serves_many_files(decoder, compressed):
    decoder.decode("dicom", compressed)
    first = process_of(decoder)
    assert np.array_equal(decoder.decode("dicom", compressed).grey, ramp())
    assert process_of(decoder) is first


def test_a_killed_child_is_replaced_for_the_next_file(decoder, compressed):
    decoder.decode("dicom", compressed)
    process_of(decoder).kill()
    process_of(decoder).wait()
    assert np.array_equal(decoder.decode("dicom", compressed).grey, ramp())


@pytest.mark.parametrize("command", [CRASHES, HALF_AN_ANSWER])
def test_a_child_that_dies_over_a_file_gives_a_sentence_and_the_next_file_is_read(compressed, command):
    decoder = Decoder(command)
    with pytest.raises(UnreadableImageError, match="crashed"):
        decoder.decode("dicom", compressed)
    decoder._command = Decoder()._command
    assert np.array_equal(decoder.decode("dicom", compressed).grey, ramp())
    decoder.close()


def test_a_child_that_hangs_is_stopped_and_the_next_file_is_read(compressed):
    decoder = Decoder(HANGS)
    with pytest.raises(UnreadableImageError, match=r"took over 0\.2 seconds"):
        decoder.decode("dicom", compressed, timeout_s=0.2)
    decoder._command = Decoder()._command
    assert np.array_equal(decoder.decode("dicom", compressed).grey, ramp())
    decoder.close()


def test_a_child_that_answers_nonsense_gives_a_sentence(compressed):
    decoder = Decoder(NONSENSE)
    with pytest.raises(UnreadableImageError):
        decoder.decode("dicom", compressed)
    decoder.close()


def test_a_decoder_that_cannot_be_started_gives_a_sentence(compressed, tmp_path):
    with pytest.raises(UnreadableImageError, match="could not be started"):
        Decoder((str(tmp_path / "no-such-program"),)).decode("dicom", compressed)


def test_threads_take_turns(decoder, tmp_path):
    images = [ramp() + np.uint16(number) - np.uint16(4) * (ramp() > 4000) for number in range(4)]
    paths = [
        write_compressed(tmp_path / f"{number}.dcm", image, JPEGLSLossless, 12) for number, image in enumerate(images)
    ]
    right = []

    def decode_all():
        right.extend(np.array_equal(decoder.decode("dicom", paths[n]).grey, images[n]) for n in range(4))

    threads = [threading.Thread(target=decode_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert right == [True] * 16


def test_the_time_limit_grows_with_the_declared_size_and_with_the_file():
    smallest = time_limit_s(0, 0)
    assert 5 <= smallest <= 30
    assert time_limit_s(10**6, 30_000) < 20 <= 60 < time_limit_s(20 * 10**6, 20 * 10**6)
    assert smallest < time_limit_s(10**6, 10**6) < time_limit_s(2 * 10**6, 10**6)
    assert smallest < time_limit_s(0, 10**6) < time_limit_s(0, 2 * 10**6)
    assert time_limit_s(MAX_PIXELS, 240 * 10**6) < 900


def test_a_huge_declared_size_gives_a_small_file_no_more_time():
    assert time_limit_s(MAX_PIXELS, 30_000) < 30


@pytest.mark.parametrize("kind", ["DICOM", "JPEG 2000", "PNG"])
def test_a_file_that_keeps_the_decoder_busy_is_stopped_by_the_limit_of_its_size(tmp_path, monkeypatch, kind):
    asked = []

    def limit(pixels, file_bytes):
        asked.append((pixels, file_bytes))
        return 0.2

    path = tmp_path / "a"
    if kind == "DICOM":
        write_compressed(path, ramp(), JPEGLSLossless, 12)
    elif kind == "JPEG 2000":
        path.write_bytes(pytest.importorskip("imagecodecs").jpeg2k_encode(ramp()))
    else:
        Image.fromarray(ramp(bits=8, dtype=np.uint8)).save(path, "PNG")
    decoder = Decoder(HANGS)
    for module in ("stored_pixels", "plain_image"):
        monkeypatch.setattr(f"bsnet_core.loading.{module}.DECODER", decoder)
        monkeypatch.setattr(f"bsnet_core.loading.{module}.time_limit_s", limit)
    with pytest.raises(UnreadableImageError, match=r"took over 0\.2 seconds"):
        load_radiograph(path)
    ((pixels, file_bytes),) = asked
    assert pixels >= ramp().size if kind == "PNG" else pixels == ramp().size
    assert file_bytes == path.stat().st_size
    decoder.close()
