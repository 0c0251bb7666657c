"""The reliability diagram of a cross-validation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bsnet_core.language import translate as _
from training.images.tensorboard_images import RgbImage

PLOT_DPI = 150


def reliability_image(calibration: Mapping[str, Any]) -> RgbImage:
    """Share of zones whose predicted class was right, over the probability of that class.

    Below, the number of zones behind each point: points of few zones mean little.

    Args:
        calibration: `as_trained` and `tempered` as `reliability` returns them, and the `temperature`.
    """
    figure = Figure(figsize=(5, 6), dpi=PLOT_DPI, layout="constrained")
    canvas = FigureCanvasAgg(figure)
    above, below = figure.subplots(2, 1, height_ratios=(4, 1), sharex=True)
    above.plot((0, 1), (0, 1), color="0.6", linestyle="--", label=_("perfect calibration"))
    curves = (
        ("as_trained", _("as trained, ECE {ece:.3f}"), "o-"),
        ("tempered", _("with temperature {temperature:.2f}, ECE {ece:.3f}"), "s:"),
    )
    for name, text, line in curves:
        found = calibration[name]
        label = text.format(ece=found["ece"], temperature=calibration["temperature"])
        confidence = [entry["confidence"] for entry in found["bins"]]
        above.plot(
            confidence, [entry["accuracy"] for entry in found["bins"]], line, label=label, clip_on=False, zorder=3
        )
        below.plot(confidence, [entry["count"] for entry in found["bins"]], line)
    above.set(xlim=(0, 1), ylim=(0, 1), ylabel=_("share of zones predicted correctly"))
    above.legend(loc="lower right")
    below.set(xlabel=_("probability of the predicted class"), ylabel=_("zones"), ylim=(0, None))
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def as_png(image: RgbImage) -> bytes:
    """An (H, W, 3) RGB image as the bytes of a PNG file."""
    _ok, content = cv2.imencode(".png", image[..., ::-1])
    return content.tobytes()
