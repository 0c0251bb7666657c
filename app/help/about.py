"""The About box: program, source, intended use, sample images."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget

from bsnet_core.intended_use import not_for_patient_care, research_only
from bsnet_core.language import translate as _


def show_about(window: QWidget) -> None:
    """Opens the About box in front of a window."""
    box = QMessageBox(window)
    box.setWindowTitle(_("About BS-Net Viewer"))
    box.setTextFormat(Qt.TextFormat.RichText)
    box.setText(_about())
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.open()


def _about() -> str:
    parts = (
        "<b>" + _("BS-Net Viewer") + "</b>",
        _("Six-zone Brixia score of chest radiographs after Signoroni et al., Medical Image Analysis 2021."),
        f"<b>{research_only()}</b> {not_for_patient_care()} " + _("All data stays on this computer."),
        _("Sample images: COVID-19 image repository, Hannover Medical School, doi 10.25835/0090041, CC BY 3.0."),
    )  # fmt: skip
    return "".join(f"<p>{part}</p>" for part in parts)
