"""Window, zone grid and scores as a presentation state, which any viewer shows over the original image (PS3.3 A.33).

A grayscale one for an image of grey values, a colour one, which has no window, for a colour image.
"""

from __future__ import annotations

from datetime import datetime
from itertools import product
from typing import Any

import highdicom as hd
import numpy as np
import numpy.typing as npt
from PIL import ImageCms
from pydicom.dataset import Dataset

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.dicom_objects.new_instance import NewSeries, complete, identification, lasting_uid
from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.display import Voi
from bsnet_core.inference.prediction import Prediction
from bsnet_core.intended_use import research_only
from bsnet_core.language import translate as _
from bsnet_core.radiograph import LookupTable, Radiograph, VoiFunction
from bsnet_core.standard_orientation import StandardOrientation
from bsnet_core.zone_outlines import closed, zone_outline

SERIES_NUMBER = 9705
GRID_LAYER, SCORE_LAYER = "BRIXIA_GRID", "BRIXIA_SCORES"
GRID_COLOUR, SCORE_COLOUR = (235, 235, 235), (255, 209, 102)
MOST_ENTRIES = 65535
NOTE_SHARE = 0.05
"""Height of the line below the image that names score and model, as a share of the image's."""


def presentation_state(
    original: OriginalImage, radiograph: Radiograph, prediction: Prediction, voi: Voi, made_at: datetime
) -> Dataset:
    """Makes the presentation state of a prediction.

    Args:
        original: The image.
        radiograph: The image as loaded.
        prediction: The network's result for it.
        voi: The window or VOI LUT to show it by.
        made_at: Now, with a time zone.
    """
    grid, scores = _layers()
    annotations = [
        hd.pr.GraphicAnnotation([original.header], grid, graphic_objects=_outlines(original, prediction)),
        hd.pr.GraphicAnnotation([original.header], scores, text_objects=_texts(original, prediction)),
    ]
    series = NewSeries(SERIES_NUMBER, _("Brixia score over the image"))
    common: dict[str, Any] = {
        "referenced_images": [original.header],
        "content_label": "BRIXIA",
        "content_description": original.repertoire.spelled(series.description),
        "graphic_annotations": annotations,
        "graphic_layers": [grid, scores],
        **identification(series, original, made_at),
    }
    for absent in ("content_date", "content_time"):  # states have a time of their own
        common.pop(absent)
    if original.is_colour:
        state = hd.pr.ColorSoftcopyPresentationState(**common, icc_profile=_srgb_input_profile())
        _bring_to_standard_orientation(state, radiograph)
        return _complete(state, original, made_at)
    shape = "INVERSE" if radiograph.shown_inverted else "IDENTITY"
    grey_state = hd.pr.GrayscaleSoftcopyPresentationState(
        **common,
        modality_lut_transformation=_modality_lut(radiograph),
        voi_lut_transformations=[_voi_lut(voi)],
        presentation_lut_transformation=hd.PresentationLUTTransformation(presentation_lut_shape=shape),
    )
    _bring_to_standard_orientation(grey_state, radiograph)
    return _complete(grey_state, original, made_at)


def _bring_to_standard_orientation(state: Dataset, radiograph: Radiograph) -> None:
    """Has the image shown as this program shows it: rotated clockwise first, then flipped (PS3.3 C.10.6, C.10.4)."""
    turn = StandardOrientation.of(radiograph.metadata.patient_orientation)
    if turn.changes_nothing:
        return
    probe = np.arange(6).reshape(2, 3)
    state.ImageRotation, state.ImageHorizontalFlip = next(
        (90 * quarters, "Y" if flipped else "N")
        for quarters, flipped in product(range(4), (False, True))
        if np.array_equal(np.rot90(probe, -quarters)[:, :: -1 if flipped else 1], turn.to_standard(probe))
    )
    height, width = radiograph.shape
    corners = turn.to_standard(np.array([[0, 1], [2, 3]]))
    (area,) = state.DisplayedAreaSelectionSequence
    first, last = (
        [width if corner % 2 else 1, height if corner // 2 else 1] for corner in (corners[0, 0], corners[1, 1])
    )
    area.DisplayedAreaTopLeftHandCorner, area.DisplayedAreaBottomRightHandCorner = first, last


def _complete(state: Dataset, original: OriginalImage, made_at: datetime) -> Dataset:
    now = original.local(made_at)
    state.Laterality = ""  # of a paired part of the body; the chest is none, and some checks ask for it all the same
    state.PresentationCreationDate, state.PresentationCreationTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    return complete(state, original, made_at)


def _srgb_input_profile() -> bytes:
    """The profile of sRGB as that of an input device: DICOM takes no screen's (PS3.3 C.11.15)."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile[:12] + b"scnr" + profile[16:]


def _layers() -> tuple[hd.pr.GraphicLayer, hd.pr.GraphicLayer]:
    return (
        hd.pr.GraphicLayer(GRID_LAYER, 1, "Zones A to F", hd.color.CIELabColor.from_rgb(*GRID_COLOUR)),
        hd.pr.GraphicLayer(SCORE_LAYER, 2, "Scores", hd.color.CIELabColor.from_rgb(*SCORE_COLOUR)),
    )


def _outlines(original: OriginalImage, prediction: Prediction) -> list[hd.pr.GraphicObject]:
    found = [(zone, zone_outline(prediction.frames, zone)) for zone in ZONES]
    return [
        hd.pr.GraphicObject(
            graphic_type=hd.pr.GraphicTypeValues.POLYLINE,
            graphic_data=closed(outline),
            units=hd.pr.AnnotationUnitsValues.PIXEL,
            tracking_id=f"Brixia score, zone {zone.name}",
            tracking_uid=lasting_uid(original.header.SOPInstanceUID, f"zone {zone.name}"),
        )
        for zone, outline in found
        if len(outline) >= 3
    ]


def _texts(original: OriginalImage, prediction: Prediction) -> list[hd.pr.TextObject]:
    texts = [
        hd.pr.TextObject(
            text_value=score_text(prediction, zone),
            units=hd.pr.AnnotationUnitsValues.PIXEL,
            anchor_point=(float(outline[:, 0].mean()), float(outline[:, 1].mean())),
            anchor_point_visible=False,
        )
        for zone in ZONES
        if len(outline := zone_outline(prediction.frames, zone)) >= 3
    ]
    texts.append(
        hd.pr.TextObject(
            text_value=original.repertoire.spelled(f"{whole_text(prediction)} {research_only()}"),
            units=hd.pr.AnnotationUnitsValues.DISPLAY,
            bounding_box=(0.01, 1 - NOTE_SHARE, 0.99, 0.99),
            text_justification=hd.pr.TextJustificationValues.LEFT,
        )
    )
    return texts


def whole_text(prediction: Prediction) -> str:
    """Global score, its interval and the model, in a sentence."""
    model, total = prediction.model, prediction.score.total
    if prediction.interval is None:
        return _("Global score {total}/18, {model} {version}.").format(
            total=total, model=model.name, version=model.version
        )
    low, high = prediction.interval
    return _("Global score {total}/18 (90% interval {low} to {high}), {model} {version}.").format(
        total=total, low=low, high=high, model=model.name, version=model.version
    )


def score_text(prediction: Prediction, zone: Zone) -> str:
    """A zone's letter, score and confidence."""
    return f"{zone.name} {prediction.score[zone]} ({prediction.confidence_of(zone):.0%})"


def _modality_lut(radiograph: Radiograph) -> hd.ModalityLUTTransformation | None:
    """The file's, as the program understood it; None where modality values are stored values."""
    table = radiograph.modality_lut
    if table is not None:
        lut = hd.ModalityLUT("US", 0, _sixteen_bits(table.entries[:MOST_ENTRIES]))
        _begin_at(lut, table.first_value)
        return hd.ModalityLUTTransformation(modality_lut=lut)
    if radiograph.rescale_slope == 1 and radiograph.rescale_intercept == 0:
        return None
    return hd.ModalityLUTTransformation(
        rescale_slope=_decimal(radiograph.rescale_slope),
        rescale_intercept=_decimal(radiograph.rescale_intercept),
        rescale_type=hd.RescaleTypeValues.US,
    )


def _voi_lut(voi: Voi) -> hd.pr.SoftcopyVOILUTTransformation:
    if isinstance(voi, LookupTable):
        # The range of the output is told by its bits; here it is always 16.
        entries = voi.entries[:MOST_ENTRIES] * (65535 / ((1 << voi.bits) - 1))
        lut = hd.VOILUT(0, _sixteen_bits(entries))
        _begin_at(lut, voi.first_value)
        return hd.pr.SoftcopyVOILUTTransformation(voi_luts=[lut])
    narrowest = 1.0 if voi.function is VoiFunction.LINEAR else 0.0
    return hd.pr.SoftcopyVOILUTTransformation(
        window_center=_decimal(voi.centre),
        window_width=max(_decimal(voi.width), narrowest),
        voi_lut_function=voi.function.value,
    )


def _begin_at(lut: Dataset, first_value: int) -> None:
    """States the value that the first entry is for; highdicom takes none below 0, of which signed images have many."""
    count = int(lut.LUTDescriptor[0])
    lut.add_new("LUTDescriptor", "SS" if first_value < 0 else "US", [count, first_value, 16])


def _sixteen_bits(entries: npt.NDArray[np.floating]) -> npt.NDArray[np.uint16]:
    return np.clip(np.rint(entries), 0, 65535).astype(np.uint16)


def _decimal(value: float) -> float:
    """A number that fits into the 16 letters of VR DS."""
    return float(f"{value:.9g}")
