"""The dark look: a Fusion palette and a short style sheet."""

from __future__ import annotations

from PySide6.QtGui import QColor, QPalette
from PySide6.QtWidgets import QApplication

STYLE_SHEET = """
QToolTip { color: #e6e9ec; background: #2a2f35; border: 1px solid #444b53; padding: 4px; }
QGroupBox { border: 0; margin-top: 18px; font-weight: 600; color: #aeb6bf; }
QGroupBox::title { subcontrol-origin: margin; left: 0; padding: 0; }
QListView { border: 0; outline: 0; }
QListView::item { border-radius: 6px; padding: 3px; }
QListView::item:selected { background: #2b4a5c; color: #ffffff; }
QListView::item:hover:!selected { background: #252a30; }
QSplitter::handle { background: #14161a; }
#zoneCell { background: #2a2f35; border: 1px solid #3a4149; border-radius: 6px; }
#zoneCell[unsure="true"] { border: 2px dashed #d9a441; }
#zoneScore { font-size: 26px; font-weight: 700; }
#zoneName, #small { color: #9aa3ad; }
#total { font-size: 22px; font-weight: 700; }
#side { color: #c5ccd4; font-weight: 600; }
#qualityNotes { background: #3a3222; border: 1px solid #6b5a2e; border-radius: 6px; padding: 8px; color: #f0dfb6; }
#disclaimer { color: #e0c070; font-weight: 600; padding: 0 6px; }
#messageBar { border-radius: 6px; background: #26323c; border: 1px solid #3d5568; }
#messageBar[severity="warning"] { background: #3a3222; border-color: #6b5a2e; }
#messageBar[severity="error"] { background: #42262a; border-color: #7d4047; }
"""


def apply_dark_theme(application: QApplication) -> None:
    """Sets style, palette and style sheet for the whole program."""
    application.setStyle("Fusion")
    palette = QPalette()
    roles = QPalette.ColorRole
    for role, colour in {
        roles.Window: "#1d2024",
        roles.WindowText: "#dfe3e7",
        roles.Base: "#181b1f",
        roles.AlternateBase: "#22262b",
        roles.Text: "#dfe3e7",
        roles.Button: "#2a2f35",
        roles.ButtonText: "#dfe3e7",
        roles.BrightText: "#ffffff",
        roles.ToolTipBase: "#2a2f35",
        roles.ToolTipText: "#e6e9ec",
        roles.PlaceholderText: "#87909a",
        roles.Highlight: "#2f6f8f",
        roles.HighlightedText: "#ffffff",
        roles.Link: "#6cc4de",
    }.items():
        palette.setColor(role, QColor(colour))
    for role in (roles.Text, roles.ButtonText, roles.WindowText):
        palette.setColor(QPalette.ColorGroup.Disabled, role, QColor("#6d757e"))
    application.setPalette(palette)
    application.setStyleSheet(STYLE_SHEET)
