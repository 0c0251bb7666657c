"""`bsnet-score`: scores files and folders without a screen. Knows no Qt."""

from __future__ import annotations

import argparse
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

from bsnet_core.errors import BSNetError, ReportError, UnforeseenError, UnreadableImageError

if TYPE_CHECKING:
    from bsnet_core.prediction import Prediction, Predictor

DISCLAIMER = "Research software, not a medical device: do not use these scores for diagnosis or treatment."
EXIT_OK, EXIT_SOME_FAILED, EXIT_INTERRUPTED = 0, 1, 130


def build_parser() -> argparse.ArgumentParser:
    """The command's arguments."""
    parser = argparse.ArgumentParser(
        prog="bsnet-score", description="Brixia score of chest radiographs (DICOM, JPEG, PNG, TIFF).", epilog=DISCLAIMER
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="file, or folder to search")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write one JSON line per file; - for the screen")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda", "mps"), help="where to compute")
    parser.add_argument("--model", type=Path, metavar="DIR", help="model folder; the shipped model by default")
    parser.add_argument("--attention", choices=("ha", "sa", "ens"), help="scoring head; the ensemble by default")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Scores everything named; 0 if all went well, 1 if anything failed, 130 when interrupted."""
    arguments = build_parser().parse_args(argv)
    json_to_screen = arguments.json is not None and str(arguments.json) == "-"
    lines = sys.stderr if json_to_screen else sys.stdout
    for stream in (sys.stdout, sys.stderr):
        # A file name that the screen's encoding lacks must not stop the run.
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    sys.stderr.write(DISCLAIMER + "\n")
    try:
        files, folder_errors = _files_of(arguments.paths)
        # An earlier result that lies among the images is no image.
        files = [path for path in files if arguments.json is None or path.absolute() != arguments.json.absolute()]
        if not files and not folder_errors:
            raise UnreadableImageError("There is no image to score in what was named.")
        # The model first: where it cannot be loaded, an earlier result file stays as it is.
        predictor = _load_predictor(arguments.model, arguments.device, arguments.attention) if files else None
        with _json_output(arguments.json) as records:
            for path, error in folder_errors:
                _write_failure(path, error, lines, records)
            failures = _score_all(predictor, files, lines, records) if predictor is not None else 0
    except BSNetError as error:
        sys.stderr.write(f"bsnet-score: {error}\n")
        return EXIT_SOME_FAILED
    except KeyboardInterrupt:
        sys.stderr.write("bsnet-score: stopped.\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our lines has gone; keep the interpreter from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_SOME_FAILED
    except OSError as error:
        sys.stderr.write(f"bsnet-score: the results cannot be written: {error.strerror}.\n")
        return EXIT_SOME_FAILED
    return EXIT_SOME_FAILED if failures or folder_errors else EXIT_OK


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
        "seconds": {"read": round(read_seconds, 4)}
        | {step: round(seconds, 4) for step, seconds in prediction.seconds.items()},
    }


def _files_of(paths: Sequence[Path]) -> tuple[list[Path], list[tuple[Path, BSNetError]]]:
    from bsnet_core.reading import find_images

    files: list[Path] = []
    errors: list[tuple[Path, BSNetError]] = []
    for path in paths:
        try:
            files += find_images(path) if _is_folder(path) else [path]
        except BSNetError as error:
            errors.append((path, error))
    return files, errors


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # behind a folder that may not be entered; reading it says so
        return False


def _load_predictor(model: Path | None, device: str, attention: str | None) -> Predictor:
    from bsnet_core.model.config import Attention
    from bsnet_core.prediction import Predictor

    return Predictor.load(model, device, Attention(attention) if attention else None)


def _score_all(predictor: Predictor, files: Sequence[Path], lines: TextIO, records: TextIO | None) -> int:
    from tqdm import tqdm

    failures = 0
    on_terminal = sys.stderr.isatty() and len(files) > 1
    for path in tqdm(files, desc="scoring", unit="film", file=sys.stderr, leave=False, disable=not on_terminal):
        try:
            prediction, read_seconds = _score(predictor, path)
        except BSNetError as error:
            failures += 1
            _write_failure(path, error, lines, records)
            continue
        _write(lines, _line(path, prediction))
        if records is not None:
            _write(records, json.dumps(record_of(path, prediction, read_seconds)))
    return failures


def _score(predictor: Predictor, path: Path) -> tuple[Prediction, float]:
    from bsnet_core.reading import read_radiograph

    start = time.perf_counter()
    try:
        radiograph = read_radiograph(path)
        read_seconds = time.perf_counter() - start
        return predictor.predict(radiograph), read_seconds
    except BSNetError:
        raise
    except Exception as error:
        # One odd file must not end a run over thousands; the kind of error helps to report it.
        raise UnforeseenError(f"The file could not be processed ({type(error).__name__}).") from error


def _line(path: Path, prediction: Prediction) -> str:
    from bsnet_core.brixia import ZONES

    zones = " ".join(f"{zone.name}{prediction.score[zone]}" for zone in ZONES)
    confidence = min(prediction.confidence_of(zone) for zone in ZONES)
    line = f"{_on_one_line(path)}\t{zones}\tglobal {prediction.score.total}/18\tlowest confidence {confidence:.0%}"
    return "\t".join([line, *prediction.quality])


def _write_failure(path: Path, error: BSNetError, lines: TextIO, records: TextIO | None) -> None:
    _write(lines, f"{_on_one_line(path)}\tnot scored [{error.code}]\t{error}")
    if records is not None:
        failure: Mapping[str, str] = {"file": str(path), "error": str(error), "code": str(error.code)}
        _write(records, json.dumps(failure))


def _on_one_line(path: Path) -> str:
    # File names may hold line ends and escape sequences.
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in str(path))


def _write(stream: TextIO, line: str) -> None:
    # Flushed line by line: whatever stops the run, what was scored is kept.
    stream.write(line + "\n")
    stream.flush()


@contextmanager
def _json_output(path: Path | None) -> Iterator[TextIO | None]:
    if path is None:
        yield None
    elif str(path) == "-":
        yield sys.stdout
    else:
        try:
            if path.is_file() and _starts_unlike_json(path):
                raise ReportError(f"{path} is not a result of this command and is left as it is. Choose another name.")
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise ReportError(f"The result file {path} cannot be written: {error.strerror}.") from error
        # A file that was there before keeps its mode otherwise; a device such as /dev/null must keep its own.
        if hasattr(os, "fchmod") and stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.fchmod(descriptor, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file


def _starts_unlike_json(path: Path) -> bool:
    # "--json *.dcm" must not cost anybody a picture.
    with path.open("rb") as file:
        return file.read(1) not in (b"", b"{")


if __name__ == "__main__":
    sys.exit(main())
