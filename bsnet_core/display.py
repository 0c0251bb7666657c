"""What the eye sees: stored values through Modality LUT, VOI LUT or window, and polarity, in one look-up table.

Source: DICOM PS3.3 C.11.1, C.11.2. The network never sees any of this.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from bsnet_core.radiograph import LookupTable, Radiograph, VoiFunction, VoiWindow

Voi = VoiWindow | LookupTable
DEFAULT_PERCENTILES = (0.5, 99.5)
TABLE_SIZE = 65536
SAMPLED_PIXELS = 1_000_000


def default_voi(radiograph: Radiograph) -> Voi:
    """The file's first VOI LUT, else its first window, else a window over the values present."""
    if radiograph.voi_luts:
        return radiograph.voi_luts[0]
    if radiograph.voi_windows:
        return radiograph.voi_windows[0]
    return auto_window(radiograph)


def auto_window(radiograph: Radiograph) -> VoiWindow:
    """A window from the 0.5th to the 99.5th percentile of the modality values, padding aside."""
    low, high = _percentiles(radiograph, DEFAULT_PERCENTILES)
    return VoiWindow((low + high) / 2, max(high - low, 1e-3), VoiFunction.LINEAR_EXACT, "automatic")


def modality_range(radiograph: Radiograph) -> tuple[float, float]:
    """About the lowest and highest modality value present, padding aside; the scale for mouse steps."""
    return _percentiles(radiograph, (0.0, 100.0))


def window_of(radiograph: Radiograph, voi: Voi) -> VoiWindow:
    """The window itself, or for a VOI LUT the window over its input range, to start adjusting from."""
    if isinstance(voi, VoiWindow):
        return voi
    span = len(voi.entries)
    return VoiWindow(voi.first_value + span / 2, float(span), VoiFunction.LINEAR_EXACT, voi.explanation)


def display_table(radiograph: Radiograph, voi: Voi, *, inverted: bool = False) -> npt.NDArray[np.uint8]:
    """Grey values for every stored code, the one place where polarity is decided.

    Args:
        radiograph: Its Modality LUT and photometric interpretation apply.
        voi: Window or VOI LUT, in modality values.
        inverted: The user's own inversion, on top of the file's polarity.

    Returns:
        (65536,) uint8; index with `radiograph.stored`.
    """
    codes = np.arange(TABLE_SIZE, dtype=np.int32)
    modality = radiograph.modality_of(codes)
    shares = _through_table(modality, voi) if isinstance(voi, LookupTable) else _through_window(modality, voi)
    if radiograph.shown_inverted != inverted:
        shares = 1.0 - shares
    return np.rint(shares * 255).astype(np.uint8)


def _through_window(values: npt.NDArray[np.float32], window: VoiWindow) -> npt.NDArray[np.float32]:
    """PS3.3 C.11.2.1.2 and C.11.2.1.3, as shares of the output range."""
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


def _percentiles(radiograph: Radiograph, percents: tuple[float, float]) -> tuple[float, float]:
    # A million pixels tell as much as nine, in a tenth of the time.
    step = max(1, int((radiograph.stored.size / SAMPLED_PIXELS) ** 0.5))
    stored = radiograph.stored[::step, ::step]
    counts = np.bincount(stored.ravel(), minlength=1)
    codes = counts.nonzero()[0]
    if radiograph.padding is not None:
        low, high = (value - radiograph.stored_offset for value in radiograph.padding)
        inside = codes[(codes < low) | (codes > high)]
        codes = inside if len(inside) else codes
    modality = radiograph.modality_of(codes)
    order = np.argsort(modality, kind="stable")
    cumulative = counts[codes][order].cumsum()
    picked = [modality[order][np.searchsorted(cumulative, share / 100 * cumulative[-1])] for share in percents]
    return float(picked[0]), float(picked[1])
