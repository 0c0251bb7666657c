"""`bsnet-score`: scores files and folders without a screen. Knows no Qt."""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bsnet_core.backends import ACCELERATED_BACKENDS, BACKEND_CHOICES
from bsnet_core.errors import BSNetError, PasswordNeededError, ReportError, UnforeseenError, UnreadableImageError
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.loading import UnpackedArchives
    from bsnet_core.prediction import Prediction, Predictor

EXIT_OK, EXIT_SOME_FAILED, EXIT_INTERRUPTED = 0, 1, 130
CSV_ZONES = tuple("ABCDEF")
CSV_COLUMNS = (
    "file",
    *CSV_ZONES,
    "global",
    *(f"expected {zone}" for zone in CSV_ZONES),
    "confidence",
    "quality",
    "model",
    "version",
    "sha256",
    "error",
    "code",
)
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
"""What spreadsheets take for a formula when a cell begins with it."""


def disclaimer() -> str:
    """What every run says first."""
    return _("Research software, not a medical device: do not use these scores for diagnosis or treatment.")


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="bsnet-score",
        description=_("Brixia score of chest radiographs (DICOM, JPEG, PNG, TIFF; DICOMDIR and ZIP)."),
        epilog=disclaimer(),
    )
    say = parser.add_argument
    say("paths", nargs="+", type=Path, metavar="PATH", help=_("file or archive, or folder to search"))
    say("--json", type=Path, metavar="FILE", help=_("also write one JSON line per file; - for the screen"))
    say("--csv", type=Path, metavar="FILE", help=_("also write a table, one row per file; - for the screen"))
    say("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help=_("where to compute"))
    say(
        "--backend",
        default="auto",
        choices=BACKEND_CHOICES,
        help=_("what computes: torch is the reference; auto takes a faster one that was admitted here"),
    )
    say(
        "--admit",
        choices=ACCELERATED_BACKENDS,
        metavar="BACKEND",
        help=_(
            "instead of scores: measure how far {backends} drifts from torch on the films named, and admit it for auto "
            "if it keeps the limits"
        ).format(backends=" / ".join(ACCELERATED_BACKENDS)),
    )
    say("--model", type=Path, metavar="DIR", help=_("model folder; the shipped model by default"))
    say(
        "--attention",
        choices=("ha", "sa", "ens"),
        help=_("scoring head; by default the ensemble of both if the model has two"),
    )
    say("--password-file", type=Path, metavar="FILE", help=_("file whose first line is the password of ZIP archives"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Scores everything named; 0 if all went well, 1 if anything failed, 130 when interrupted."""
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if _to_screen(arguments.json) and _to_screen(arguments.csv):
        parser.error(_("only one of --json and --csv can go to the screen"))
    lines = sys.stderr if _to_screen(arguments.json) or _to_screen(arguments.csv) else sys.stdout
    for stream in (sys.stdout, sys.stderr):
        # A file name that the screen's encoding lacks must not stop the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr.write(disclaimer() + "\n")
    try:
        return _run(arguments, lines)
    except BSNetError as error:
        sys.stderr.write(f"bsnet-score: {error}\n")
        return EXIT_SOME_FAILED
    except KeyboardInterrupt:
        sys.stderr.write("bsnet-score: {sentence}\n".format(sentence=_("stopped.")))
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our lines has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_SOME_FAILED
    except OSError as error:
        sentence = _("the results cannot be written: {reason}.").format(reason=error.strerror)
        sys.stderr.write(f"bsnet-score: {sentence}\n")
        return EXIT_SOME_FAILED


def _run(arguments: argparse.Namespace, lines: TextIO) -> int:
    from bsnet_core.loading import UnpackedArchives

    with UnpackedArchives() as archives:
        files, rejections = _files_of(arguments.paths, archives, _password(arguments.password_file))
        # An earlier result that lies among the images is no image.
        results = {path.absolute() for path in (arguments.json, arguments.csv) if path is not None}
        files = [path for path in files if path.absolute() not in results]
        if not files and not rejections:
            raise UnreadableImageError(_("There is no image to score in what was named."))
        if arguments.admit is not None:
            return _admit(arguments, files, lines)
        # The model first: where it cannot be loaded, an earlier result file stays as it is.
        predictor = _load_predictor(arguments) if files else None
        with _json_output(arguments.json) as records, _csv_output(arguments.csv) as rows:
            outputs = Outputs(lines, records, csv.DictWriter(rows, CSV_COLUMNS) if rows is not None else None, rows)
            outputs.begin()
            for path, error in rejections:
                outputs.add_failure(path, error)
            failures = _score_all(predictor, files, archives, outputs) if predictor is not None else 0
    return EXIT_SOME_FAILED if failures or rejections else EXIT_OK


def record_of(path: Path, prediction: Prediction, read_seconds: float) -> dict[str, Any]:
    """One result as plain JSON values."""
    from bsnet_core.brixia import Zone

    return {
        "file": str(path),
        "scores": {zone.name: prediction.score[zone] for zone in Zone},
        "global": prediction.score.total,
        "probabilities": {
            zone.name: [round(float(share), 5) for share in prediction.probabilities_of(zone)] for zone in Zone
        },
        "expected": {zone.name: round(prediction.expected_value_of(zone), 4) for zone in Zone},
        "mask_area_fraction": round(prediction.mask_area_fraction, 5),
        "quality": list(prediction.quality),
        "model": {
            "name": prediction.model.name,
            "version": prediction.model.version,
            "sha256": prediction.model.sha256,
        },
        "backend": prediction.backend,
        "seconds": {"read": round(read_seconds, 4)}
        | {step: round(seconds, 4) for step, seconds in prediction.seconds.items()},
    }


def row_of(path: Path, prediction: Prediction) -> dict[str, str | int]:
    """One result as a row of the table; confidence is the lowest of the six zones, as on the screen."""
    from bsnet_core.brixia import Zone

    return {
        "file": _cell(path),
        **{zone.name: prediction.score[zone] for zone in Zone},
        "global": prediction.score.total,
        **{f"expected {zone.name}": f"{prediction.expected_value_of(zone):.4f}" for zone in Zone},
        "confidence": f"{min(prediction.confidence_of(zone) for zone in Zone):.4f}",
        "quality": " ".join(prediction.quality),
        "model": prediction.model.name,
        "version": prediction.model.version,
        "sha256": prediction.model.sha256,
    }


class Outputs:
    """Where results go: a line each on the screen, a record each to JSON, a row each to CSV.

    Everything is flushed at once: whatever stops the run, what was scored is kept.
    """

    def __init__(
        self,
        lines: TextIO,
        records: TextIO | None,
        table: csv.DictWriter[str] | None,
        table_file: TextIO | None,
    ) -> None:
        self._lines = lines
        self._records = records
        self._table = table
        self._table_file = table_file

    def begin(self) -> None:
        """Writes the table's first row."""
        if self._table is not None:
            self._table.writeheader()
            self._flush_table()

    def add(self, path: Path, prediction: Prediction, read_seconds: float) -> None:
        """Takes a result."""
        _write(self._lines, _line(path, prediction))
        if self._records is not None:
            _write(self._records, json.dumps(record_of(path, prediction, read_seconds)))
        if self._table is not None:
            self._table.writerow(row_of(path, prediction))
            self._flush_table()

    def add_failure(self, path: Path, error: BSNetError) -> None:
        """Takes why a file has no result."""
        said = _("not scored")
        _write(self._lines, f"{_on_one_line(path)}\t{said} [{error.code}]\t{error}")
        if self._records is not None:
            failure: Mapping[str, str] = {"file": str(path), "error": str(error), "code": str(error.code)}
            _write(self._records, json.dumps(failure))
        if self._table is not None:
            self._table.writerow({"file": _cell(path), "error": str(error), "code": str(error.code)})
            self._flush_table()

    def _flush_table(self) -> None:
        if self._table_file is not None:
            self._table_file.flush()


def _to_screen(path: Path | None) -> bool:
    return path is not None and str(path) == "-"


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise ReportError(_("The password file {path} cannot be read, or is empty.").format(path=path)) from error


def _files_of(
    paths: Sequence[Path], archives: UnpackedArchives, password: str | None
) -> tuple[list[Path], list[tuple[Path, BSNetError]]]:
    from bsnet_core.loading import images_in

    files: list[Path] = []
    rejections: list[tuple[Path, BSNetError]] = []
    for path in paths:
        try:
            found = images_in(path, archives, password=password)
        except PasswordNeededError as error:
            sentence = _("{problem} Give it by --password-file.").format(problem=error)
            rejections.append((path, PasswordNeededError(sentence, error.archive)))
        except BSNetError as error:
            rejections.append((path, error))
        else:
            files += found.files
            rejections += found.rejections
    return files, rejections


def _load_predictor(arguments: argparse.Namespace) -> Predictor:
    from bsnet_core.model.network_config import Attention
    from bsnet_core.prediction import Predictor

    attention = Attention(arguments.attention) if arguments.attention else None
    return Predictor.load(arguments.model, arguments.device, attention, backend=arguments.backend)


def _admit(arguments: argparse.Namespace, files: Sequence[Path], lines: TextIO) -> int:
    from bsnet_core.backends.admission import admit

    def report(stage: str, fraction: float) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{fraction:4.0%}  {stage:<60}")

    drift = admit(arguments.admit, files, arguments.model, report)
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 70 + "\r")
    _write(lines, drift.sentence())
    return EXIT_OK if drift.is_admitted else EXIT_SOME_FAILED


def _score_all(predictor: Predictor, files: Sequence[Path], archives: UnpackedArchives, outputs: Outputs) -> int:
    from tqdm import tqdm

    failures = 0
    on_terminal = sys.stderr.isatty() and len(files) > 1
    for path in tqdm(files, desc=_("scoring"), unit="film", file=sys.stderr, leave=False, disable=not on_terminal):
        try:
            prediction, read_seconds = _score(predictor, path)
        except BSNetError as error:
            failures += 1
            outputs.add_failure(archives.origin_of(path), error)
            continue
        outputs.add(archives.origin_of(path), prediction, read_seconds)
    return failures


def _score(predictor: Predictor, path: Path) -> tuple[Prediction, float]:
    from bsnet_core.loading import load_radiograph

    start = time.perf_counter()
    try:
        radiograph = load_radiograph(path)
        read_seconds = time.perf_counter() - start
        return predictor.predict(radiograph), read_seconds
    except BSNetError:
        raise
    except Exception as error:
        # One odd file must not end a run over thousands; the kind of error helps to report it.
        raise UnforeseenError(
            _("The file could not be processed ({kind}).").format(kind=type(error).__name__)
        ) from error


def _line(path: Path, prediction: Prediction) -> str:
    from bsnet_core.brixia import ZONES

    zones = " ".join(f"{zone.name}{prediction.score[zone]}" for zone in ZONES)
    confidence = min(prediction.confidence_of(zone) for zone in ZONES)
    total = _("global {total}/18").format(total=prediction.score.total)
    lowest = _("lowest confidence {share}").format(share=f"{confidence:.0%}")
    return "\t".join([_on_one_line(path), zones, total, lowest, *prediction.quality])


def _on_one_line(path: Path) -> str:
    # File names may hold line ends and escape sequences.
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(path))


def _cell(path: Path) -> str:
    """A path that no spreadsheet takes for a formula and no encoding stumbles over."""
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


@contextmanager
def _json_output(path: Path | None) -> Iterator[TextIO | None]:
    with _output(path, b"{", newline=None) as file:
        yield file


@contextmanager
def _csv_output(path: Path | None) -> Iterator[TextIO | None]:
    # newline="": the csv module ends its rows itself
    with _output(path, f"{CSV_COLUMNS[0]},{CSV_COLUMNS[1]},".encode(), newline="") as file:
        yield file


@contextmanager
def _output(path: Path | None, own_start: bytes, newline: str | None) -> Iterator[TextIO | None]:
    """A result file for its owner only; replaces nothing but an earlier result, which begins with `own_start`."""
    if path is None:
        yield None
    elif _to_screen(path):
        yield sys.stdout
    else:
        try:
            if path.is_file() and _starts_unlike(path, own_start):
                raise ReportError(
                    _("{path} is not a result of this command and is left as it is. Choose another name.").format(
                        path=path
                    )
                )
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise ReportError(
                _("The result file {path} cannot be written: {reason}.").format(path=path, reason=error.strerror)
            ) from error
        # A file that was there before keeps its mode otherwise; a device such as /dev/null must keep its own.
        if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline=newline) as file:
            yield file


def _starts_unlike(path: Path, own_start: bytes) -> bool:
    # "--json *.dcm" must not cost anybody a picture.
    with path.open("rb") as file:
        return file.read(len(own_start)) not in (b"", own_start)


if __name__ == "__main__":
    sys.exit(main())
