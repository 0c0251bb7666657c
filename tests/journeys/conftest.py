"""The journeys drive the whole window; see tests/app/conftest.py."""

from tests.app.conftest import (  # noqa: F401 - fixtures
    network,
    no_model,
    open_viewer,
    own_home,
    qtbot,
    shipped_model,
    unexpected_messages_fail,
)
