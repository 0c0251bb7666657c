"""The network in a process of its own.

Importing its libraries takes Python's one lock for up to half a second at a time, which would hold up the window, and
takes memory for good. So the window's process never imports them: images go to a child process, results come back. The
child starts when it is first needed, and can be ended at any moment.
"""

from __future__ import annotations

import logging
import pickle
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bsnet_core.child_process import Child, end_child, start_child
from bsnet_core.errors import BSNetError, Cancelled, UnforeseenError
from bsnet_core.explanation import Masking, Mode, OnPartial
from bsnet_core.language import language_in_use
from bsnet_core.language import translate as _
from bsnet_core.model.card import default_model_dir, load_card
from bsnet_core.progress import Report
from bsnet_core.radiograph import Radiograph

if TYPE_CHECKING:
    from collections.abc import Callable

    from bsnet_core.explanation import Explanation
    from bsnet_core.inference.prediction import LungsFound, Prediction
    from bsnet_core.model.network_config import Attention

COMMAND = (sys.executable, "-m", "app.background.network_process")
PICKLE_PROTOCOL = 5
"""From this one on, read-only arrays stay read-only."""


@dataclass(frozen=True)
class ModelChoice:
    """The model to load, and the device it runs on."""

    model_dir: Path | None = None
    device: str = "auto"
    attention: Attention | None = None


@dataclass(frozen=True)
class Request:
    """A message to the child: either a radiograph to predict, or a prediction to explain.

    Attributes:
        choice: Model, loaded unless it is the one loaded last.
        language: Language of the window, for stages and errors.
        radiograph: Image to predict, else None.
        prediction: Prediction to explain in `mode`, else None.
        masking: What masking means in its explanation.
    """

    choice: ModelChoice
    language: str
    radiograph: Radiograph | None = None
    prediction: Prediction | None = None
    mode: Mode = Mode.EXACT
    masking: Masking = Masking.BLACK


@dataclass(frozen=True)
class Stage:
    """A message from the child: its progress. It continues if the answer is True, and stops if it is False."""

    name: str
    fraction: float


@dataclass(frozen=True)
class Part:
    """A message from the child: a part that is ready before the result."""

    content: Any


@dataclass(frozen=True)
class LogLine:
    """A message from the child: a record for the viewer's log."""

    logger: str
    level: int
    text: str


@dataclass(frozen=True)
class Outcome:
    """The last answer to a request: its result, or the error."""

    result: Any = None
    error: BSNetError | None = None


class Network:
    """One child process; calls from several threads take turns."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._one_at_a_time = threading.Lock()
        self._process: Child | None = None
        self._was_ended = False

    @property
    def is_running(self) -> bool:
        """Whether there is a child."""
        process = self._process
        return process is not None and process.poll() is None

    def predict(
        self, choice: ModelChoice, radiograph: Radiograph, report: Report, on_lungs: Callable[[LungsFound], None]
    ) -> Prediction:
        """Predicts as `bsnet_core.inference.predictor.Predictor.predict` does.

        Raises:
            WeightsError: the model cannot be loaded.
            Cancelled: `report` raised it, or the child was ended.
            UnforeseenError: the child ended on its own.
            BSNetError: any other error of the prediction.
        """
        # A copy has the fields only, without what was measured for the screen.
        request = Request(_with_absolute_folder(choice), language_in_use(), radiograph=replace(radiograph))
        prediction: Prediction = self._ask(request, report, on_lungs)
        return prediction

    def explain(
        self,
        choice: ModelChoice,
        prediction: Prediction,
        mode: Mode,
        report: Report,
        on_partial: OnPartial,
        masking: Masking = Masking.BLACK,
    ) -> Explanation:
        """Explains as `bsnet_core.explanation.explain` does; raises the same errors as `predict`."""
        request = Request(
            _with_absolute_folder(choice),
            language_in_use(),
            prediction=replace(prediction),
            mode=mode,
            masking=masking,
        )
        explanation: Explanation = self._ask(request, report, on_partial)
        return explanation

    def end(self) -> None:
        """Ends the child, whatever it is doing; a call that waits for it raises `Cancelled`."""
        self._was_ended = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Ends the child and closes its pipes; a later call would start another one."""
        self.end()
        with self._one_at_a_time:
            self._release_process()

    def _ask(self, request: Request, report: Report, on_part: Callable[[Any], None]) -> Any:
        # Errors of the card come at once, not after the seconds in which the child imports its libraries.
        load_card(request.choice.model_dir or default_model_dir())
        with self._one_at_a_time:
            try:
                process = self._running_process()
                # Not earlier: whoever cancels and then calls `end` either stops this here or has a child to end.
                report(_("Loading the network"), 0.0)
                outcome = self._outcome(process, request, report, on_part)
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                self._release_process()
                if self._was_ended:
                    raise Cancelled(_("Stopped.")) from error
                raise UnforeseenError(
                    _("The network's process ended unexpectedly, perhaps because memory ran out. Try again.")
                ) from error
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    def _outcome(self, process: Child, request: Request, report: Report, on_part: Callable[[Any], None]) -> Outcome:
        _send(process, request)
        while True:
            match _receive(process):
                case Stage(name, fraction):
                    try:
                        report(name, fraction)
                    except Cancelled:
                        _send(process, False)
                    else:
                        _send(process, True)
                case Part(content):
                    on_part(content)
                case LogLine(logger, level, text):
                    logging.getLogger(logger).log(level, "%s", text)
                case Outcome() as outcome:
                    return outcome

    def _running_process(self) -> Child:
        if self._was_ended or not self.is_running:
            self._release_process()
            self._was_ended = False
            self._process = start_child(self._command)
        process = self._process
        if process is None:
            raise EOFError
        return process

    def _release_process(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_child(process)


def _with_absolute_folder(choice: ModelChoice) -> ModelChoice:
    """The choice with an absolute model folder, since the child has another working folder."""
    return choice if choice.model_dir is None else replace(choice, model_dir=choice.model_dir.absolute())


def _send(process: Child, message: object) -> None:
    if process.stdin is None:
        raise EOFError
    pickle.dump(message, process.stdin, PICKLE_PROTOCOL)
    process.stdin.flush()


def _receive(process: Child) -> object:
    if process.stdout is None:
        raise EOFError
    return pickle.load(process.stdout)
