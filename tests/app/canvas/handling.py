"""Mouse and orientation of a view, as a reader handles it."""

import numpy as np
from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QApplication

LEFT, MIDDLE, RIGHT = Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton, Qt.MouseButton.RightButton
NO_KEY, CTRL = Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ControlModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier


def drag(view, button, dx, dy, modifiers=NO_KEY):
    start = QPointF(300, 250)
    for kind, place, buttons in (
        (QEvent.Type.MouseButtonPress, start, button),
        (QEvent.Type.MouseMove, start + QPointF(dx, dy), button),
        (QEvent.Type.MouseButtonRelease, start + QPointF(dx, dy), Qt.MouseButton.NoButton),
    ):
        pressed = Qt.MouseButton.NoButton if kind is QEvent.Type.MouseMove else button
        QApplication.sendEvent(view, QMouseEvent(kind, place, view.mapToGlobal(place), pressed, buttons, modifiers))


def click(view, place, kind=QEvent.Type.MouseButtonPress):
    for event in (kind, QEvent.Type.MouseButtonRelease):
        QApplication.sendEvent(view, QMouseEvent(event, place, view.mapToGlobal(place), LEFT, LEFT, NO_KEY))


def pull(view, start, end, button=LEFT):
    """A drag from one image point to another."""
    to_view = view.view_geometry.to_view
    places = [to_view.map(QPointF(*start)), to_view.map(QPointF(*end))]
    none = Qt.MouseButton.NoButton
    for kind, place, pressed, held in (
        (QEvent.Type.MouseButtonPress, places[0], button, button),
        (QEvent.Type.MouseMove, (places[0] + places[1]) / 2, none, button),
        (QEvent.Type.MouseMove, places[1], none, button),
        (QEvent.Type.MouseButtonRelease, places[1], button, none),
    ):
        QApplication.sendEvent(view, QMouseEvent(kind, place, view.mapToGlobal(place), pressed, held, NO_KEY))


def hover(view, image_point):
    place = view.view_geometry.to_view.map(QPointF(*image_point))
    none = Qt.MouseButton.NoButton
    event = QMouseEvent(QEvent.Type.MouseMove, place, view.mapToGlobal(place), none, none, NO_KEY)
    QApplication.sendEvent(view, event)
    return place


def near(points, expected):
    return np.allclose(np.array(points), np.array(expected), atol=0.5)


def lie(view, orientation):
    if orientation.mirrored:
        view.flip_horizontally()
    view.rotate(orientation.quarter_turns)
    assert view.orientation == orientation
