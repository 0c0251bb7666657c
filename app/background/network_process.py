"""The child process that computes the network; `app.background.network` is the other end.

Run as `python -m app.background.network_process`. Requests and answers, one pickle each, come on standard input and go
to standard output; a stage is answered by whether to go on. It ends when its input does.
"""

from __future__ import annotations

import contextlib
import logging
import os
import pickle
import signal
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO

from app.background.logs import OWN_LOGGERS, told_and_logged
from app.background.network import PICKLE_PROTOCOL, ModelChoice, Outcome, Part, Remark, Request, Stage
from bsnet_core.errors import Cancelled
from bsnet_core.language import translate as _
from bsnet_core.language import use_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bsnet_core.prediction import Predictor


KINDNESS = 10
"""How far the network's process steps back behind the window's, on the scale of Unix; Windows does without."""


def main() -> int:
    """Answers requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to handle
    if hasattr(os, "nice"):
        os.nice(KINDNESS)  # the window comes first where the network takes all cores
    parent = Parent(sys.stdin.buffer, _answers_alone())
    _log_to(parent)
    computer = Computer(parent)
    with contextlib.suppress(EOFError, BrokenPipeError):
        for request in parent.requests():
            parent.say(computer.outcome_of(request))
    return 0


class Parent:
    """The window's process, as the child sees it."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers
        self._one_at_a_time = threading.RLock()

    def requests(self) -> Iterator[Request]:
        """One after the other, without end.

        Raises:
            EOFError: the parent has gone.
        """
        while True:
            yield self._next()

    def report(self, stage: str, fraction: float) -> None:
        """A `Report`."""
        self.say(Stage(stage, fraction))
        if not self._next():
            raise Cancelled(_("Stopped."))

    def say(self, message: object) -> None:
        """Sends a message."""
        with self._one_at_a_time:
            pickle.dump(message, self._answers, PICKLE_PROTOCOL)
            self._answers.flush()

    def _next(self) -> Any:
        return pickle.load(self._requests)


class Computer:
    """Holds the predictor that was asked for last."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._predictor: Predictor | None = None
        self._choice: ModelChoice | None = None

    def outcome_of(self, request: Request) -> Outcome:
        """The result, or the error as people are told it."""
        use_language(request.language)
        try:
            return Outcome(self._result_of(request))
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the window must hear of it
            return Outcome(error=told_and_logged(error))

    def _result_of(self, request: Request) -> object:
        predictor = self._loaded(request.choice)
        give_part = partial(_give_part, self._parent)
        if request.prediction is not None:
            from bsnet_core.explanation import explain

            return explain(predictor, request.prediction, self._parent.report, mode=request.mode, on_partial=give_part)
        if request.radiograph is None:
            raise ValueError("A request asks for a score or for a map.")
        return predictor.predict(request.radiograph, self._parent.report, give_part)

    def _loaded(self, choice: ModelChoice) -> Predictor:
        if self._predictor is None or choice != self._choice:
            # Only here: whoever sends a request needs the classes of it alone.
            from bsnet_core.prediction import Predictor

            self._predictor = None  # two at once would need twice the memory
            self._predictor = Predictor.load(choice.model_dir, choice.device, choice.attention)
            self._choice = choice
        return self._predictor


def _give_part(parent: Parent, content: object) -> None:
    parent.say(Part(content))


class _LogToParent(logging.Handler):
    def __init__(self, parent: Parent) -> None:
        super().__init__()
        self._parent = parent

    def emit(self, record: logging.LogRecord) -> None:
        """Sends a record over."""
        self._parent.say(Remark(record.name, record.levelno, record.getMessage()))


def _log_to(parent: Parent) -> None:
    logging.captureWarnings(True)
    logging.getLogger().addHandler(logging.NullHandler())
    for name in OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(_LogToParent(parent))


def _answers_alone() -> BinaryIO:
    """Standard output for the answers alone: whatever a library prints goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    sys.exit(main())
