"""A step on the undo stack."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtGui import QUndoCommand


class UndoStep(QUndoCommand):
    """A step that shows the image it concerns whenever it is undone or redone."""

    def __init__(
        self, text: str, forward: Callable[[], None], backward: Callable[[], None], show_image: Callable[[], None]
    ) -> None:
        super().__init__(text)
        self._forward, self._backward, self._show_image = forward, backward, show_image
        self._is_new = True

    def redo(self) -> None:
        """Does the step; the stack also calls this when the step is pushed."""
        self._forward()
        if not self._is_new:
            self._show_image()
        self._is_new = False

    def undo(self) -> None:
        """Undoes the step."""
        self._backward()
        self._show_image()
