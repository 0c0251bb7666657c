"""`bsnet-score` as its users call it: arguments in; lines, records and a status out."""

import csv
import gzip
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pytest

from app.report.score_records import CSV_COLUMNS, record_of, row_of
from app.score_command import main
from bsnet_core.brixia import Zone
from bsnet_core.errors import UnsuitableImageError
from bsnet_core.intended_use import intended_use
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import resources_dir, sample_files
from tests.app.predictions import prediction
from tests.bsnet_core.loading.test_dicomdir import write_medium
from tests.dicom_files import CT, ramp, write_dicom
from tests.encrypted_zip import write_encrypted_zip
from tests.packed_files import write_aes_zip, write_tar

REPOSITORY = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "app.score_command")
SAMPLE = sample_files()[0]
ZONE_NAMES = [zone.name for zone in Zone]

needs_model = pytest.mark.skipif(
    not any((resources_dir() / "weights").glob("*/model.json")), reason="no shipped model in resources/weights"
)


def records_of(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture
def folder_of_oddities(tmp_path):
    """One good study among files that must not stop the run; what becomes of each."""
    folder = tmp_path / "odd"
    folder.mkdir()
    image = SAMPLE.read_bytes()
    (folder / "cut-off.dcm").write_bytes(image[: len(image) // 2])
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "letter.dcm").write_text("Dear colleague, thank you for the referral.")
    shutil.copy(SAMPLE, folder / "good.dcm")
    write_dicom(folder / "slice.dcm", ramp(), SOPClassUID=CT, Modality="CT")
    write_dicom(folder / "side-view.dcm", ramp(), ViewPosition="LL", PatientName="Secret^Name")
    codes = {
        "cut-off.dcm": "unreadable",
        "empty.dcm": "unreadable",
        "letter.dcm": "unreadable",
        "good.dcm": None,
        "slice.dcm": "unsupported-object",
        "side-view.dcm": "not-frontal-chest",
    }
    return folder, codes


@needs_model
def test_every_sample_gets_one_line_and_one_complete_record(tmp_path, capsys):
    results = tmp_path / "scores.jsonl"
    assert main([str(SAMPLE.parent), "--json", str(results), "--device", "cpu"]) == 0
    printed = capsys.readouterr()
    lines, records = printed.out.splitlines(), records_of(results)
    assert [line.split("\t")[0] for line in lines] == [str(path) for path in sample_files()]
    assert [record["file"] for record in records] == [str(path) for path in sample_files()]
    assert printed.err.count(intended_use()) == 1
    for line, record in zip(lines, records, strict=True):
        assert set(record) == {
            *("file", "scores", "global", "interval", "probabilities", "expected"),
            *("mask_area_fraction", "quality", "model", "backend", "seconds", "findings", "repairs"),
        }
        assert list(record["scores"]) == list(record["probabilities"]) == list(record["expected"]) == ZONE_NAMES
        assert record["global"] == sum(record["scores"].values())
        assert 0 < record["mask_area_fraction"] < 1
        assert set(record["model"]) == {"name", "version", "sha256"}
        assert len(record["model"]["sha256"]) == 64
        assert record["seconds"]["read"] > 0
        assert record["seconds"]["total"] > 0
        for zone in ZONE_NAMES:
            probabilities = np.array(record["probabilities"][zone])
            assert probabilities.sum() == pytest.approx(1, abs=1e-4)
            assert record["scores"][zone] == probabilities.argmax()
            assert record["expected"][zone] == pytest.approx(probabilities @ np.arange(4), abs=1e-3)
            assert f"{zone}{record['scores'][zone]}" in line
        assert f"global {record['global']}/18" in line


@needs_model
def test_bad_files_are_named_with_a_reason_and_the_others_are_scored(folder_of_oddities, tmp_path, capsys):
    folder, codes = folder_of_oddities
    results = tmp_path / "scores.jsonl"
    assert main([str(folder), "--json", str(results), "--device", "cpu"]) == 1
    printed = capsys.readouterr()
    records = {Path(record["file"]).name: record for record in records_of(results)}
    assert {name: record.get("code") for name, record in records.items()} == codes
    assert len(printed.out.splitlines()) == len(codes)
    for name, code in codes.items():
        if code is not None:
            assert set(records[name]) == {"file", "error", "code"}
            assert records[name]["error"].endswith(".")
            assert f"{folder / name}\tnot scored [{code}]\t{records[name]['error']}" in printed.out
    assert "Traceback" not in printed.out + printed.err
    assert "Secret" not in printed.out + printed.err + results.read_text(encoding="utf-8")


@needs_model
def test_a_head_is_chosen_by_name_and_one_that_is_not_there_is_refused(capsys):
    assert main([str(SAMPLE), "--json", "-", "--device", "cpu"]) == 0
    by_default = json.loads(capsys.readouterr().out)
    assert main([str(SAMPLE), "--json", "-", "--device", "cpu", "--attention", "ha"]) == 0
    assert json.loads(capsys.readouterr().out)["probabilities"] == by_default["probabilities"]
    assert main([str(SAMPLE), "--device", "cpu", "--attention", "sa"]) == 1
    assert "'sa'" in capsys.readouterr().err


@needs_model
def test_records_on_the_screen_leave_nothing_else_on_standard_output(tmp_path, capsys):
    missing = tmp_path / "moved-away.dcm"
    assert main([str(SAMPLE), str(missing), "--json", "-", "--device", "cpu"]) == 1
    printed = capsys.readouterr()
    good, bad = (json.loads(line) for line in printed.out.splitlines())
    assert good["file"] == str(SAMPLE)
    assert (bad["file"], bad["code"]) == (str(missing), "unreadable")
    assert f"{missing}\tnot scored" in printed.err


@needs_model
@pytest.mark.skipif(os.name == "nt", reason="Windows has no owner-only file modes")
def test_the_result_file_is_replaced_and_readable_by_its_owner_only(tmp_path, capsys):
    results = tmp_path / "scores.jsonl"
    results.write_text('{"file": "of last week"}\n')
    results.chmod(0o644)
    assert main([str(SAMPLE), "--json", str(results), "--device", "cpu"]) == 0
    assert [record["file"] for record in records_of(results)] == [str(SAMPLE)]
    assert stat.S_IMODE(results.stat().st_mode) == 0o600


@needs_model
def test_a_picture_named_as_result_file_by_mistake_is_left_as_it_is(tmp_path, capsys):
    image = tmp_path / "film.dcm"
    shutil.copy(SAMPLE, image)
    assert main([str(SAMPLE), "--json", str(image), "--device", "cpu"]) == 1
    assert image.read_bytes() == SAMPLE.read_bytes()
    assert "was not replaced" in capsys.readouterr().err


@needs_model
def test_an_earlier_result_among_the_images_is_not_taken_for_an_image(tmp_path, capsys):
    shutil.copy(SAMPLE, tmp_path / "film.dcm")
    for _ in range(2):
        assert main([str(tmp_path), "--json", str(tmp_path / "scores.jsonl"), "--device", "cpu"]) == 0
    assert len(records_of(tmp_path / "scores.jsonl")) == 1


@needs_model
def test_a_result_file_that_cannot_be_written_is_said_in_a_sentence(tmp_path, capsys):
    results = tmp_path / "no-such-folder" / "scores.jsonl"
    assert main([str(SAMPLE), "--json", str(results), "--device", "cpu"]) == 1
    error = capsys.readouterr().err
    assert f"The result file {results} could not be written" in error


@needs_model
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux file names may hold any byte")
def test_file_names_with_line_ends_and_foreign_bytes_stay_on_one_line(tmp_path, capsys):
    name = os.fsdecode(b"line\nend-\xff.dcm")
    shutil.copy(SAMPLE, tmp_path / name)
    assert main([str(tmp_path), "--json", str(tmp_path / "scores.jsonl"), "--device", "cpu"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 1
    (record,) = records_of(tmp_path / "scores.jsonl")
    assert record["file"] == str(tmp_path / name)


def test_a_folder_without_images_is_said_and_fails(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("no image")
    assert main([str(tmp_path)]) == 1
    printed = capsys.readouterr()
    assert "No images were found" in printed.err
    assert printed.out == ""


def test_a_missing_model_is_named_and_costs_no_earlier_result(tmp_path, capsys):
    results = tmp_path / "scores.jsonl"
    results.write_text('{"file": "of last week"}\n')
    assert main([str(SAMPLE), "--model", str(tmp_path / "nothing"), "--json", str(results)]) == 1
    assert str(tmp_path / "nothing") in capsys.readouterr().err
    assert records_of(results) == [{"file": "of last week"}]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux permissions")
def test_a_folder_without_permission_is_said_and_fails(tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir()
    shutil.copy(SAMPLE, locked / "film.dcm")
    locked.chmod(0)
    command = [*COMMAND, str(locked), "--json", str(tmp_path / "scores.jsonl")]
    if os.geteuid() == 0:
        if shutil.which("setpriv") is None:
            pytest.skip("root may read everything, and setpriv, which takes that away, is not installed")
        command = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", *command]
    try:
        result = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    finally:
        locked.chmod(0o700)
    assert result.returncode == 1
    assert f"{locked}\tnot scored [unreadable]\tThe folder" in result.stdout
    assert "Traceback" not in result.stderr
    (record,) = records_of(tmp_path / "scores.jsonl")
    assert (record["file"], record["code"]) == (str(locked), "unreadable")


@needs_model
def test_the_table_holds_what_the_records_hold(folder_of_oddities, tmp_path, capsys):
    folder, codes = folder_of_oddities
    table, results = tmp_path / "scores.csv", tmp_path / "scores.jsonl"
    options = ["--csv", str(table), "--json", str(results), "--device", "cpu"]
    assert main([str(folder), *options]) == 1
    with table.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == CSV_COLUMNS
    records = {record["file"]: record for record in records_of(results)}
    assert [row["file"] for row in rows] == list(records)
    assert {Path(row["file"]).name: row["code"] or None for row in rows} == codes
    for row in rows:
        record = records[row["file"]]
        if "error" in record:
            assert row["error"] == record["error"]
            assert row["A"] == row["global"] == row["sha256"] == ""
            continue
        assert {zone: int(row[zone]) for zone in ZONE_NAMES} == record["scores"]
        assert int(row["global"]) == record["global"]
        assert {zone: float(row[f"expected {zone}"]) for zone in ZONE_NAMES} == record["expected"]
        assert float(row["confidence"]) == pytest.approx(
            min(max(record["probabilities"][zone]) for zone in ZONE_NAMES), abs=1e-4
        )
        assert (row["model"], row["version"], row["sha256"]) == tuple(record["model"].values())
        assert row["quality"] == " ".join(record["quality"])
    if os.name != "nt":
        assert stat.S_IMODE(table.stat().st_mode) == 0o600
    assert "Secret" not in table.read_text(encoding="utf-8")


def test_a_table_replaces_only_a_table_and_runs_no_formula(tmp_path, monkeypatch, capsys, no_weights):
    image = tmp_path / "film.dcm"
    shutil.copy(SAMPLE, image)
    monkeypatch.chdir(tmp_path)
    name = "=cmd.dcm"
    Path(name).write_text("no film")
    monkeypatch.setattr("app.score_command._load_predictor", no_weights)
    assert main([name, "--csv", str(image)]) == 1
    assert image.read_bytes() == SAMPLE.read_bytes()
    for _ in range(2):
        assert main([name, "--csv", "scores.csv"]) == 1
    with Path("scores.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["file"] == "'=cmd.dcm"
    assert row["code"] == "unreadable"
    other = tmp_path / "other.csv"
    other.write_text("file;mine\n")
    assert main([name, "--csv", str(other)]) == 1
    assert other.read_text() == "file;mine\n"


@pytest.fixture
def no_weights():
    """Stands in for loading the network where no file gets as far as that."""
    return lambda arguments: object()


class RejectsAll:
    """Stands in for the network where every image is rejected by the input check."""

    def predict(self, radiograph):
        raise UnsuitableImageError("This is a lateral view.")


def test_notes_on_a_file_are_in_the_line_the_record_and_the_table(tmp_path, monkeypatch, capsys):
    film = write_dicom(tmp_path / "film.dcm", ramp(), 12)
    noted = replace(load_radiograph(film), loading_notes=("The file contradicts itself.",))
    monkeypatch.setattr("bsnet_core.loading.load_radiograph", lambda path: noted)
    monkeypatch.setattr("app.score_command._load_predictor", lambda arguments: RejectsAll())
    assert main([str(film), "--json", str(tmp_path / "a.jsonl"), "--csv", str(tmp_path / "a.csv")]) == 1
    assert "This is a lateral view.\tThe file contradicts itself." in capsys.readouterr().out
    (record,) = records_of(tmp_path / "a.jsonl")
    assert record["quality"] == ["The file contradicts itself."]
    with (tmp_path / "a.csv").open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert row["quality"] == "The file contradicts itself."
    predicted = prediction("012321", quality=("Low confidence in zone A.",))
    both = [*noted.loading_notes, *predicted.quality]
    assert record_of(film, predicted, 0.1, noted.loading_notes)["quality"] == both
    assert row_of(film, predicted, noted.loading_notes)["quality"] == " ".join(both)


def test_an_archive_is_scored_under_the_names_inside_it_and_asks_for_its_password(
    tmp_path, monkeypatch, capsys, no_weights
):
    monkeypatch.setattr("app.score_command._load_predictor", no_weights)
    with zipfile.ZipFile(tmp_path / "study.zip", "w") as archive:
        archive.writestr("CD/damaged.dcm", SAMPLE.read_bytes()[:5000])
    assert main([str(tmp_path / "study.zip")]) == 1
    assert f"{tmp_path / 'study.zip' / 'CD' / 'damaged.dcm'}\tnot scored [unreadable]" in capsys.readouterr().out
    locked = write_encrypted_zip(tmp_path / "locked.zip", "film.dcm", SAMPLE.read_bytes()[:5000], "secret")
    assert main([str(locked)]) == 1
    assert f"{locked}\tnot scored [password-needed]" in capsys.readouterr().out
    (tmp_path / "password").write_text("secret\n")
    assert main([str(locked), "--password-file", str(tmp_path / "password")]) == 1
    assert f"{locked / 'film.dcm'}\tnot scored [unreadable]" in capsys.readouterr().out
    assert main([str(locked), "--password-file", str(tmp_path / "none")]) == 1
    assert "password file" in capsys.readouterr().err


def test_every_kind_of_archive_is_scored_under_its_names(tmp_path, monkeypatch, capsys, no_weights):
    monkeypatch.setattr("app.score_command._load_predictor", no_weights)
    damaged = SAMPLE.read_bytes()[:5000]
    tar = write_tar(tmp_path / "a.tgz", {"CD/damaged.dcm": damaged}, ".gz")
    (tmp_path / "b.dcm.gz").write_bytes(gzip.compress(damaged))
    locked = write_aes_zip(tmp_path / "c.zip", {"damaged.dcm": damaged}, "secret")
    (tmp_path / "password").write_text("secret\n")
    assert main([str(tmp_path), "--json", "-"]) == 1
    records = {record.pop("file"): record for record in map(json.loads, capsys.readouterr().out.splitlines())}
    assert records.keys() == {str(tmp_path), str(tmp_path / "b.dcm.gz"), str(tmp_path / "password")}
    assert records[str(tmp_path)]["note"].startswith("2 archives in this folder were not opened")
    assert main([str(tar), str(locked), "--password-file", str(tmp_path / "password")]) == 1
    said = capsys.readouterr().out
    assert f"{tar / 'CD' / 'damaged.dcm'}\tnot scored [unreadable]" in said
    assert f"{locked / 'damaged.dcm'}\tnot scored [unreadable]" in said


def test_images_that_a_dicomdir_does_not_name_are_among_the_results_each_once_and_noted(
    tmp_path, monkeypatch, capsys, no_weights
):
    monkeypatch.setattr("app.score_command._load_predictor", no_weights)
    folder = write_medium(tmp_path / "cd", images=1)
    named = folder / "PT000000" / "IM000000"
    for path in (named, folder / "new.dcm"):
        path.write_bytes(SAMPLE.read_bytes()[:5000])
    table = tmp_path / "scores.csv"
    paths = [folder, folder / "DICOMDIR", folder / "PT000000", named]
    assert main([*map(str, paths), "--json", "-", "--csv", str(table)]) == 1
    captured = capsys.readouterr()
    records = [json.loads(line) for line in captured.out.splitlines()]
    assert [record["file"] for record in records if "note" not in record] == [str(named), str(folder / "new.dcm")]
    notes = [record for record in records if "note" in record]
    assert [record["file"] for record in notes] == [str(folder / "DICOMDIR")] * 2
    assert "1 DICOM file in this folder is not named in its DICOMDIR" in notes[0]["note"]
    assert f"{folder / 'DICOMDIR'}\tnote\t1 DICOM file" in captured.err
    assert len(table.read_text().splitlines()) == 3


def test_what_was_left_out_is_said_where_nothing_is_found(tmp_path, capsys):
    write_tar(tmp_path / "a.tar", {"film.dcm": b""})
    assert main([str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "1 archive in this folder was not opened (a.tar)" in said
    assert "No images were found" in said


def test_the_screen_takes_one_kind_of_result(capsys):
    with pytest.raises(SystemExit):
        main([str(SAMPLE), "--json", "-", "--csv", "-"])
    assert "only one of" in capsys.readouterr().err


@needs_model
def test_the_installed_command_scores_a_sample():
    result = subprocess.run(
        [*COMMAND, str(SAMPLE), "--device", "cpu"], cwd=REPOSITORY, capture_output=True, text=True, check=False
    )
    assert result.returncode == 0
    assert result.stdout.startswith(f"{SAMPLE}\tA")
    assert len(result.stdout.splitlines()) == 1
    assert result.stderr == intended_use() + "\n"


@pytest.fixture
def many_images(tmp_path):
    """More films than are scored before a test can interrupt."""
    folder = tmp_path / "many"
    folder.mkdir()
    for number in range(60):
        shutil.copy(SAMPLE, folder / f"{number:02}.dcm")
    return folder


@needs_model
@pytest.mark.skipif(os.name == "nt", reason="Windows cannot send this signal to one process")
def test_an_interrupt_ends_with_status_130_and_keeps_what_was_scored(many_images, tmp_path):
    results = tmp_path / "scores.jsonl"
    command = [*COMMAND, str(many_images), "--json", str(results), "--device", "cpu"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        first = run.stdout.readline()
        second = run.stdout.readline()
        run.send_signal(signal.SIGINT)
        # Not communicate: it would miss what readline has buffered.
        rest, errors = run.stdout.read(), run.stderr.read()
    assert run.returncode == 130
    assert errors == f"{intended_use()}\nbsnet-score: stopped.\n"
    lines = [first, second, *rest.splitlines()]
    assert len(lines) < 60
    scored = [record["file"] for record in records_of(results)]
    # The line comes before the record: an interrupt between the two leaves one record less.
    assert scored in ([line.split("\t")[0] for line in lines], [line.split("\t")[0] for line in lines[:-1]])


@needs_model
@pytest.mark.skipif(os.name == "nt", reason="Windows reports a closed pipe in another way")
def test_a_reader_that_goes_away_ends_the_run_quietly(many_images):
    command = [*COMMAND, str(many_images), "--device", "cpu"]
    with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as run:
        run.stdout.readline()
        run.stdout.close()
        errors = run.stderr.read()
        run.wait()
    assert run.returncode == 1
    assert errors == intended_use() + "\n"


@needs_model
def test_results_of_dicom_images_are_written_as_dicom_objects_and_other_images_said_to_have_none(tmp_path, capsys):
    images, results = tmp_path / "images", tmp_path / "images" / "results"
    images.mkdir()
    shutil.copy(SAMPLE, images / "secret-name.dcm")
    plain = images / "plain.png"
    cv2.imwrite(str(plain), np.asarray(load_radiograph(SAMPLE).pixels * 255, dtype=np.uint8))
    for _ in range(2):
        assert main([str(images), "--dicom-out", str(results), "--device", "cpu"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert [line.split("\t")[0] for line in lines] == [str(plain), str(plain), str(images / "secret-name.dcm")]
        assert "did not come as DICOM" in lines[1]
    documents = sorted(results.glob("SR-*.dcm"))
    assert len(documents) == 2
    assert not any("secret" in path.name for path in results.iterdir())
    for document in documents:
        assert pydicom.dcmread(document).PatientID == pydicom.dcmread(SAMPLE).PatientID
