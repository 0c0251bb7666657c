"""`make bench`: measures, and prints one table. ARGS names the groups to measure; all by default."""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable, Sequence

# Before Qt: on Windows torch fails to load once Qt is there.
import torch

from benchmarks.timing import Row
from bsnet_core.errors import WeightsError

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")


def groups() -> dict[str, tuple[str, Callable[[], list[Row]]]]:
    """The groups by name: a heading and the measurement."""
    from benchmarks import (
        backends,
        everyday,
        explanations,
        images,
        importing,
        memory,
        network,
        responsiveness,
        training,
    )

    return {
        "forward": ("Forward pass of the shipped model", network.forward_pass),
        "superpixels": ("Super-pixels by quickshift", explanations.superpixels),
        "explanation": ("Explanation map, Eq. 4", explanations.whole_map),
        "shortcuts": ("Approximations of the explanation", explanations.fidelity),
        "preprocessing": ("Preprocessing, 3000 x 3000", images.preprocessing),
        "display": ("Display frame, 3000 x 3000 on 1200 x 1200", images.display_frame),
        "overlays": ("Frame with all overlays, 3000 x 3000 on 1200 x 1200", images.overlaid_frame),
        "training": ("One step of training, 256 x 256", training.stages),
        "backends": ("Accelerated backends, whole predictions", backends.backends),
        "responsiveness": ("Window, 3000 x 3000, 16 bit: goal / measured", responsiveness.responsiveness),
        "everyday": ("Windows, dialogs and panels: goal / measured", everyday.everyday),
        "memory": ("Resident memory, images opened one after the other", memory.memory),
        "importing": ("Folder of 300 DICOM files: rate / 70 files per s", importing.importing),
        "reading": ("Loading DICOM, 3000 x 3000, 12 bit", images.loading),
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measures the groups asked for, all by default."""
    measurable = groups()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("groups", nargs="*", metavar="GROUP", help=f"any of {', '.join(measurable)}")
    chosen = parser.parse_args(argv).groups or list(measurable)
    if unknown := [name for name in chosen if name not in measurable]:
        parser.error(f"there is no group {', '.join(unknown)}; choose from {', '.join(measurable)}")
    machine = f"{os.cpu_count()} cores, {torch.get_num_threads()} torch threads"
    _say(f"{platform.machine()}, {machine}, Python {platform.python_version()}, torch {torch.__version__}")
    _say("ratio: 1 is the group's first row, more is faster. Seconds hold for this machine on this day.")
    _say("")
    _say(f"{'what':<58}{'ratio':>8}{'seconds':>12}  {'fidelity':<32}  note")
    for name in chosen:
        heading, measure = measurable[name]
        _say(heading)
        try:
            rows = measure()
        except WeightsError as error:
            _say(f"  not measured: {error}")
            continue
        for row in rows:
            _say(f"  {row.what:<56}{row.ratio:>8.3g}{row.seconds:>12.4f}  {row.fidelity:<32}  {row.note}".rstrip())
    return 0


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
