"""The actions on the library: copies, JSON lines, recovery of a damaged library, forgetting identities."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from app.commands.actions import Actions
from app.library.keeper import Keeper
from app.library.records import Event, ForgottenIdentities, Quarantined
from app.look.messages import MessageBar, Severity
from app.session.session import Session
from app.settings.paths import folder_for_exports
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count

if TYPE_CHECKING:
    from app.library.library import Library
    from app.library.recovery import Recovered

T = TypeVar("T")


class LibraryFiles(QObject):
    """Asks for the file, and lets the library's own thread do the work."""

    def __init__(
        self, session: Session, keeper: Keeper, messages: MessageBar, actions: Actions, window: QWidget
    ) -> None:
        super().__init__(window)
        self._session, self._keeper, self._messages, self._window = session, keeper, messages, window
        self._folder: Path | None = None
        self._question: QMessageBox | None = None
        self._quarantined: tuple[Path, ...] = ()
        self._recover = actions["salvage_library"]
        self._recover.setEnabled(False)
        self._connect_actions(actions)
        keeper.opened.connect(self._report_opened)
        keeper.opened.connect(lambda quarantined: self._look_for_quarantined())

    @property
    def question(self) -> QMessageBox | None:
        """The question on the screen."""
        return self._question

    def _connect_actions(self, actions: Actions) -> None:
        actions.connect("copy_library", self.ask_for_copy)
        actions.connect("export_library", self.ask_for_lines)
        actions.connect("forget_identities", self.ask_to_forget)
        actions.connect("salvage_library", self.ask_which_to_recover)

    def ask_for_copy(self) -> None:
        """Asks for a file and copies the whole library to it."""
        path = self._ask_for_path(_("Save a copy of the library"), "sqlite3", "SQLite (*.sqlite3)")
        if path is not None:
            self._write(lambda library: library.copy_to(path), path, "library copy")

    def ask_for_lines(self) -> None:
        """Asks for a file and writes to it, as JSON lines, all of the library that may be shown."""
        path = self._ask_for_path(_("Save the library as JSON lines"), "jsonl", "JSON lines (*.jsonl)")
        visibility = self._session.visibility
        if path is None:
            return

        def tell(left_out: int) -> None:
            text = _("Saved: {path}").format(path=path)
            if left_out:
                hidden = translate_count(
                    "Without the results of {count} image that you are to read blind first.",
                    "Without the results of {count} images that you are to read blind first.",
                    left_out,
                )
                text += "\n" + hidden.format(count=left_out)
            self._messages.show_message(Severity.INFO, text)

        self._submit(lambda library: library.export_json_lines(path, visibility), tell, path, "library lines")

    def ask_to_forget(self) -> None:
        """Asks whether to delete identities from the library, and deletes them."""
        box = self._question = QMessageBox(self._window)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle(_("Forget identities"))
        box.setText(_("Delete the patients' identities from the library?"))
        box.setInformativeText(
            _(
                "Names, patient IDs, birth dates, accession numbers and file paths are deleted for good. Predictions "
                "and readings stay, and images of the same patient still belong together."
            )
        )
        forget = box.addButton(_("Forget"), QMessageBox.ButtonRole.DestructiveRole)
        keep = box.addButton(_("Keep"), QMessageBox.ButtonRole.RejectRole)
        box.setDefaultButton(keep)
        box.setEscapeButton(keep)
        forget.clicked.connect(lambda: self._keeper.forget_identities(self._report_forgotten, self._reject))
        box.finished.connect(self._close_question)
        box.open()

    def ask_which_to_recover(self) -> None:
        """Asks which quarantined library to recover, if there are several, and where to save its rows."""
        if len(self._quarantined) < 2:
            chosen = self._quarantined
        else:
            kinds = _("Damaged libraries") + " (*.damaged-*.sqlite3)"
            newest = str(self._quarantined[-1])
            name, _kind = QFileDialog.getOpenFileName(self._window, _("Recover a damaged library"), newest, kinds)
            chosen = (Path(name),) if name else ()
        for path in chosen:
            self._ask_for_recovery(path)

    def _offer_recovery(self, quarantined: Quarantined) -> None:
        if not self._ask_for_recovery(quarantined.path):
            self._report_opened(quarantined)  # the offer stays

    def _ask_for_recovery(self, damaged: Path) -> bool:
        """Asks for a file and recovers a library to it; False if no file was chosen."""
        title = _("Recover to a file")
        path = self._ask_for_path(title, "jsonl", "JSON lines (*.jsonl)", stem="brixia-library-recovered")
        if path is None:
            return False

        def work(library: Library) -> Recovered:
            from app.library.recovery import recover  # here, not on the window's thread

            return recover(damaged, path)

        self._submit(work, lambda recovered: self._report_recovered(recovered, path), path, "recovered library")
        return True

    def _look_for_quarantined(self) -> None:
        def accept(files: tuple[Path, ...]) -> None:
            self._quarantined = files
            self._recover.setEnabled(bool(files))

        self._keeper.ask(lambda library: library.quarantined_files, accept)

    def _report_opened(self, quarantined: Quarantined | None) -> None:
        if quarantined is not None:
            self._messages.show_offer(
                Severity.WARNING,
                quarantined.sentence,
                _("Recover…"),
                lambda: self._offer_recovery(quarantined),
            )

    def _report_forgotten(self, forgotten: ForgottenIdentities) -> None:
        text = translate_count(
            "{count} image no longer has its patient's identity.",
            "{count} images no longer have their patients' identities.",
            forgotten.images,
        ).format(count=forgotten.images)
        if not forgotten.still_naming:
            self._messages.show_message(Severity.INFO, text)
            return
        names = ", ".join(path.name for path in forgotten.still_naming)
        folder = forgotten.still_naming[0].parent
        left = _("Quarantined libraries still contain patients' names. Delete them yourself: {names} in {folder}.")
        self._messages.show_message(Severity.WARNING, f"{text} {left.format(names=names, folder=folder)}")

    def _report_recovered(self, recovered: Recovered, path: Path) -> None:
        count = sum(recovered.rows.values())
        text = translate_count(
            "{count} entry was recovered and saved: {path}", "{count} entries were recovered and saved: {path}", count
        )
        self._messages.show_message(Severity.INFO, text.format(count=count, path=path))

    def _close_question(self) -> None:
        self._question = None

    def _ask_for_path(self, title: str, ending: str, kinds: str, stem: str = "brixia-library") -> Path | None:
        proposed = folder_for_exports(self._folder) / f"{stem}-{date.today():%Y%m%d}.{ending}"
        # The system's own dialog asks before it gives back a name that is taken.
        name, _kind = QFileDialog.getSaveFileName(self._window, title, str(proposed), kinds)
        return Path(name) if name else None

    def _write(self, work: Callable[[Library], object], path: Path, what: str) -> None:
        def tell(result: object) -> None:
            self._messages.show_message(Severity.INFO, _("Saved: {path}").format(path=path))

        self._submit(work, tell, path, what)

    def _submit(self, work: Callable[[Library], T], tell: Callable[[T], None], path: Path, what: str) -> None:
        def accept(result: T) -> None:
            self._folder = path.parent
            self._keeper.log(Event.EXPORTED, what)
            tell(result)

        self._keeper.ask(work, accept, self._reject)

    def _reject(self, error: BSNetError) -> None:
        self._messages.show_message(Severity.ERROR, str(error))
