"""The current radiograph and, when asked for, up to three prior ones beside it, with linked zoom and pan.

The current image of two is on the left and the prior one on the right, as chest radiographs are usually hung: the eye
starts at the newest. `set_current_side` exchanges them for readers used to the opposite. The third and fourth image
are in a second row.
"""

from __future__ import annotations

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import (
    QApplication,
    QBoxLayout,
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
from app.canvas.image_view import ImageView, OverlayState
from app.canvas.linking import linked
from app.canvas.modes import CurrentSide
from bsnet_core.language import translate as _
from bsnet_core.radiograph import Radiograph

BAR_HEIGHT_PX, BAR_MARGIN_PX, BUTTON_MARGIN_PX, CAPTION_MARGIN_PX = 34, 6, 20, 24
MOST_PRIORS = 3
SMALLEST_SIDE_PX = 200
"""Smallest side of a view: four of them must fit on a small screen."""


class ImagePane(QWidget):
    """A view below its caption bar, which is shown while there are several views."""

    def __init__(self, view: ImageView, *buttons: QToolButton) -> None:
        super().__init__()
        self.view = view
        view.setMinimumSize(SMALLEST_SIDE_PX, SMALLEST_SIDE_PX)
        self.caption = QLabel()
        # On two lines rather than wider: the views share the width.
        self.caption.setWordWrap(True)
        self.caption.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.bar = QWidget()
        self._row = QBoxLayout(QBoxLayout.Direction.LeftToRight, self.bar)
        self._row.setContentsMargins(8, 2, 4, 2)
        self._row.addWidget(self.caption, 1)
        self._buttons = QHBoxLayout()
        for button in buttons:
            self._buttons.addWidget(button)
        self._row.addLayout(self._buttons)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.bar)
        layout.addWidget(view, 1)

    def height_of_bar(self) -> int:
        """The height that the bar needs; in a narrow pane the buttons go below the caption."""
        metrics, beside = self.caption.fontMetrics(), self.width() - self._buttons.sizeHint().width()
        longest = max((metrics.horizontalAdvance(word) for word in self.caption.text().split()), default=0)
        is_narrow = self._buttons.count() > 0 and beside < longest + CAPTION_MARGIN_PX
        self._row.setDirection(QBoxLayout.Direction.TopToBottom if is_narrow else QBoxLayout.Direction.LeftToRight)
        return self._row.totalHeightForWidth(self.width())


class ViewGroup(QWidget):
    """One `ImageView`, two side by side or one above the other, or up to four in two rows."""

    prior_shown_changed = Signal(bool)
    """Whether there is any prior image."""
    linked_changed = Signal(bool)
    """Whether zoom and pan are linked."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.annotations = AnnotationStore(self)
        self.current = ImageView(self, self.annotations)
        self.priors = tuple(ImageView(self, self.annotations) for _number in range(MOST_PRIORS))
        for view in self.priors:
            view.setAccessibleName(_("Prior image"))
            view.show_message("")
        self._is_linked, self._is_following = True, False
        self._priors_shown = 0
        self._side = CurrentSide.LEFT
        self._link_button = self._new_link_button()
        self._current_pane = ImagePane(self.current)
        first, *further = self.priors
        first_pane = ImagePane(first, self._link_button, self._new_close_button())
        self._prior_panes = (first_pane, *(ImagePane(view) for view in further))
        self._first_row, self._second_row = QSplitter(Qt.Orientation.Horizontal), QSplitter(Qt.Orientation.Horizontal)
        self._rows = QSplitter(Qt.Orientation.Vertical, self)
        self._lay_out_panes()
        self._connect_views()

    def _new_link_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setCheckable(True)
        button.setChecked(True)
        button.setToolTip(_("Zoom and pan all images together"))
        button.setAccessibleName(_("Link zoom and pan"))
        texts = {True: "✓ " + _("Linked"), False: _("Not linked")}
        widest = max(button.fontMetrics().horizontalAdvance(text) for text in texts.values())
        button.setMinimumWidth(widest + BUTTON_MARGIN_PX)
        button.setText(texts[True])
        button.toggled.connect(lambda on: button.setText(texts[on]))
        button.toggled.connect(self.set_linked)
        return button

    def _new_close_button(self) -> QToolButton:
        button = QToolButton(self)
        button.setText(_("Close"))
        button.setToolTip(_("Show only the current image"))
        button.setAccessibleName(_("Close the prior image"))
        button.clicked.connect(self.hide_prior)
        return button

    def _lay_out_panes(self) -> None:
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
        for pane in self._prior_panes:
            pane.hide()
        self._second_row.hide()
        self._current_pane.bar.hide()

    def _connect_views(self) -> None:
        for view in self.views:
            view.geometry_changed.connect(lambda geometry, view=view: self._follow(view))
        for view in self.priors:
            self.current.mode_changed.connect(view.set_mode)
            self.current.original_changed.connect(view.set_original)
            self.current.annotations_shown_changed.connect(view.set_annotations_shown)
            self.current.corner_texts_changed.connect(view.set_corner_texts)

    @property
    def views(self) -> tuple[ImageView, ...]:
        """All views, also those not shown at present, the current image's first."""
        return (self.current, *self.priors)

    @property
    def prior(self) -> ImageView:
        """The view of the first prior image, the only one while there are two images."""
        return self.priors[0]

    @property
    def prior_shown(self) -> bool:
        """Whether a prior radiograph is shown beside the current one."""
        return self._priors_shown > 0

    @property
    def is_linked(self) -> bool:
        """Whether zoom and pan are linked."""
        return self._is_linked

    @property
    def current_side(self) -> CurrentSide:
        """The current radiograph's place beside a prior one."""
        return self._side

    def set_current_side(self, side: CurrentSide) -> None:
        """Places the current radiograph left, right, above or below the first prior one."""
        self._side = side
        self._first_row.insertWidget(0, self._current_pane if side.is_first else self._prior_panes[0])
        self._orient_first_row()

    def _orient_first_row(self) -> None:
        # With a second row the first one is a row as well.
        is_row = self._side.is_beside or self._priors_shown > 1
        self._first_row.setOrientation(Qt.Orientation.Horizontal if is_row else Qt.Orientation.Vertical)

    def set_caption(self, text: str) -> None:
        """Sets the caption of the current radiograph, such as its date, shown while there are others."""
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
        """Shows a prior radiograph beside the current one; at first all views have the same size.

        Args:
            radiograph: The prior radiograph.
            renderer: Its renderer, made off the GUI thread as the current one's.
            caption: Its caption: its date, and how long before the current one.
            overlays: Its own overlays; with its frames and the current one's, the lungs of both stay at the same place
                and size.
            place: 0 to `MOST_PRIORS` - 1, the latest prior image first.
        """
        view, pane = self.priors[place], self._prior_panes[place]
        view.show_radiograph(radiograph, renderer)
        if overlays is not None:
            view.set_overlays(overlays)
        pane.caption.setText(caption)
        view.setAccessibleName(_("Prior image: {caption}").format(caption=caption))
        self._show_priors(max(self._priors_shown, place + 1))
        self._follow(self.current)

    def show_at_most(self, count: int) -> None:
        """Closes the prior images beyond the first `count`."""
        if count < self._priors_shown:
            self._show_priors(count)

    def hide_prior(self) -> None:
        """Shows the current radiograph alone and frees the prior ones' pixels."""
        if self._priors_shown:
            self._show_priors(0)

    def _show_priors(self, count: int) -> None:
        before, self._priors_shown = self._priors_shown, count
        had_focus = any(self._prior_panes[place].isAncestorOf(_focused(self)) for place in range(count, before))
        for place, pane in enumerate(self._prior_panes):
            pane.setVisible(place < count)
            if place >= count:
                self.priors[place].show_message("")
        self._second_row.setVisible(count > 1)
        self._show_bars(count > 0)
        self._orient_first_row()
        if count > before:
            self._share_out_room()
        QTimer.singleShot(0, self, self._fit_bars)
        if had_focus:
            self.current.setFocus()
        if (count > 0) != (before > 0):
            self.prior_shown_changed.emit(count > 0)

    def _show_bars(self, shown: bool) -> None:
        # All bars have one height, so that the images of a row do too.
        self._current_pane.bar.setVisible(shown)
        self._fit_bars()

    def _fit_bars(self) -> None:
        panes = [pane for pane in (self._current_pane, *self._prior_panes) if pane.isVisible()]
        lines = 2 * self._current_pane.caption.fontMetrics().lineSpacing()
        needed = max((pane.height_of_bar() for pane in panes), default=0)
        height = max(BAR_HEIGHT_PX, lines + BAR_MARGIN_PX, needed)
        for pane in (self._current_pane, *self._prior_panes):
            pane.bar.setFixedHeight(height)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Gives the captions the lines that they need at the new width."""
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._fit_bars)  # once the panes have their widths

    def _share_out_room(self) -> None:
        share = max(self.width(), self.height(), 1)  # splitters reduce their sizes in proportion
        for splitter in (self._first_row, self._second_row, self._rows):
            splitter.setSizes([share] * splitter.count())

    def set_linked(self, linked: bool) -> None:
        """Links zoom and pan, beginning with the current image's, or unlinks them."""
        if linked == self._is_linked:
            return
        self._is_linked = linked
        self._link_button.setChecked(linked)
        self.linked_changed.emit(linked)
        self._follow(self.current)

    @property
    def _shown(self) -> tuple[ImageView, ...]:
        return self.views[: 1 + self._priors_shown]

    def focus_other(self) -> None:
        """Gives the focus to the next image, and from the last one to the first."""
        shown = self._shown
        if len(shown) > 1:
            following = shown[(shown.index(self.active) + 1) % len(shown)]
            following.setFocus(Qt.FocusReason.ShortcutFocusReason)

    @property
    def active(self) -> ImageView:
        """The view with the focus; the current image's where none has it."""
        return next((view for view in self._shown if view.hasFocus()), self.current)

    def _follow(self, leader: ImageView) -> None:
        """Makes the other views show what the leader shows."""
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
    """The widget with the focus, or `within` where none has it."""
    return QApplication.focusWidget() or within
