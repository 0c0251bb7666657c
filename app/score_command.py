"""`bsnet-score`: scores files and folders without a screen. Knows no Qt."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from bsnet_core.errors import BSNetError, UnforeseenError

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
    sys.stderr.write(DISCLAIMER + "\n")
    try:
        files, folder_errors = _files_of(arguments.paths)
        with _json_output(arguments.json) as records:
            for path, error in folder_errors:
                _write_failure(path, error, lines, records)
            if not files:
                if not folder_errors:
                    lines.write("There is no image to score.\n")
                return EXIT_SOME_FAILED
            predictor = _load_predictor(arguments.model, arguments.device, arguments.attention)
            failures = _score_all(predictor, files, lines, records)
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
            files += find_images(path) if path.is_dir() else [path]
        except BSNetError as error:
            errors.append((path, error))
    return files, errors


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
            _write(records, json.dumps(record_of(path, prediction, read_seconds), ensure_ascii=False))
    return failures


def _score(predictor: Predictor, path: Path) -> tuple[Prediction, float]:
    from bsnet_core.reading import read_radiograph

    start = time.perf_counter()
    try:
        radiograph = read_radiograph(path)
        read_seconds = time.perf_counter() - start
        return predictor.predict(radiograph), read_seconds
    except (OSError, ArithmeticError, LookupError, TypeError, ValueError, RuntimeError) as error:
        # One odd file must not end a run over thousands; the kind of error helps to report it.
        raise UnforeseenError(f"The file could not be processed ({type(error).__name__}).") from error


def _line(path: Path, prediction: Prediction) -> str:
    from bsnet_core.brixia import ZONES

    zones = " ".join(f"{zone.name}{prediction.score[zone]}" for zone in ZONES)
    confidence = min(prediction.confidence_of(zone) for zone in ZONES)
    line = f"{path}\t{zones}\tglobal {prediction.score.total}/18\tlowest confidence {confidence:.0%}"
    return "\t".join([line, *prediction.quality])


def _write_failure(path: Path, error: BSNetError, lines: TextIO, records: TextIO | None) -> None:
    _write(lines, f"{path}\tnot scored [{error.code}]\t{error}")
    if records is not None:
        failure: Mapping[str, str] = {"file": str(path), "error": str(error), "code": str(error.code)}
        _write(records, json.dumps(failure, ensure_ascii=False))


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
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        except OSError as error:
            raise UnforeseenError(f"The result file {path} cannot be written: {error.strerror}.") from error
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            yield file


if __name__ == "__main__":
    sys.exit(main())
