from dataclasses import replace

import numpy as np
import pytest

from app.canvas.corners import CornerContent, corner_lines
from app.canvas.drawing.orientation import Orientation
from app.canvas.modes import CornerTexts
from app.canvas.probe import probe
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
    assert lines.top_left == ("Doe Jane", "P-77", "F  070Y  born 1950-02-03")
    assert lines.top_right == ("2020-01-05", "Chest of Jane Doe", "DX  PA  laterality U")
    assert lines.bottom_left == ("x 1, y 2", "lungs", "C 2000  W 4000", "Zoom 50%", "Inverted", "flipped, rotated 90°")
    assert lines.bottom_right == ("4 × 3, 12 bit", "lossy compression")


def test_minimal_corners_keep_window_zoom_and_the_lossy_mark():
    assert everything(replace(CONTENT, texts=CornerTexts.MINIMAL)) == (
        "x 1, y 2", "C 2000  W 4000   Zoom 50%", "lossy compression",
    )  # fmt: skip


def test_empty_corners_answer_only_what_is_asked():
    assert everything(replace(CONTENT, texts=CornerTexts.NONE)) == ("x 1, y 2",)


def test_the_cycle_comes_round():
    assert CornerTexts.FULL.next.next.next is CornerTexts.FULL


@pytest.mark.parametrize("texts", CornerTexts)
def test_hidden_identity_leaves_nothing_that_names_the_patient_or_the_day(texts):
    said = " ".join(everything(replace(CONTENT, texts=texts, identity_hidden=True)))
    for secret in ("Doe", "Jane", "P-77", "1950", "2020", "070Y"):
        assert secret not in said


def test_the_probe_names_padding_and_signed_values():
    radiograph = Radiograph(STORED, -5, 12, monochrome1=False, rescale_slope=2.0, padding=(-5, -5))
    table = np.full(65536, 9, np.uint8)
    assert probe(radiograph, table, (0.2, 0.9)).text == "x 0, y 0: stored -5, modality -10, grey 9, padding"
    assert probe(radiograph, table, (3.9, 2.9)).stored == 6
    for outside in ((-0.1, 0), (4.0, 0), (0, 3.0)):
        assert probe(radiograph, table, outside) is None
