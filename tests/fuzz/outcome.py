"""What the reader makes of a damaged file: images that are whole in every value, or sentences; all else is a bug."""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bsnet_core.display import deep_grey_levels, default_voi, display_table, presets
from bsnet_core.errors import BSNetError
from bsnet_core.inference.input_check import reject_unsuitable
from bsnet_core.loading import UnpackedArchives, images_in, load_metadata, load_radiograph
from bsnet_core.loading.dicom_tags import load_tags
from bsnet_core.progress import no_report

DECODING_LIMIT_S = 30.0
SHORTEST_SENTENCE = 20
MOST_FILES = 8
FAR_TOO_BIG_BYTES = 2 * 1024**3


class BadOutcomeError(AssertionError):
    """Neither a whole image nor a sentence."""


@dataclass(frozen=True)
class Outcome:
    """Numbers of images loaded, and the sentences of the rejections."""

    images: int
    sentences: tuple[str, ...]


def outcome_of(path: Path) -> Outcome:
    """Opens a file as the program does, and does with each image in it what the program does first.

    Raises:
        BadOutcomeError: another exception than the project's, a rejection without a sentence, or values that are not
            finite.
    """
    try:
        with UnpackedArchives() as archives:
            return _outcome_of(path, archives)
    except BadOutcomeError:
        raise
    except Exception as error:
        raise BadOutcomeError("".join(traceback.format_exception(error))) from error


def _outcome_of(path: Path, archives: UnpackedArchives) -> Outcome:
    images, sentences = 0, []
    try:
        found = images_in(path, archives)
    except BSNetError as error:
        return Outcome(0, (_sentence(error),))
    sentences += [_sentence(error) for _, error in found.rejections]
    for file in found.files[:MOST_FILES]:
        for use in (load_metadata, lambda file: load_tags(file, no_report), _load_and_show):
            try:
                use(file)
            except BSNetError as error:
                sentences.append(_sentence(error))
            else:
                images += use is _load_and_show
    return Outcome(images, tuple(sentences))


def _load_and_show(path: Path) -> None:
    radiograph = load_radiograph(path, timeout_s=DECODING_LIMIT_S)
    pixels = radiograph.pixels
    if not np.isfinite(pixels).all() or pixels.min() < 0 or pixels.max() > 1:
        raise BadOutcomeError("The values for the network are not all from 0 to 1.")
    for preset in presets(radiograph):
        display_table(radiograph, preset.voi)
    display_table(radiograph, default_voi(radiograph), inverted=True)
    deep_grey_levels(radiograph)
    with contextlib.suppress(BSNetError):
        reject_unsuitable(radiograph)


def _sentence(error: BSNetError) -> str:
    sentence = str(error)
    if len(sentence) < SHORTEST_SENTENCE or not sentence.rstrip().endswith((".", "?")) or sentence[0].islower():
        raise BadOutcomeError(f"No sentence: {sentence!r}")
    return sentence


@contextlib.contextmanager
def memory_watched() -> Iterator[None]:
    """Raises if this process has grown by far more than any of the files here can need.

    Raises:
        BadOutcomeError: at the end.
    """
    before = _peak_bytes()
    yield
    if _peak_bytes() - before > FAR_TOO_BIG_BYTES:
        raise BadOutcomeError("Loading took over 2 GiB of memory.")


def _peak_bytes() -> int:
    try:
        import resource
    except ImportError:  # Windows does not tell
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
