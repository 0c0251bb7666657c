"""The current radiograph and, when asked for, up to three prior ones beside it, with linked zoom and pan.

Of two films the current one stands on the left and the prior on the right, as chest films are hung most often: the eye
starts at the newest. Where a reader is used to the opposite, `set_current_side` exchanges them. Of three or four the
others stand in a second row.
"""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF, Qt, Signal
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.canvas.annotations import AnnotationStore
from app.canvas.drawing.frame import FrameRenderer
from app.canvas.geometry import MAX_SCALE, MIN_SCALE, ViewGeometry
from app.canvas.image_view import ImageView, OverlayState
from app.canvas.modes import CurrentSide
from bsnet_core.frames import Frames, apply
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

BAR_HEIGHT_PX, BAR_MARGIN_PX = 34, 6
MOST_PRIORS = 3
LEAST_SIDE_PX = 200
"""Of a picture: four of them must find room on a small screen."""


class ImagePane(QWidget):
    """A picture below a caption that stands there while there is more than one."""

    def __init__(self, view: ImageView, *buttons: QToolButton) -> None:
        super().__init__()
        self.view = view
        view.setMinimumSize(LEAST_SIDE_PX, LEAST_SIDE_PX)
        self.caption = QLabel()
        # On two lines rather than wider: the pictures share the width.
        self.caption.setWordWrap(True)
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QWidget()
        row = QHBoxLayout(self.bar)
        row.setContentsMargins(8, 2, 4, 2)
        row.addWidget(self.caption, 1)
        for button in buttons:
            row.addWidget(button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(view, 1)


class ViewGroup(QWidget):
    """One `ImageView`, two side by side or one above the other, or up to four in two rows."""

    prior_shown_changed = Signal(bool)
    """Whether there is any prior film."""
    linked_changed = Signal(bool)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.annotations = AnnotationStore(self)
        self.current = ImageView(self, self.annotations)
        self.priors = tuple(ImageView(self, self.annotations) for _number in range(MOST_PRIORS))
        for view in self.priors:
            view.setAccessibleName(_("Prior radiograph"))
            view.show_message("")
        self._is_linked, self._is_following = True, False
        self._priors_shown = 0
        self._side = CurrentSide.LEFT
        self._link = QToolButton(self)
        self._link.setText(_("Linked"))
        self._link.setCheckable(True)
        self._link.setChecked(True)
        self._link.setToolTip(_("Zoom and pan all pictures together"))
        self._link.setAccessibleName(_("Link zoom and pan"))
        self._link.toggled.connect(self.set_linked)
        self._close = QToolButton(self)
        self._close.setText(_("Close"))
        self._close.setToolTip(_("Show the current radiograph alone"))
        self._close.setAccessibleName(_("Close the prior radiograph"))
        self._close.clicked.connect(self.hide_prior)
        self._current_pane = ImagePane(self.current)
        first, *further = self.priors
        self._prior_panes = (ImagePane(first, self._link, self._close), *(ImagePane(view) for view in further))
        self._first_row, self._second_row = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Horizontal)
        self._rows = QSplitter(Qt.Orientation.Vertical, self)
        for splitter in (self._first_row, self._second_row, self._rows):
            splitter.setChildrenCollapsible(False)
        self._first_row.addWidget(self._current_pane)
        self._first_row.addWidget(self._prior_panes[0])
        for pane in self._prior_panes[1:]:
            self._second_row.addWidget(pane)
        self._rows.addWidget(self._first_row)
        self._rows.addWidget(self._second_row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self._rows)
        for view in self.views:
            view.geometry_changed.connect(lambda geometry, view=view: self._follow(view))
        for view in self.priors:
            self.current.mode_changed.connect(view.set_mode)
            self.current.original_changed.connect(view.set_original)
            self.current.annotations_shown_changed.connect(view.set_annotations_shown)
            self.current.corner_texts_changed.connect(view.set_corner_texts)
        for pane in self._prior_panes:
            pane.hide()
        self._second_row.hide()
        self._current_pane.bar.hide()

    @property
    def views(self) -> tuple[ImageView, ...]:
        """All pictures, the current one first, those that are not shown just now too."""
        return (self.current, *self.priors)

    @property
    def prior(self) -> ImageView:
        """The picture of the first prior film, the only one while there are two."""
        return self.priors[0]

    @property
    def prior_shown(self) -> bool:
        """Whether a prior radiograph stands beside the current one."""
        return self._priors_shown > 0

    @property
    def is_linked(self) -> bool:
        """Whether zoom and pan go together."""
        return self._is_linked

    @property
    def current_side(self) -> CurrentSide:
        """Where the current radiograph stands."""
        return self._side

    def set_current_side(self, side: CurrentSide) -> None:
        """Exchanges the first two, puts them side by side or one above the other, or leaves them."""
        self._side = side
        self._first_row.insertWidget(0, self._current_pane if side.is_first else self._prior_panes[0])
        self._arrange()

    def _arrange(self) -> None:
        # With a second row the first one is a row as well.
        is_row = self._side.is_beside or self._priors_shown > 1
        self._first_row.setOrientation(Qt.Orientation.Horizontal if is_row else Qt.Orientation.Vertical)

    def set_caption(self, text: str) -> None:
        """What stands above the current radiograph while there are others, such as its date."""
        self._current_pane.caption.setText(text)
        self._current_pane.caption.setAccessibleName(_("Current: {caption}").format(caption=text))

    def show_prior(
        self,
        radiograph: Radiograph,
        renderer: FrameRenderer,
        caption: str,
        overlays: OverlayState | None = None,
        place: int = 0,
    ) -> None:
        """Shows a prior radiograph beside the current one, each as large as the others at first.

        Args:
            radiograph: The prior one.
            renderer: Of the prior one, made off the GUI thread as the current one's.
            caption: Above it: its date, and how long before the current one.
            overlays: Its own; with its frames, and the current one's, both lungs stay at the same place and size.
            place: 0 to `MOST_PRIORS` - 1, the latest of the prior films first.
        """
        view, pane = self.priors[place], self._prior_panes[place]
        view.show_radiograph(radiograph, renderer)
        if overlays is not None:
            view.set_overlays(overlays)
        pane.caption.setText(caption)
        view.setAccessibleName(_("Prior radiograph: {caption}").format(caption=caption))
        self._show_panes(max(self._priors_shown, place + 1))
        self._follow(self.current)

    def show_at_most(self, count: int) -> None:
        """Lets go of the prior films beyond the first `count`."""
        if count < self._priors_shown:
            self._show_panes(count)

    def _show_panes(self, count: int) -> None:
        before, self._priors_shown = self._priors_shown, count
        had_focus = any(self._prior_panes[place].isAncestorOf(_focused(self)) for place in range(count, before))
        for place, pane in enumerate(self._prior_panes):
            pane.setVisible(place < count)
            if place >= count:
                self.priors[place].show_message("")
        self._second_row.setVisible(count > 1)
        # The same over all, so that the pictures of a row stand at one height.
        metrics = self._current_pane.caption.fontMetrics()
        height = max(BAR_HEIGHT_PX, 2 * metrics.lineSpacing() + BAR_MARGIN_PX)
        for pane in (self._current_pane, *self._prior_panes):
            pane.bar.setFixedHeight(height)
        self._current_pane.bar.setVisible(count > 0)
        self._arrange()
        if count > before:
            for splitter in (self._first_row, self._second_row, self._rows):
                share = max(self.width(), self.height(), 1)  # shared out in proportion
                splitter.setSizes([share] * splitter.count())
        if had_focus:
            self.current.setFocus()
        if (count > 0) != (before > 0):
            self.prior_shown_changed.emit(count > 0)

    def hide_prior(self) -> None:
        """Shows the current radiograph alone and lets the prior ones' pixels go."""
        if self._priors_shown:
            self._show_panes(0)

    def set_linked(self, linked: bool) -> None:
        """Makes zoom and pan go together, beginning with the current one's."""
        if linked == self._is_linked:
            return
        self._is_linked = linked
        self._link.setChecked(linked)
        self.linked_changed.emit(linked)
        self._follow(self.current)

    @property
    def _shown(self) -> tuple[ImageView, ...]:
        return self.views[: 1 + self._priors_shown]

    def focus_other(self) -> None:
        """Gives the keys to the next picture, and from the last one to the first."""
        shown = self._shown
        if len(shown) > 1:
            following = shown[(shown.index(self.active) + 1) % len(shown)]
            following.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def active(self) -> ImageView:
        """The picture that has the keys; the current one where none has."""
        return next((view for view in self._shown if view.hasFocus()), self.current)

    def _follow(self, leader: ImageView) -> None:
        """Lets the others show what the leader shows."""
        if not self._is_linked or self._is_following or leader not in self._shown:
            return
        self._is_following = True
        try:
            for view in self._shown:
                if view is not leader:
                    _lead(leader, view)
        finally:
            self._is_following = False


def _lead(leader: ImageView, follower: ImageView) -> None:
    led, following = leader.view_geometry, follower.view_geometry
    if led is not None and following is not None:
        frames = leader.overlays.frames, follower.overlays.frames
        follower.follow(None if leader.is_fitted else linked(led, frames[0], following, frames[1]))


def _focused(within: QWidget) -> QWidget:
    """The widget that has the keys, or the one asked about where none has."""
    return QApplication.focusWidget() or within


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
