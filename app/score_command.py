"""`bsnet-score`: scores files and folders from the command line, without Qt."""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from app.report.csv_rows import Cell, write_row
from app.report.result_files import is_to_screen, result_file
from app.report.score_records import CSV_COLUMNS, as_utf8, record_of, row_of
from bsnet_core.backends import ACCELERATED_BACKENDS, BACKEND_CHOICES
from bsnet_core.errors import BSNetError, PasswordNeededError, ReportError, UnforeseenError, UnreadableImageError
from bsnet_core.intended_use import intended_use
from bsnet_core.language import translate as _

if TYPE_CHECKING:
    from bsnet_core.inference.prediction import Prediction
    from bsnet_core.inference.predictor import Predictor
    from bsnet_core.loading import FoundImages, UnpackedArchives
    from bsnet_core.radiograph import Radiograph

EXIT_OK, EXIT_SOME_FAILED, EXIT_INTERRUPTED = 0, 1, 130


def build_parser() -> argparse.ArgumentParser:
    """Makes the parser of the command's arguments."""
    parser = argparse.ArgumentParser(
        prog="bsnet-score",
        description=_(
            "Brixia score of chest radiographs (DICOM, JPEG, PNG, TIFF; DICOMDIR; ZIP, tar, gzip, bzip2, xz, zstd)."
        ),
        epilog=intended_use(),
    )
    add = parser.add_argument
    add("paths", nargs="+", type=Path, metavar="PATH", help=_("file or archive, or folder to search"))
    add("--json", type=Path, metavar="FILE", help=_("also write one JSON line per file; - for standard output"))
    add("--csv", type=Path, metavar="FILE", help=_("also write a CSV table, one row per file; - for standard output"))
    add("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help=_("device to compute on"))
    add(
        "--backend",
        default="auto",
        choices=BACKEND_CHOICES,
        help=_("backend: torch is the reference; auto takes a faster one that was admitted on this computer"),
    )
    add(
        "--admit",
        choices=ACCELERATED_BACKENDS,
        metavar="BACKEND",
        help=_(
            "instead of scoring, measure how far {backends} drifts from torch on the given images, and admit it for "
            "auto if it stays within the limits"
        ).format(backends=" / ".join(ACCELERATED_BACKENDS)),
    )
    add("--model", type=Path, metavar="DIR", help=_("model folder; the bundled model by default"))
    add(
        "--attention",
        choices=("ha", "sa", "ens"),
        help=_("scoring head: hard or soft attention or their ensemble; the ensemble by default if the model has both"),
    )
    add(
        "--password-file", type=Path, metavar="FILE", help=_("file with the password of ZIP archives in its first line")
    )
    add(
        "--dicom-out",
        type=Path,
        metavar="DIR",
        help=_("also write the results of DICOM images as DICOM objects into this folder, for a PACS"),
    )
    add("--repair", action="store_true", help=_("rotate, mirror or invert images that seem stored so, and note it"))
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command.

    Returns:
        0 if everything was scored, 1 if anything failed, 130 when interrupted.
    """
    parser = build_parser()
    arguments = parser.parse_args(argv)
    if is_to_screen(arguments.json) and is_to_screen(arguments.csv):
        parser.error(_("only one of --json and --csv can go to standard output"))
    lines = sys.stderr if is_to_screen(arguments.json) or is_to_screen(arguments.csv) else sys.stdout
    for stream in (sys.stdout, sys.stderr):
        # A file name that the terminal's encoding lacks must not stop the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr.write(intended_use() + "\n")
    try:
        return _run(arguments, lines)
    except BSNetError as error:
        sys.stderr.write(f"bsnet-score: {error}\n")
        return EXIT_SOME_FAILED
    except KeyboardInterrupt:
        sys.stderr.write("bsnet-score: {sentence}\n".format(sentence=_("stopped.")))
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader of our output has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_SOME_FAILED
    except OSError as error:
        sentence = _("the results could not be written: {reason}.").format(reason=error.strerror)
        sys.stderr.write(f"bsnet-score: {sentence}\n")
        return EXIT_SOME_FAILED


def _run(arguments: argparse.Namespace, lines: TextIO) -> int:
    from bsnet_core.loading import UnpackedArchives

    with UnpackedArchives() as archives:
        found = _files_of(arguments.paths, archives, _password(arguments.password_file))
        # An earlier result file among the images is not an image.
        results = {path.absolute() for path in (arguments.json, arguments.csv) if path is not None}
        files = [path for path in found.files if path.absolute() not in results]
        if arguments.dicom_out is not None:
            files = [path for path in files if arguments.dicom_out.absolute() not in path.absolute().parents]
        if not files and not found.rejections:
            for path, note in found.notes:
                _write(sys.stderr, _note_line(path, note))
            raise UnreadableImageError(_("No images were found in the given files and folders."))
        if arguments.admit is not None:
            return _admit(arguments, files, lines)
        # The model first: if it cannot be loaded, an earlier result file stays as it is.
        predictor = _load_predictor(arguments) if files else None
        with _json_output(arguments.json) as records, _csv_output(arguments.csv) as rows:
            outputs = Outputs(lines, records, rows)
            for path, note in found.notes:
                outputs.add_note(path, note)
            for path, error in found.rejections:
                outputs.add_failure(path, error)
            failures = 0
            if predictor is not None:
                failures = _score_all(
                    predictor, files, archives, outputs, repair=arguments.repair, dicom_folder=arguments.dicom_out
                )
    return EXIT_SOME_FAILED if failures or found.rejections else EXIT_OK


class Outputs:
    """The outputs of a run: a line per file as text, a record per file as JSON, a row per file as CSV.

    Everything is flushed at once, so that an interrupted run keeps its results.
    """

    def __init__(self, lines: TextIO, records: TextIO | None, table: TextIO | None) -> None:
        """Writes the column names of the table, if there is one."""
        self._lines = lines
        self._records = records
        self._table = table
        self._write_row(dict(zip(CSV_COLUMNS, CSV_COLUMNS, strict=True)))

    def add(self, path: Path, prediction: Prediction, load_seconds: float, notes: tuple[str, ...] = ()) -> None:
        """Writes a result; `notes` are those on the file."""
        _write(self._lines, _line(path, prediction, notes))
        if self._records is not None:
            _write(self._records, json.dumps(record_of(path, prediction, load_seconds, notes)))
        self._write_row(row_of(path, prediction, notes))

    def add_failure(self, path: Path, error: BSNetError, notes: tuple[str, ...] = ()) -> None:
        """Writes why a file has no result, and the notes on the file if it was loaded."""
        outcome = _("not scored")
        _write(self._lines, "\t".join([f"{_on_one_line(path)}\t{outcome} [{error.code}]\t{error}", *notes]))
        reason = {"error": str(error), "code": str(error.code)}
        if self._records is not None:
            quality: Mapping[str, Any] = {"quality": list(notes)} if notes else {}
            _write(self._records, json.dumps({"file": str(path), **reason, **quality}))
        self._write_row({"file": as_utf8(path), "quality": " ".join(notes), **reason})

    def add_note(self, path: Path, note: str) -> None:
        """Writes what was found or left out in a folder or archive; not into the table, which has a row per image."""
        _write(self._lines, _note_line(path, note))
        if self._records is not None:
            _write(self._records, json.dumps({"file": str(path), "note": note}))

    def _write_row(self, row: Mapping[str, Cell]) -> None:
        if self._table is not None:
            write_row(self._table, [row.get(column, "") for column in CSV_COLUMNS])
            self._table.flush()


def _password(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise ReportError(_("The password file {path} is empty or cannot be opened.").format(path=path)) from error


def _files_of(paths: Sequence[Path], archives: UnpackedArchives, password: str | None) -> FoundImages:
    """The files behind all paths, each once: a DICOMDIR may name files of a folder that is given as well."""
    from bsnet_core.loading import FoundImages, images_in

    files: dict[Path, Path] = {}
    rejections: list[tuple[Path, BSNetError]] = []
    notes: list[tuple[Path, str]] = []
    for path in paths:
        try:
            found = images_in(path, archives, password=password)
        except PasswordNeededError as error:
            sentence = _("{problem} Pass it with --password-file.").format(problem=error)
            rejections.append((path, PasswordNeededError(sentence, error.archive)))
        except BSNetError as error:
            rejections.append((path, error))
        else:
            for file in found.files:
                files.setdefault(file.absolute(), file)
            rejections += found.rejections
            notes += found.notes
    return FoundImages(tuple(files.values()), tuple(rejections), tuple(notes))


def _load_predictor(arguments: argparse.Namespace) -> Predictor:
    from bsnet_core.inference.predictor import Predictor
    from bsnet_core.model.network_config import Attention

    attention = Attention(arguments.attention) if arguments.attention else None
    return Predictor.load(arguments.model, arguments.device, attention, backend=arguments.backend)


def _admit(arguments: argparse.Namespace, files: Sequence[Path], lines: TextIO) -> int:
    from bsnet_core.inference.backend_comparison import admit

    def report(stage: str, fraction: float) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{fraction:4.0%}  {stage:<60}")

    drift = admit(arguments.admit, files, arguments.model, report)
    if sys.stderr.isatty():
        sys.stderr.write("\r" + " " * 70 + "\r")
    _write(lines, drift.sentence())
    return EXIT_OK if drift.is_admitted else EXIT_SOME_FAILED


def _score_all(
    predictor: Predictor,
    files: Sequence[Path],
    archives: UnpackedArchives,
    outputs: Outputs,
    *,
    repair: bool,
    dicom_folder: Path | None,
) -> int:
    from tqdm import tqdm

    from bsnet_core.inference.repaired_prediction import predict_repaired
    from bsnet_core.loading import load_radiograph

    failures = 0
    on_terminal = sys.stderr.isatty() and len(files) > 1
    for path in tqdm(files, desc=_("scoring"), unit="image", file=sys.stderr, leave=False, disable=not on_terminal):
        start = time.perf_counter()
        notes: tuple[str, ...] = ()
        try:
            with _unforeseen_errors_worded():
                radiograph = load_radiograph(path)
                load_seconds, notes = time.perf_counter() - start, radiograph.loading_notes
                if repair:
                    radiograph, prediction = predict_repaired(predictor, radiograph)
                    notes = radiograph.loading_notes
                else:
                    prediction = predictor.predict(radiograph)
        except BSNetError as error:
            failures += 1
            outputs.add_failure(archives.origin_of(path), error, notes)
            continue
        outputs.add(archives.origin_of(path), prediction, load_seconds, notes)
        if dicom_folder is not None:
            try:
                with _unforeseen_errors_worded():
                    _write_dicom(dicom_folder, path, radiograph, prediction)
            except BSNetError as error:
                failures += 1
                outputs.add_note(archives.origin_of(path), str(error))
    return failures


def _write_dicom(folder: Path, path: Path, radiograph: Radiograph, prediction: Prediction) -> None:
    from bsnet_core.dicom_objects.object_files import write_objects
    from bsnet_core.dicom_objects.result_objects import objects_of_prediction

    write_objects(objects_of_prediction(path, radiograph, prediction, datetime.now().astimezone()), folder)


@contextmanager
def _unforeseen_errors_worded() -> Iterator[None]:
    try:
        yield
    except BSNetError:
        raise
    except Exception as error:
        # One odd file must not end a run over thousands; the type of the error helps to report it.
        sentence = _("The file could not be processed ({kind}).").format(kind=type(error).__name__)
        raise UnforeseenError(sentence) from error


def _line(path: Path, prediction: Prediction, notes: tuple[str, ...]) -> str:
    from bsnet_core.brixia import ZONES

    zones = " ".join(f"{zone.name}{prediction.score[zone]}" for zone in ZONES)
    confidence = min(prediction.confidence_of(zone) for zone in ZONES)
    total = _("global {total}/18").format(total=prediction.score.total)
    lowest = _("lowest confidence {share}").format(share=f"{confidence:.0%}")
    return "\t".join([_on_one_line(path), zones, total, lowest, *notes, *prediction.quality])


def _note_line(path: Path, note: str) -> str:
    return "\t".join([_on_one_line(path), _("note"), note])


def _on_one_line(path: Path) -> str:
    # File names may contain line breaks and escape sequences.
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(path))


def _write(stream: TextIO, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


@contextmanager
def _json_output(path: Path | None) -> Iterator[TextIO | None]:
    with result_file(path, b"{", newline=None) as file:
        yield file


@contextmanager
def _csv_output(path: Path | None) -> Iterator[TextIO | None]:
    # newline="": the csv module ends its rows itself
    with result_file(path, f"{CSV_COLUMNS[0]},{CSV_COLUMNS[1]},".encode(), newline="") as file:
        yield file


if __name__ == "__main__":
    sys.exit(main())
