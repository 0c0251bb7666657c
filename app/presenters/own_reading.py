"""The reader's own reading: scoring, saving, comparison and statistics."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from app.background.jobs import JobQueue
from app.commands.action_table import PRESETS
from app.commands.actions import Actions
from app.library.keeper import Keeper
from app.look.messages import MessageBar, Severity
from app.panels.comparison import ComparisonPanel
from app.panels.scores import ScoresPanel
from app.panels.statistics import StatisticsPanel
from app.presenters.reader_name import ReaderName
from app.session.open_image import OpenImage
from app.session.readings import ListedReading, Reading, describe_total, result_sets
from app.session.scoring_mode import ScoringMode
from app.session.session import Session
from app.settings.settings import Settings
from bsnet_core.brixia import BrixiaScore, Zone
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.language import translate as _
from bsnet_core.partial_score import shown_score

if TYPE_CHECKING:
    from app.library.records import KeptPrediction, Recalled

STATISTICS_SIZE = QSize(1040, 760)
ROOM_FOR_FRAME = QSize(16, 48)
"""Room for title and borders that a desktop draws around a window."""


class OwnReading(QObject):
    """Connects session, scoring mode, panels and library."""

    export_requested = Signal(object)
    """Readings to be exported as CSV, `tuple[ComparedReading, ...]`."""

    def __init__(
        self,
        session: Session,
        keeper: Keeper,
        settings: Settings,
        scores: ScoresPanel,
        messages: MessageBar,
        actions: Actions,
        queue: JobQueue,
        window: QWidget,
    ) -> None:
        """Args: queue: counts and draws the statistics."""
        super().__init__(window)
        self._session = session
        self._keeper = keeper
        self._settings = settings
        self._scores = scores
        self._messages = messages
        self._kept_predictions: dict[int, tuple[KeptPrediction, ...]] = {}
        self.reader_name = ReaderName(settings, window)
        self.scoring = ScoringMode(session, window, ask_first=self.reader_name.ask_first)
        self.comparison = ComparisonPanel(window)
        self._window = window
        self._queue = queue
        session.reader = settings.reader
        self._connect_actions(actions)
        self._connect()

    @cached_property
    def statistics(self) -> StatisticsWindow:
        """The window of the statistics, made when it is first opened."""
        made = StatisticsWindow(self._queue, self._window)
        made.panel.export_requested.connect(self.export_requested)
        return made

    def _connect_actions(self, actions: Actions) -> None:
        for name, other in (
            ("score_mode", "scoring"),
            ("clear_reading", "clear_reading"),
            ("correct_reading", "correct_reading"),
            ("undo", "undo"),
            ("redo", "redo"),
        ):
            actions.stand_for(name, self.scoring.actions[other])
        # Return saves in the mode, this action everywhere; the mode's own action keeps its keys.
        actions.connect("save_reading", self.scoring.save)
        actions.connect("statistics", self.show_statistics)
        self.scoring.switched.connect(lambda on: actions.allow_group(PRESETS, not on))

    def show_image(self, image: OpenImage | None) -> None:
        """Fills the score panel and the comparison, without what must not be seen; None empties them."""
        if image is None:
            self._scores.show_image(None)
            self.comparison.show_nothing()
            self.comparison.hide()
            self._messages.follow_image(None)
            return
        hidden = not self._session.prediction_is_visible(image.key)
        self._scores.show_image(self._session.shown(image.key), hidden=hidden, reader=self._session.reader)
        sets = () if hidden else result_sets(image.readings, self._predictions_of(image))
        self.comparison.name_sides(image.metadata.patient_orientation)
        self.comparison.show_sets(sets, hidden=hidden)
        self.comparison.setVisible(len(sets) > 1)

    def show_statistics(self) -> None:
        """Opens the statistics over all readings of the library."""
        self.statistics.show()
        self.statistics.raise_()
        self.statistics.activateWindow()
        self._fill_statistics()

    def _fill_statistics(self) -> None:
        self._keeper.ask(lambda library: library.listed_readings(), self._show_statistics)

    def _show_statistics(self, listed: Sequence[ListedReading]) -> None:
        pairs = [one for one in listed if one.compared is not None]
        counted = [one for one in pairs if not one.keys.is_sample]
        may_be_shown = self._session.visibility.comparable(counted)
        compared = [one.compared for one in may_be_shown if one.compared is not None]
        self.statistics.panel.show_readings(
            compared, left_out=len(counted) - len(may_be_shown), of_samples=len(pairs) - len(counted)
        )

    def _follow_visibility(self) -> None:
        if "statistics" in self.__dict__:  # else the window was never opened
            self.statistics.panel.show_readings(())
            self._fill_statistics()

    def _predictions_of(self, image: OpenImage) -> list[tuple[ModelIdentity, BrixiaScore]]:
        now = [(image.prediction.model, image.prediction.score)] if image.prediction is not None else []
        return now + [(kept.model, kept.score) for kept in self._kept_predictions.get(image.key, ())]

    def _connect(self) -> None:
        session, scoring, scores, settings = self._session, self.scoring, self._scores, self._settings
        scores.zone_entered.connect(self._enter)
        scores.zone_chosen.connect(scoring.choose)
        scores.comment_edited.connect(self._comment)
        scores.save_requested.connect(scoring.save)
        scores.clear_requested.connect(scoring.clear)
        scores.correct_requested.connect(scoring.correct)
        scoring.zone_changed.connect(self._show_current_zone)
        scoring.switched.connect(lambda on: self._show_current_zone())
        scoring.rejected.connect(lambda text: self._messages.show_message(Severity.INFO, text, image=self._current_key))
        session.current_changed.connect(self._messages.follow_image)
        scoring.already_read.connect(self._offer_correction)
        session.visibility_changed.connect(lambda visibility: self._follow_visibility())
        settings.changed.connect(self._follow_setting)
        self._keeper.recalled.connect(self._take_recalled)
        self._keeper.kept.connect(self._report_saved)
        self._keeper.not_kept.connect(self._report_not_saved)

    @property
    def _current_key(self) -> int | None:
        return self._session.current.key if self._session.current is not None else None

    def _enter(self, zone: Zone, score: int | None) -> None:
        if self._session.current is not None:
            self._session.enter(self._session.current.key, zone, score)

    def _comment(self, text: str) -> None:
        if self._session.current is not None:
            self._session.comment(self._session.current.key, text)

    def _show_current_zone(self, zone: Zone | None = None) -> None:
        self._scores.show_turn(self.scoring.current_zone, self.scoring.hint if self.scoring.is_on else "")

    def _follow_setting(self, name: str) -> None:
        if name == "reader":
            self._session.reader = self._settings.reader

    def _take_recalled(self, key: int, recalled: Recalled) -> None:
        self._kept_predictions[key] = recalled.predictions
        image = self._session.current
        if image is not None and image.key == key:
            self.show_image(image)

    def _offer_correction(self, saved: Reading) -> None:
        text = _("Your reading {score} of this image is saved. Correct it? The saved one is kept.").format(
            score=shown_score(saved.score)
        )
        self._messages.show_offer(
            Severity.INFO, text, _("Correct reading"), self.scoring.correct, image=self._current_key
        )

    def _report_saved(self, key: int, reading: Reading) -> None:
        text = _("Your score {score} is saved: global {total}.").format(
            score=shown_score(reading.score), total=describe_total(reading.score)
        )
        if self._session.blind and not reading.blind:
            text += " " + _("It is not recorded as blind: you had seen this prediction.")
        self._messages.show_message(Severity.INFO, text, image=key)

    def _report_not_saved(self, key: int, reading: Reading, error: Exception) -> None:
        text = _("{problem} Your score is not lost: it stays here until the window closes.").format(problem=error)
        self._messages.show_offer(Severity.ERROR, text, _("Save again"), self._keeper.try_again)


class StatisticsWindow(QWidget):
    """The window with the agreement over all readings."""

    def __init__(self, queue: JobQueue, parent: QWidget) -> None:
        # A dialog stays above the window that it belongs to.
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.WindowMaximizeButtonHint)
        self.setWindowTitle(_("Statistics for all readings"))
        self.resize(STATISTICS_SIZE.boundedTo(self.screen().availableSize() - ROOM_FOR_FRAME))
        self.panel = StatisticsPanel(queue, self)
        scroll = QScrollArea(self)
        scroll.setWidget(self.panel)
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QScrollArea.Shape.NoFrame)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 12, 12, 12)
        layout.addWidget(scroll)
        QShortcut(QKeySequence(Qt.Key.Key_Escape), self, self.close)
