"""The score panel: quality notes, predicted grid, the reader's own score, and the network's intermediate images."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from app.canvas.drawing.orientation import side_names
from app.panels.comment_field import CommentField
from app.panels.network_steps import NetworkSteps
from app.panels.zone_cell import NOT_ENTERED, STYLE, ZoneCell
from app.panels.zone_grid import STANDARD, ZoneGrid
from app.report.score_differences import describe_total_difference, describe_zone_difference
from app.session.open_image import ImageState, OpenImage
from app.session.readings import HASH_LENGTH, Reading, describe_total, name_of_reader
from bsnet_core.agreement import MAX_TOTAL, compare_scores
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.inference.content_findings import sentences_of
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.partial_score import score_of_entries
from bsnet_core.standard_orientation import StandardOrientation

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction


class ScoresPanel(QWidget):
    """The right pane above the overlay controls."""

    zone_entered = Signal(object, object)
    """Zone and the reader's score for it, or `NOT_ASSESSABLE`; None clears the zone."""
    zone_chosen = Signal(object)
    """Zone of a clicked cell: the next one to score."""
    comment_edited = Signal(str)
    """The whole comment on the reading in progress."""
    save_requested = Signal()
    clear_requested = Signal()
    correct_requested = Signal()
    repair_requested = Signal()
    undo_repair_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setStyleSheet(STYLE)
        self._notes = _line(self, "qualityNotes", _("Quality notes"))
        self._total = QLabel("", self)
        self._total.setObjectName("total")
        self._total.setAccessibleName(_("Global score"))
        self._interval = QLabel("", self)
        self._interval.setObjectName("small")
        self._interval.setAccessibleName(_("90% interval of the global score"))
        self._interval.setToolTip(
            _("In nine of ten images the radiologist's global score lies in this interval, by cross-validation")
        )
        self._turn = _line(self, "scoringMode", _("Scoring mode"))
        self._own = _line(self, "", _("Your own score"))
        self._change = _line(self, "small", _("Change since the prior image"))
        self._comparison = _line(self, "", _("Comparison with your score"))
        self._model = _line(self, "small", _("Model and device"))
        self._model.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._cells = {zone: ZoneCell(zone, self) for zone in ZONES}
        for cell in self._cells.values():
            cell.entered.connect(self.zone_entered)
            cell.chosen.connect(self.zone_chosen)
        self.comment = CommentField(self)
        self.comment.edited.connect(self.comment_edited)
        self._grid = ZoneGrid(self._cells, self)
        self.network_steps = NetworkSteps(self)
        self.save_button = self._button(_("Save reading"), _("Save the six zones as your reading"), self.save_requested)
        self.clear_button = self._button(
            _("Clear zones"), _("Clear all zones that are not saved"), self.clear_requested
        )
        self.correct_button = self._button(
            _("Correct reading"),
            _("Start a new reading from your saved one, which is kept"),
            self.correct_requested,
        )
        tip = _("Show and score the image repaired; the file stays as it is, and every result says so")
        self.repair_button = self._button("", tip, self.repair_requested)
        tip = _("Show and score the image as it is stored")
        self.undo_repair_button = self._button(_("Undo repair"), tip, self.undo_repair_requested)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(8)
        layout.addWidget(self._notes)
        layout.addWidget(self.repair_button)
        layout.addWidget(self.undo_repair_button)
        layout.addLayout(self._totals())
        layout.addWidget(self._turn)
        layout.addLayout(self._grid)
        layout.addWidget(self._change)
        layout.addLayout(self._own_row())
        layout.addWidget(self.comment)
        layout.addWidget(self._comparison)
        layout.addWidget(self.network_steps)
        layout.addWidget(self._model)
        layout.addStretch(1)
        self.show_change("")
        self.show_turn(None)
        self.show_image(None)

    def cell(self, zone: Zone) -> ZoneCell:
        """The cell of a zone."""
        return self._cells[zone]

    @property
    def total_text(self) -> str:
        """The line with the predicted global score."""
        return self._total.text()

    @property
    def interval_text(self) -> str:
        """The interval of the predicted global score; empty if the model has none."""
        return self._interval.text()

    @property
    def notes_text(self) -> str:
        """The quality notes or the reason why there is no score; empty if there are none."""
        return self._notes.text()

    @property
    def own_text(self) -> str:
        """The line with the state of the reader's own score."""
        return self._own.text()

    @property
    def comparison_text(self) -> str:
        """The comparison with the own score; empty if there is nothing to compare."""
        return self._comparison.text()

    @property
    def turn_text(self) -> str:
        """The line of the scoring mode; empty while it is off."""
        return self._turn.text()

    @property
    def model_text(self) -> str:
        """The line with the model and the device it ran on."""
        return self._model.text()

    def show_image(self, image: OpenImage | None, *, hidden: bool = False, reader: str = "") -> None:
        """Fills the panel.

        Args:
            image: The open image as it may be shown, from `Session.shown`; None empties the panel.
            hidden: Whether it is shown without its prediction, for the words that say so.
            reader: Name of the reader.
        """
        prediction = image.prediction if image is not None else None
        saved = image.reading_of(reader) if image is not None and not image.draft else None
        own = image.own_entries(reader) if image is not None else {}
        is_read_only = image is not None and image.is_read_only
        orientation = STANDARD if image is None else image.metadata.patient_orientation
        self._grid.name_sides(orientation)
        for zone, cell in self._cells.items():
            cell.show_zone(prediction, own.get(zone), editable=image is not None and saved is None and not is_read_only)
        self._total.setText(_total_line(image, hidden=hidden))
        self._interval.setText(_interval_text(prediction))
        _show_text(self._notes, "\n".join(_notes_of(image)))
        self._show_repair(image)
        was_seen = hidden and image is not None and image.was_seen_by(reader)
        about_own = (_own_line(image, saved), _seen_line(was_seen), _read_only_line(image))
        _show_text(self._own, "\n".join(part for part in about_own if part))
        _show_text(self._comparison, _comparison_line(own, prediction))
        _show_text(self._model, _model_line(prediction))
        has_lungs = prediction is not None and bool(prediction.lung_probability.any())  # a plain classifier has none
        self.network_steps.show_prediction(prediction if has_lungs else None, side_names(orientation))
        comment = "" if image is None else image.draft_comment if saved is None else saved.comment
        self.comment.show_comment(comment, editable=image is not None and saved is None and not is_read_only)
        self.comment.setVisible(image is not None and ((saved is None and not is_read_only) or bool(comment)))
        has_draft = image is not None and bool(image.draft or comment) and saved is None
        self.save_button.setEnabled(image is not None and image.entered_score is not None)
        self.save_button.setVisible(saved is None and not is_read_only)
        self.clear_button.setVisible(saved is None and not is_read_only)
        self.clear_button.setEnabled(has_draft)
        self.correct_button.setVisible(saved is not None and not is_read_only)

    def _show_repair(self, image: OpenImage | None) -> None:
        offered = image.offered_repair if image is not None else ()
        self.repair_button.setText(_("Repair: {steps}").format(steps=", ".join(step.request for step in offered)))
        self.repair_button.setVisible(bool(offered))
        self.undo_repair_button.setVisible(image is not None and bool(image.repairs))

    @property
    def change_text(self) -> str:
        """The line with the change since the prior image; empty while there is none."""
        return self._change.text()

    def show_change(self, line: str) -> None:
        """Shows the change since the prior image; an empty line hides it."""
        _show_text(self._change, line)

    def show_turn(self, zone: Zone | None, keys: str = "") -> None:
        """Marks the zone that the keys score next.

        Args:
            zone: The next zone; None while the scoring mode is off.
            keys: The keys of the mode in words, from `ScoringMode.hint`.
        """
        for other, cell in self._cells.items():
            cell.show_turn(other is zone)
        if zone is None:
            _show_text(self._turn, "")
        else:
            line = _("Scoring zone {zone}").format(zone=zone.name)
            _show_text(self._turn, f"<b>{line}</b><br>{keys}" if keys else f"<b>{line}</b>")

    def _totals(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.addWidget(self._total)
        row.addStretch(1)
        row.addWidget(self._interval, 0, Qt.AlignmentFlag.AlignBottom)
        return row

    def _own_row(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self._own, 1)
        for button in (self.clear_button, self.save_button, self.correct_button):
            row.addWidget(button)
        return row

    def _button(self, text: str, tip: str, request: object) -> QPushButton:
        button = QPushButton(text, self)
        button.setToolTip(tip)
        button.clicked.connect(lambda: request.emit())  # type: ignore[attr-defined]
        return button


def _interval_text(prediction: Prediction | None) -> str:
    if prediction is None or prediction.interval is None:
        return ""
    low, high = prediction.interval
    return _("90%: {low} to {high}").format(low=low, high=high)


def _notes_of(image: OpenImage | None) -> list[str]:
    if image is None:
        return []
    notes = [_("No score: {reason}").format(reason=image.problem)] if image.problem else []
    if not image.repairs and not StandardOrientation.of(image.metadata.patient_orientation).changes_nothing:
        notes.append(
            _(
                "According to its file, this image was stored rotated or mirrored. It is shown and scored in standard "
                "orientation, the patient's right on the left: check this against the side marker in the image."
            )
        )
    notes += image.loading_notes
    if image.prediction is not None:
        notes += image.prediction.quality
    elif image.findings:
        notes += sentences_of(image.findings)
    return notes


def _total_line(image: OpenImage | None, *, hidden: bool) -> str:
    if image is not None and image.state is ImageState.ANALYSED and hidden:
        return _("Hidden until you save")
    if image is not None and image.prediction is not None:
        return _("Global {total} / {most}").format(total=image.prediction.score.total, most=MAX_TOTAL)
    if image is not None and image.state is ImageState.ANALYSING:
        return _("Analysing…")
    return _("Global {total}").format(total=NOT_ENTERED)


def _own_line(image: OpenImage | None, saved: Reading | None) -> str:
    if image is None:
        return ""
    if saved is not None:
        line = _("{reader}: {total}, saved {time}, blind") if saved.blind else _("{reader}: {total}, saved {time}")
        return line.format(
            reader=name_of_reader(saved.reader),
            total=describe_total(saved.score),
            time=f"{saved.saved_at.astimezone():%Y-%m-%d %H:%M}",
        )
    score = image.entered_score
    if score is not None:
        return _("Yours: {total}, not saved").format(total=describe_total(score))
    if not image.draft:
        return _("Yours: not entered")
    missing = len(ZONES) - len(image.draft)
    return translate_count("Yours: {count} zone missing", "Yours: {count} zones missing", missing).format(count=missing)


def _seen_line(was_seen: bool) -> str:
    return _("You have seen this prediction: your reading will not count as blind.") if was_seen else ""


def _read_only_line(image: OpenImage | None) -> str:
    return _("Read-only: this reading list is finished.") if image is not None and image.is_read_only else ""


def _comparison_line(own: dict[Zone, int], prediction: Prediction | None) -> str:
    if prediction is None or len(own) < len(ZONES):
        return ""
    difference = compare_scores(prediction.score, score_of_entries(own))
    if not difference.zones:
        return ""
    total = describe_total_difference(difference, _("prediction minus yours"))
    return f"{total} {describe_zone_difference(difference)}"


def _model_line(prediction: Prediction | None) -> str:
    if prediction is None:
        return ""
    model = prediction.model
    attention = {"ha": _("hard attention"), "sa": _("soft attention"), "ens": _("ensemble")}
    parts = (
        f"{model.name} {model.version}",
        f"sha256 {model.sha256[:HASH_LENGTH]}",
        attention[prediction.attention.value],
        prediction.device,
        _("{seconds} s").format(seconds=f"{prediction.seconds['total']:.1f}").replace(" ", "\u00a0"),
    )
    return " · ".join(parts)


def _line(parent: QWidget, name: str, accessible_name: str) -> QLabel:
    label = QLabel("", parent)
    label.setObjectName(name)
    label.setWordWrap(True)
    label.setAccessibleName(accessible_name)
    return label


def _show_text(label: QLabel, text: str) -> None:
    """Shows a text; hides the label if it is empty."""
    label.setText(text)
    label.setVisible(bool(text))
