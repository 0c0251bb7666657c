"""Takes the README's pictures: drives the real window over the bundled studies, without a screen.

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
from app.canvas.measuring import Angle, Distance, Region  # noqa: E402
from app.report.content import ReportChoices, compose_report  # noqa: E402
from app.report.pdf import write_report  # noqa: E402
from app.settings.settings import Settings  # noqa: E402
from bsnet_core.brixia import ZONES  # noqa: E402

SIZE = (1440, 900)
WITHIN_MS = 240_000
OWN_SCORE = (1, 2, 3, 1, 3, 3)
MEASURED = {
    Distance: ((0.26, 0.62), (0.72, 0.60)),
    Angle: ((0.50, 0.20), (0.50, 0.42), (0.61, 0.52)),
    Region: ((0.24, 0.36), (0.40, 0.52)),
}
"""Shares of the film's width and height."""


def wait_until(condition: Callable[[], bool]) -> None:
    """Lets the window work until something holds.

    Raises:
        TimeoutError: it did not come to hold.
    """
    loop = QEventLoop()
    poll, limit = QTimer(), QTimer()
    poll.timeout.connect(lambda: loop.quit() if condition() else None)
    limit.timeout.connect(lambda: loop.exit(1))
    poll.start(50)
    limit.start(WITHIN_MS)
    if loop.exec():
        raise TimeoutError("The window did not come to the state that the picture shows.")


def main() -> None:
    """Takes all pictures."""
    application = QApplication(sys.argv[:1])
    settings = Settings()
    settings.has_seen_intended_use = True
    settings.reader = "Dr. Rossi"
    settings.save()
    window = open_window(build_parser().parse_args(["--device", "cpu"]))
    window.resize(*SIZE)
    session = window.session

    def settle() -> None:
        loop = QEventLoop()
        QTimer.singleShot(700, loop.quit)
        loop.exec()

    def take(name: str) -> None:
        settle()
        window.messages.hide()
        settle()
        window.grab().save(str(FOLDER / name))

    wait_until(lambda: session.image(0).prediction is not None)
    window.analysis.analyse_all()
    wait_until(lambda: all(image.score is not None for image in session.images) and not window.analysis.is_busy)
    take("viewer.png")

    session.select(0)
    wait_until(lambda: window.view.radiograph is not None)
    radiograph = window.view.radiograph
    if radiograph is None:
        raise RuntimeError("The film is not there.")
    for kind, shape in MEASURED.items():
        points = [(x * radiograph.shape[1], y * radiograph.shape[0]) for x, y in shape]
        window.view.annotations.add(kind(*points), "Measure")
    window.view.zoom(1.6)
    take("looking.png")
    window.actions_of["clear_annotations"].trigger()

    session.blind = True
    session.select(2)
    wait_until(lambda: session.image(2).prediction is not None and not window.analysis.is_busy)
    window.actions_of["score_mode"].setChecked(True)
    for score in OWN_SCORE[:4]:
        window.own_reading.scoring.enter(score)
    take("scoring.png")

    for score in OWN_SCORE[4:]:
        window.own_reading.scoring.enter(score)
    window.own_reading.scoring.save()
    window.actions_of["score_mode"].setChecked(False)
    session.blind = False
    take("comparison.png")

    window.actions_of["compare_prior"].setChecked(True)
    wait_until(lambda: window.group.prior_shown)
    take("prior.png")
    window.actions_of["compare_prior"].setChecked(False)

    session.select(0)
    wait_until(lambda: session.image(0).prediction is not None and not window.analysis.is_busy)
    window.actions_of["explain"].trigger()
    wait_until(lambda: session.image(0).explanation is not None and not window.analysis.is_busy)
    take("explanation.png")

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
    window.close()
    application.processEvents()
    os._exit(0)  # whatever the network is in the middle of


if __name__ == "__main__":
    main()
