"""Puts panels and actions together; decides nothing about scores."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Qt, QTimer
from PySide6.QtGui import QAction, QCloseEvent, QDragEnterEvent, QDropEvent, QKeySequence
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

if TYPE_CHECKING:
    from bsnet_core.explanation import Explanation
    from bsnet_core.prediction import Prediction

DISCLAIMER = "Research software — not a medical device"
FILE_FILTER = "Radiographs (*.dcm *.dicom *.png *.jpg *.jpeg *.tif *.tiff);;All files (*)"
PROGRESS_AFTER_MS = 500
ZOOM_STEP = 1.25
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
        self._painted = Ingredients(None, None, None)
        self.all_work_ended = True
        self.setAcceptDrops(True)
        self.messages = MessageBar(self)
        self.view = ImageView(self)
        self.studies = StudiesPanel(self.session, self)
        self.scores = ScoresPanel(self)
        self.actions_by_name = self._make_actions()
        overlay_actions = {name: self.actions_by_name[name] for name in OVERLAYS}
        opacity = {name: settings.overlay_opacity(name) for name in OVERLAYS}
        self.overlays = OverlaysPanel(overlay_actions, opacity, self.actions_by_name["explain"], self)
        self._make_menus()
        self._make_layout()
        self._make_status_bar()
        self._connect()
        self._update_overlays()
        if not self.restoreGeometry(settings.geometry):
            self.resize(QSize(1440, 900))

    # Opening

    def open_paths(self, paths: Sequence[Path]) -> None:
        """Opens files, and the images inside folders; the first that can be read is shown."""
        if not paths:
            return
        if self.session.current is None:
            self.view.show_message("Reading…")
        self.analysis.open(list(paths))

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
        view, analysis, make = self.view, self.analysis, self._action
        return {
            "open": make("&Open…", "Ctrl+O", "Open DICOM, JPEG, PNG or TIFF files", self.choose_files),
            "open_folder": make("Open &folder…", "Ctrl+Shift+O", "Open every image in a folder", self.choose_folder),
            "quit": make("&Quit", "Ctrl+Q", "Close the viewer", self.close),
            "fit": make("&Fit", "F", "Show the whole picture", view.fit),
            "actual": make("&1:1", "Ctrl+1", "One image pixel per screen pixel", view.actual_pixels),
            "zoom_in": make("Zoom &in", "+", "Enlarge", lambda: view.zoom(ZOOM_STEP)),
            "zoom_out": make("Zoom &out", "-", "Make smaller", lambda: view.zoom(1 / ZOOM_STEP)),
            "invert": make("&Invert", "Ctrl+I", "Turn the greys around", view.invert),
            "reset": make("&Reset", "Esc", "Window, polarity and zoom as opened", view.reset),
            "lungs": self._switch("&Lungs", "L", "Lung outline on or off", "lungs"),
            "zones": self._switch("Zone &grid", "G", "Zone grid with scores on or off", "zones"),
            "explanation": self._switch("&Explanation", "E", "Explanation map on or off", "explanation"),
            "previous": make("&Previous study", "PgUp", "Show the study above", lambda: self._step(-1)),
            "next": make("&Next study", "PgDown", "Show the study below", lambda: self._step(1)),
            "analyse": make("&Analyse again", "Ctrl+R", "Run the network on this picture", self._analyse_current),
            "explain": make("&Explain", "Ctrl+E", "Find the parts that speak for the score", self._explain_current),
            "cancel": make("&Cancel", "Ctrl+.", "Stop the network's work", analysis.cancel),
            "help": make("&Keys and mouse", "F1", "Show keys and mouse actions", self._show_help),
            "about": make("&About", "Shift+F1", "About this program", self._show_about),
        }

    def _action(self, text: str, keys: str, tip: str, slot: Callable[[], object]) -> QAction:
        action = QAction(text, self)
        action.setShortcut(QKeySequence(keys))
        action.setToolTip(f"{tip} ({action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)})")
        action.setStatusTip(tip)
        action.triggered.connect(lambda: slot())
        self.addAction(action)
        return action

    def _switch(self, text: str, keys: str, tip: str, overlay: str) -> QAction:
        action = self._action(text, keys, tip, lambda: None)
        action.setCheckable(True)
        action.setChecked(self._settings.overlay_shown(overlay))
        return action

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
        right_layout.setContentsMargins(6, 8, 12, 8)
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
        self.studies.setMinimumWidth(220)
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
        self.session.study_changed.connect(self._refresh_current)
        self.studies.chosen.connect(self.session.select)
        self.scores.zone_entered.connect(self._enter)
        self.overlays.switched.connect(self._switch_overlay)
        self.overlays.faded.connect(self._fade_overlay)
        self.overlays.zone_chosen.connect(lambda zone: self._update_overlays())
        self.analysis.loaded.connect(self._accept_loaded)
        self.analysis.failed.connect(self._show_failure)
        self.analysis.progressed.connect(self._show_stage)
        self.analysis.busy_changed.connect(self._show_busy)

    # Following the session

    def _show_current(self, key: int) -> None:
        self.analysis.make_way()
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
        self._refresh(study)

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
        self._shown_key, self._painted = key, Ingredients(None, None, None)
        study = self.session.study(key)
        if study.prediction is None and study.state is not StudyState.NOT_SCORED:
            self.analysis.analyse(key)
        self._refresh(self.session.study(key))

    def _refresh_current(self, key: int) -> None:
        study = self.session.current
        if study is not None and study.key == key:
            self._refresh(study)

    def _refresh(self, study: Study) -> None:
        self.scores.show_study(study)
        if study.state is StudyState.UNREADABLE:
            self.view.show_message(study.problem)
        self._allow_actions()
        self._update_overlays()

    def _allow_actions(self) -> None:
        study, busy = self.session.current, self.analysis.is_busy
        self.actions_by_name["analyse"].setEnabled(study is not None)
        self.actions_by_name["explain"].setEnabled(study is not None and study.prediction is not None and not busy)
        self.actions_by_name["cancel"].setEnabled(busy)
        self.overlays.show_study(study, busy=busy)

    def _update_overlays(self) -> None:
        study, zone = self.session.current, self.overlays.chosen_zone
        shown = {name: self.actions_by_name[name].isChecked() for name in OVERLAYS}
        opacity = {name: self._settings.overlay_opacity(name) / 100 for name in OVERLAYS}
        made_of = Ingredients(None, None, None)
        if study is not None and study.key == self._shown_key:
            made_of = Ingredients(study.prediction, study.explanation, zone)
        drawn = self.view.overlays
        if not made_of.are_the_same_as(self._painted):
            self._painted = made_of
            drawn = _overlays_of(made_of)
        self.view.set_overlays(replace(drawn, shown=shown, opacity=opacity))

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
            self.view.show_message("Reading…")
            self.analysis.load(study.key)
        else:
            self.analysis.analyse(study.key)

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

    def _show_failure(self, name: str, error: BSNetError) -> None:
        self.messages.show_message(Severity.ERROR, f"{name}: {error}" if name else str(error))

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
        self._allow_actions()

    def _show_progress(self, shown: bool) -> None:
        for widget in (self._progress, self._cancel, self._stage):
            widget.setVisible(shown)

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
        self._settings.save()
        self.hide()
        self.analysis.cancel()
        self.all_work_ended = self.analysis.close()
        event.accept()


@dataclass(frozen=True)
class Ingredients:
    """What the overlays are made from; made anew only when one of these is another object."""

    prediction: Prediction | None
    explanation: Explanation | None
    zone: Zone | None

    def are_the_same_as(self, other: Ingredients) -> bool:
        """Whether all three are the very same objects."""
        return self.prediction is other.prediction and self.explanation is other.explanation and self.zone is other.zone


def _overlays_of(made_of: Ingredients) -> OverlayState:
    prediction, picture = made_of.prediction, None
    if prediction is None:
        return OverlayState({}, {})
    if made_of.explanation is not None:
        zones = ZONES if made_of.zone is None else (made_of.zone,)
        picture = explanation_overlay.picture_of(made_of.explanation, prediction, zones)
    outline, labels = lungs_overlay.outline_of(prediction), zones_overlay.labels_of(prediction)
    return OverlayState({}, {}, outline, prediction.frames, labels, picture)
