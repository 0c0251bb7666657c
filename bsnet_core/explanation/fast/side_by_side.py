"""Functions side by side, each in a thread of its own with its share of the processor's cores."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

_Result = TypeVar("_Result")


class SideBySide:
    """One thread per function; used as a context.

    An image and its mirror image side by side use two cores better than two cores share the many small steps of one.
    """

    def __init__(self, count: int) -> None:
        self._threads = torch.get_num_threads()
        share = max(1, self._threads // count)
        self._sides = [
            ThreadPoolExecutor(1, "explanation", torch.set_num_threads, (share,))
            for _side in range(count if min(count, self._threads) > 1 else 0)
        ]

    def __enter__(self) -> SideBySide:
        return self

    def __exit__(self, *_error: object) -> None:
        for side in self._sides:
            side.shutdown(wait=False, cancel_futures=True)
        for side in self._sides:
            side.shutdown()
        # Threads started from now on would take over the share of those above.
        torch.set_num_threads(self._threads)

    def run(
        self, functions: Sequence[Callable[..., _Result]], batches: Sequence[tuple[Any, ...]]
    ) -> Iterator[list[_Result]]:
        """Gives the functions' results batch by batch.

        Each function goes ahead on its side at once, without waiting for the others or for its results to be asked for.
        """
        if not self._sides:
            return ([function(*batch) for function in functions] for batch in batches)
        running = [
            [side.submit(function, *batch) for batch in batches]
            for side, function in zip(self._sides, functions, strict=True)
        ]
        return ([future.result() for future in done] for done in zip(*running, strict=True))
