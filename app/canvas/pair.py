"""The current radiograph and, when asked for, a prior one beside it, with linked zoom and pan.

The current one stands on the left and the prior on the right, as chest films are hung most often: the eye starts at the
newest. Where a reader is used to the opposite, `set_current_side` exchanges them.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QSplitter, QToolButton, QVBoxLayout, QWidget

from app.canvas.annotations import AnnotationStore
from app.canvas.frame import FrameRenderer
from app.canvas.geometry import MAX_SCALE, MIN_SCALE, ViewGeometry
from app.canvas.modes import CurrentSide
from app.canvas.view import ImageView, OverlayState
from bsnet_core.frames import Frames, apply
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

BAR_HEIGHT_PX, BAR_MARGIN_PX = 34, 6


class ViewPair(QWidget):
    """One `ImageView`, or two side by side."""

    prior_shown_changed = Signal(bool)
    linked_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.annotations = AnnotationStore(self)
        self.current, self.prior = ImageView(self, self.annotations), ImageView(self, self.annotations)
        self.prior.setAccessibleName(_("Prior radiograph"))
        self.prior.show_message("")
        self._is_linked, self._is_following = True, False
        self._prior_shown = False
        self._side = CurrentSide.LEFT
        self._current_caption, self._prior_caption = QLabel(self), QLabel(self)
        self._link = QToolButton(self)
        self._link.setText(_("Linked"))
        self._link.setCheckable(True)
        self._link.setChecked(True)
        self._link.setToolTip(_("Zoom and pan both pictures together"))
        self._link.setAccessibleName(_("Link zoom and pan"))
        self._link.toggled.connect(self.set_linked)
        self._close = QToolButton(self)
        self._close.setText(_("Close"))
        self._close.setToolTip(_("Show the current radiograph alone"))
        self._close.setAccessibleName(_("Close the prior radiograph"))
        self._close.clicked.connect(self.hide_prior)
        self._current_bar = _bar(self._current_caption)
        self._prior_bar = _bar(self._prior_caption, self._link, self._close)
        self._current_pane = _pane(self._current_bar, self.current)
        self._prior_pane = _pane(self._prior_bar, self.prior)
        self._splitter = QSplitter(Qt.Orientation.Horizontal, self)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.addWidget(self._current_pane)
        self._splitter.addWidget(self._prior_pane)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._splitter)
        self.current.geometry_changed.connect(lambda: self._follow(self.current, self.prior))
        self.prior.geometry_changed.connect(lambda: self._follow(self.prior, self.current))
        self.current.mode_changed.connect(self.prior.set_mode)
        self.current.original_changed.connect(self.prior.set_original)
        self.current.annotations_shown_changed.connect(self.prior.set_annotations_shown)
        self.current.corner_texts_changed.connect(self.prior.set_corner_texts)
        self._prior_pane.hide()
        self._current_bar.hide()

    @property
    def prior_shown(self) -> bool:
        """Whether a prior radiograph stands beside the current one."""
        return self._prior_shown

    @property
    def is_linked(self) -> bool:
        """Whether zoom and pan go together."""
        return self._is_linked

    @property
    def current_side(self) -> CurrentSide:
        """Where the current radiograph stands."""
        return self._side

    def set_current_side(self, side: CurrentSide) -> None:
        """Exchanges the two, puts them side by side or one above the other, or leaves them."""
        self._side = side
        self._splitter.setOrientation(Qt.Orientation.Horizontal if side.is_beside else Qt.Orientation.Vertical)
        self._splitter.insertWidget(0, self._current_pane if side.is_first else self._prior_pane)

    def set_caption(self, text: str) -> None:
        """What stands above the current radiograph while there are two, such as its date."""
        self._current_caption.setText(text)
        self._current_caption.setAccessibleName(_("Current: {caption}").format(caption=text))

    def show_prior(
        self,
        radiograph: Radiograph,
        renderer: FrameRenderer,
        caption: str,
        overlays: OverlayState | None = None,
    ) -> None:
        """Shows a prior radiograph beside the current one, each half of the width at first.

        Args:
            radiograph: The prior one.
            renderer: Of the prior one, made off the GUI thread as the current one's.
            caption: Above it: its date, and how long before the current one.
            overlays: Its own; with its frames, and the current one's, both lungs stay at the same place and size.
        """
        was_shown, self._prior_shown = self._prior_shown, True
        self.prior.show_radiograph(radiograph, renderer)
        if overlays is not None:
            self.prior.set_overlays(overlays)
        self._prior_caption.setText(caption)
        self.prior.setAccessibleName(_("Prior radiograph: {caption}").format(caption=caption))
        # The same over both, so that the pictures stand at one height.
        height = max(BAR_HEIGHT_PX, 2 * self._prior_caption.fontMetrics().lineSpacing() + BAR_MARGIN_PX)
        for bar in (self._current_bar, self._prior_bar):
            bar.setFixedHeight(height)
        self._current_bar.show()
        self._prior_pane.show()
        if not was_shown:
            half = max(self.width(), self.height(), 1)  # shared out in proportion
            self._splitter.setSizes([half, half])
            self.prior_shown_changed.emit(True)
        self._follow(self.current, self.prior)

    def hide_prior(self) -> None:
        """Shows the current radiograph alone and lets the prior one's pixels go."""
        if not self._prior_shown:
            return
        self._prior_shown = False
        had_focus = self.prior.hasFocus() or self._close.hasFocus() or self._link.hasFocus()
        self.prior.show_message("")
        self._prior_pane.hide()
        self._current_bar.hide()
        if had_focus:
            self.current.setFocus()
        self.prior_shown_changed.emit(False)

    def set_linked(self, linked: bool) -> None:
        """Makes zoom and pan go together, beginning with the current one's."""
        if linked == self._is_linked:
            return
        self._is_linked = linked
        self._link.setChecked(linked)
        self.linked_changed.emit(linked)
        self._follow(self.current, self.prior)

    def focus_other(self) -> None:
        """Gives the keys to the other picture."""
        if self._prior_shown:
            (self.current if self.prior.hasFocus() else self.prior).setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def active(self) -> ImageView:
        """The picture that has the keys; the current one where neither has."""
        return self.prior if self._prior_shown and self.prior.hasFocus() else self.current

    def _follow(self, leader: ImageView, follower: ImageView) -> None:
        if not (self._is_linked and self._prior_shown) or self._is_following:
            return
        led, following = leader.view_geometry, follower.view_geometry
        if led is None or following is None:
            return
        self._is_following = True
        try:
            frames = leader.overlays.frames, follower.overlays.frames
            follower.follow(None if leader.is_fitted else linked(led, frames[0], following, frames[1]))
        finally:
            self._is_following = False


def linked(
    leader: ViewGeometry, leader_frames: Frames | None, follower: ViewGeometry, follower_frames: Frames | None
) -> ViewGeometry:
    """The follower's geometry that shows the same part as the leader's at the same size.

    With the frames of both, the same part of the aligned lungs; else the same part of the picture, whatever its
    number of pixels. Each keeps its own turning.
    """
    if leader_frames is not None and follower_frames is not None:
        centre = [[leader.centre.x(), leader.centre.y()]]
        share = apply(leader_frames.image_to_aligned, centre) / leader_frames.side_px
        ((x, y),) = apply(follower_frames.aligned_to_image, share * follower_frames.side_px)
        ratio = _width_of_lungs(leader_frames, leader.pixel_aspect) / _width_of_lungs(
            follower_frames, follower.pixel_aspect
        )
        scale = leader.scale * ratio
    else:
        x = leader.centre.x() / leader.image_size.width() * follower.image_size.width()
        y = leader.centre.y() / leader.image_size.height() * follower.image_size.height()
        scale = _fitted_scale(follower) * leader.scale / _fitted_scale(leader)
    scale = min(max(scale, MIN_SCALE), MAX_SCALE)
    return replace(follower, scale=scale).centred_at(QPointF(float(x), float(y)))


def _fitted_scale(geometry: ViewGeometry) -> float:
    return ViewGeometry.fitted(
        geometry.image_size, geometry.pixel_aspect, geometry.view_size, geometry.orientation
    ).scale


def _width_of_lungs(frames: Frames, pixel_aspect: float) -> float:
    """Side of a square as large as the aligned frame on the picture, in widths of a pixel."""
    (m11, m12, _dx), (m21, m22, _dy) = frames.aligned_to_image
    return float(abs(m11 * m22 - m12 * m21) * pixel_aspect) ** 0.5 * frames.side_px


def _bar(caption: QLabel, *buttons: QToolButton) -> QWidget:
    bar = QWidget()
    row = QHBoxLayout(bar)
    row.setContentsMargins(8, 2, 4, 2)
    # On two lines rather than wider: the pictures get half of the width each.
    caption.setWordWrap(True)
    caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
    row.addWidget(caption, 1)
    for button in buttons:
        row.addWidget(button)
    return bar


def _pane(bar: QWidget, view: ImageView) -> QWidget:
    pane = QWidget()
    layout = QVBoxLayout(pane)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(2)
    layout.addWidget(bar)
    layout.addWidget(view, 1)
    return pane
