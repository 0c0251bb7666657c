"""A session in which a reader scores."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.session.readings import Reading
from app.session.session import Session
from bsnet_core.brixia import ZONES, BrixiaScore

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class Clock:
    """Advances a minute each time it is asked."""

    def __init__(self):
        self.now = START

    def __call__(self):
        self.now += timedelta(minutes=1)
        return self.now


@pytest.fixture
def read_session(qapp):
    made = Session(clock=Clock())
    made.reader = "Dr. Rossi"
    for number in range(3):
        made.add(Path(f"/films/{number}.dcm"))
    made.select(0)
    return made


def enter_all(session, key, text):
    for zone, digit in zip(ZONES, text, strict=True):
        session.enter(key, zone, int(digit))


def saved(text, reader="Dr. Rossi", minute=0, blind=False):
    moment = START - timedelta(days=1) + timedelta(minutes=minute)
    return Reading(reader, BrixiaScore.from_text(text), moment, moment, blind)
