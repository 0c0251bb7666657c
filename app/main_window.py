"""Puts panels, actions and settings together; decides nothing about scores."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property, partial
from pathlib import Path

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog, QMainWindow, QMessageBox, QWidget

from app.background.analysis import Analysis
from app.background.jobs import JobQueue
from app.background.network import ModelChoice
from app.canvas.group import MOST_PRIORS, ViewGroup
from app.canvas.modes import ViewMode
from app.canvas.probe import ProbeReading
from app.commands.action_table import ACTIONS
from app.commands.actions import Actions
from app.commands.keys import Keys
from app.commands.menus import RecentMenu, fill_menu_bar, make_tool_bar, tool_icon_size
from app.help.pages import keys_page
from app.help.window import HelpWindow
from app.library.keeper import Keeper
from app.library.measurements import KeptMeasurements
from app.library.order import ListOrder
from app.look import screens
from app.look.arrangement import Arrangement
from app.look.messages import IntendedUseBar, MessageBar, Severity
from app.look.status_line import StatusLine
from app.look.theme import Appearance
from app.panels.image_history import HistoryWindow
from app.panels.images import ImagesPanel
from app.panels.overlay_switches import OverlaysPanel
from app.panels.preferences import PreferencesDialog
from app.panels.scores import ScoresPanel
from app.panels.tags import TagsWindow
from app.panels.trend import TrendPanel
from app.presenters.archive_password import ArchivePassword
from app.presenters.current_image import CurrentImage
from app.presenters.exports import Exports
from app.presenters.image_actions import ImageActions
from app.presenters.library_files import LibraryFiles
from app.presenters.own_reading import OwnReading
from app.presenters.prior_image import PriorImage
from app.session.session import ImageState, OpenImage, Session
from app.settings.paths import library_file
from app.settings.settings import OVERLAYS, Settings
from bsnet_core.errors import BSNetError
from bsnet_core.explanation import Mode
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count

WORK_ENDS_WITHIN_S = 2.5
FIRST_SIZE = QSize(1440, 900)
OVERLAYS_WITH_SLIDER = ("lungs", "lung_fill", "zones", "scores", "explanation")


class MainWindow(QMainWindow):
    """Studies on the left, the picture in the middle, scores and overlays on the right.

    It is made in four steps: parts, arrangement, actions, and the signals between the parts.
    """

    def __init__(self, settings: Settings, choice: ModelChoice, appearance: Appearance) -> None:
        super().__init__()
        self.setWindowTitle(_("BS-Net Viewer"))
        self.setAcceptDrops(True)
        self._closes_when_saved = False
        self._loses_readings = False
        self.all_work_ended = True
        self._settings = settings
        self._choice = choice
        self._appearance = appearance
        self._make_parts(choice)
        self._arrange()
        self._connect_actions()
        self._make_windows()
        self._connect_parts()
        fill_menu_bar(self.menuBar(), self.actions_of, RecentMenu(settings, self.open_paths, self))
        self.tool_bar = make_tool_bar(self.actions_of, settings.font_percent, self)
        self.addToolBar(self.tool_bar)
        appearance.dress(self, self.menuBar(), self.tool_bar, self.arrangement, self.status_line)
        self._allow_actions()
        self._follow_prior(False)
        self._allow_priors()
        for note in settings.notes:
            self.messages.show_message(Severity.WARNING, note)
        screens.bring_back(self, settings.geometry, FIRST_SIZE)

    @property
    def actions_by_name(self) -> dict[str, QAction]:
        """Every action that does something."""
        return self.actions_of.connected

    @cached_property
    def preferences(self) -> PreferencesDialog:
        """The preferences, made when they are first asked for."""
        return PreferencesDialog(self._settings, self.keys, list(self.actions_of.connected), self)

    # Opening

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens files, and the images inside folders, and remembers them; the first that can be read is shown."""
        if paths:
            self._settings.remember_files(paths)
            self.open_samples(paths)

    def open_samples(self, paths: Sequence[Path]) -> None:
        """Opens files like `open_paths` and remembers nothing."""
        if self.session.current is None:
            self.current_image.say_loading()
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
        defaults = {spec.name: spec.default_keys for spec in ACTIONS}
        self.keys = Keys(defaults, {spec.name: spec.plain_text for spec in ACTIONS}, settings, self)
        self.actions_of = Actions(ACTIONS, self.keys, self._appearance.colours, self)
        self.session = Session(self)
        self.analysis = Analysis(self.session, choice, self)
        self._queue = JobQueue("tags and help")
        self._charts_queue = JobQueue("charts and statistics")
        self.messages = MessageBar(self)
        self.intended_use = IntendedUseBar(settings, self)
        self.group = ViewGroup(self)
        self.view = self.group.current
        self.keeper = Keeper(self.session, library_file(), keep_identity=settings.keeps_names, parent=self)
        self.kept_measurements = KeptMeasurements(self.session, self.keeper, self.group.annotations, self)
        self.current_image = CurrentImage(self.session, self.analysis, self.view, settings, self)
        self.images = ImagesPanel(self.session, self)
        self.images.choose_order(settings.library_order)
        self.images.use_library(self.keeper)
        self.trend = TrendPanel(self.session, self.keeper, self)
        self.prior_image = PriorImage(self.session, self.keeper, self.analysis, self.group, self.current_image, self)
        self.scores = ScoresPanel(self)
        self.own_reading = OwnReading(self.session, self.keeper, settings, self.scores, self.messages, self)
        self.exports = Exports(self.session, self.view, self.keeper, settings, self.messages, self)
        self.library_files = LibraryFiles(self.keeper, self.messages, self)
        self.archive_password = ArchivePassword(self.analysis, self.messages, self)
        self.group.set_current_side(settings.current_side)
        self.prior_image.show_at_most(MOST_PRIORS if settings.compares_four else 1)
        self.own_reading.use_queue(self._charts_queue)
        self.trend.use_queue(self._charts_queue)
        self.status_line = StatusLine(self.actions_of["cancel"], self)
        for name in OVERLAYS:
            self.actions_of[name].setChecked(settings.overlay_shown(name))
        self.overlays = OverlaysPanel(
            {name: self.actions_of[name] for name in OVERLAYS_WITH_SLIDER},
            {name: settings.overlay_opacity(name) for name in OVERLAYS_WITH_SLIDER},
            self.actions_of["explain"],
            self,
        )
        self.overlays.choose_mode(settings.explanation_mode)

    def _arrange(self) -> None:
        self.arrangement = Arrangement(self._settings, self)
        self.arrangement.fill(
            left=(self.images, self.trend),
            centre=(self.intended_use, self.messages, self.group),
            right=(self.scores, self.own_reading.comparison, self.overlays),
        )
        self.setCentralWidget(self.arrangement)
        self.setStatusBar(self.status_line)

    def _connect_actions(self) -> None:
        actions = self.actions_of
        actions.connect("open", self.choose_files)
        actions.connect("open_folder", self.choose_folder)
        actions.connect("quit", self.close)
        self.image_actions = ImageActions(actions, self.group, self.session, self._settings, self)
        self.current_image.use_actions(actions)
        self.own_reading.use_actions(actions)
        self.exports.use_actions(actions)
        self.library_files.use_actions(actions)
        for name in OVERLAYS:
            actions.connect_switch(
                name,
                partial(self._settings.set_overlay_shown, name),
                checked=self._settings.overlay_shown(name),
            )
        actions.connect_switch("compare_prior", self.prior_image.switch, checked=False)
        actions.connect_switch("compare_four", self._compare_four, checked=self._settings.compares_four)
        actions.connect("earlier_prior", lambda: self.prior_image.step(1))
        actions.connect("later_prior", lambda: self.prior_image.step(-1))
        actions.connect("other_picture", self.group.focus_other)
        actions.connect_switch("link_views", self.group.set_linked, checked=self.group.is_linked)
        actions.connect("previous", lambda: self._step(-1))
        actions.connect("next", lambda: self._step(1))
        actions.connect("next_unread", self._go_to_unread)
        actions.connect("analyse", self._analyse_current)
        actions.connect("analyse_all", self.analysis.analyse_all)
        actions.connect("explain", self._explain_current)
        actions.connect("cancel", self.analysis.cancel)
        actions.connect("new_window", self._open_another_window)
        actions.connect_switch("full_screen", partial(screens.show_full_screen, self), checked=self.isFullScreen())
        actions.connect("tags", lambda: _bring_up(self.tags))
        actions.connect("history", lambda: self.history.open())
        actions.connect("preferences", lambda: _bring_up(self.preferences))
        actions.connect("help", lambda: _bring_up(self.help))
        actions.connect("about", self._show_about)

    def _make_windows(self) -> None:
        settings, actions = self._settings, self.actions_of
        self.tags = TagsWindow(self._queue, self._appearance.colours, self, self.analysis.place_of)
        self.history = HistoryWindow(self.session, self.keeper, self)
        self.help = HelpWindow(self._queue, settings.language, lambda: keys_page(actions, self.keys), self)

    def _connect_parts(self) -> None:
        self._appearance.changed.connect(self.actions_of.paint_icons)
        self._appearance.changed.connect(self.tags.paint_icons)
        self._appearance.changed.connect(
            lambda colours: self.tool_bar.setIconSize(tool_icon_size(self._settings.font_percent))
        )
        self.images.chosen.connect(self.session.select)
        self.images.in_sight.connect(self.analysis.prefer)
        self.images.order_chosen.connect(self._keep_order)
        for panel in (self.images, self.trend):
            panel.requested.connect(lambda path: self.open_paths([path]))
        self.trend.chosen.connect(self.session.select)
        self.group.prior_shown_changed.connect(self._follow_prior)
        self.group.linked_changed.connect(self.actions_of["link_views"].setChecked)
        self.prior_image.none_found.connect(self._tell_no_prior)
        self.prior_image.choice_changed.connect(self._allow_priors)
        self.own_reading.scoring.zone_changed.connect(self.current_image.mark_turn)
        self.current_image.zone_clicked.connect(self.own_reading.scoring.point_at)
        self.own_reading.comparison.disagreement_changed.connect(self.current_image.mark_differing)
        for view in self.group.views:
            view.probed.connect(self._show_probe)
        self.view.mode_changed.connect(lambda mode: self._show_probe(None))
        self.own_reading.export_requested.connect(self.exports.save_readings)
        self.keeper.kept.connect(lambda key, reading: self._close_when_saved())
        self.keeper.not_kept.connect(lambda key, reading, error: self._close_when_saved())
        self.keeper.failed.connect(lambda error: self._show_failure("", error))
        self._settings.changed.connect(self._follow_setting)
        self.overlays.faded.connect(self._settings.set_overlay_opacity)
        self.overlays.zone_chosen.connect(self.current_image.explain_zone)
        self.overlays.mode_chosen.connect(self._keep_mode)
        self.current_image.refreshed.connect(self._refresh)
        self.analysis.failed.connect(self._show_failure)
        self.analysis.progressed.connect(self.status_line.show_stage)
        self.analysis.busy_changed.connect(self.status_line.show_busy)
        self.analysis.scored.connect(self._explain_by_itself)
        self.analysis.batch_changed.connect(self.status_line.show_batch)
        self.analysis.busy_changed.connect(lambda busy: self._allow_actions())

    # Following the session

    def _refresh(self, image: OpenImage) -> None:
        self.own_reading.show_image(image)
        self.tags.show_image(image)
        self.image_actions.follow_image()
        self._allow_actions()

    def _allow_actions(self) -> None:
        image, busy = self.session.current, self.analysis.is_busy
        self.actions_of["analyse"].setEnabled(image is not None)
        seen = None if image is None else self.session.shown(image.key)
        # While the map grows by itself, asking for it shows it.
        asks_at_will = image is not None and (not busy or self.analysis.is_explaining(image.key))
        self.actions_of["explain"].setEnabled(seen is not None and seen.prediction is not None and asks_at_will)
        self.actions_of["cancel"].setEnabled(busy)
        self.overlays.show_image(seen, busy=not asks_at_will)

    def _show_failure(self, name: str, error: BSNetError) -> None:
        text = _("{file}: {problem}").format(file=name, problem=error) if name else str(error)
        self.messages.show_message(Severity.ERROR, text)

    # What the user does

    def _step(self, offset: int) -> None:
        image = self.session.current
        if image is not None and 0 <= image.key + offset < len(self.session.images):
            self.session.select(image.key + offset)

    def _go_to_unread(self) -> None:
        key = self.session.next_unread()
        if key is None:
            self.messages.show_message(Severity.INFO, _("You have read every open study."))
        else:
            self.session.select(key)

    def _analyse_current(self) -> None:
        image = self.session.current
        if image is None:
            return
        if image.state is ImageState.UNREADABLE:
            self.current_image.say_loading()
            self.analysis.load(image.key)
        else:
            self.analysis.analyse(image.key)

    def _explain_current(self) -> None:
        image, mode = self.session.current, self.overlays.chosen_mode
        if image is None:
            return
        self.actions_of["explanation"].setChecked(True)
        so_far = image.explanation
        is_there = so_far is not None and so_far.mode is mode and so_far.is_whole
        grows = self.analysis.is_explaining(image.key) and mode is Mode.FAST
        if not is_there and not grows:
            self.analysis.explain(image.key, mode)

    def _explain_by_itself(self, key: int) -> None:
        image = self.session.current
        requested = self._settings.explains and self._settings.explanation_mode is Mode.FAST
        if requested and image is not None and image.key == key:
            self.analysis.explain(key, Mode.FAST)

    def _follow_prior(self, shown: bool) -> None:
        action = self.actions_of["compare_prior"]
        if not shown and not self.prior_image.is_on:
            action.setChecked(False)
        for name in ("link_views", "other_picture"):
            self.actions_of[name].setEnabled(shown)

    def _compare_four(self, on: bool) -> None:
        self._settings.compares_four = on
        self.prior_image.show_at_most(MOST_PRIORS if on else 1)
        if on:
            self.actions_of["compare_prior"].setChecked(True)

    def _allow_priors(self) -> None:
        self.actions_of["earlier_prior"].setEnabled(self.prior_image.can_go_earlier)
        self.actions_of["later_prior"].setEnabled(self.prior_image.can_go_later)

    def _tell_no_prior(self, text: str) -> None:
        self.messages.show_message(Severity.INFO, text)

    def _show_probe(self, reading: ProbeReading | None) -> None:
        is_requested = reading is not None and self.view.mode is ViewMode.PROBE
        self.status_line.show_probe(reading.text if reading is not None and is_requested else "")

    def _keep_order(self, order: ListOrder) -> None:
        self._settings.library_order = order

    def _keep_mode(self, mode: Mode) -> None:
        if self._settings.explanation_mode != mode:
            self._settings.explanation_mode = mode

    def _follow_setting(self, name: str) -> None:
        if name == "keeps_names":
            self.keeper.set_keep_identity(self._settings.keeps_names)
        elif name == "explanation_mode":
            self.overlays.choose_mode(self._settings.explanation_mode)
        elif name == "current_side":
            self.group.set_current_side(self._settings.current_side)

    def _open_another_window(self) -> None:
        try:
            screens.open_another_window(self._choice)
        except BSNetError as error:
            self._show_failure("", error)

    def _show_about(self) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(_("About BS-Net Viewer"))
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(_about())
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # Qt events

    def changeEvent(self, event: QEvent) -> None:
        """Keeps the action in step with the window's state, which the desktop changes too."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.WindowStateChange:
            self.actions_of["full_screen"].setChecked(self.isFullScreen())

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
        """Keeps the settings and ends all work; the window goes first, so that nobody waits in front of it.

        A reading on its way to the disk is waited for; one that the disk refused would be lost, so that is asked.
        """
        self._closes_when_saved = self.keeper.is_saving
        if self._closes_when_saved:
            self.messages.show_message(Severity.INFO, _("The window closes as soon as your score is saved."))
        if self._closes_when_saved or not self._may_lose_readings():
            event.ignore()
            return
        self._settings.geometry = self.saveGeometry()
        self.arrangement.keep_widths()
        self._settings.save()
        for window in (self, *self.findChildren(QWidget, options=Qt.FindChildOption.FindDirectChildrenOnly)):
            if window.isWindow():
                window.hide()
        self.analysis.cancel()
        self.all_work_ended = self.end_work()
        event.accept()

    def _close_when_saved(self) -> None:
        if self._closes_when_saved and not self.keeper.is_saving:
            self._closes_when_saved = False
            self.close()

    def _may_lose_readings(self) -> bool:
        count = len(self.keeper.unkept)
        if count == 0 or self._loses_readings:
            return True
        text = translate_count(
            "{count} reading is not saved and is lost when the window closes.",
            "{count} readings are not saved and are lost when the window closes.",
            count,
        ).format(count=count)
        buttons = QMessageBox.StandardButton
        answer = QMessageBox.warning(
            self,
            _("Readings are not saved"),
            text + " " + _("Try to save again, close and lose them, or keep the window open?"),
            buttons.Retry | buttons.Discard | buttons.Cancel,
            buttons.Retry,
        )
        if answer == buttons.Retry:
            self._closes_when_saved = True
            self.keeper.try_again()
        self._loses_readings = answer == buttons.Discard
        return self._loses_readings

    def end_work(self) -> bool:
        """Stops all threads; whether they ended in time."""
        deadline = time.monotonic() + WORK_ENDS_WITHIN_S
        self._queue.close()
        self._charts_queue.close()

        def left_s() -> float:
            return max(deadline - time.monotonic(), 0.1)

        kept = self.keeper.close(left_s())
        ended = [self.exports.close(left_s()), self.analysis.close(left_s())]
        queues_ended = [queue.wait(left_s()) for queue in (self._queue, self._charts_queue)]
        return kept and all(ended + queues_ended)


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
