"""Text is drawn in all of these tests, and text needs Qt's application."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def application(qapp):
    """Qt's application, as it is while the viewer runs."""
    return qapp
