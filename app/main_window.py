"""Puts panels, actions and settings together; decides nothing about scores."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QWidget

from app.actions import Actions, action_specs
from app.analysis import Analysis, ModelChoice
from app.arrangement import Arrangement
from app.canvas.view import ImageView
from app.help.pages import keys_page
from app.help.window import HelpWindow
from app.jobs import JobQueue
from app.keys import Keys
from app.menus import RecentMenu, fill_menu_bar, make_tool_bar, tool_icon_size
from app.messages import IntendedUseBar, MessageBar, Severity
from app.panels.overlays import OverlaysPanel
from app.panels.scores import ScoresPanel
from app.panels.studies import StudiesPanel
from app.panels.tags import TagsWindow
from app.preferences import PreferencesDialog
from app.session import Session, Study, StudyState
from app.settings import Settings
from app.shown_study import ShownStudy
from app.status_line import StatusLine
from app.theme import Appearance
from bsnet_core.brixia import Zone
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _

ZOOM_STEP = 1.25
LANE_ENDS_WITHIN_S = 0.5
FIRST_SIZE = QSize(1440, 900)
OVERLAYS_DRAWN = ("lungs", "zones", "explanation")
"""Overlays that have a switch and a slider."""


class MainWindow(QMainWindow):
    """Studies on the left, the picture in the middle, scores and overlays on the right.

    It is made in four steps: parts, arrangement, actions, and the signals between the parts.
    """

    def __init__(self, settings: Settings, choice: ModelChoice, appearance: Appearance) -> None:
        super().__init__()
        self.setWindowTitle(_("BS-Net Viewer"))
        self.setAcceptDrops(True)
        self.all_work_ended = True
        self._settings = settings
        self._appearance = appearance
        self._make_parts(choice)
        self._arrange()
        self._connect_actions()
        self._make_windows()
        self._connect_parts()
        fill_menu_bar(self.menuBar(), self.actions_of, RecentMenu(settings, self.open_paths, self))
        self.tool_bar = make_tool_bar(self.actions_of, settings.font_percent, self)
        self.addToolBar(self.tool_bar)
        self._allow_actions()
        for note in settings.notes:
            self.messages.show_message(Severity.WARNING, note)
        if not self.restoreGeometry(settings.geometry):
            self.resize(FIRST_SIZE)

    @property
    def actions_by_name(self) -> dict[str, QAction]:
        """Every action that does something."""
        return self.actions_of.connected

    # Opening

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens files, and the images inside folders, and remembers them; the first that can be read is shown."""
        if paths:
            self._settings.remember_files(paths)
            self.open_samples(paths)

    def open_samples(self, paths: Sequence[Path]) -> None:
        """Opens files like `open_paths` and remembers nothing."""
        if self.session.current is None:
            self.shown_study.say_reading()
        self.analysis.open(list(paths))

    def choose_files(self) -> None:
        """Asks for files to open."""
        kinds = _("Radiographs") + " (*.dcm *.dicom *.png *.jpg *.jpeg *.tif *.tiff);;" + _("All files") + " (*)"
        names = QFileDialog.getOpenFileNames(self, _("Open radiographs"), "", kinds)[0]
        self.open_paths([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Asks for a folder to open."""
        name = QFileDialog.getExistingDirectory(self, _("Open a folder of radiographs"))
        if name:
            self.open_paths([Path(name)])

    # Construction

    def _make_parts(self, choice: ModelChoice) -> None:
        settings = self._settings
        specs = action_specs()
        named = [spec for spec in specs if spec.name]
        defaults = {spec.name: spec.default_keys for spec in named}
        self.keys = Keys(defaults, {spec.name: spec.plain_text for spec in named}, settings, self)
        self.actions_of = Actions(specs, self.keys, self._appearance.colours, self)
        self.session = Session(self)
        self.analysis = Analysis(self.session, choice, self)
        self._lane = JobQueue("tags and help")
        self.messages = MessageBar(self)
        self.intended_use = IntendedUseBar(settings, self)
        self.view = ImageView(self)
        self.shown_study = ShownStudy(self.session, self.analysis, self.view, settings, self)
        self.studies = StudiesPanel(self.session, self)
        self.scores = ScoresPanel(self)
        self.status_line = StatusLine(self.actions_of["cancel"], self)
        for name in OVERLAYS_DRAWN:
            self.actions_of[name].setChecked(settings.overlay_shown(name))
        self.overlays = OverlaysPanel(
            {name: self.actions_of[name] for name in OVERLAYS_DRAWN},
            {name: settings.overlay_opacity(name) for name in OVERLAYS_DRAWN},
            self.actions_of["explain"],
            self,
        )

    def _arrange(self) -> None:
        self.arrangement = Arrangement(self._settings, self)
        self.arrangement.fill(
            left=(self.studies,),
            centre=(self.intended_use, self.messages, self.view),
            right=(self.scores, self.overlays),
        )
        self.setCentralWidget(self.arrangement)
        self.setStatusBar(self.status_line)

    def _connect_actions(self) -> None:
        actions, view = self.actions_of, self.view
        actions.connect("open", self.choose_files)
        actions.connect("open_folder", self.choose_folder)
        actions.connect("quit", self.close)
        actions.connect("fit", view.fit)
        actions.connect("actual", view.actual_pixels)
        actions.connect("zoom_in", lambda: view.zoom(ZOOM_STEP))
        actions.connect("zoom_out", lambda: view.zoom(1 / ZOOM_STEP))
        actions.connect("invert", view.invert)
        actions.connect("reset", view.reset)
        for name in OVERLAYS_DRAWN:
            actions.connect_switch(
                name,
                partial(self._settings.set_overlay_shown, name),
                checked=self._settings.overlay_shown(name),
            )
        actions.connect_switch("original_image", self.shown_study.show_bare, checked=False)
        actions.connect("previous", lambda: self._step(-1))
        actions.connect("next", lambda: self._step(1))
        actions.connect("analyse", self._analyse_current)
        actions.connect("analyse_all", self.analysis.analyse_all)
        actions.connect("explain", self._explain_current)
        actions.connect("cancel", self.analysis.cancel)
        actions.connect("tags", lambda: _bring_up(self.tags))
        actions.connect("preferences", lambda: _bring_up(self.preferences))
        actions.connect("help", lambda: _bring_up(self.help))
        actions.connect("about", self._show_about)

    def _make_windows(self) -> None:
        settings, actions = self._settings, self.actions_of
        self.tags = TagsWindow(self._lane, self._appearance.colours, self)
        self.help = HelpWindow(self._lane, settings.language, lambda: keys_page(actions, self.keys), self)
        self.preferences = PreferencesDialog(settings, self.keys, list(actions.connected), self)

    def _connect_parts(self) -> None:
        self._appearance.changed.connect(self.actions_of.paint_icons)
        self._appearance.changed.connect(self.tags.paint_icons)
        self._appearance.changed.connect(
            lambda colours: self.tool_bar.setIconSize(tool_icon_size(self._settings.font_percent))
        )
        self.studies.chosen.connect(self.session.select)
        self.scores.zone_entered.connect(self._enter)
        self.overlays.faded.connect(self._settings.set_overlay_opacity)
        self.overlays.zone_chosen.connect(self.shown_study.explain_zone)
        self.shown_study.refreshed.connect(self._refresh)
        self.analysis.failed.connect(self._show_failure)
        self.analysis.progressed.connect(self.status_line.show_stage)
        self.analysis.busy_changed.connect(self.status_line.show_busy)
        self.analysis.batch_changed.connect(self.status_line.show_batch)
        self.analysis.busy_changed.connect(lambda busy: self._allow_actions())

    # Following the session

    def _refresh(self, study: Study) -> None:
        self.scores.show_study(study)
        self.tags.show_study(study)
        self._allow_actions()

    def _allow_actions(self) -> None:
        study, busy = self.session.current, self.analysis.is_busy
        self.actions_of["analyse"].setEnabled(study is not None)
        self.actions_of["explain"].setEnabled(study is not None and study.prediction is not None and not busy)
        self.actions_of["cancel"].setEnabled(busy)
        self.overlays.show_study(study, busy=busy)

    def _show_failure(self, name: str, error: BSNetError) -> None:
        text = _("{file}: {problem}").format(file=name, problem=error) if name else str(error)
        self.messages.show_message(Severity.ERROR, text)

    # What the user does

    def _enter(self, zone: Zone, score: int | None) -> None:
        if self.session.current is not None:
            self.session.enter(self.session.current.key, zone, score)

    def _step(self, offset: int) -> None:
        study = self.session.current
        if study is not None and 0 <= study.key + offset < len(self.session.studies):
            self.session.select(study.key + offset)

    def _analyse_current(self) -> None:
        study = self.session.current
        if study is None:
            return
        if study.state is StudyState.UNREADABLE:
            self.shown_study.say_reading()
            self.analysis.load(study.key)
        else:
            self.analysis.analyse(study.key)

    def _explain_current(self) -> None:
        if self.session.current is not None:
            self.actions_of["explanation"].setChecked(True)
            self.analysis.explain(self.session.current.key)

    def _show_about(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(_("About BS-Net Viewer"))
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(_about())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # Qt events

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens what was dropped."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Keeps the settings and ends all work; the window goes first, so that nobody waits in front of it."""
        self._settings.geometry = self.saveGeometry()
        self.arrangement.keep_widths()
        self._settings.save()
        for window in (self, self.tags, self.help, self.preferences):
            window.hide()
        self.analysis.cancel()
        self.all_work_ended = self.end_work()
        event.accept()

    def end_work(self) -> bool:
        """Stops all threads; whether they ended in time."""
        self._lane.close()
        return self.analysis.close() and self._lane.wait(LANE_ENDS_WITHIN_S)


def _bring_up(window: QWidget) -> None:
    window.show()
    window.raise_()
    window.activateWindow()


def _about() -> str:
    parts = (
        "<b>" + _("BS-Net Viewer") + "</b>",
        _("Six-zone Brixia score of chest radiographs after Signoroni et al., Medical Image Analysis 2021."),
        "<b>" + _("Research software, not a medical device.") + "</b> "
        + _("Do not use it for diagnosis, triage or treatment. Everything stays on this computer."),
        _("Sample studies: COVID-19 image repository, Hannover Medical School, doi 10.25835/0090041, CC BY 3.0."),
    )  # fmt: skip
    return "".join(f"<p>{part}</p>" for part in parts)
