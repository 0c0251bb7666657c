"""A measurement in a process of its own, which nothing has warmed up."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import astuple

from benchmarks.timing import Row


def in_own_process(measure: Callable[[], list[Row]]) -> list[Row]:
    """The rows of a module's function, measured in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.own_process", measure.__module__, measure.__name__]
    output = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout
    return [Row(*values) for values in json.loads(output.splitlines()[-1])]


def _write_rows(module: str, function: str) -> None:
    rows: list[Row] = getattr(importlib.import_module(module), function)()
    sys.stdout.write(json.dumps([astuple(row) for row in rows]) + "\n")


if __name__ == "__main__":
    _write_rows(*sys.argv[1:])
