"""The image on the screen: stored values through Modality LUT, VOI LUT or window, and polarity, in one look-up table.

The network never sees any of this.

Source: DICOM PS3.3 C.11.1, C.11.2; for the screen PS3.14.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bsnet_core.gsdf import Screen
from bsnet_core.language import translate as _
from bsnet_core.radiograph import LookupTable, Radiograph, VoiFunction, VoiWindow

Voi = VoiWindow | LookupTable
DEFAULT_PERCENTILES = (0.5, 99.5)
TABLE_SIZE = 65536
LARGEST_DEEP_GREY_LEVEL = 65535
SAMPLED_PIXELS = 1_000_000
LUNG_PERCENTILES = (1.0, 75.0)
SOFT_TISSUE_PERCENTILES = (25.0, 97.0)
BONE_PERCENTILES = (45.0, 99.8)
"""Percentile ranges, from air to metal, that the presets map to all grey levels."""
PRESET_MARGIN = 0.08
"""Share of each side that the presets leave out: collimators and markers lie at the border."""
BLANK_LEVELS, USEFUL_LEVELS = 16, 64
"""Grey levels that the middle 95% of the pixels span: blank below the first, worth showing from the second on."""
BLANK_CHECK_PIXELS = 2_500


@dataclass(frozen=True, slots=True)
class WindowPreset:
    """A window or VOI LUT with the name under which it is offered."""

    name: str
    voi: Voi


def default_voi(radiograph: Radiograph) -> Voi:
    """The first of the file's VOI LUTs and then windows that shows something, else a window over the values present."""
    return default_preset(radiograph).voi


def default_preset(radiograph: Radiograph) -> WindowPreset:
    """`default_voi` with its name."""
    for own in _presets_of_the_file(radiograph):
        if not is_blank_through(radiograph, own.voi):
            return own
    return WindowPreset(_("automatic"), auto_window(radiograph))


def voi_of_the_file(radiograph: Radiograph) -> Voi | None:
    """The file's first VOI LUT, else its first window."""
    own = _presets_of_the_file(radiograph)
    return own[0].voi if own else None


def is_blank_through(radiograph: Radiograph, voi: Voi) -> bool:
    """Whether a VOI LUT or window lies so far off the values that they are nearly all white, black or one grey level.

    Not if the image itself is, or nearly so: then the automatic window would show no more. Nor does a window lie off
    them that is the range of all stored values, as that of a colour image: it shows them as they are.
    """
    if voi == full_window(radiograph.bits_stored, voi.explanation):
        return False
    step = max(1, int((radiograph.stored.size / BLANK_CHECK_PIXELS) ** 0.5))
    codes = radiograph.stored[::step, ::step].ravel()
    modality = radiograph.modality_of(codes)
    if radiograph.padding is not None:
        first, last = (value - radiograph.stored_offset for value in radiograph.padding)
        modality = modality[(codes < first) | (codes > last)]
    if not len(modality) or _levels_spanned(modality, voi) >= BLANK_LEVELS:
        return False
    return _levels_spanned(modality, auto_window(radiograph)) >= USEFUL_LEVELS


def full_window(bits: int, name: str) -> VoiWindow:
    """The window over the whole range of `bits`, which shows unsigned values as they are."""
    highest = float((1 << bits) - 1)
    return VoiWindow(highest / 2, highest, VoiFunction.LINEAR_EXACT, name)


def _levels_spanned(modality: npt.NDArray[np.float32], voi: Voi) -> float:
    levels = np.sort(_through(modality, voi))
    margin = len(levels) // 40
    return 255 * float(levels[len(levels) - 1 - margin] - levels[margin])


def presets(radiograph: Radiograph) -> tuple[WindowPreset, ...]:
    """The presets of the digit keys: 0 automatic, then the file's own, then lung, soft tissue and bone.

    The last three are percentile ranges of this image: the values of projection radiographs have no absolute scale,
    unlike those of CT.
    """
    # If low values are shown bright, dense tissue has the low values.
    is_inverted = radiograph.shown_inverted
    chest = (
        (_("lung"), LUNG_PERCENTILES),
        (_("soft tissue"), SOFT_TISSUE_PERCENTILES),
        (_("bone"), BONE_PERCENTILES),
    )
    ranges = [(100 - high, 100 - low) if is_inverted else (low, high) for _name, (low, high) in chest]
    values = _percentiles(radiograph, tuple(share for pair in ranges for share in pair), PRESET_MARGIN)
    of_chest = [
        WindowPreset(name, _window_over(low, high, name))
        for (name, _range), low, high in zip(chest, values[::2], values[1::2], strict=True)
    ]
    automatic = WindowPreset(_("automatic"), auto_window(radiograph))
    return (automatic, *_presets_of_the_file(radiograph), *of_chest)


def _presets_of_the_file(radiograph: Radiograph) -> list[WindowPreset]:
    tables = [
        WindowPreset(table.explanation or _("VOI LUT {number} of the file").format(number=number), table)
        for number, table in enumerate(radiograph.voi_luts, 1)
    ]
    windows = [
        WindowPreset(window.explanation or _("window {number} of the file").format(number=number), window)
        for number, window in enumerate(radiograph.voi_windows, 1)
    ]
    return tables + windows


def auto_window(radiograph: Radiograph) -> VoiWindow:
    """A window from the 0.5th to the 99.5th percentile of the modality values, without padding."""
    low, high = _percentiles(radiograph, DEFAULT_PERCENTILES)
    return _window_over(low, high, _("automatic"))


def _window_over(low: float, high: float, name: str) -> VoiWindow:
    return VoiWindow((low + high) / 2, max(high - low, 1e-3), VoiFunction.LINEAR_EXACT, name)


def modality_range(radiograph: Radiograph) -> tuple[float, float]:
    """About the lowest and highest modality value present, without padding; the scale for mouse steps."""
    low, high = _percentiles(radiograph, (0.0, 100.0))
    return low, high


def window_of(radiograph: Radiograph, voi: Voi) -> VoiWindow:
    """The window itself, or the window over a VOI LUT's input range, to start adjusting from."""
    if isinstance(voi, VoiWindow):
        return voi
    span = len(voi.entries)
    return VoiWindow(voi.first_value + span / 2, float(span), VoiFunction.LINEAR_EXACT, voi.explanation)


def display_table(
    radiograph: Radiograph, voi: Voi, *, inverted: bool = False, screen: Screen | None = None
) -> npt.NDArray[np.uint8]:
    """The grey level of every stored code; the only function that decides on polarity.

    Args:
        radiograph: Gives Modality LUT and photometric interpretation.
        voi: Window or VOI LUT on modality values.
        inverted: The user's own inversion, on top of the file's polarity.
        screen: Maps P-values to the driving levels of this screen by the Grayscale Standard Display Function; without
            a screen the P-values are the grey levels, as in everything that is saved.

    Returns:
        (65536,) uint8; index with `radiograph.stored`. Padding is black whatever the polarity (PS3.3 C.7.5.1.1.2).
    """
    codes = np.arange(TABLE_SIZE, dtype=np.int32)
    modality = radiograph.modality_of(codes)
    shares = _through(modality, voi)
    if radiograph.shown_inverted != inverted:
        shares = 1.0 - shares
    if screen is None:
        table = np.rint(shares * 255).astype(np.uint8)
    else:
        levels = screen.levels
        table = levels[np.rint(shares * (len(levels) - 1)).astype(np.int32)]
    if radiograph.padding is not None:
        low, high = (min(max(value - radiograph.stored_offset, 0), TABLE_SIZE) for value in radiograph.padding)
        table[low : high + 1] = 0
    return table


@dataclass(frozen=True)
class DeepGreyLevels:
    """A radiograph in 16 bits, in full range and without any window.

    Attributes:
        pixels: (H, W) uint16, higher is brighter by the file's polarity; padding is 0.
        slope, intercept: modality value = slope * pixel + intercept, except for padding.
    """

    pixels: npt.NDArray[np.uint16]
    slope: float
    intercept: float


def deep_grey_levels(radiograph: Radiograph) -> DeepGreyLevels:
    """The modality values in the file's own polarity, unchanged if they fit into 16 bits.

    Negative values are shifted to begin at 0. Only if a value is not whole, or the range exceeds 16 bits, are they
    scaled to all 16 bits and rounded.
    """
    codes = np.bincount(radiograph.stored.ravel(), minlength=1).nonzero()[0]
    values = radiograph.modality_of(codes).astype(np.float64)
    stored = codes + radiograph.stored_offset
    low, high = radiograph.padding if radiograph.padding is not None else (1, 0)
    is_padding = (stored >= low) & (stored <= high)
    seen = values[~is_padding] if not is_padding.all() else values
    darkest, brightest = float(seen.min()), float(seen.max())
    span, are_whole = brightest - darkest, bool((seen == np.rint(seen)).all())
    slope = 1.0 if span == 0 or (are_whole and span <= LARGEST_DEEP_GREY_LEVEL) else span / LARGEST_DEEP_GREY_LEVEL
    intercept = 0.0 if are_whole and darkest >= 0 and brightest <= LARGEST_DEEP_GREY_LEVEL else darkest
    if radiograph.shown_inverted:
        # The range stays, its ends are exchanged.
        slope, intercept = -slope, darkest + brightest - intercept
    table = np.zeros(TABLE_SIZE, dtype=np.uint16)
    table[codes] = np.clip(np.rint((values - intercept) / slope), 0, LARGEST_DEEP_GREY_LEVEL).astype(np.uint16)
    table[codes[is_padding]] = 0
    return DeepGreyLevels(table[radiograph.stored], slope, intercept)


def _through(values: npt.NDArray[np.float32], voi: Voi) -> npt.NDArray[np.float32]:
    return _through_table(values, voi) if isinstance(voi, LookupTable) else _through_window(values, voi)


def _through_window(values: npt.NDArray[np.float32], window: VoiWindow) -> npt.NDArray[np.float32]:
    """Values through a window (PS3.3 C.11.2.1.2 and C.11.2.1.3), as shares of the output range."""
    if window.function is VoiFunction.SIGMOID:
        exponent = np.clip(-4 * (values - window.centre) / window.width, -80, 80)
        return (1.0 / (1.0 + np.exp(exponent))).astype(np.float32)
    if window.function is VoiFunction.LINEAR_EXACT:
        shares = (values - window.centre) / window.width + 0.5
    elif window.width <= 1:
        shares = np.where(values > window.centre - 0.5, 1.0, 0.0)
    else:
        shares = (values - (window.centre - 0.5)) / (window.width - 1) + 0.5
    return np.clip(shares, 0.0, 1.0).astype(np.float32)


def _through_table(values: npt.NDArray[np.float32], table: LookupTable) -> npt.NDArray[np.float32]:
    index = np.clip(np.rint(values).astype(np.int64) - table.first_value, 0, len(table.entries) - 1)
    return (table.entries[index] / np.float32((1 << table.bits) - 1)).clip(0.0, 1.0)


def measure_values(radiograph: Radiograph) -> None:
    """Measures the percentiles that presets and windows need, so that they are instant afterwards."""
    presets(radiograph)
    modality_range(radiograph)


def _percentiles(radiograph: Radiograph, percents: tuple[float, ...], margin: float = 0.0) -> tuple[float, ...]:
    known = radiograph.known_percentiles
    if (percents, margin) not in known:
        known[percents, margin] = _measured_percentiles(radiograph, percents, margin)
    return known[percents, margin]


def _measured_percentiles(radiograph: Radiograph, percents: tuple[float, ...], margin: float) -> tuple[float, ...]:
    # A million pixels give the percentiles of nine, in a tenth of the time.
    step = max(1, int((radiograph.stored.size / SAMPLED_PIXELS) ** 0.5))
    height, width = radiograph.shape
    rows, columns = round(height * margin), round(width * margin)
    stored = radiograph.stored[rows : height - rows : step, columns : width - columns : step]
    counts = np.bincount(stored.ravel(), minlength=1)
    codes = counts.nonzero()[0]
    if radiograph.padding is not None:
        low, high = (value - radiograph.stored_offset for value in radiograph.padding)
        inside = codes[(codes < low) | (codes > high)]
        codes = inside if len(inside) else codes
    modality = radiograph.modality_of(codes)
    order = np.argsort(modality, kind="stable")
    cumulative = counts[codes][order].cumsum()
    return tuple(
        float(modality[order][np.searchsorted(cumulative, share / 100 * cumulative[-1])]) for share in percents
    )
