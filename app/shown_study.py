"""Keeps the picture in step with the session: which study is shown and what is drawn over it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.analysis import Analysis, LoadedStudy
from app.canvas.frame import FrameRenderer
from app.canvas.view import ImageView, OverlayState
from app.overlays import explanation as explanation_overlay
from app.overlays import lungs as lungs_overlay
from app.overlays import zones as zones_overlay
from app.session import Session, Study, StudyState
from app.settings import OVERLAYS, Settings
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.prediction import Prediction


class ShownStudy(QObject):
    """Shows the session's current study, reads it where its pixels are gone, and starts its analysis."""

    refreshed = Signal(object)
    """The `Study` shown, after it or what is known of it has changed."""

    def __init__(
        self, session: Session, analysis: Analysis, view: ImageView, settings: Settings, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._analysis = analysis
        self._view = view
        self._settings = settings
        self._renderers: dict[int, FrameRenderer] = {}
        self._shown_key: int | None = None
        self._painted = Ingredients(None, None, None)
        self._zone: Zone | None = None
        self._bare = False
        session.current_changed.connect(self._show)
        session.study_changed.connect(self._follow)
        analysis.loaded.connect(self._accept)
        settings.changed.connect(self._follow_setting)
        self._update_overlays()

    def explain_zone(self, zone: Zone | None) -> None:
        """Shows the explanation of one zone, or of all."""
        self._zone = zone
        self._update_overlays()

    def show_bare(self, bare: bool) -> None:
        """Hides everything that is drawn over the picture, or brings it back."""
        self._bare = bare
        self._update_overlays()

    def say_reading(self) -> None:
        """Shows that a file is being read."""
        self._view.show_message(_("Reading…"))

    def _show(self, key: int) -> None:
        self._analysis.make_way()
        self._shown_key = None
        study = self._session.study(key)
        if self._session.radiograph_of(key) is not None and key in self._renderers:
            self._show_picture(key)
        elif study.state is StudyState.UNREADABLE:
            self._view.show_message(study.problem)
        else:
            self.say_reading()
            self._analysis.load(key)
        self._refresh(study)

    def _accept(self, key: int, loaded: LoadedStudy) -> None:
        self._renderers[key] = loaded.renderer
        kept = {study.key for study in self._session.studies if self._session.radiograph_of(study.key) is not None}
        self._renderers = {other: renderer for other, renderer in self._renderers.items() if other in kept}
        study = self._session.current
        if study is not None and study.key == key:
            self._show_picture(key)

    def _show_picture(self, key: int) -> None:
        radiograph = self._session.radiograph_of(key)
        if radiograph is None:
            return
        self._view.show_radiograph(radiograph, self._renderers[key])
        self._shown_key, self._painted = key, Ingredients(None, None, None)
        study = self._session.study(key)
        if study.prediction is None and study.state is not StudyState.NOT_SCORED:
            self._analysis.analyse(key)
        self._refresh(self._session.study(key))

    def _follow(self, key: int) -> None:
        study = self._session.current
        if study is not None and study.key == key:
            self._refresh(study)

    def _refresh(self, study: Study) -> None:
        if study.state is StudyState.UNREADABLE:
            self._view.show_message(study.problem)
        self._update_overlays()
        self.refreshed.emit(study)

    def _follow_setting(self, name: str) -> None:
        if name == "overlays":
            self._update_overlays()

    def _update_overlays(self) -> None:
        study = self._session.current
        shown = {name: self._settings.overlay_shown(name) and not self._bare for name in OVERLAYS}
        opacity = {name: self._settings.overlay_opacity(name) / 100 for name in OVERLAYS}
        made_of = Ingredients(None, None, None)
        if study is not None and study.key == self._shown_key:
            made_of = Ingredients(study.prediction, study.explanation, self._zone)
        drawn = self._view.overlays
        if not made_of.are_the_same_as(self._painted):
            self._painted = made_of
            drawn = _overlays_of(made_of)
        self._view.set_overlays(replace(drawn, shown=shown, opacity=opacity))


@dataclass(frozen=True)
class Ingredients:
    """What the overlays are made from; made anew only when one of these is another object."""

    prediction: Prediction | None
    explanation: Explanation | None
    zone: Zone | None

    def are_the_same_as(self, other: Ingredients) -> bool:
        """Whether all three are the very same objects."""
        return self.prediction is other.prediction and self.explanation is other.explanation and self.zone is other.zone


def _overlays_of(made_of: Ingredients) -> OverlayState:
    prediction, picture = made_of.prediction, None
    if prediction is None:
        return OverlayState({}, {})
    if made_of.explanation is not None:
        zones = ZONES if made_of.zone is None else (made_of.zone,)
        picture = explanation_overlay.picture_of(made_of.explanation, prediction, zones)
    outline, labels = lungs_overlay.outline_of(prediction), zones_overlay.labels_of(prediction)
    return OverlayState({}, {}, outline, prediction.frames, labels, picture)
