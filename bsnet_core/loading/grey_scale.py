"""The meaning of a DICOM file's stored values: rescaling, windows, look-up tables, polarity and padding.

Source: PS3.3 C.7.5.1.1.2, C.11.1, C.11.2.
"""

from __future__ import annotations

from dataclasses import dataclass

from pydicom.dataset import Dataset

from bsnet_core.display import full_window
from bsnet_core.language import translate as _
from bsnet_core.loading.header import integer_of, number_of, numbers_and_gaps_of, text_of, value_of
from bsnet_core.loading.look_up_tables import tables_of
from bsnet_core.loading.palette import has_palette
from bsnet_core.radiograph import LookupTable, VoiFunction, VoiWindow


@dataclass(frozen=True, slots=True)
class GreyScale:
    """The meaning of stored values; each field as in `Radiograph`."""

    monochrome1: bool = False
    rescale_slope: float = 1.0
    rescale_intercept: float = 0.0
    modality_lut: LookupTable | None = None
    voi_windows: tuple[VoiWindow, ...] = ()
    voi_luts: tuple[LookupTable, ...] = ()
    presentation_inverse: bool = False
    padding: tuple[int, int] | None = None


def grey_scale_of(header: Dataset, *, bits: int, signed: bool) -> GreyScale:
    """The meaning of stored values of `bits` bits.

    In a colour image nothing of that has a meaning, and its luminance is shown as stored.
    """
    if not is_grey_scale(header):
        return GreyScale(voi_windows=(window_as_stored(bits),))
    lowest, highest = (-(1 << (bits - 1)), (1 << (bits - 1)) - 1) if signed else (0, (1 << bits) - 1)
    slope, intercept = number_of(header, "RescaleSlope") or 1.0, number_of(header, "RescaleIntercept") or 0.0
    modality_lut = next(iter(tables_of(header, "ModalityLUTSequence", (lowest, highest), signed=signed)), None)
    if modality_lut is not None:
        values = float(modality_lut.entries.min()), float(modality_lut.entries.max())
    else:
        ends = lowest * slope + intercept, highest * slope + intercept
        values = min(ends), max(ends)
    return GreyScale(
        monochrome1=text_of(header, "PhotometricInterpretation").upper() == "MONOCHROME1",
        rescale_slope=slope,
        rescale_intercept=intercept,
        modality_lut=modality_lut,
        voi_windows=windows_of(header),
        voi_luts=tables_of(header, "VOILUTSequence", values, signed=values[0] < 0),
        presentation_inverse=text_of(header, "PresentationLUTShape").upper() == "INVERSE",
        padding=padding_of(header),
    )


def is_grey_scale(header: Dataset) -> bool:
    """Whether window, look-up tables, rescaling, polarity and padding mean anything: not in a colour image.

    Source: PS3.3 C.7.5.1.1.2, C.11.1.1, C.11.2.1.2.
    """
    return integer_of(header, "SamplesPerPixel", 1) == 1 and not has_palette(header)


def window_as_stored(bits: int) -> VoiWindow:
    """The window that shows a colour image's luminance as it is: the whole range of `bits`."""
    return full_window(bits, _("as stored"))


def windows_of(header: Dataset) -> tuple[VoiWindow, ...]:
    """The windows with a centre and a usable width, in the file's order."""
    centres, widths = numbers_and_gaps_of(header, "WindowCenter"), numbers_and_gaps_of(header, "WindowWidth")
    names = value_of(header, "WindowCenterWidthExplanation") or ""
    explanations = [names] if isinstance(names, str) else [str(name) for name in names]
    try:
        function = VoiFunction(text_of(header, "VOILUTFunction").upper() or "LINEAR")
    except ValueError:
        function = VoiFunction.LINEAR
    least = 1.0 if function is VoiFunction.LINEAR else 0.0
    return tuple(
        VoiWindow(centre, width, function, explanations[index].strip() if index < len(explanations) else "")
        for index, (centre, width) in enumerate(zip(centres, widths, strict=False))
        if centre is not None and width is not None and width >= least and width > 0
    )


def padding_of(header: Dataset) -> tuple[int, int] | None:
    """Inclusive range of padding in stored values, or None."""
    value = value_of(header, "PixelPaddingValue")
    if not isinstance(value, int):
        return None
    limit = integer_of(header, "PixelPaddingRangeLimit", value)
    # Written as US or SS, and sometimes as the wrong one.
    if integer_of(header, "PixelRepresentation", 0) == 1:
        value, limit = (number - 65536 if number > 32767 else number for number in (value, limit))
    else:
        value, limit = (number + 65536 if number < 0 else number for number in (value, limit))
    return min(value, limit), max(value, limit)
