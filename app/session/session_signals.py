"""The signals of a session."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal


class SessionSignals(QObject):
    """Signals of a `Session`, for those that follow it."""

    images_added = Signal(object)
    """Keys of newly opened images, all at once."""
    images_removed = Signal(object)
    """Keys of images that were taken off the list, all at once; they are still known, and can come back."""
    image_changed = Signal(int)
    metadata_known = Signal(object)
    """Keys of images whose headers are loaded, but not their pixels."""
    previews_known = Signal(object)
    """Keys of images whose headers and thumbnails are loaded."""
    current_changed = Signal(int)
    emptied = Signal()
    """The last image was taken off the list: none is current any more."""
    draft_changed = Signal(int)
    """Key of an image whose draft was entered, changed or taken back."""
    reading_saved = Signal(int, object)
    """Key and `Reading`; emitted before the draft is cleared."""
    recalled = Signal(int)
    """Key of an image that now has what earlier sessions left."""
    blind_changed = Signal(bool)
    reader_changed = Signal(str)
    visibility_changed = Signal(object)
    """The new `Visibility`."""
    prediction_seen = Signal(int, str)
    """Key and reader: a prediction is shown to this reader for the first time."""
    prediction_revealed = Signal(int)
    """Key of an image whose hidden prediction is shown without a saved reading: blind mode or reader have changed."""
