"""The child process that computes the network; `app.background.network` is the other end.

Run as `python -m app.background.network_process`. Requests arrive on standard input and answers leave on standard
output, one pickle each; each stage is answered by whether to continue. The process ends when its input does.
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

from app.background.logs import OWN_LOGGERS, logged_error
from app.background.network import PICKLE_PROTOCOL, LogLine, ModelChoice, Outcome, Part, Request, Stage
from bsnet_core.errors import Cancelled
from bsnet_core.language import translate as _
from bsnet_core.language import use_language

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bsnet_core.inference.predictor import Predictor

NICENESS = 10
"""Lower priority of the network's process, so that the window comes first; on Unix only."""


def main() -> int:
    """Answers requests until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is the parent's to handle
    if hasattr(os, "nice"):
        os.nice(NICENESS)  # the network takes all cores
    parent = Parent(sys.stdin.buffer, _answer_stream())
    _log_to(parent)
    handler = RequestHandler(parent)
    with contextlib.suppress(EOFError, BrokenPipeError):
        for request in parent.requests():
            parent.send(handler.outcome_of(request))
    return 0


class Parent:
    """The window's process, as the child sees it."""

    def __init__(self, requests: BinaryIO, answers: BinaryIO) -> None:
        self._requests, self._answers = requests, answers
        self._one_at_a_time = threading.RLock()

    def requests(self) -> Iterator[Request]:
        """Yields the parent's requests.

        Raises:
            EOFError: the parent has ended.
        """
        while True:
            yield self._next()

    def report(self, stage: str, fraction: float) -> None:
        """Sends progress; raises `Cancelled` if the parent answers so. A `Report`."""
        self.send(Stage(stage, fraction))
        if not self._next():
            raise Cancelled(_("Stopped."))

    def send(self, message: object) -> None:
        """Sends a message."""
        with self._one_at_a_time:
            pickle.dump(message, self._answers, PICKLE_PROTOCOL)
            self._answers.flush()

    def _next(self) -> Any:
        return pickle.load(self._requests)


class RequestHandler:
    """Computes what is requested, with the predictor of the last choice."""

    def __init__(self, parent: Parent) -> None:
        self._parent = parent
        self._predictor: Predictor | None = None
        self._choice: ModelChoice | None = None

    def outcome_of(self, request: Request) -> Outcome:
        """The result, or the error that people are shown."""
        use_language(request.language)
        try:
            return Outcome(self._result_of(request))
        except (EOFError, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - any error must reach the window
            return Outcome(error=logged_error(error))

    def _result_of(self, request: Request) -> object:
        predictor = self._predictor_of(request.choice)
        send_part = partial(_send_part, self._parent)
        if request.prediction is not None:
            from bsnet_core.explanation import explain

            return explain(
                predictor,
                request.prediction,
                self._parent.report,
                mode=request.mode,
                masking=request.masking,
                on_partial=send_part,
            )
        if request.radiograph is None:
            raise ValueError("A request needs a radiograph or a prediction.")
        return predictor.predict(request.radiograph, self._parent.report, send_part)

    def _predictor_of(self, choice: ModelChoice) -> Predictor:
        if self._predictor is None or choice != self._choice:
            # Here, so that importing this module does not import torch.
            from bsnet_core.inference.predictor import Predictor

            self._predictor = None  # two at once would need twice the memory
            self._predictor = Predictor.load(choice.model_dir, choice.device, choice.attention)
            self._choice = choice
        return self._predictor


def _send_part(parent: Parent, content: object) -> None:
    parent.send(Part(content))


class _LogToParent(logging.Handler):
    def __init__(self, parent: Parent) -> None:
        super().__init__()
        self._parent = parent

    def emit(self, record: logging.LogRecord) -> None:
        """Sends a record to the parent."""
        self._parent.send(LogLine(record.name, record.levelno, record.getMessage()))


def _log_to(parent: Parent) -> None:
    logging.captureWarnings(True)
    logging.getLogger().addHandler(logging.NullHandler())
    for name in OWN_LOGGERS:
        logger = logging.getLogger(name)
        logger.setLevel(logging.INFO)
        logger.addHandler(_LogToParent(parent))


def _answer_stream() -> BinaryIO:
    """Standard output, for answers only: what libraries print goes to standard error instead."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return answers


if __name__ == "__main__":
    sys.exit(main())
