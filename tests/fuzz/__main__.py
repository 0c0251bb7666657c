"""`make fuzz`: damages files by seed and number and loads them; 1 if any gives neither an image nor a sentence."""

from __future__ import annotations

import argparse
import contextlib
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.fuzz.cases import FuzzCase, case, fewer_steps
from tests.fuzz.outcome import BadOutcomeError, memory_watched, outcome_of

CASE_LIMIT_S = 90


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the cases and prints what fails: how to repeat it, which mutations it needs, and the trace."""
    options = _parser().parse_args(arguments)
    numbers = [options.case] if options.case is not None else range(options.cases)
    sys.stdout.write(f"Seed {options.seed}, {len(numbers)} cases.\n")
    start, failures, images, slowest = time.monotonic(), 0, 0, (0.0, 0)
    with tempfile.TemporaryDirectory() as folder:
        for number in numbers:
            began = time.monotonic()
            one = case(options.seed, number)
            try:
                with time_limit(), memory_watched():
                    images += outcome_of(one.written_to(Path(folder, str(number)))).images
            except BadOutcomeError as error:
                failures += 1
                _tell(one, error, options.keep)
            slowest = max(slowest, (time.monotonic() - began, number))
    sys.stdout.write(
        f"{failures} of {len(numbers)} failed; {images} images loaded; {time.monotonic() - start:.0f} s, "
        f"the slowest (case {slowest[1]}) {slowest[0]:.1f} s.\n"
    )
    return 1 if failures else 0


def _tell(failing: FuzzCase, error: BadOutcomeError, keep: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:

        def still_fails(candidate: FuzzCase) -> bool:
            try:
                with time_limit():
                    outcome_of(candidate.written_to(Path(folder, "-".join(map(str, candidate.steps)) or "none")))
            except BadOutcomeError:
                return True
            return False

        least = fewer_steps(failing, still_fails)
    sys.stdout.write(
        f"\nCase {failing.number} failed: {least.source}, {', '.join(least.mutations)}.\n"
        f"Repeat it: make fuzz ARGS='--seed {failing.seed} --case {failing.number}'\n{error}\n"
    )
    if keep is not None:
        least.written_to(keep / str(failing.number))


@contextlib.contextmanager
def time_limit() -> Iterator[None]:
    """Ends a case that hangs, where the system has an alarm.

    Raises:
        BadOutcomeError: at the limit.
    """
    if not hasattr(signal, "SIGALRM"):
        yield
        return

    def expire(_number: int, _frame: object) -> None:
        raise BadOutcomeError(f"Not done after {CASE_LIMIT_S} s.")

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(CASE_LIMIT_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--seed", type=int, default=0, help="another seed gives other cases (default %(default)s)")
    parser.add_argument("--cases", type=int, default=2000, help="number of cases (default %(default)s: about a minute)")
    parser.add_argument("--case", type=int, help="this one only")
    parser.add_argument("--keep", type=Path, help="folder for files that fail, with no more damage than they need")
    return parser


if __name__ == "__main__":
    sys.exit(main())
