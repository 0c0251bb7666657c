import stat
import sys

from tests.app.test_start import python


def test_the_log_holds_no_file_values_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "viewer.log"
    result = python(
        f"""
import logging, warnings
from pathlib import Path
from app.background.logs import set_up_logging, trace_of
set_up_logging(Path({str(path)!r}))
warnings.warn("Invalid value for VR PN: 'Doe^Jane'")
logging.getLogger("pydicom").warning("Doe^Jane")
name = "Doe^Jane"
try:
    raise ValueError(name)
except ValueError as error:
    logging.getLogger("app.session.session").error("It failed: %s", trace_of(error))
"""
    )
    text = path.read_text()
    assert "It failed: ValueError" in text
    assert "Doe" not in text + result.stderr + result.stdout
    if sys.platform != "win32":
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
