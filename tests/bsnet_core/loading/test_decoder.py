"""The decoder process: codecs may crash or hang, the program may not."""

import sys
import threading

import numpy as np
import pytest
from pydicom.uid import JPEGLSLossless

from bsnet_core.errors import UnreadableImageError
from bsnet_core.loading.decoder import Decoder
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
