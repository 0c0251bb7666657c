"""A loaded radiograph: its stored values, their meaning, and the file's metadata."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt


class VoiFunction(StrEnum):
    """The function by which a window maps values to display (DICOM PS3.3 C.11.2.1.3)."""

    LINEAR = "LINEAR"
    LINEAR_EXACT = "LINEAR_EXACT"
    SIGMOID = "SIGMOID"


@dataclass(frozen=True, slots=True)
class VoiWindow:
    """One window of the file or of the user, in modality values."""

    centre: float
    width: float
    function: VoiFunction = VoiFunction.LINEAR
    explanation: str = ""


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A DICOM look-up table (PS3.3 C.11.1.1 and C.11.2.1.1): `entries[value - first_value]`, ends held."""

    first_value: int
    entries: npt.NDArray[np.float32]
    bits: int
    explanation: str = ""


class SpacingMeaning(StrEnum):
    """The meaning of a distance in mm on an image."""

    DETECTOR = "at detector"
    CORRECTED = "corrected by magnification"
    UNKNOWN = "pixels"


@dataclass(frozen=True, slots=True)
class PixelSpacing:
    """Distance between pixel centres in mm, rows first as DICOM writes it."""

    row_mm: float
    column_mm: float
    meaning: SpacingMeaning


@dataclass(frozen=True, slots=True)
class Shutter:
    """The part of the image to be shown (DICOM PS3.3 C.7.6.11): what lies inside all of the shapes.

    All in image pixels, pixel-edge coordinates: the first pixel covers [0, 1].

    Attributes:
        rectangle: left, top, right, bottom.
        circle: x and y of the centre, radius in pixel widths.
        polygon: Corners as x, y; empty if there is none.
    """

    rectangle: tuple[float, float, float, float] | None = None
    circle: tuple[float, float, float] | None = None
    polygon: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True)
class OverlayPlane:
    """One DICOM overlay of the file (PS3.3 C.9.2).

    Attributes:
        drawn: (H, W) bool.
        left, top: Position of its first pixel, in image pixels.
        description: The file's name for it.
    """

    drawn: npt.NDArray[np.bool_]
    left: int = 0
    top: int = 0
    description: str = ""


@dataclass(frozen=True, slots=True)
class ImageMetadata:
    """The file's metadata; an empty string or None for what it does not state.

    `patient_name`, `patient_id` and `patient_birth_date` identify a person: never log them.

    Attributes:
        study_date: Or the date of the acquisition, series, content or procedure step, the first that is a date.
        creation_date: Date on which the file, perhaps a copy, was made.
        coded_view, coded_body_part: View and anatomic region by their codes, in the standard's words or, where the
            code is not the standard's, in the file's.
    """

    patient_name: str = ""
    patient_id: str = ""
    patient_birth_date: str = ""
    patient_sex: str = ""
    patient_age: str = ""
    study_uid: str = ""
    series_uid: str = ""
    sop_instance_uid: str = ""
    sop_class_uid: str = ""
    study_date: str = ""
    study_time: str = ""
    study_description: str = ""
    series_description: str = ""
    protocol_name: str = ""
    step_description: str = ""
    processing_description: str = ""
    creation_date: str = ""
    accession_number: str = ""
    institution: str = ""
    manufacturer: str = ""
    modality: str = ""
    body_part: str = ""
    coded_body_part: str = ""
    view_position: str = ""
    coded_view: str = ""
    image_laterality: str = ""
    patient_orientation: tuple[str, str] | None = None
    burned_in_annotation: str = ""
    transfer_syntax: str = ""
    lossy_compressed: bool = False
    spacing: PixelSpacing | None = None


@dataclass(frozen=True)
class Radiograph:
    """One radiograph with the meaning of its pixels.

    `stored` holds the file's stored values shifted by `stored_offset` so that they fit uint16
    (stored value = code + stored_offset); a colour image is already reduced to grey. DICOM's order is
    stored -> modality -> VOI (display) values; only the last step depends on the window.
    """

    stored: npt.NDArray[np.uint16]
    """(H, W) codes; read-only."""
    stored_offset: int
    bits_stored: int
    monochrome1: bool
    """Whether low modality values are to be shown bright (PhotometricInterpretation MONOCHROME1)."""
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    modality_lut: LookupTable | None = None
    voi_windows: tuple[VoiWindow, ...] = ()
    voi_luts: tuple[LookupTable, ...] = ()
    presentation_inverse: bool = False
    """Whether PresentationLUTShape is INVERSE; for MONOCHROME1 it repeats the polarity and does not invert again."""
    padding: tuple[int, int] | None = None
    """Inclusive range of padding in stored values (PixelPaddingValue and ...RangeLimit)."""
    colourfulness: float = 0.0
    """Colourfulness of the image before it was reduced to grey (`loading.colour_to_grey`); 0 for grey files."""
    metadata: ImageMetadata = field(default_factory=ImageMetadata)
    source: Path | None = None
    shutter: Shutter | None = None
    overlay_planes: tuple[OverlayPlane, ...] = ()
    loading_notes: tuple[str, ...] = ()
    """Sentences for the reader, in the language in use, on what in the file was contradictory and how it was loaded."""
    repairs: tuple[str, ...] = ()
    """Repairs done to the image on request, in order (`bsnet_core.repair.RepairStep`); each has a note above, too."""

    @property
    def shape(self) -> tuple[int, int]:
        """(height, width) in pixels."""
        height, width = self.stored.shape
        return height, width

    def modality_of(self, codes: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """Modality values of `codes`: the Modality LUT if there is one, else slope and intercept."""
        stored = codes.astype(np.int64) + self.stored_offset
        if self.modality_lut is not None:
            table = self.modality_lut
            index = np.clip(stored - table.first_value, 0, len(table.entries) - 1)
            return table.entries[index].astype(np.float32)
        return (stored * self.rescale_slope + self.rescale_intercept).astype(np.float32)

    @cached_property
    def known_percentiles(self) -> dict[tuple[tuple[float, ...], float], tuple[float, ...]]:
        """Percentiles of the values measured so far; filled by `bsnet_core.display`."""
        return {}

    @cached_property
    def pixels(self) -> npt.NDArray[np.float32]:
        """(H, W) float32 in [0, 1], bone bright, linear in the modality values; padding is 0.

        Independent of the window: the network sees the same whatever the screen shows. The darkest and brightest
        values present, without padding, become 0 and 1; an image of one value becomes all 0.
        """
        used = np.bincount(self.stored.ravel(), minlength=1).nonzero()[0]
        is_padding = np.zeros(len(used), dtype=bool)
        if self.padding is not None:
            low, high = self.padding
            stored = used + self.stored_offset
            is_padding = (stored >= low) & (stored <= high)
        if is_padding.all():
            return np.zeros(self.shape, dtype=np.float32)
        modality = self.modality_of(used)
        low_value = float(modality[~is_padding].min())
        span = float(modality[~is_padding].max()) - low_value
        table = np.zeros(int(used[-1]) + 1, dtype=np.float32)
        if span > 0:
            scaled = (modality - low_value) / span
            table[used] = np.clip(1.0 - scaled if self.shown_inverted else scaled, 0.0, 1.0)
            table[used[is_padding]] = 0.0
        pixels = table[self.stored]
        pixels.setflags(write=False)
        return pixels

    @property
    def shown_inverted(self) -> bool:
        """Whether low modality values are shown bright, by either of the two tags."""
        return self.monochrome1 or self.presentation_inverse
