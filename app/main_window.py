"""Puts panels and actions together; decides nothing about scores."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QKeySequence
from PySide6.QtWidgets import (
    QFileDialog,
    QLabel,
    QMainWindow,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSplitter,
    QVBoxLayout,
    QWidget,
)

from app.analysis import Analysis, LoadedStudy, ModelChoice
from app.canvas.frame import FrameRenderer
from app.canvas.view import ImageView, OverlayState
from app.messages import MessageBar, Severity
from app.overlays import explanation as explanation_overlay
from app.overlays import lungs as lungs_overlay
from app.overlays import zones as zones_overlay
from app.panels.overlays import OverlaysPanel
from app.panels.scores import ScoresPanel
from app.panels.studies import StudiesPanel
from app.session import Session, Study, StudyState
from app.settings import OVERLAYS, Settings
from bsnet_core.brixia import ZONES, Zone
from bsnet_core.errors import BSNetError
from bsnet_core.reading import find_images

DISCLAIMER = "Research software — not a medical device"
FILE_FILTER = "Radiographs (*.dcm *.dicom *.png *.jpg *.jpeg *.tif *.tiff);;All files (*)"
PROGRESS_AFTER_MS = 500
ABOUT = (
    "<b>BS-Net Viewer</b><p>Six-zone Brixia score of chest radiographs after Signoroni et al., "
    "Medical Image Analysis 2021.</p><p><b>Research software, not a medical device.</b> Do not use it for diagnosis, "
    "triage or treatment. Everything stays on this computer.</p><p>Sample studies: COVID-19 image repository, Hannover "
    "Medical School, doi 10.25835/0090041, CC BY 3.0.</p>"
)


class MainWindow(QMainWindow):
    """Studies on the left, the picture in the middle, scores and overlays on the right."""

    def __init__(self, settings: Settings, choice: ModelChoice) -> None:
        super().__init__()
        self.setWindowTitle("BS-Net Viewer")
        self._settings = settings
        self.session = Session(self)
        self.analysis = Analysis(self.session, choice, self)
        self._renderers: dict[int, FrameRenderer] = {}
        self._shown_key: int | None = None
        self._painted: tuple[int, int, int, Zone | None] | None = None
        self.messages = MessageBar(self)
        self.view = ImageView(self)
        self.studies = StudiesPanel(self.session, self)
        self.scores = ScoresPanel(self)
        self.actions_by_name = self._make_actions()
        overlay_actions = {name: self.actions_by_name[name] for name in OVERLAYS}
        opacity = {name: settings.overlay_opacity(name) for name in OVERLAYS}
        self.overlays = OverlaysPanel(overlay_actions, opacity, self)
        self._make_menus()
        self._make_layout()
        self._make_status_bar()
        self._connect()
        self._update_overlays()
        if not self.restoreGeometry(settings.geometry):
            self.resize(QSize(1440, 900))

    # Opening

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens files, and the images inside folders; the first new one is shown."""
        first: int | None = None
        for path in paths:
            try:
                files = find_images(path) if path.is_dir() else [path]
            except BSNetError as error:
                self.messages.show_message(Severity.ERROR, str(error))
                continue
            if not files:
                self.messages.show_message(Severity.WARNING, f"The folder {path.name} holds no images.")
            for file in files:
                study = self.session.add(file.absolute())
                first = study.key if first is None else first
        if first is not None:
            self.session.select(first)
        for study in self.session.studies:
            if study.state is StudyState.WAITING:
                self.analysis.load(study.key)

    def choose_files(self) -> None:
        """Asks for files to open."""
        names, _ = QFileDialog.getOpenFileNames(self, "Open radiographs", "", FILE_FILTER)
        self.open_paths([Path(name) for name in names])

    def choose_folder(self) -> None:
        """Asks for a folder to open."""
        name = QFileDialog.getExistingDirectory(self, "Open a folder of radiographs")
        if name:
            self.open_paths([Path(name)])

    # Construction

    def _make_actions(self) -> dict[str, QAction]:
        def action(name: str, text: str, keys: str | QKeySequence.StandardKey, tip: str, slot, *, on=None) -> None:  # type: ignore[no-untyped-def]
            made = QAction(text, self)
            made.setShortcut(QKeySequence(keys))
            made.setToolTip(f"{tip} ({made.shortcut().toString()})")
            made.setStatusTip(tip)
            if on is not None:
                made.setCheckable(True)
                made.setChecked(on)
            if slot is not None:
                made.triggered.connect(slot)
            self.addAction(made)
            actions[name] = made

        actions: dict[str, QAction] = {}
        shown = self._settings.overlay_shown
        action("open", "&Open…", QKeySequence.StandardKey.Open, "Open DICOM, JPEG, PNG or TIFF files", self.choose_files)
        action("open_folder", "Open &folder…", "Ctrl+Shift+O", "Open every image in a folder", self.choose_folder)
        action("quit", "&Quit", "Ctrl+Q", "Close the viewer", self.close)
        action("fit", "&Fit", "F", "Show the whole picture", self.view.fit)
        action("actual", "&1:1", "Ctrl+1", "One image pixel per screen pixel", self.view.actual_pixels)
        action("zoom_in", "Zoom &in", "+", "Enlarge", lambda: self.view.zoom(1.25))
        action("zoom_out", "Zoom &out", "-", "Make smaller", lambda: self.view.zoom(0.8))
        action("invert", "&Invert", "Ctrl+I", "Turn the greys around", self.view.invert)
        action("reset", "&Reset", "Esc", "Window, polarity and zoom as opened", self.view.reset)
        action("lungs", "&Lungs", "L", "Lung contour on or off", None, on=shown("lungs"))
        action("zones", "Zone &grid", "G", "Zone grid with scores on or off", None, on=shown("zones"))
        action("explanation", "&Explanation", "E", "Explanation map on or off", None, on=shown("explanation"))
        action("previous", "&Previous study", "PgUp", "Show the study above", lambda: self._step(-1))
        action("next", "&Next study", "PgDown", "Show the study below", lambda: self._step(1))
        action("analyse", "&Analyse again", "Ctrl+R", "Run the network on this picture", self._analyse_current)
        action("explain", "&Explain", "Ctrl+E", "Compute the super-pixel map", self._explain_current)
        action("cancel", "&Cancel", "Ctrl+.", "Stop the network's work", self.analysis.cancel)
        action("help", "&Keys and mouse", "F1", "Show keys and mouse actions", self._show_help)
        action("about", "&About", "", "About this program", self._show_about)
        return actions

    def _make_menus(self) -> None:
        menus = {
            "&File": ("open", "open_folder", None, "quit"),
            "&View": ("fit", "actual", "zoom_in", "zoom_out", None, "invert", "reset", None, *OVERLAYS),
            "&Analysis": ("previous", "next", None, "analyse", "explain", "cancel"),
            "&Help": ("help", "about"),
        }
        for title, names in menus.items():
            menu = self.menuBar().addMenu(title)
            menu.setToolTipsVisible(True)
            for name in names:
                if name is None:
                    menu.addSeparator()
                else:
                    menu.addAction(self.actions_by_name[name])

    def _make_layout(self) -> None:
        centre = QWidget(self)
        centre_layout = QVBoxLayout(centre)
        centre_layout.setContentsMargins(6, 6, 6, 6)
        centre_layout.addWidget(self.messages)
        centre_layout.addWidget(self.view, 1)
        right = QWidget(self)
        right_layout = QVBoxLayout(right)
        right_layout.setContentsMargins(4, 6, 10, 6)
        right_layout.addWidget(self.scores)
        right_layout.addWidget(self.overlays)
        right_layout.addStretch(1)
        scroll = QScrollArea(self)
        scroll.setWidget(right)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setMinimumWidth(360)
        splitter = QSplitter(Qt.Orientation.Horizontal, self)
        for index, (pane, width) in enumerate(((self.studies, 250), (centre, 820), (scroll, 370))):
            splitter.addWidget(pane)
            splitter.setStretchFactor(index, 1 if pane is centre else 0)
            pane.resize(width, pane.height())
        splitter.setSizes([250, 820, 370])
        splitter.setChildrenCollapsible(False)
        self.studies.setMinimumWidth(190)
        self.setCentralWidget(splitter)

    def _make_status_bar(self) -> None:
        self._progress = QProgressBar(self)
        self._progress.setRange(0, 1000)
        self._progress.setFixedWidth(260)
        self._progress.setAccessibleName("Progress of the analysis")
        self._cancel = QPushButton("Cancel", self)
        self._cancel.setToolTip("Stop the network's work (Ctrl+.)")
        self._cancel.clicked.connect(self.analysis.cancel)
        self._stage = QLabel("", self)
        self._stage.setAccessibleName("Stage of the analysis")
        disclaimer = QLabel(DISCLAIMER, self)
        disclaimer.setObjectName("disclaimer")
        for widget in (self._progress, self._cancel, self._stage):
            self.statusBar().addWidget(widget)
            widget.hide()
        self.statusBar().addPermanentWidget(disclaimer)
        self._progress_delay = QTimer(self)
        self._progress_delay.setSingleShot(True)
        self._progress_delay.setInterval(PROGRESS_AFTER_MS)
        self._progress_delay.timeout.connect(lambda: self._show_progress(self.analysis.is_busy))

    def _connect(self) -> None:
        self.session.current_changed.connect(self._show_current)
        self.session.study_changed.connect(self._refresh)
        self.studies.chosen.connect(self.session.select)
        self.scores.zone_entered.connect(self._enter)
        self.view.files_dropped.connect(lambda names: self.open_paths([Path(name) for name in names]))
        self.overlays.switched.connect(self._switch_overlay)
        self.overlays.faded.connect(self._fade_overlay)
        self.overlays.zone_chosen.connect(lambda zone: self._update_overlays())
        self.overlays.explanation_wanted.connect(self._explain_current)
        self.analysis.loaded.connect(self._accept_loaded)
        self.analysis.failed.connect(self._show_failure)
        self.analysis.progressed.connect(self._show_stage)
        self.analysis.busy_changed.connect(self._show_busy)

    # Following the session

    def _show_current(self, key: int) -> None:
        self.analysis.cancel()
        self._shown_key = None
        radiograph, renderer = self.session.radiograph_of(key), self._renderers.get(key)
        study = self.session.study(key)
        if radiograph is not None and renderer is not None:
            self._show_picture(key)
        elif study.state is StudyState.UNREADABLE:
            self.view.show_message(study.problem)
        else:
            self.view.show_message("Reading…")
            self.analysis.load(key)
        self._refresh(key)

    def _accept_loaded(self, key: int, loaded: LoadedStudy) -> None:
        self._renderers[key] = loaded.renderer
        kept = {study.key for study in self.session.studies if self.session.radiograph_of(study.key) is not None}
        self._renderers = {other: renderer for other, renderer in self._renderers.items() if other in kept}
        study = self.session.current
        if study is not None and study.key == key:
            self._show_picture(key)

    def _show_picture(self, key: int) -> None:
        radiograph = self.session.radiograph_of(key)
        if radiograph is None:
            return
        self.view.show_radiograph(radiograph, self._renderers[key])
        self._shown_key, self._painted = key, None
        study = self.session.study(key)
        if study.prediction is None and study.state is not StudyState.NOT_SCORED:
            self.analysis.analyse(key)
        self._refresh(key)

    def _refresh(self, key: int) -> None:
        study = self.session.current
        if study is None or study.key != key:
            return
        self.scores.show_study(study)
        if study.state is StudyState.UNREADABLE:
            self.view.show_message(study.problem)
        self.overlays.allow_explaining(study.prediction is not None and not self.analysis.is_busy)
        self._update_overlays()

    def _update_overlays(self) -> None:
        study = self.session.current
        zone = self.overlays.chosen_zone
        shown = {name: self.actions_by_name[name].isChecked() for name in OVERLAYS}
        opacity = {name: self._settings.overlay_opacity(name) / 100 for name in OVERLAYS}
        state = self.view.overlays
        made_of = self._ingredients(study, zone)
        if made_of != self._painted:
            self._painted = made_of
            state = self._overlays_of(study, zone)
        self.view.set_overlays(
            OverlayState(shown, opacity, state.lungs, state.frames, state.labels, state.explanation)
        )

    def _ingredients(self, study: Study | None, zone: Zone | None) -> tuple[int, int, int, Zone | None] | None:
        if study is None or study.key != self._shown_key:
            return None
        return study.key, id(study.prediction), id(study.explanation), zone

    def _overlays_of(self, study: Study | None, zone: Zone | None) -> OverlayState:
        if study is None or study.prediction is None or study.key != self._shown_key:
            return OverlayState({}, {})
        prediction, picture = study.prediction, None
        if study.explanation is not None:
            zones = ZONES if zone is None else (zone,)
            picture = explanation_overlay.picture_of(study.explanation, prediction, zones)
        return OverlayState(
            {},
            {},
            lungs_overlay.outline_of(prediction),
            prediction.frames,
            zones_overlay.labels_of(prediction),
            picture,
        )

    # What the user does

    def _enter(self, zone: Zone, score: int | None) -> None:
        if self.session.current is not None:
            self.session.enter(self.session.current.key, zone, score)

    def _step(self, offset: int) -> None:
        study = self.session.current
        if study is not None and 0 <= study.key + offset < len(self.session.studies):
            self.session.select(study.key + offset)

    def _analyse_current(self) -> None:
        if self.session.current is not None:
            self.analysis.analyse(self.session.current.key)

    def _explain_current(self) -> None:
        if self.session.current is not None:
            self.actions_by_name["explanation"].setChecked(True)
            self.analysis.explain(self.session.current.key)

    def _switch_overlay(self, name: str, shown: bool) -> None:
        self._settings.set_overlay_shown(name, shown)
        self._update_overlays()

    def _fade_overlay(self, name: str, percent: int) -> None:
        self._settings.set_overlay_opacity(name, percent)
        self._update_overlays()

    def _show_help(self) -> None:
        rows = [
            ("Left drag", "window: right wider, up brighter; Ctrl finer"),
            ("Middle drag", "pan"),
            ("Right drag, wheel", "zoom"),
            ("Double click", "fit"),
        ]
        rows += [
            (action.shortcut().toString(), action.statusTip())
            for action in self.actions_by_name.values()
            if not action.shortcut().isEmpty()
        ]
        table = "".join(f"<tr><td><b>{keys}</b>&nbsp;&nbsp;</td><td>{what}</td></tr>" for keys, what in rows)
        self._open_box("Keys and mouse", f"<table>{table}</table>")

    def _show_about(self) -> None:
        self._open_box("About BS-Net Viewer", ABOUT)

    def _open_box(self, title: str, text: str) -> None:
        box = QMessageBox(self)
        box.setWindowTitle(title)
        box.setTextFormat(Qt.TextFormat.RichText)
        box.setText(text)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    # What the analysis tells

    def _show_failure(self, key: int, error: BSNetError) -> None:
        self.messages.show_message(Severity.ERROR, f"{self.session.study(key).path.name}: {error}")

    def _show_stage(self, stage: str, fraction: float) -> None:
        self._stage.setText(stage)
        self._progress.setValue(round(fraction * 1000))

    def _show_busy(self, busy: bool) -> None:
        if busy:
            self._progress.setValue(0)
            self._progress_delay.start()
        else:
            self._progress_delay.stop()
            self._show_progress(False)
        study = self.session.current
        self.overlays.allow_explaining(not busy and study is not None and study.prediction is not None)

    def _show_progress(self, shown: bool) -> None:
        for widget in (self._progress, self._cancel, self._stage):
            widget.setVisible(shown)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Ends all work and keeps the settings."""
        self.analysis.cancel()
        self.analysis.close()
        self._settings.geometry = self.saveGeometry()
        self._settings.save()
        event.accept()
