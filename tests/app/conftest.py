"""What the tests of the window share: nothing unexpected may be said, and every window is closed to the end."""

# ruff: noqa: N815 - pytest-qt's names

from __future__ import annotations

import logging
from functools import partialmethod
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from pytestqt.qtbot import QtBot

from app.background.jobs import JobQueue
from app.background.network import Network
from app.commands.keys import Keys
from app.session.session import Session
from app.settings.settings import Settings
from bsnet_core.errors import WeightsError
from bsnet_core.explanation import Masking
from bsnet_core.model.card import default_model_dir
from tests.app.action_keys import keys_with

# The offscreen plugin says these of every window with a smallest size, of every one brought to the front, and of menus.
HARMLESS_QT_MESSAGES = (
    "This plugin does not support propagateSizeHints()",
    "This plugin does not support raise()",
    "This plugin does not support grabbing the keyboard",
)


PATIENCE_MS = 60_000
"""A busy machine takes its time; what never comes fails after this."""


class PatientBot(QtBot):
    """Waits longer than pytest-qt's five seconds where a test does not say how long."""

    waitActive = partialmethod(QtBot.waitActive, timeout=PATIENCE_MS)
    waitExposed = partialmethod(QtBot.waitExposed, timeout=PATIENCE_MS)
    waitSignal = partialmethod(QtBot.waitSignal, timeout=PATIENCE_MS)
    waitSignals = partialmethod(QtBot.waitSignals, timeout=PATIENCE_MS)
    waitUntil = partialmethod(QtBot.waitUntil, timeout=PATIENCE_MS)
    waitCallback = partialmethod(QtBot.waitCallback, timeout=PATIENCE_MS)


@pytest.fixture
def qtbot(qapp, request):
    """As pytest-qt's, with more patience."""
    return PatientBot(request)


@pytest.fixture(autouse=True)
def unexpected_messages_fail(qtlog, caplog):
    """Fails a test after which a Qt warning or a log record from WARNING up is left; `caplog.clear()` accepts them."""
    yield
    from_qt = [record for record in qtlog.records if record.type_name != "QtDebugMsg"]
    assert [record.message for record in from_qt if record.message.strip() not in HARMLESS_QT_MESSAGES] == []
    records = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [record.getMessage() for record in records] == []


@pytest.fixture
def own_home(tmp_path, monkeypatch) -> Path:
    """A home folder of the test's own."""
    home = tmp_path / "home"
    home.mkdir()
    for name in ("HOME", "LOCALAPPDATA", "APPDATA", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    return home


@pytest.fixture
def queue(own_home):
    """Jobs of a widget that stands alone, ended with the test."""
    made = JobQueue("queue of a test")
    yield made
    made.close()
    assert made.wait(30.0)


@pytest.fixture
def settings(tmp_path) -> Settings:
    """Settings in a file of the test's own."""
    return Settings(tmp_path / "settings.ini")


@pytest.fixture
def keys(settings) -> Keys:
    """The keys of all actions, as those settings have them."""
    return keys_with(settings)


@pytest.fixture
def session(qapp) -> Session:
    """A session without images."""
    return Session()


@pytest.fixture(scope="session")
def shipped_model() -> Path:
    """The folder of the shipped weights."""
    try:
        return default_model_dir()
    except WeightsError as error:
        pytest.skip(f"needs the shipped weights: {error}")


@pytest.fixture
def no_model(tmp_path) -> Path:
    """A model folder with nothing in it: pictures open, scores do not come."""
    folder = tmp_path / "no-model"
    folder.mkdir()
    return folder


@pytest.fixture(scope="session")
def network():
    """The network's process, which starts with the first score and serves all windows after each other."""
    made = Network()
    yield made
    made.close()


@pytest.fixture
def open_viewer(qapp, qtbot, own_home, network):
    """Starts the viewer as the command line does; closes it, and waits for its threads, after the test."""
    from app.__main__ import build_parser, open_window

    windows = []

    def start(*arguments, explains=False, masking=Masking.EVIDENCE, asks_for_reader=False, analyses_all=False):
        """Maps, the question for a name, and scores of images nobody looks at come only where a test asks for them."""
        window = open_window(build_parser().parse_args([str(argument) for argument in arguments]), network)
        window._settings.explains = explains
        window._settings.has_asked_for_reader = not asks_for_reader
        window._settings.analyses_all = analyses_all
        window._settings.explanation_masking = masking
        windows.append(window)
        window.resize(1440, 900)
        with qtbot.waitActive(window):
            window.activateWindow()
        return window

    yield start
    for window in windows:
        window.close()
        while not window.end_work():
            pass
        window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
