"""The network, in a process of its own.

Importing its libraries holds Python's one lock for up to half a second at a time, and keeps their memory for good;
both would be the window's. So the window's process never imports them: films go to a child, results come back. The
child is started when first needed, and can be ended at any moment.
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
from bsnet_core.explanation import Mode, OnPartial
from bsnet_core.language import language_in_use
from bsnet_core.language import translate as _
from bsnet_core.model.card import read_card
from bsnet_core.progress import Report
from bsnet_core.radiograph import Radiograph
from bsnet_core.resources import default_model_dir

if TYPE_CHECKING:
    from collections.abc import Callable

    from bsnet_core.explanation import Explanation
    from bsnet_core.model.network_config import Attention
    from bsnet_core.prediction import LungsFound, Prediction

COMMAND = (sys.executable, "-m", "app.background.network_process")
PICKLE_PROTOCOL = 5
"""Keeps read-only arrays read-only."""


@dataclass(frozen=True)
class ModelChoice:
    """Which model to load, and where it runs."""

    model_dir: Path | None = None
    device: str = "auto"
    attention: Attention | None = None


@dataclass(frozen=True)
class Request:
    """What the child is asked for, in the language of the window.

    Attributes:
        choice: Loaded if it is not the one loaded last.
        radiograph: To be predicted; None where a map is asked for.
        prediction: To be explained in `mode`; None where a film is to be predicted.
    """

    choice: ModelChoice
    language: str
    radiograph: Radiograph | None = None
    prediction: Prediction | None = None
    mode: Mode = Mode.EXACT


@dataclass(frozen=True)
class Stage:
    """How far the child is; it goes on when it is answered True, and stops when it is answered False."""

    name: str
    fraction: float


@dataclass(frozen=True)
class Part:
    """Something that is there before the result."""

    content: Any


@dataclass(frozen=True)
class Remark:
    """A record for the viewer's log."""

    logger: str
    level: int
    text: str


@dataclass(frozen=True)
class Outcome:
    """The end of a request: its result, or why there is none."""

    result: Any = None
    error: BSNetError | None = None


class Network:
    """One child process; calls from several threads take turns."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._turn = threading.Lock()
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
        """As `bsnet_core.prediction.Predictor.predict`, and raises the same, and WeightsError."""
        # A copy holds the fields alone, without what was measured for the screen.
        request = Request(_located(choice), language_in_use(), radiograph=replace(radiograph))
        prediction: Prediction = self._ask(request, report, on_lungs)
        return prediction

    def explain(
        self, choice: ModelChoice, prediction: Prediction, mode: Mode, report: Report, on_partial: OnPartial
    ) -> Explanation:
        """As `bsnet_core.explanation.explain`, and raises the same, and WeightsError."""
        request = Request(_located(choice), language_in_use(), prediction=replace(prediction), mode=mode)
        explanation: Explanation = self._ask(request, report, on_partial)
        return explanation

    def end(self) -> None:
        """Ends the child, whatever it is doing, and with it the call that waits for it, by `Cancelled`."""
        self._was_ended = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """Ends the child and lets its pipes go; a call after that starts another one."""
        self.end()
        with self._turn:
            self._let_go()

    def _ask(self, request: Request, report: Report, on_part: Callable[[Any], None]) -> Any:
        # Said at once, rather than after the seconds in which the child imports its libraries.
        read_card(request.choice.model_dir or default_model_dir())
        with self._turn:
            try:
                process = self._running()
                # Only now: whoever cancels and then calls `end` either stops this or has a child to end.
                report(_("Loading the network"), 0.0)
                outcome = self._outcome(process, request, report, on_part)
            except (OSError, EOFError, pickle.UnpicklingError) as error:
                self._let_go()
                if self._was_ended:
                    raise Cancelled(_("Stopped.")) from error
                raise UnforeseenError(
                    _("The network's process ended before its time, perhaps for want of memory. Try again.")
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
                case Remark(logger, level, text):
                    logging.getLogger(logger).log(level, "%s", text)
                case Outcome() as outcome:
                    return outcome

    def _running(self) -> Child:
        if self._was_ended or not self.is_running:
            self._let_go()
            self._was_ended = False
            self._process = start_child(self._command)
        process = self._process
        if process is None:
            raise EOFError
        return process

    def _let_go(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            end_child(process)


def _located(choice: ModelChoice) -> ModelChoice:
    """The same where the working folder is another one, as the child's is."""
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
