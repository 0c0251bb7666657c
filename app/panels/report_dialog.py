"""The dialog for the contents, paper and file name of a report; it writes nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QLocale, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.report.content import ReportChoices
from app.report.names import file_name
from app.report.paper import Paper
from app.report.saving import NameTakenError
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.radiograph import ImageMetadata

SUFFIX = ".pdf"
STEM = "brixia-report"
STEM_DEIDENTIFIED = "brixia-report-deidentified"
WIDTH_PX = 480


@dataclass(frozen=True)
class ReportRequest:
    """A requested report: arguments of `app.report.content.compose_report` and `app.report.pdf.write_report`."""

    path: Path
    paper: Paper
    choices: ReportChoices
    overwrite: bool


@dataclass(frozen=True, slots=True)
class AvailableParts:
    """Parts that a report of this image could contain besides the image itself."""

    reading: bool
    explanation: bool
    lungs: bool


class ReportDialog(QDialog):
    """Asks for paper, contents and name, and stays open with all entries until the report is written.

    The writer of the report answers `save_requested` with `show_failure` or `accept`.
    """

    save_requested = Signal(object)
    """The `ReportRequest`."""

    def __init__(
        self,
        metadata: ImageMetadata,
        available: AvailableParts,
        folder: Path,
        made_at: datetime,
        parent: QWidget | None = None,
        *,
        paper: Paper | None = None,
    ) -> None:
        """Makes the dialog.

        Args:
            metadata: Metadata of the image, for the proposed name.
            available: Parts that can be chosen.
            folder: Folder proposed for the file.
            made_at: Now, with a time zone, for the name of a de-identified file.
            parent: The main window.
            paper: Paper size used last; None for the usual one of the country.
        """
        super().__init__(parent)
        self.setWindowTitle(_("PDF report"))
        self.setMinimumWidth(WIDTH_PX)
        self._metadata, self._available, self._folder, self._made_at = metadata, available, folder, made_at
        self._paper = self._make_paper(paper if paper is not None else usual_paper())
        self._reading = self._check_box(
            _("&Your reading"), available.reading, _("The score you saved, and the differences from the prediction")
        )
        self._explanation = self._check_box(
            _("&Explanation map"), available.explanation, _("The map over the image, with its legend")
        )
        self._lungs = self._check_box(
            _("&Aligned lungs"), available.lungs, _("The aligned image and the lungs only, as the network scores them")
        )
        self._deidentified = self._option(
            _("&De-identify"),
            _("Leave out name, IDs, birth date, dates, institution, descriptions, and the reader's name and comment"),
        )
        self._keep_dates = self._option(
            _("&Keep the dates"), _("Keep the dates of study and reading in a de-identified report")
        )
        self._burned_in = self._message(_("Names in the image"))
        self._name = self._line(_("File name"))
        self._choose = QPushButton(_("&Choose…"), self)
        self._choose.setToolTip(_("Choose folder and name"))
        self._shown_folder = self._line(_("Folder"))
        self._shown_folder.setReadOnly(True)
        self._problem = self._message(_("Problem"))
        self._replace = QCheckBox(_("&Replace the existing file"), self)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self._save = QPushButton(_("&Save report"), self)
        self._save.setDefault(True)
        self._buttons.addButton(self._save, QDialogButtonBox.ButtonRole.AcceptRole)
        self._make_layout()
        self._connect()
        self._name_is_proposed = True
        self._show_folder()
        self._follow_deidentified()
        self._clear_problem()

    def deidentify(self, on: bool) -> None:
        """Turns de-identification on or off."""
        self._deidentified.setChecked(on)

    @property
    def request(self) -> ReportRequest:
        """The report as entered now."""
        name = self._name.text().strip()
        if name and not name.lower().endswith(SUFFIX):
            name += SUFFIX
        choices = ReportChoices(
            deidentified=self._deidentified.isChecked(),
            keep_dates=self._keep_dates.isChecked(),
            with_reading=self._reading.isChecked(),
            with_explanation=self._explanation.isChecked(),
            with_lungs=self._lungs.isChecked(),
        )
        overwrite = self._replace.isVisibleTo(self) and self._replace.isChecked()
        return ReportRequest(self._folder / name, Paper(self._paper.currentData()), choices, overwrite)

    @property
    def problem_text(self) -> str:
        """The problem shown; empty if there is none."""
        return self._problem.text() if self._problem.isVisibleTo(self) else ""

    def show_failure(self, error: BSNetError) -> None:
        """Shows why the report was not written; all entries stay."""
        self._set_busy(False)
        self._problem.setText(str(error))
        self._problem.show()
        self._replace.setChecked(False)
        self._replace.setVisible(isinstance(error, NameTakenError))
        (self._replace if isinstance(error, NameTakenError) else self._name).setFocus()
        self._make_room()

    def _make_paper(self, chosen: Paper) -> QComboBox:
        box = QComboBox(self)
        for paper, name in ((Paper.A4, _("A4")), (Paper.LETTER, _("US Letter"))):
            box.addItem(name, paper)
            if paper is chosen:
                box.setCurrentIndex(box.count() - 1)
        box.setAccessibleName(_("Paper size"))
        return box

    def _line(self, name: str) -> QLineEdit:
        line = QLineEdit(self)
        line.setAccessibleName(name)
        return line

    def _option(self, text: str, tip: str) -> QCheckBox:
        box = QCheckBox(text, self)
        box.setToolTip(tip)
        return box

    def _check_box(self, text: str, available: bool, tip: str) -> QCheckBox:
        box = self._option(text, tip)
        box.setChecked(available)
        box.setEnabled(available)
        return box

    def _message(self, name: str) -> QLabel:
        label = QLabel("", self)
        label.setObjectName("qualityNotes")
        label.setTextFormat(Qt.TextFormat.PlainText)
        label.setWordWrap(True)
        label.setAccessibleName(name)
        return label

    def _make_layout(self) -> None:
        contents = QVBoxLayout()
        contents.setSpacing(6)
        for box in (self._reading, self._explanation, self._lungs):
            contents.addWidget(box)
        indented = QHBoxLayout()
        indented.addSpacing(22)
        indented.addWidget(self._keep_dates)
        privacy = QVBoxLayout()
        privacy.setSpacing(6)
        privacy.addWidget(self._deidentified)
        privacy.addLayout(indented)
        name = QHBoxLayout()
        name.setSpacing(8)
        name.addWidget(self._name, 1)
        name.addWidget(self._choose)
        paper = QHBoxLayout()
        paper.addWidget(self._paper)
        paper.addStretch(1)
        folder = QHBoxLayout()
        folder.addWidget(self._shown_folder)
        # A grid, because a form gives multi-line texts too little room.
        grid = QGridLayout()
        grid.setColumnStretch(1, 1)
        grid.setVerticalSpacing(12)
        grid.setHorizontalSpacing(14)
        rows = (
            (_("&Paper"), paper, self._paper),
            (_("Contents"), contents, None),
            (_("Privacy"), privacy, None),
            (_("&File name"), name, self._name),
            (_("F&older"), folder, self._shown_folder),
        )
        for row, (text, field, buddy) in enumerate(rows):
            label = QLabel(text, self)
            if buddy is not None:
                label.setBuddy(buddy)
            grid.addWidget(label, row, 0, Qt.AlignmentFlag.AlignTop if buddy is None else Qt.AlignmentFlag.AlignVCenter)
            grid.addLayout(field, row, 1)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        layout.addLayout(grid)
        layout.addWidget(self._burned_in)
        layout.addWidget(self._problem)
        layout.addWidget(self._replace)
        layout.addStretch(1)
        layout.addWidget(self._buttons)

    def _connect(self) -> None:
        self._deidentified.toggled.connect(self._follow_deidentified)
        self._name.textEdited.connect(self._accept_own_name)
        self._choose.clicked.connect(self._choose_path)
        self._save.clicked.connect(self._emit_request)
        self._buttons.rejected.connect(self.reject)

    def _follow_deidentified(self) -> None:
        deidentified = self._deidentified.isChecked()
        self._keep_dates.setEnabled(deidentified)
        stated = self._metadata.burned_in_annotation.strip().upper()
        self._burned_in.setVisible(deidentified and stated != "NO")
        self._burned_in.setText(
            _("According to the file, text is burned into the image. Check whether it shows the patient's name.")
            if stated == "YES"
            else _("The file does not rule out burned-in text. Check whether the image shows the patient's name.")
        )
        if self._name_is_proposed:
            self._name.setText(self._proposed_name())
            self._name.setCursorPosition(0)  # the start of the name tells most
        self._make_room()

    def _make_room(self) -> None:
        """Grows by what a message needs; Qt would take its lines from the other widgets."""
        layout = self.layout()
        if layout is not None:
            layout.activate()
            self.resize(self.width(), max(self.height(), layout.totalHeightForWidth(self.width())))

    def _proposed_name(self) -> str:
        if self._deidentified.isChecked():
            return file_name(STEM_DEIDENTIFIED, SUFFIX, None, self._made_at)
        return file_name(STEM, SUFFIX, self._metadata, self._made_at)

    def _accept_own_name(self) -> None:
        self._name_is_proposed = False
        self._clear_problem()

    def _choose_path(self) -> None:
        chosen, _filter = QFileDialog.getSaveFileName(
            self,
            _("Save the report"),
            str(self.request.path),
            _("PDF (*.pdf)"),
            options=QFileDialog.Option.DontConfirmOverwrite,  # `save` checks this without a race
        )
        if chosen:
            self._folder = Path(chosen).parent
            if Path(chosen).name != self.request.path.name:
                self._name.setText(Path(chosen).name)
                self._name_is_proposed = False
            self._show_folder()
            self._clear_problem()

    def _show_folder(self) -> None:
        self._shown_folder.setText(str(self._folder))
        self._shown_folder.setCursorPosition(0)

    def _clear_problem(self) -> None:
        self._problem.hide()
        self._replace.hide()
        self._replace.setChecked(False)

    def _emit_request(self) -> None:
        request = self.request
        if not self._name.text().strip():
            self._problem.setText(_("Enter a file name."))
            self._problem.show()
            self._name.setFocus()
            self._make_room()
            return
        self._set_busy(True)
        self.save_requested.emit(request)

    def _set_busy(self, busy: bool) -> None:
        self._save.setEnabled(not busy)
        self._save.setText(_("Saving…") if busy else _("&Save report"))


def usual_paper() -> Paper:
    """US Letter in countries with US units, A4 elsewhere."""
    in_inches = QLocale().measurementSystem() == QLocale.MeasurementSystem.ImperialUSSystem
    return Paper.LETTER if in_inches else Paper.A4
