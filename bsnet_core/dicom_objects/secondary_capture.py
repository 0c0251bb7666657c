"""The image with lungs, zones and scores drawn into its pixels, in colour: for viewers that show nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import cv2
import highdicom as hd
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont
from pydicom.dataset import Dataset
from pydicom.valuerep import DA, TM

from bsnet_core.brixia import ZONES
from bsnet_core.dicom_objects.new_instance import NewSeries, complete, identification
from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.dicom_objects.presentation_state import GRID_COLOUR, SCORE_COLOUR, score_text, whole_text
from bsnet_core.display import Voi, display_table
from bsnet_core.inference.prediction import Prediction
from bsnet_core.intended_use import research_only
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph
from bsnet_core.resources import resources_dir
from bsnet_core.standard_orientation import StandardOrientation
from bsnet_core.zone_outlines import zone_outline

SERIES_NUMBER = 9706
LONGEST_SIDE_PX = 1600
LUNG_COLOUR = (0, 158, 115)
LETTERS_SHARE = 0.028
"""Height of the letters, as a share of the longer side."""


def secondary_capture(
    original: OriginalImage, radiograph: Radiograph, prediction: Prediction, voi: Voi, made_at: datetime
) -> Dataset:
    """Makes the secondary capture of a prediction; arguments as for `presentation_state`."""
    pixels = painted(radiograph, prediction, voi)
    series = NewSeries(SERIES_NUMBER, _("Brixia score, image in colour"))
    common: dict[str, Any] = identification(series, original, made_at)
    capture = hd.sc.SCImage.from_ref_dataset(
        ref_dataset=original.header,
        pixel_array=pixels,
        photometric_interpretation=hd.PhotometricInterpretationValues.RGB,
        bits_allocated=8,
        coordinate_system=hd.CoordinateSystemNames.PATIENT,
        patient_orientation=("L", "F"),
        transfer_syntax_uid="1.2.840.10008.1.2.1",
        **common,
    )
    now = original.local(made_at)
    capture.DateOfSecondaryCapture, capture.TimeOfSecondaryCapture = DA(now.date()), TM(now.time())
    capture.BurnedInAnnotation = "YES"  # scores; a name in the image itself may be there, too
    capture.Laterality = ""
    reference = Dataset()
    reference.ReferencedSOPClassUID = original.header.SOPClassUID
    reference.ReferencedSOPInstanceUID = original.header.SOPInstanceUID
    capture.SourceImageSequence = [reference]
    capture.DerivationDescription = original.repertoire.spelled(series.description)
    return complete(capture, original, made_at)


def painted(radiograph: Radiograph, prediction: Prediction, voi: Voi) -> npt.NDArray[np.uint8]:
    """The image in standard orientation with everything drawn over it.

    Returns:
        (H, W, 3) uint8 RGB, the longer side at most `LONGEST_SIDE_PX`, with lines of text below the image.
    """
    turn = StandardOrientation.of(radiograph.metadata.patient_orientation)
    grey = np.ascontiguousarray(turn.to_standard(display_table(radiograph, voi)[radiograph.stored]))
    lungs = np.ascontiguousarray(turn.to_standard(prediction.lung_mask)).astype(np.uint8)
    height, width = grey.shape
    scale = min(1.0, LONGEST_SIDE_PX / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    canvas = cv2.cvtColor(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2RGB)
    thickness = max(1, max(size) // 500)
    contours, _hierarchy = cv2.findContours(
        cv2.resize(lungs, size, interpolation=cv2.INTER_NEAREST), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    cv2.drawContours(canvas, contours, -1, LUNG_COLOUR, thickness)
    to_standard = turn.affine(radiograph.shape)
    letters_px = max(9, round(LETTERS_SHARE * max(size)))
    places = []
    for zone in ZONES:
        outline = zone_outline(prediction.frames, zone)
        if len(outline) >= 3:
            points = (outline @ to_standard[:, :2].T + to_standard[:, 2]) * [size[0] / width, size[1] / height]
            cv2.polylines(canvas, [np.rint(points).astype(np.int32)], True, GRID_COLOUR, thickness, cv2.LINE_AA)
            places.append((points.mean(axis=0), score_text(prediction, zone)))
    return _lettered(canvas, places, [whole_text(prediction), research_only()], letters_px)


def _lettered(
    canvas: npt.NDArray[np.uint8],
    places: list[tuple[npt.NDArray[np.float64], str]],
    below: list[str],
    letters_px: int,
) -> npt.NDArray[np.uint8]:
    file = str(resources_dir() / "fonts" / "NotoSans-Regular.ttf")
    font = ImageFont.truetype(file, letters_px)
    line_px = round(1.5 * letters_px)
    image = Image.new("RGB", (canvas.shape[1], canvas.shape[0] + line_px * len(below)))
    image.paste(Image.fromarray(canvas))
    pen = ImageDraw.Draw(image)
    for (x, y), text in places:
        pen.text((x, y), text, SCORE_COLOUR, font, anchor="mm", stroke_width=max(1, letters_px // 12), stroke_fill=0)
    for number, text in enumerate(below):
        narrowed = font
        wide = font.getlength(text)
        if wide > image.width:
            narrowed = ImageFont.truetype(file, max(5, int(letters_px * image.width / wide)))
        top = canvas.shape[0] + number * line_px
        pen.text((2, top + line_px / 2), text, GRID_COLOUR, narrowed, anchor="lm")
    return np.asarray(image)
