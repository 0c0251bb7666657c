"""Take the README's screenshots: drive the real window over the bundled images, without a screen.

QT_QPA_PLATFORM=offscreen .venv/bin/python docs/images/take_screenshots.py
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

FOLDER = Path(__file__).parent
sys.path.insert(0, str(FOLDER.parents[1]))
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
HOME = tempfile.TemporaryDirectory()
for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME"):
    os.environ[name] = HOME.name

import pypdfium2  # noqa: E402
from PySide6.QtCore import QEventLoop, QTimer  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.__main__ import build_parser, open_window  # noqa: E402
from app.background.network import Network  # noqa: E402
from app.canvas.measuring import Angle, Distance, Region  # noqa: E402
from app.main_window import MainWindow  # noqa: E402
from app.report.content import ReportChoices, compose_report  # noqa: E402
from app.report.pdf import write_report  # noqa: E402
from app.settings.settings import Settings  # noqa: E402
from bsnet_core.brixia import ZONES  # noqa: E402

SIZE = (1440, 900)
WITHIN_MS = 240_000
SETTLE_MS = 700
OWN_SCORE = (1, 2, 3, 1, 3, 3)
ENTERED_BEFORE_SCORING_SCREENSHOT = 4
MEASURED = {
    Distance: ((0.26, 0.62), (0.72, 0.60)),
    Angle: ((0.50, 0.20), (0.50, 0.42), (0.61, 0.52)),
    Region: ((0.24, 0.36), (0.40, 0.52)),
}
"""Corners as shares of the image's width and height."""


def main() -> None:
    """Take all screenshots, in the order in which the README shows them."""
    application = QApplication(sys.argv[:1])
    settings = Settings()
    settings.has_seen_intended_use = True
    settings.reader = "Dr. Rossi"
    settings.save()
    window = open_window(build_parser().parse_args(["--device", "cpu"]), Network())
    window.resize(*SIZE)
    show_all_analysed(window)
    show_measurements(window)
    show_scoring_and_comparison(window)
    show_prior(window)
    show_explanation(window)
    render_report(window)
    window.close()
    application.processEvents()
    os._exit(0)  # The network's process may still be computing.


def show_all_analysed(window: MainWindow) -> None:
    """The whole window, every image analysed."""
    session = window.session
    wait_until(lambda: session.image(0).prediction is not None)
    window.inference.analyse_all()
    wait_until(lambda: all(image.score is not None for image in session.images) and not window.inference.is_busy)
    take(window, "viewer.png")


def show_measurements(window: MainWindow) -> None:
    """A distance, an angle and a region on the first image."""
    window.session.select(0)
    wait_until(lambda: window.view.radiograph is not None)
    radiograph = window.view.radiograph
    if radiograph is None:
        raise RuntimeError("The image is not there.")
    for kind, shape in MEASURED.items():
        points = [(x * radiograph.shape[1], y * radiograph.shape[0]) for x, y in shape]
        window.view.annotations.add(kind(*points), "Measure")
    window.view.zoom(1.6)
    take(window, "looking.png")
    window.actions_of["clear_annotations"].trigger()


def show_scoring_and_comparison(window: MainWindow) -> None:
    """A blind reading in progress, then saved and compared with the prediction."""
    session, scoring = window.session, window.own_reading.scoring
    session.blind = True
    show_analysed(window, 2)
    window.actions_of["score_mode"].setChecked(True)
    for score in OWN_SCORE[:ENTERED_BEFORE_SCORING_SCREENSHOT]:
        scoring.enter(score)
    take(window, "scoring.png")
    for score in OWN_SCORE[ENTERED_BEFORE_SCORING_SCREENSHOT:]:
        scoring.enter(score)
    scoring.save()
    window.actions_of["score_mode"].setChecked(False)
    session.blind = False
    take(window, "comparison.png")


def show_prior(window: MainWindow) -> None:
    """The patient's previous image beside the current one."""
    window.actions_of["compare_prior"].setChecked(True)
    wait_until(lambda: window.group.prior_shown)
    take(window, "prior.png")
    window.actions_of["compare_prior"].setChecked(False)


def show_explanation(window: MainWindow) -> None:
    """The complete explanation map of the first image."""
    show_analysed(window, 0)
    window.actions_of["explain"].trigger()
    wait_until(lambda: window.session.image(0).explanation is not None and not window.inference.is_busy)
    take(window, "explanation.png")


def render_report(window: MainWindow) -> None:
    """The first page of the report on the first image, with a saved reading."""
    session = window.session
    for zone, score in zip(ZONES, OWN_SCORE, strict=True):
        session.enter(0, zone, score)
    session.save_reading(0)
    reported = window.exports.reported()
    if reported is None:
        raise RuntimeError("There is nothing to report.")
    content = compose_report(reported, ReportChoices(), session.image(0).readings[-1].saved_at.astimezone())
    path = write_report(content, Path(HOME.name) / "report.pdf")
    with pypdfium2.PdfDocument(path) as document:
        document[0].render(scale=1.4).to_pil().save(FOLDER / "report.png")


def show_analysed(window: MainWindow, index: int) -> None:
    """Show an image and wait for its prediction."""
    window.session.select(index)
    wait_until(lambda: window.session.image(index).prediction is not None and not window.inference.is_busy)


def take(window: MainWindow, file: str) -> None:
    """Save what the window shows, without messages."""
    settle()
    window.messages.hide()
    settle()
    window.grab().save(str(FOLDER / file))


def settle() -> None:
    """Let the window finish drawing."""
    loop = QEventLoop()
    QTimer.singleShot(SETTLE_MS, loop.quit)
    loop.exec()


def wait_until(condition: Callable[[], bool]) -> None:
    """Let the window work until a condition holds.

    Raises:
        TimeoutError: it does not hold within `WITHIN_MS`.
    """
    loop = QEventLoop()
    poll, limit = QTimer(), QTimer()
    poll.timeout.connect(lambda: loop.quit() if condition() else None)
    limit.timeout.connect(lambda: loop.exit(1))
    poll.start(50)
    limit.start(WITHIN_MS)
    if loop.exec():
        raise TimeoutError("The window did not reach the state for the screenshot.")


if __name__ == "__main__":
    main()
