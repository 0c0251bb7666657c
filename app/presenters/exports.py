"""Exports: asks for the file, writes it on a thread of its own, and notes it in the audit log."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from app.background.jobs import Job, JobQueue
from app.canvas.image_view import ImageView
from app.canvas.overlays.stack import LUNG_FILL
from app.commands.actions import Actions
from app.library.keeper import Keeper
from app.library.records import Event
from app.look.messages import MessageBar, Severity
from app.panels.report_dialog import AvailableParts, ReportDialog, ReportRequest
from app.panels.table_dialog import TableDialog
from app.presenters.reported_prior import prior_for_report
from app.report.content import compose_report
from app.report.csv_tables import BatchResult, batch_csv, readings_csv, write_csv
from app.report.dicom_export import export_dicom
from app.report.image_files import copy_image, unwindowed_image, view_image, write_image, write_png
from app.report.names import file_name
from app.report.paper_figure import compose_figure, write_figure
from app.report.pdf import write_report
from app.report.reported_image import ReportedExplanation, ReportedImage
from app.report.table_choices import TableChoices
from app.session.readings import ComparedReading, ListedReading
from app.session.session import Session
from app.settings.paths import folder_for_exports
from app.settings.settings import Settings
from bsnet_core.errors import BSNetError
from bsnet_core.explanation import Mode
from bsnet_core.language import translate as _
from bsnet_core.progress import Report

if TYPE_CHECKING:
    from app.library.records import PastImage

IMAGE_DENSITY = 2.0
"""Pixels of a saved image per pixel of the view."""


@dataclass(frozen=True, slots=True)
class ChosenPlace:
    """The file that an export is saved to.

    Attributes:
        may_replace: Whether an existing file may be replaced, since the system's dialog has asked.
    """

    path: Path
    may_replace: bool

    @classmethod
    def of(cls, path: Path, kind: str, proposed: str, kinds: str) -> ChosenPlace:
        """The file as chosen in the dialog, with the ending of the chosen kind if its name has none.

        Args:
            path: The chosen path.
            kind: The chosen kind, such as "JPEG (*.jpg *.jpeg)"; empty if the system does not tell.
            proposed: The proposed name.
            kinds: All kinds offered.
        """
        own, requested = path.suffix.lower(), _endings(kind) or [Path(proposed).suffix]
        if own not in _endings(kinds):
            return cls(path.with_name(path.name + requested[0]), may_replace=False)
        if own == Path(proposed).suffix and own not in requested:
            return cls(path.with_suffix(requested[0]), may_replace=False)
        return cls(path, may_replace=True)


class Exports(QObject):
    """Exports the report, the figure, the view, the image with all its values, and tables."""

    def __init__(
        self,
        session: Session,
        view: ImageView,
        keeper: Keeper,
        settings: Settings,
        messages: MessageBar,
        actions: Actions,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._session, self._view, self._keeper = session, view, keeper
        self._settings, self._messages, self._window = settings, messages, window
        self._queue = JobQueue("exports")
        self._folder: Path | None = None
        self._results: dict[int, BatchResult] = {}
        session.image_changed.connect(self._note_result)
        self._connect_actions(actions)

    def _connect_actions(self, actions: Actions) -> None:
        actions.connect("report", self.ask_for_report)
        actions.connect("export_figure", self.ask_for_figure)
        actions.connect("export_picture", self.ask_for_image)
        actions.connect("export_film", self.ask_for_unwindowed_image)
        actions.connect("export_dicom", self.ask_for_dicom)
        actions.connect("copy_picture", self.copy_image)
        actions.connect("export_csv", self.ask_for_readings)
        actions.connect("export_batch", self.ask_for_batch)

    def close(self) -> None:
        """Cancels what is being written; called before the window goes."""
        self._queue.close()

    def wait(self, timeout_s: float) -> bool:
        """Waits for the thread after `close`; whether it ended in time."""
        return self._queue.wait(timeout_s)

    # Report

    def ask_for_report(self) -> None:
        """Opens the dialog of the current image's PDF report."""
        image, reported = self._session.current, self.reported()
        if image is None or reported is None:
            return
        visible = not reported.prediction_is_hidden
        available = AvailableParts(
            reading=reported.reading is not None,
            explanation=visible and reported.explanation is not None and bool(reported.explanation.zones),
            lungs=visible and reported.prediction is not None,
        )
        now = datetime.now().astimezone()
        dialog = ReportDialog(
            image.metadata, available, folder_for_exports(self._folder), now, self._window, paper=self._settings.paper
        )
        dialog.deidentify(self._settings.deidentifies)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.save_requested.connect(lambda request: self._write_report(dialog, image.key, reported, request))
        dialog.open()

    def _write_report(self, dialog: ReportDialog, key: int, reported: ReportedImage, request: ReportRequest) -> None:
        now, metadata, visibility = datetime.now().astimezone(), reported.radiograph.metadata, self._session.visibility
        with_prediction = not reported.prediction_is_hidden and reported.prediction is not None

        def compare_with(past: Sequence[PastImage]) -> None:
            found = prior_for_report(past, metadata, visibility, with_prediction=with_prediction)
            prior = None if found is None else found.results

            def work(report: Report) -> Path:
                content = compose_report(replace(reported, prior=prior), request.choices, now)
                return write_report(content, request.path, request.paper, overwrite=request.overwrite)

            def accept(path: Path) -> None:
                self._settings.paper = request.paper
                if found is not None and found.results.score is not None:
                    self._keeper.note_shown(found.number)
                dialog.accept()
                self._report_written(path, "report", key)

            self._submit(work, accept, dialog.show_failure)

        # A library that cannot be asked costs the comparison, not the report.
        self._keeper.ask(
            lambda library: library.history_of_patient(library.key_of(metadata)),
            compare_with,
            lambda error: compare_with(()),
        )

    def reported(self) -> ReportedImage | None:
        """The current image as it is shown, for a report; None while no image is shown."""
        current, radiograph, voi = self._session.current, self._view.radiograph, self._view.voi
        if current is None or radiograph is None or voi is None:
            return None
        image = self._session.shown(current.key)
        explained = None
        if image.explanation is not None:
            explained = ReportedExplanation(
                image.explanation,
                view=self._view.overlays.map_view,
                opacity=self._settings.overlay_opacity("explanation") / 100,
                exact=image.explanation.mode is Mode.EXACT,
                share_done=float(image.explanation.is_computed.mean()),
            )
        return ReportedImage(
            radiograph=radiograph,
            voi=voi,
            inverted=self._view.is_inverted,
            prediction=image.prediction,
            prediction_is_hidden=not self._session.prediction_is_visible(image.key),
            reading=image.reading_of(self._session.reader),
            explanation=explained,
            lung_fill=self._view.overlays.strength(LUNG_FILL),
            problem=image.problem,
        )

    # Figure and image

    def ask_for_figure(self) -> None:
        """Asks for a file and saves the figure of the explanation, three panels side by side."""
        image, reported = self._session.current, self.reported()
        if image is None or reported is None:
            return
        place = self._ask_for_place(
            _("Save the explanation figure"),
            file_name("brixia-figure", ".png", None, self._now()),
            "PNG (*.png);;PDF (*.pdf)",
        )
        if place is not None:
            self._write(
                lambda: write_figure(compose_figure(reported), place.path, overwrite=place.may_replace),
                "figure",
                image.key,
            )

    def ask_for_image(self) -> None:
        """Asks for a file and saves the view as it is on the screen, without the patient's identity."""
        image = self._session.current
        if image is None or self._view.radiograph is None:
            return
        shown_image = self.shown_image()
        name = file_name("brixia-view", ".png", None, self._now())
        place = self._ask_for_place(_("Save the image"), name, "PNG (*.png);;JPEG (*.jpg *.jpeg)")
        if place is not None:
            self._write(lambda: write_image(shown_image, place.path, overwrite=place.may_replace), "picture", image.key)

    def ask_for_unwindowed_image(self) -> None:
        """Asks for a file and saves the image with all its values, without overlays and patient texts."""
        image, radiograph = self._session.current, self._view.radiograph
        if image is None or radiograph is None:
            return
        name = file_name("image", ".png", None, self._now())
        place = self._ask_for_place(_("Save the 16-bit image"), name, "PNG (*.png)")
        if place is not None:
            self._write(
                lambda: write_png(unwindowed_image(radiograph), place.path, overwrite=place.may_replace),
                "film",
                image.key,
            )

    def ask_for_dicom(self) -> None:
        """Asks for a folder and writes the results of the current image as DICOM objects."""
        image, reported = self._session.current, self.reported()
        if image is None or reported is None:
            return
        title = _("Folder for the DICOM results")
        asked = QFileDialog.getExistingDirectory(self._window, title, str(folder_for_exports(self._folder)))
        if asked:
            path, paper, now = image.path, self._settings.paper, self._now()
            self._write(lambda: export_dicom(reported, path, Path(asked), paper, now), "dicom", image.key)

    def copy_image(self) -> None:
        """Copies the view as it is on the screen, without the patient's identity, to the clipboard."""
        if self._view.radiograph is not None:
            copy_image(self.shown_image())
            self._messages.show_message(Severity.INFO, _("The image is on the clipboard."))

    def shown_image(self) -> QImage:
        """The view with a strip that names the model; with patient texts only if the preferences keep them."""
        view, image = self._view, self._session.current
        shown = None if image is None else self._session.shown(image.key).prediction
        model = shown.model if shown is not None and view.overlays.shows_result else None
        view.set_identity_hidden(self._settings.deidentifies)
        grabbed = view.image_of_view(IMAGE_DENSITY)
        view.set_identity_hidden(False)
        return view_image(grabbed, model)

    # Tables

    def ask_for_readings(self) -> None:
        """Saves as a table all readings of the library that may be shown, superseded ones too."""

        def accept(listed: Sequence[ListedReading]) -> None:
            self._save_readings(self._session.visibility.comparable(listed))

        self._keeper.ask(lambda library: library.listed_readings(), accept)

    def save_readings(self, compared: Sequence[ComparedReading]) -> None:
        """Asks for a file and saves these readings as a table."""
        self._save_readings([ListedReading.of(one) for one in compared])

    def _save_readings(self, listed: Sequence[ListedReading]) -> None:
        if not listed:
            self._messages.show_message(Severity.INFO, _("There is no saved reading that may be shown yet."))
            return
        title = _("Save readings")
        self._ask_what(title, lambda choices: self._save_table(title, "brixia-readings", readings_csv(listed, choices)))

    def ask_for_batch(self) -> None:
        """Asks for a file and saves the results of all open images as a table."""
        listed = [image.key for image in self._session.images if image.key in self._results]
        keys = [key for key in listed if self._session.prediction_is_visible(key)]
        if not keys:
            self._messages.show_message(Severity.INFO, _("No open image has a result that may be shown yet."))
            return
        metadata = {key: self._session.image(key).metadata for key in keys}
        title = _("Save the results of all images")

        def save(choices: TableChoices, patients: Mapping[int, str]) -> None:
            results = [replace(self._results[key], patient=patients[key]) for key in keys]
            self._save_table(title, "brixia-results", batch_csv(results, choices))

        def find_patients(choices: TableChoices) -> None:
            self._keeper.ask(
                lambda library: {key: library.key_of(known) for key, known in metadata.items()},
                lambda patients: save(choices, patients),
            )

        self._ask_what(title, find_patients, file_names=True)

    def _ask_what(self, title: str, go_on: Callable[[TableChoices], None], *, file_names: bool = False) -> None:
        dialog = TableDialog(title, self._window, deidentified=self._settings.deidentifies, file_names=file_names)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.chosen.connect(go_on)
        dialog.open()

    def _note_result(self, key: int) -> None:
        # Numbers only: the maps of images not shown for long are dropped, but a table needs all results.
        image = self._session.image(key)
        result = BatchResult.of(image.path.name, image.metadata, image.loading_notes)
        if image.prediction is not None:
            self._results[key] = result.with_prediction(image.prediction)
        elif image.rejection is not None:
            self._results[key] = replace(result, rejection=image.rejection)

    def _save_table(self, title: str, stem: str, text: str) -> None:
        place = self._ask_for_place(title, file_name(stem, ".csv", None, self._now()), "CSV (*.csv)")
        if place is not None:
            self._write(lambda: write_csv(text, place.path, overwrite=place.may_replace), "table", None)

    # Writing

    def _now(self) -> datetime:
        return datetime.now().astimezone()

    def _ask_for_place(self, title: str, proposed: str, kinds: str) -> ChosenPlace | None:
        asked = str(folder_for_exports(self._folder) / proposed)
        name, kind = QFileDialog.getSaveFileName(self._window, title, asked, kinds)
        return ChosenPlace.of(Path(name), kind, proposed, kinds) if name else None

    def _write(self, write: Callable[[], Path], what: str, key: int | None) -> None:
        self._submit(
            lambda report: write(),
            lambda path: self._report_written(path, what, key),
            lambda error: self._messages.show_message(Severity.ERROR, str(error)),
        )

    def _submit(
        self, work: Callable[[Report], Any], accept: Callable[[Any], None], reject: Callable[[BSNetError], None]
    ) -> None:
        job = Job(work, parent=self)
        job.succeeded.connect(accept)
        job.failed.connect(reject)
        self._queue.submit(job)

    def _report_written(self, path: Path, what: str, key: int | None) -> None:
        self._folder = path.parent
        self._keeper.log(Event.EXPORTED, what, key)
        self._messages.show_message(Severity.INFO, _("Saved: {path}").format(path=path), image=key)


def _endings(kinds: str) -> list[str]:
    return re.findall(r"\*(\.\w+)", kinds)
