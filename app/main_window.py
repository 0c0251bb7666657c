"""The main window: makes all parts and connects them; decides nothing about scores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QWidget

from app.background.image_loader import ImageLoader
from app.background.inference_queue import InferenceQueue
from app.background.jobs import JobQueue
from app.background.network import ModelChoice, Network
from app.background.prediction_store import PredictionStore
from app.canvas.group import ViewGroup
from app.canvas.modes import ViewMode
from app.canvas.pointed_view import PointedView
from app.canvas.probe import ProbeReading
from app.commands.action_table import ACTIONS
from app.commands.actions import Actions
from app.commands.keys import Keys
from app.commands.menus import RecentMenu, dress_tool_bar, fill_menu_bar, make_tool_bar
from app.help.about import show_about
from app.help.pages import keys_page
from app.help.window import HelpWindow
from app.library.keeper import Keeper
from app.library.measurements import KeptMeasurements
from app.library.order import ListOrder
from app.look import screens
from app.look.arrangement import Arrangement
from app.look.kept_layout import KeptLayout
from app.look.messages import IntendedUseBar, MessageBar, Severity
from app.look.status_line import StatusLine
from app.look.theme import Appearance
from app.panels.image_history import ImageHistoryWindow
from app.panels.images import ImagesPanel
from app.panels.overlay_switches import OverlaySwitches
from app.panels.preferences import PreferencesDialog
from app.panels.score_strip import ScoreStrip
from app.panels.scores import ScoresPanel
from app.panels.tags import TagsWindow
from app.panels.trend import TrendPanel
from app.presenters.analysis_actions import AnalysisActions
from app.presenters.archive_password import ArchivePassword
from app.presenters.blind_mode import BlindMode
from app.presenters.change_since_prior import ChangeSincePrior
from app.presenters.current_image import CurrentImage
from app.presenters.exports import Exports
from app.presenters.image_actions import ImageActions
from app.presenters.image_list import ImageList
from app.presenters.image_repair import ImageRepair
from app.presenters.last_session import LastSession
from app.presenters.library_files import LibraryFiles
from app.presenters.own_reading import OwnReading
from app.presenters.prior_actions import PriorActions
from app.presenters.prior_image import PriorImage
from app.presenters.reading_lists import ReadingLists
from app.presenters.unsaved_readings import UnsavedReadings
from app.presenters.worklist_actions import WorklistActions
from app.session.session import Session
from app.settings.paths import library_file, predictions_cache_dir
from app.settings.settings import OVERLAYS, Settings
from app.settings.window_layouts import WindowLayouts
from bsnet_core.errors import BSNetError
from bsnet_core.language import translate as _
from bsnet_core.loading import ARCHIVE_SUFFIXES, IMAGE_SUFFIXES
from bsnet_core.resources import sample_files

WORK_ENDS_WITHIN_S = 2.5
FIRST_SIZE = QSize(1440, 900)
OVERLAYS_WITH_SLIDER = ("lungs", "lung_fill", "zones", "scores", "explanation")


class MainWindow(QMainWindow):
    """Images on the left, the image shown in the middle, scores and overlays on the right.

    Parts are made in the order in which they depend on each other: commands, the session with its background work,
    panels, presenters, other windows. Then the signals between them are connected.

    Attributes:
        all_work_ended: After closing, whether all threads ended in time.
    """

    def __init__(self, settings: Settings, choice: ModelChoice, network: Network, appearance: Appearance) -> None:
        """Args: network: closed by whoever made it, once the window is closed."""
        super().__init__()
        self.setWindowTitle(_("BS-Net Viewer"))
        self.setAcceptDrops(True)
        self.all_work_ended = True
        self._settings = settings
        self._choice = choice
        self._appearance = appearance
        self._make_commands()
        self._make_session(network)
        self._make_panels()
        self._make_presenters()
        self._make_windows()
        self._arrange()
        self._connect_actions()
        self._connect_images()
        self._connect_network()
        self._connect_reading()
        self._connect_look()
        for note in settings.notes:
            self.messages.show_message(Severity.WARNING, note)
        self.view.setFocus()  # or the keys of the first minutes would be typed into the library's search
        screens.bring_back(self, WindowLayouts(settings).geometry_on(screens.screen_layout()), FIRST_SIZE)

    @property
    def actions_by_name(self) -> dict[str, QAction]:
        """Every action that does something."""
        return self.actions_of.connected

    @cached_property
    def preferences(self) -> PreferencesDialog:
        """The preferences, made when they are first opened."""
        return PreferencesDialog(self._settings, self.keys, list(self.actions_of.connected), self)

    # Opening

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens files, and the images inside folders, and remembers them; the first that can be loaded is shown."""
        if paths:
            self._settings.remember_files(paths)
            self.open_samples(paths)

    def open_samples(self, paths: Sequence[Path]) -> None:
        """Opens files like `open_paths` and remembers nothing."""
        if self.session.current is None:
            self.current_image.show_loading()
        self.loader.open(list(paths))

    def choose_files(self) -> None:
        """Asks for files to open."""
        # All files first: most DICOM files have no suffix, and a pattern for that there is not.
        patterns = " ".join(f"*{suffix} *{suffix.upper()}" for suffix in sorted(IMAGE_SUFFIXES | ARCHIVE_SUFFIXES))
        kinds = _("All files") + " (*);;" + _("Images and archives with a suffix") + f" ({patterns} DICOMDIR dicomdir)"
        names = QFileDialog.getOpenFileNames(self, _("Open radiographs"), "", kinds)[0]
        self.open_paths([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Asks for a folder to open."""
        name = QFileDialog.getExistingDirectory(self, _("Open a folder of radiographs"))
        if name:
            self.open_paths([Path(name)])

    # Parts

    def _make_commands(self) -> None:
        defaults = {spec.name: spec.default_keys for spec in ACTIONS}
        self.keys = Keys(defaults, {spec.name: spec.plain_text for spec in ACTIONS}, self._settings, self)
        self.actions_of = Actions(ACTIONS, self.keys, self._appearance.colours, self)

    def _make_session(self, network: Network) -> None:
        self.session = Session(self)
        self.loader = ImageLoader(self.session, self)
        store = PredictionStore(predictions_cache_dir())
        self.inference = InferenceQueue(self.session, self.loader, network, self._choice, store, self)
        self.keeper = Keeper(self.session, library_file(), keep_identity=self._settings.keeps_names, parent=self)
        self._queue = JobQueue("tags and help")
        self._charts_queue = JobQueue("charts and statistics")

    def _make_panels(self) -> None:
        settings, actions = self._settings, self.actions_of
        self.messages = MessageBar(self)
        self.intended_use = IntendedUseBar(settings, self)
        self.status_line = StatusLine(actions["cancel"], self)
        self.group = ViewGroup(self)
        self.view = self.group.current
        PointedView(self.group.views, self)
        self.images = ImagesPanel(self.session, self.keeper, self)
        self.images.choose_order(settings.library_order)
        self.trend = TrendPanel(self.session, self.keeper, self._charts_queue, self)
        self.scores = ScoresPanel(self)
        self.strip = ScoreStrip(self.session, actions["full_screen"], self)
        for name in OVERLAYS:
            actions[name].setChecked(settings.overlay_shown(name))
        self.overlays = OverlaySwitches(
            {name: actions[name] for name in OVERLAYS_WITH_SLIDER},
            {name: settings.overlay_opacity(name) for name in OVERLAYS_WITH_SLIDER},
            actions["explain"],
            self,
        )

    def _make_presenters(self) -> None:
        settings, actions, session, keeper, messages = (
            self._settings, self.actions_of, self.session, self.keeper, self.messages
        )  # fmt: skip
        self.kept_measurements = KeptMeasurements(session, keeper, self.group.annotations, self)
        self.current_image = CurrentImage(session, self.loader, self.view, actions, settings, self)
        self.image_actions = ImageActions(actions, self.group, session, settings, self)
        self.prior_image = PriorImage(session, keeper, self.loader, self.group, self.current_image, self)
        ChangeSincePrior(session, self.prior_image, self.current_image, self.scores, self)
        self.prior_actions = PriorActions(actions, self.prior_image, self.group, settings, messages, self)
        self.analysis_actions = AnalysisActions(
            actions, session, self.loader, self.inference, self.overlays, settings, self
        )
        self.image_repair = ImageRepair(actions, session, self.loader, self.inference, self.scores, self)
        self.own_reading = OwnReading(
            session, keeper, settings, self.scores, messages, actions, self._charts_queue, self
        )
        self.blind_mode = BlindMode(session, settings, actions, messages, self)
        self.image_list = ImageList(actions, session, self.images, messages, self)
        self.last_session = LastSession(
            session, self.loader, self.images.worklist, settings, messages, self._queue, self
        )
        self.unsaved_readings = UnsavedReadings(keeper, messages, self)
        self.exports = Exports(session, self.view, keeper, settings, messages, actions, self)
        self.library_files = LibraryFiles(session, keeper, messages, actions, self)
        self.archive_password = ArchivePassword(self.loader, messages, self)
        WorklistActions(actions, session, self.images.worklist, messages, self)
        self.reading_lists = ReadingLists(
            session, self.images.worklist, self.loader, keeper, settings, self.blind_mode, messages, actions,
            self._queue, self,
        )  # fmt: skip

    def _make_windows(self) -> None:
        settings, actions = self._settings, self.actions_of
        self.tags = TagsWindow(self._queue, self._appearance.colours, self, self.loader.place_of)
        self.history = ImageHistoryWindow(self.session, self.keeper, self)
        self.help = HelpWindow(self._queue, settings.language, lambda: keys_page(actions, self.keys), self)

    def _arrange(self) -> None:
        layouts, on_screens = WindowLayouts(self._settings), screens.screen_layout()
        self.arrangement = Arrangement(
            layouts.pane_widths_on(on_screens),
            left=(self.images, self.trend),
            centre=(self.intended_use, self.messages, self.strip, self.group),
            right=(self.scores, self.own_reading.comparison),
            in_sight=(self.overlays,),
            portrait_sizes=layouts.portrait_sizes_on(on_screens),
            parent=self,
        )
        self.setCentralWidget(self.arrangement)
        self.kept_layout = KeptLayout(self, self.arrangement, self._settings)
        self.setStatusBar(self.status_line)

    # Connections

    def _connect_actions(self) -> None:
        actions, settings = self.actions_of, self._settings
        actions.connect("open", self.choose_files)
        actions.connect("open_folder", self.choose_folder)
        actions.connect("quit", self.close)
        actions.connect("open_samples", lambda: self.open_samples(sample_files()))
        for name in OVERLAYS:
            shown = settings.overlay_shown(name)
            actions.connect_switch(name, partial(settings.set_overlay_shown, name), checked=shown)
        actions.connect("new_window", self._open_another_window)
        actions.connect_switch("full_screen", partial(screens.show_full_screen, self), checked=self.isFullScreen())
        for name, pane in (("left_pane", self.arrangement.left), ("right_pane", self.arrangement.right)):
            actions.connect_switch(name, pane.unfold, checked=not pane.is_folded)
            pane.folded_changed.connect(lambda folded, name=name: actions[name].setChecked(not folded))
        actions.connect("tags", lambda: screens.bring_to_front(self.tags))
        actions.connect("history", lambda: self.history.open())
        actions.connect("preferences", lambda: screens.bring_to_front(self.preferences))
        actions.connect("help", lambda: screens.bring_to_front(self.help))
        actions.connect("about", lambda: show_about(self))
        fill_menu_bar(self.menuBar(), actions, RecentMenu(settings, self.open_paths, self))
        self.tool_bar = make_tool_bar(actions, settings.font_percent, self)
        self.addToolBar(self.tool_bar)
        dress_tool_bar(self.tool_bar, settings.font_percent, self._appearance.colours)

    def _connect_images(self) -> None:
        for chooser in (self.images, self.trend):
            chooser.chosen.connect(self.session.select)
            chooser.open_requested.connect(lambda path: self.open_paths([path]))
        self.images.in_sight.connect(self.loader.prefer)
        self.images.progress_described.connect(self.strip.show_progress)
        self.images.order_chosen.connect(self._save_order)
        self.current_image.refreshed.connect(self.own_reading.show_image)
        self.current_image.refreshed.connect(self.tags.show_image)
        self.current_image.refreshed.connect(lambda image: self.image_actions.follow_image())
        self.current_image.refreshed.connect(lambda image: self.analysis_actions.follow_image())
        self.current_image.refreshed.connect(self.image_repair.follow_image)
        self.current_image.refreshed.connect(lambda image: self.blind_mode.follow_image())
        self.overlays.faded.connect(self._settings.set_overlay_opacity)
        self.overlays.zone_chosen.connect(self.current_image.explain_zone)
        for view in self.group.views:
            view.probed.connect(self._show_probe)
        self.view.mode_changed.connect(lambda mode: self._show_probe(None))
        self.loader.failed.connect(self._show_failure)
        self.loader.noted.connect(self._show_notes)
        self.keeper.failed.connect(lambda error: self._show_failure("", error))

    def _connect_network(self) -> None:
        # The one place where showing an image leads to its analysis.
        self.current_image.image_shown.connect(self.inference.analyse_if_new)
        self.prior_image.choice_changed.connect(lambda: self.inference.show_beside(self.prior_image.keys))
        self.inference.lungs_found.connect(self.current_image.show_lungs)
        self.inference.failed.connect(self._show_failure)
        self.inference.progressed.connect(self.status_line.show_stage)
        self.inference.busy_changed.connect(self.status_line.show_busy)
        self.inference.batch_changed.connect(self.status_line.show_batch)

    def _connect_reading(self) -> None:
        scoring, comparison = self.own_reading.scoring, self.own_reading.comparison
        scoring.zone_changed.connect(self.current_image.mark_zone_to_score)
        scoring.zone_changed.connect(self.strip.show_turn)
        self.current_image.zone_clicked.connect(scoring.choose_if_on)
        comparison.disagreement_changed.connect(self.current_image.mark_differing)
        self.own_reading.export_requested.connect(self.exports.save_readings)

    def _connect_look(self) -> None:
        appearance = self._appearance
        appearance.changed.connect(self.actions_of.paint_icons)
        appearance.changed.connect(self.tags.paint_icons)
        appearance.changed.connect(lambda colours: dress_tool_bar(self.tool_bar, self._settings.font_percent, colours))
        appearance.style(self, self.menuBar(), self.tool_bar, self.arrangement, self.status_line)
        self._settings.changed.connect(self._follow_setting)

    # Reactions

    def _show_failure(self, name: str, error: BSNetError) -> None:
        text = _("{file}: {problem}").format(file=name, problem=error) if name else str(error)
        about = next((image.key for image in self.session.images if name == image.path.name), None)
        self.messages.show_message(Severity.ERROR, text, image=about)

    def _show_notes(self, notes: Sequence[tuple[str, str]], rejections: Sequence[tuple[str, BSNetError]]) -> None:
        lines = [_("{file}: {problem}").format(file=name, problem=said) for name, said in [*notes, *rejections]]
        self.messages.show_message(Severity.ERROR if rejections else Severity.INFO, "\n".join(lines))

    def _show_probe(self, reading: ProbeReading | None) -> None:
        is_requested = reading is not None and self.view.mode is ViewMode.PROBE
        self.status_line.show_probe(reading.text if reading is not None and is_requested else "")

    def _save_order(self, order: ListOrder) -> None:
        self._settings.library_order = order

    def _follow_setting(self, name: str) -> None:
        if name == "keeps_names":
            self.keeper.set_keep_identity(self._settings.keeps_names)

    def _open_another_window(self) -> None:
        try:
            screens.open_another_window(self._choice)
        except BSNetError as error:
            self._show_failure("", error)

    # Qt events

    def changeEvent(self, event: QEvent) -> None:
        """Keeps the full-screen action in step with the window's state, which the desktop changes, too."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.actions_of["full_screen"].setChecked(self.isFullScreen())
            if self.strip.isHidden() == self.isFullScreen():
                self._show_image_alone(self.isFullScreen())

    def _show_image_alone(self, alone: bool) -> None:
        """The image and a line of scores; the keys of the panes bring each of them back."""
        self.strip.setVisible(alone)
        for part in (self.menuBar(), self.tool_bar):
            part.setVisible(not alone)
        self.arrangement.show_image_alone(alone)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accepts files and folders."""
        if event.mimeData().hasUrls():
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        """Opens dropped files and folders."""
        paths = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
        event.acceptProposedAction()
        self.open_paths(paths)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Saves the settings and ends all work; hides the windows first, so that nobody waits in front of them."""
        if not self.unsaved_readings.let_window_close():
            event.ignore()
            return
        self.last_session.keep()
        self.kept_layout.keep()
        self._settings.save()
        for window in (self, *self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)):
            if window.isWindow():
                window.hide()
        self.all_work_ended = self.end_work()
        event.accept()

    def end_work(self) -> bool:
        """Stops all threads; whether they ended in time."""
        deadline = time.monotonic() + WORK_ENDS_WITHIN_S
        self.inference.cancel()
        # The loader last: an image of the batch may be loaded from an archive whose files the loader deletes.
        working = (self._queue, self._charts_queue, self.exports, self.inference, self.loader)
        for part in working:
            part.close()

        def left_s() -> float:
            return max(deadline - time.monotonic(), 0.1)

        saved = self.keeper.close(left_s())
        return all([saved, *(part.wait(left_s()) for part in working)])
