"""Some of a film's pixels, for thumbnails: the same as those of the whole film, however its file lays them down."""

import numpy as np
import pytest
from PIL import Image
from pydicom.uid import ImplicitVRLittleEndian, JPEGLSLossless, RLELossless

from bsnet_core.errors import UnreadableImageError
from bsnet_core.loading import dicom_pixels, load_radiograph
from bsnet_core.loading.sampling import sampling_step
from tests.dicom_files import chest_dataset, ramp, write_compressed, write_dicom

ENOUGH_PX = 100


def kinds_of_files(folder):
    """One file of every kind that is sampled in another way."""
    image = ramp(450, 520)
    implicit = chest_dataset(image, 12)
    implicit.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    implicit.save_as(folder / "implicit.dcm", enforce_file_format=True)
    entries = np.arange(256, dtype=np.uint16)[::-1] << 8
    palette = {f"{name}PaletteColorLookupTableData": entries.tobytes() for name in ("Red", "Green", "Blue")}
    palette |= {f"{name}PaletteColorLookupTableDescriptor": [256, 0, 16] for name in ("Red", "Green", "Blue")}
    indices = ramp(450, 520, 8, np.uint8)
    return {
        "explicit": write_dicom(folder / "explicit.dcm", image, 12),
        "implicit": folder / "implicit.dcm",
        "8 bit": write_dicom(folder / "8.dcm", ramp(450, 521, 8, np.uint8)),
        "signed": write_dicom(folder / "signed.dcm", (image.astype(np.int32) - 2048).astype(np.int16), 12),
        "high bits": write_dicom(folder / "high.dcm", image << 4, 12, HighBit=15),
        "colour": write_dicom(
            folder / "rgb.dcm",
            np.repeat(ramp(450, 520, 8, np.uint8)[..., None], 3, 2),
            SamplesPerPixel=3,
            PhotometricInterpretation="RGB",
            PlanarConfiguration=0,
        ),
        "palette": write_dicom(folder / "palette.dcm", indices, PhotometricInterpretation="PALETTE COLOR", **palette),
        "JPEG-LS": write_compressed(folder / "ls.dcm", image, JPEGLSLossless, 12),
        "RLE": write_compressed(folder / "rle.dcm", image, RLELossless, 12),
    }


@pytest.mark.parametrize("whole_bytes", [0, 2**30])
def test_a_sample_is_every_nth_pixel_of_the_whole_film(tmp_path, monkeypatch, whole_bytes):
    monkeypatch.setattr(dicom_pixels, "READ_WHOLE_BYTES", whole_bytes)
    for kind, path in kinds_of_files(tmp_path).items():
        whole, sample = load_radiograph(path), load_radiograph(path, sampled_px=ENOUGH_PX)
        assert np.array_equal(sample.stored, whole.stored[::4, ::4]), kind
        assert sample.metadata == whole.metadata, kind
        assert sample.stored_offset == whole.stored_offset, kind


def test_a_picture_gives_a_smaller_one(tmp_path):
    grey = ramp(600, 800, 8, np.uint8)
    for name in ("film.jpg", "film.png"):
        Image.fromarray(grey).save(tmp_path / name, **({"quality": 95} if name.endswith("jpg") else {}))
        sample = load_radiograph(tmp_path / name, sampled_px=ENOUGH_PX).stored
        assert ENOUGH_PX <= min(sample.shape) < 2 * ENOUGH_PX
        height, width = sample.shape
        rows, columns = ((np.arange(height) + 0.5) * 600 / height).astype(int), np.arange(width) * 800 // width
        assert np.abs(sample.astype(int) - grey[np.ix_(rows, columns)]).max() <= 4


def test_a_film_that_is_cut_off_is_refused_in_the_same_words(tmp_path):
    path = write_dicom(tmp_path / "film.dcm", ramp(450, 520), bits=12)
    path.write_bytes(path.read_bytes()[:-200_000])
    sentences = []
    for sampled_px in (None, ENOUGH_PX):
        with pytest.raises(UnreadableImageError) as rejected:
            load_radiograph(path, sampled_px=sampled_px)
        sentences.append(str(rejected.value))
    assert sentences[0] == sentences[1]
    assert "cut off" in sentences[0]


def test_small_films_are_taken_whole():
    assert sampling_step((99, 3000), ENOUGH_PX) == 1
    assert sampling_step((3000, 2000), None) == 1
    assert sampling_step((3000, 2000), ENOUGH_PX) == 20
