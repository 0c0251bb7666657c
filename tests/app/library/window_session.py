"""A session and its keeper, as a window has them."""

from pathlib import Path

import numpy as np

from app.library.keeper import Keeper
from app.session.session import Session
from bsnet_core.brixia import ZONES
from bsnet_core.radiograph import Radiograph
from tests.app.library_content import metadata

THUMBNAIL_PIXELS = np.full((144, 120), 90, dtype=np.uint8)


class Window:
    """A session and its keeper, as a window has them."""

    def __init__(self, qtbot, path, *, keep_identity=True):
        self.qtbot, self.path = qtbot, path
        self.session = Session()
        self.session.reader = "Reader One"
        self.keeper = Keeper(self.session, path, keep_identity=keep_identity)
        self.failures = []
        self.keeper.failed.connect(self.failures.append)

    def open(self, known=None, file="/films/1.dcm"):
        """Opens an image and waits until what was kept of it is there; gives its key."""
        key = self.session.add(Path(file)).key
        with self.qtbot.waitSignal(self.keeper.recalled, timeout=20_000):
            self.read(key, metadata() if known is None else known)
        return key

    def read(self, key, known):
        radiograph = Radiograph(np.zeros((8, 8), dtype=np.uint16), 0, 12, False, metadata=known)
        self.session.accept_radiograph(key, radiograph, THUMBNAIL_PIXELS)

    def enter(self, key, digits):
        for zone, digit in zip(ZONES, digits, strict=False):
            self.session.enter(key, zone, int(digit))

    def save(self, key, digits):
        self.enter(key, digits)
        with self.qtbot.waitSignal(self.keeper.kept, timeout=20_000):
            self.session.save_reading(key)

    def wait(self):
        """Until all that was asked for is done."""
        with self.qtbot.waitSignal(self.keeper.ask(lambda library: None, lambda nothing: None).ended, timeout=20_000):
            pass

    def ask(self, question):
        answers = []
        with self.qtbot.waitSignal(self.keeper.ask(question, answers.append).ended, timeout=20_000):
            pass
        return answers[0]
