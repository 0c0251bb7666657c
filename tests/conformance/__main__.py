"""`make formats`: writes the conformance table into docs/formats.md."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.conformance.cells import WRONG
from tests.conformance.table import DOCUMENT, results, written


def main() -> int:
    """Writes the table; 1 if values differ anywhere, which the table then says."""
    with tempfile.TemporaryDirectory() as folder:
        found = results(Path(folder))
    DOCUMENT.write_text(written(DOCUMENT.read_text("utf-8"), found), "utf-8")
    wrong = [f"{result.cell.name}: {result.text}" for result in found if result.text.startswith(WRONG)]
    sys.stdout.write("".join(f"{line}\n" for line in wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
