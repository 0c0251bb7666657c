"""Repairs of the image on the screen: those that the content check offers, on request, and their undoing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from app.background.image_loader import ImageLoader
from app.background.inference_queue import InferenceQueue
from app.commands.actions import Actions
from app.panels.scores import ScoresPanel
from app.session.open_image import OpenImage
from app.session.session import Session
from bsnet_core.repair import RepairStep


class ImageRepair(QObject):
    """Connects the actions and the buttons with the loader, which loads the image again with its repairs."""

    def __init__(
        self,
        actions: Actions,
        session: Session,
        loader: ImageLoader,
        inference: InferenceQueue,
        scores: ScoresPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._actions, self._session, self._loader, self._inference = actions, session, loader, inference
        actions.connect("repair", self._repair)
        actions.connect("undo_repair", self._undo)
        scores.repair_requested.connect(self._repair)
        scores.undo_repair_requested.connect(self._undo)
        self.follow_image(session.current)

    def follow_image(self, image: OpenImage | None) -> None:
        """Allows what the image on the screen offers."""
        self._actions["repair"].setEnabled(image is not None and bool(image.offered_repair))
        self._actions["undo_repair"].setEnabled(image is not None and bool(image.repairs))

    def _repair(self) -> None:
        image = self._session.current
        if image is not None and image.offered_repair:
            self._load_again(image, (*image.repairs, *image.offered_repair))

    def _undo(self) -> None:
        image = self._session.current
        if image is not None and image.repairs:
            self._load_again(image, ())

    def _load_again(self, image: OpenImage, steps: Sequence[RepairStep]) -> None:
        self._inference.interrupt()
        self._session.forget_prediction(image.key)
        self._loader.repair(image.key, steps)  # once it is shown, it is analysed
