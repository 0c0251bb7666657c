"""The fonts of all exported files: bundled with the program, so that no name turns into a row of boxes."""

from __future__ import annotations

import threading

from PySide6.QtGui import QFont, QFontDatabase, QTextLayout

from bsnet_core.errors import ReportError
from bsnet_core.language import translate as _
from bsnet_core.resources import resources_dir

FILES_OF_FAMILY = {
    "Noto Sans": ("NotoSans-Regular.ttf", "NotoSans-Bold.ttf"),
    "Noto Sans Arabic": ("NotoSansArabic-Regular.ttf",),
    "Noto Sans Hebrew": ("NotoSansHebrew-Regular.ttf",),
    "Noto Sans Thai": ("NotoSansThai-Regular.ttf",),
    "Noto Sans Devanagari": ("NotoSansDevanagari-Regular.ttf",),
    "Droid Sans Fallback": ("DroidSansFallbackFull.ttf",),
    "NanumSquare": ("NanumSquareR.ttf",),
}
"""Font files by family, in the order in which a character is looked up."""

CHECKED_PT = 12.0

_lock = threading.Lock()
_is_loaded = False


def load_fonts() -> None:
    """Registers the bundled fonts with Qt, once; from any thread while the application runs.

    Raises:
        ReportError: a font file is missing or damaged.
    """
    global _is_loaded
    with _lock:
        if _is_loaded:
            return
        for files in FILES_OF_FAMILY.values():
            for file in files:
                if QFontDatabase.addApplicationFont(str(resources_dir() / "fonts" / file)) < 0:
                    raise ReportError(
                        _("The font {file} is missing or damaged. Reinstall the program.").format(file=file)
                    )
        _is_loaded = True


def report_font(size_pt: float, *, bold: bool = False) -> QFont:
    """The report's font, with a family for every script; needs `load_fonts` first."""
    font = QFont()
    font.setFamilies(list(FILES_OF_FAMILY))
    font.setPointSizeF(size_pt)
    font.setBold(bold)
    return font


def can_draw(text: str) -> bool:
    """Whether a bundled or a system font has every character of a text; needs `load_fonts` first."""
    layout = QTextLayout(text, report_font(CHECKED_PT))
    layout.beginLayout()
    layout.createLine()
    layout.endLayout()
    # Glyph 0 is the one a font shows for characters it lacks.
    return all(0 not in run.glyphIndexes() for run in layout.glyphRuns())
