from dataclasses import replace

import numpy as np
import pytest

from app.canvas.corners import CornerContent, corner_lines, window_text
from app.canvas.drawing.orientation import Orientation
from app.canvas.modes import CornerTexts
from bsnet_core.radiograph import ImageMetadata, Radiograph, VoiWindow

METADATA = ImageMetadata(
    patient_name="Doe^Jane", patient_id="P-77", patient_birth_date="19500203", patient_sex="F", patient_age="070Y",
    study_date="20200105", study_description="Chest of Jane Doe", modality="DX", view_position="PA",
    image_laterality="U", lossy_compressed=True,
)  # fmt: skip
STORED = np.arange(12, dtype=np.uint16).reshape(3, 4)
CONTENT = CornerContent(
    radiograph=Radiograph(STORED, 0, 12, monochrome1=False, metadata=METADATA),
    window=VoiWindow(2000, 4000),
    preset="lungs",
    zoom=0.5,
    inverted=True,
    orientation=Orientation(1, True),
    texts=CornerTexts.FULL,
    identity_hidden=False,
    probe="x 1, y 2",
)


def everything(corners):
    lines = corner_lines(corners)
    return (*lines.top_left, *lines.top_right, *lines.bottom_left, *lines.bottom_right)


def test_full_corners_name_patient_study_view_window_preset_and_zoom():
    lines = corner_lines(CONTENT)
    assert lines.top_left == ("Doe Jane", "P-77", "F  70 years  born 1950-02-03")
    assert lines.top_right == ("2020-01-05", "Chest of Jane Doe", "DX  PA  laterality U")
    assert lines.bottom_left == ("x 1, y 2", "lungs", "C 2000  W 4000", "Zoom 50%", "Inverted", "flipped, rotated 90°")
    assert lines.bottom_right == ("4 × 3, 12 bit", "lossy compression")


def test_minimal_corners_keep_window_zoom_and_the_lossy_mark():
    assert everything(replace(CONTENT, texts=CornerTexts.MINIMAL)) == (
        "x 1, y 2", "C 2000  W 4000   Zoom 50%", "lossy compression",
    )  # fmt: skip


def test_empty_corners_answer_only_what_is_asked():
    assert everything(replace(CONTENT, texts=CornerTexts.NONE)) == ("x 1, y 2",)


@pytest.mark.parametrize("texts", CornerTexts)
def test_hidden_identity_leaves_nothing_that_names_the_patient_or_the_day(texts):
    said = " ".join(everything(replace(CONTENT, texts=texts, identity_hidden=True)))
    for secret in ("Doe", "Jane", "P-77", "1950", "2020", "70"):
        assert secret not in said


def test_window_text_has_digits_where_they_count():
    assert window_text(VoiWindow(2047.6, 4096)) == "C 2048  W 4096"
    assert window_text(VoiWindow(0.5, 1.25)) == "C 0.500  W 1.250"
