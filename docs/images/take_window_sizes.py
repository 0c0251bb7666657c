"""Take the window at every usual size, in every language, text size and theme, to look for what is clipped or overlaps.

QT_QPA_PLATFORM=offscreen .venv/bin/python docs/images/take_window_sizes.py FOLDER
"""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from itertools import product
from pathlib import Path

# Beside this file; it also gives the program a home of its own.
from take_screenshots import settle, wait_until

from app.__main__ import build_parser, open_window
from app.background.network import Network
from app.main_window import MainWindow
from app.settings.settings import Settings, ThemeChoice
from bsnet_core.brixia import ZONES
from bsnet_core.language import languages
from bsnet_core.resources import sample_files

SIZES = ((1280, 720), (1440, 900), (1920, 1080), (2560, 1440), (1080, 1920))
PERCENTS = (100, 150)
THEMES = (ThemeChoice.DARK, ThemeChoice.LIGHT)
SCORES = (1, 2, 3, 1, 3, 3)


@dataclass(frozen=True)
class Look:
    """One look of the window; its name is the beginning of the names of its images."""

    language: str
    percent: int
    theme: ThemeChoice

    @property
    def name(self) -> str:
        """Such as "it-150-dark"."""
        return f"{self.language}-{self.percent}-{self.theme.value}"


def main() -> None:
    """Take all images, or those of the looks whose names begin as asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where the images go")
    parser.add_argument("--only", default="", metavar="NAME", help="looks that begin so, such as it-150")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    network = Network()
    for values in product(sorted(languages()), PERCENTS, THEMES):
        look = Look(*values)
        if look.name.startswith(arguments.only):
            take_look(look, network, arguments.folder)
    os._exit(0)  # The network's process may still be computing.


def take_look(look: Look, network: Network, folder: Path) -> None:
    """The window at all sizes: with everything that a reader can have on the screen, then with the prior image."""
    settings = Settings()
    settings.language, settings.font_percent, settings.theme = look.language, look.percent, look.theme
    settings.has_seen_intended_use, settings.reader = True, "Dr. Rossi"
    settings.save()
    first, second = sample_files()[:2]
    window = open_window(build_parser().parse_args(["--device", "cpu", str(second), str(first)]), network)
    fill(window)
    for prior in (False, True):
        window.actions_of["compare_prior"].setChecked(prior)
        wait_until(lambda prior=prior: window.group.prior_shown == prior)
        for width, height in SIZES:
            for _turn in range(2):  # between portrait and landscape, the first lets the panes change their places
                window.resize(width, height)
                settle()
            window.messages.hide()
            settle()
            file = f"{look.name}-{width}x{height}{'-prior' if prior else ''}.png"
            window.grab().save(str(folder / file))
    window.close()
    while not window.end_work():
        pass


def fill(window: MainWindow) -> None:
    """A saved reading beside the prediction, with the explanation."""
    session = window.session
    wait_until(lambda: bool(session.images) and all(image.score is not None for image in session.images))
    for zone, score in zip(ZONES, SCORES, strict=True):
        session.enter(0, zone, score)
    session.save_reading(0)
    window.actions_of["explanation"].setChecked(True)
    wait_until(lambda: session.image(0).explanation is not None and not window.inference.is_busy)


if __name__ == "__main__":
    main()
