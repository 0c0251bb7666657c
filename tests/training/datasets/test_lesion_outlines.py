import cv2
import numpy as np
import pytest

from training.datasets.lesion_outlines import load_lesion_outlines
from training.datasets.sample import MaskSizeError, UnreadableFileError


def test_every_bit_is_an_outline_of_its_own(tmp_path):
    bits = np.array([[0, 1, 2, 4 | 1], [8 | 2, 4 | 8, 16 | 1, 0]], np.uint8)
    cv2.imwrite(str(tmp_path / "bits.png"), bits)
    outlines = load_lesion_outlines(tmp_path / "bits.png", (2, 4))
    assert outlines.patients_right_lung.tolist() == [[False, True, False, True], [False, False, True, False]]
    assert outlines.patients_left_lung.tolist() == [[False, False, True, False], [True, False, False, False]]
    assert outlines.ground_glass.sum() == outlines.consolidation.sum() == 2
    assert outlines.disease.tolist() == [[False, False, False, True], [True, True, False, False]]
    assert outlines.lungs.sum() == 5
    assert np.argwhere(outlines.tubes).tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("pixels", "error", "said"),
    [
        (np.zeros((2, 5), np.uint8), MaskSizeError, "another size than their image"),
        (np.full((2, 4), 32, np.uint8), UnreadableFileError, "not bit masks"),
        (np.zeros((2, 4, 3), np.uint8), UnreadableFileError, "not bit masks"),
    ],
)
def test_other_images_are_no_outlines(tmp_path, pixels, error, said):
    cv2.imwrite(str(tmp_path / "bits.png"), pixels)
    with pytest.raises(error, match=said):
        load_lesion_outlines(tmp_path / "bits.png", (2, 4))


def test_a_missing_or_damaged_file_is_named(tmp_path):
    with pytest.raises(UnreadableFileError, match=r"nowhere\.png cannot be loaded"):
        load_lesion_outlines(tmp_path / "nowhere.png", (2, 4))
    (tmp_path / "damaged.png").write_bytes(b"no image")
    with pytest.raises(UnreadableFileError, match=r"damaged\.png are not bit masks"):
        load_lesion_outlines(tmp_path / "damaged.png", (2, 4))
