"""The state of an open image from which its report, its figure and its table rows are made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.canvas.overlays.map_scale import WHOLE_MAP, MapView
from app.report.prior_change import ReportedPrior
from app.session.readings import Reading
from bsnet_core.brixia import Zone
from bsnet_core.display import Voi
from bsnet_core.radiograph import Radiograph

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import Prediction


@dataclass(frozen=True)
class ReportedExplanation:
    """An explanation map and the way it was computed.

    Attributes:
        map: The contributions of the super-pixels.
        view: The zones and colours shown, as on the screen; without any zone there is no map image.
        opacity: Opacity of the map on the screen, in [0, 1].
        exact: Whether every super-pixel went through the full network; False for the fast mode.
        share_done: Share of the super-pixels that were masked, in [0, 1]; under 1 for a map that was stopped.
    """

    map: Explanation
    view: MapView = WHOLE_MAP
    opacity: float = 0.75
    exact: bool = True
    share_done: float = 1.0

    @property
    def zones(self) -> tuple[Zone, ...]:
        """The zones whose map is shown."""
        return self.view.zones_explained


@dataclass(frozen=True)
class ReportedImage:
    """All that is known of an image at the time of its report.

    Attributes:
        radiograph: The radiograph as loaded.
        voi, inverted: Its display on the screen.
        prediction: The network's result; None without one.
        prediction_is_hidden: Whether the reader must not see the prediction yet. Then nothing that comes from the
            network enters the report, not even the outline of the lungs.
        reading: The reader's saved reading.
        explanation: The explanation map of `prediction`.
        prior: The latest prior image with results that may be shown; None without one.
        lung_fill: Opacity of the colour over the lungs on the screen, in [0, 1]; 0 if it is not shown there.
        problem: Why there is no prediction, in a sentence.
    """

    radiograph: Radiograph
    voi: Voi
    inverted: bool = False
    prediction: Prediction | None = None
    prediction_is_hidden: bool = False
    reading: Reading | None = None
    explanation: ReportedExplanation | None = None
    prior: ReportedPrior | None = None
    lung_fill: float = 0.0
    problem: str = ""
