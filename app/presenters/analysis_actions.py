"""The actions that start and stop the network: analyse, analyse all, explain, cancel."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.background.image_loader import ImageLoader
from app.background.inference_queue import InferenceQueue
from app.canvas.overlays.map_scale import MapColours
from app.commands.actions import Actions
from app.panels.overlay_switches import OverlaySwitches
from app.session.open_image import ImageState
from app.session.session import Session
from app.settings.settings import Settings
from bsnet_core.explanation import Masking, Mode


class AnalysisActions(QObject):
    """Connects actions and settings with the inference queue, and explains each new score if the settings say so."""

    def __init__(
        self,
        actions: Actions,
        session: Session,
        loader: ImageLoader,
        inference: InferenceQueue,
        overlays: OverlaySwitches,
        settings: Settings,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._session, self._loader, self._inference = actions, session, loader, inference
        self._overlays, self._settings = overlays, settings
        actions.connect("analyse", self._analyse)
        actions.connect("analyse_all", inference.analyse_all)
        actions.connect("explain", self._explain)
        actions.connect("cancel", inference.cancel)
        overlays.choose_mode(settings.explanation_mode)
        overlays.mode_chosen.connect(self._save_mode)
        overlays.choose_masking(settings.explanation_masking)
        overlays.masking_chosen.connect(self._save_masking)
        inference.analyses_all = settings.analyses_all
        overlays.choose_colours(settings.explanation_colours)
        overlays.colours_chosen.connect(self._save_colours)
        settings.changed.connect(self._follow_setting)
        inference.analysed.connect(self._explain_analysed)
        inference.busy_changed.connect(lambda busy: self.follow_image())
        session.reading_saved.connect(lambda key, reading: self._explain_revealed())
        session.visibility_changed.connect(lambda visibility: self._explain_revealed())
        self.follow_image()

    def follow_image(self) -> None:
        """Allows what the image on the screen, and the work under way, allow."""
        image, busy = self._session.current, self._inference.serves_request
        self._actions["analyse"].setEnabled(image is not None)
        self._actions["cancel"].setEnabled(self._inference.is_busy)
        shown = None if image is None else self._session.shown(image.key)
        # While a map is being computed unasked, asking for it shows it.
        can_ask = image is not None and (not busy or self._inference.is_explaining(image.key))
        self._actions["explain"].setEnabled(can_ask and shown is not None and shown.prediction is not None)
        self._overlays.show_image(shown, busy=not can_ask)

    def _analyse(self) -> None:
        image = self._session.current
        if image is None:
            return
        if image.state is ImageState.UNREADABLE:
            self._loader.load(image.key)
        else:
            self._inference.analyse(image.key)

    def _explain(self) -> None:
        image, mode, masking = self._session.current, self._overlays.chosen_mode, self._overlays.chosen_masking
        if image is None:
            return
        self._actions["explanation"].setChecked(True)
        so_far = image.explanation
        is_there = (
            so_far is not None
            and so_far.masking is masking
            and (so_far.mode is mode or masking is Masking.EVIDENCE)  # both modes compute the same evidence
            and so_far.is_whole
        )
        is_under_way = self._inference.is_explaining(image.key) and mode is Mode.FAST
        if not is_there and not is_under_way:
            self._inference.explain(image.key, mode, masking)

    def _explain_analysed(self, key: int) -> None:
        """Explains a score, unless it is hidden: how long that takes would tell which zones have a score above 0."""
        image, masking = self._session.current, self._settings.explanation_masking
        is_quick = self._settings.explanation_mode is Mode.FAST or masking is Masking.EVIDENCE
        requested = self._settings.explains and is_quick and self._session.prediction_is_visible(key)
        if requested and image is not None and image.key == key:
            self._inference.explain(key, Mode.FAST, masking)

    def _explain_revealed(self) -> None:
        image = self._session.current
        if image is not None and image.explanation is None and not self._inference.serves_request:
            self._explain_analysed(image.key)

    def _save_mode(self, mode: Mode) -> None:
        if self._settings.explanation_mode != mode:
            self._settings.explanation_mode = mode

    def _save_masking(self, masking: Masking) -> None:
        if self._settings.explanation_masking != masking:
            self._settings.explanation_masking = masking

    def _save_colours(self, colours: MapColours) -> None:
        if self._settings.explanation_colours != colours:
            self._settings.explanation_colours = colours

    def _follow_setting(self, name: str) -> None:
        if name == "analyses_all":
            self._inference.analyses_all = self._settings.analyses_all
        if name == "explanation_masking":
            self._overlays.choose_masking(self._settings.explanation_masking)
        if name == "explanation_colours":
            self._overlays.choose_colours(self._settings.explanation_colours)
        if name == "explanation_mode":
            self._overlays.choose_mode(self._settings.explanation_mode)
