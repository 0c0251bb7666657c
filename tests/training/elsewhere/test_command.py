import csv
import datetime
import json

import cv2
import pytest

from bsnet_core.inference.prediction import ModelIdentity
from tests.training.data_set_layouts import lung_image, write_hannover, write_ralo, write_rsna_lungs
from tests.training.elsewhere.conftest import certain
from training import cli
from training.elsewhere import measured_images
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.command import Request, measure_elsewhere
from training.elsewhere.parts import Part
from training.evaluation import estimates

PARTS = (Part.SCORED, Part.COHEN, Part.RALO, Part.NIH, Part.RSNA, Part.NOTES)
ARGUMENTS = [part.value for part in PARTS]


@pytest.fixture
def data(data_root, monkeypatch):
    """All sources, every patient of them kept apart; three Cohen images have extent and opacity and no score."""
    monkeypatch.setattr(measured_images, "is_kept_apart", lambda patient: True)
    monkeypatch.setattr(estimates, "DRAWS", 20)
    write_ralo(data_root / "ralo")
    write_rsna_lungs(data_root / "rsna-lungs")
    write_hannover(data_root / "hannover")
    cohen = data_root / "cohen"
    with (cohen / "metadata.csv").open("a") as table:
        for number in range(3):
            cv2.imwrite(str(cohen / f"images/x{number}.jpg"), lung_image())
            table.write(f"images/x{number}.jpg,,x{number}\n")
    names = [f"images/p{number:02d}.jpg" for number in range(12)] + [f"images/x{number}.jpg" for number in range(3)]
    lines = [f"{name},{number % 9},{number % 5}" for number, name in enumerate(names)]
    (cohen / "covid-net-severity.csv").write_text("\n".join(["image,geographic_extent,opacity", *lines]) + "\n")
    for file in [path for path in data_root.rglob("*.jpg") if "p" not in path.stem]:
        cv2.imwrite(str(file), cv2.resize(cv2.imread(str(file), cv2.IMREAD_GRAYSCALE), (160, 160)))
    return data_root


def rows_of(output):
    with (output / "table.csv").open() as file:
        return list(csv.DictReader(file))


def test_the_command_measures_a_model_and_writes_all_tables(data, small_model, tmp_path, capsys):
    output, document = tmp_path / "measured", tmp_path / "model.md"
    command = ["measure-elsewhere", "--weights", small_model, "--data", data, "--output", output, "--write", document]
    assert cli.main([*map(str, command), "--parts", *ARGUMENTS]) == 0
    rows = rows_of(output)
    assert {row["part"] for row in rows} == set(ARGUMENTS)
    by = {(row["part"], row["name"], row["by"]): row for row in rows}
    (store,) = (folder.name for folder in output.iterdir() if folder.is_dir())
    assert by["ralo", "r with extent, both lungs", store]["images"] == "3"
    assert by["ralo", "r with extent, both lungs", "raters with each other"]["patients"] == "2"
    assert by["nih", "median global score, as shown", store]["images"] == "3"
    assert by["notes", "rejected: hannover", store]["value"] == "0.0"
    text = document.read_text()
    assert "# The model, measured elsewhere" in text
    assert "second radiologist 0.000" in text
    assert "r with the change of extent" in capsys.readouterr().out


def test_stored_answers_are_not_computed_again_and_other_weights_stand_beside(data, small_model, tmp_path, monkeypatch):
    output = tmp_path / "measured"
    newer = AnswerStore.of_weights(output, ModelIdentity("bsnet", "1.0.0", "f" * 64))
    names = [f"nih-no-finding/0000{number}_000.jpg" for number in range(3)]
    newer.replace(
        "nih-no-finding", [certain(name, "333333", patient=f"nih-0000{number}") for number, name in enumerate(names)]
    )
    request = Request(data, output, weights=(small_model,), parts=(Part.NIH,))
    measure_elsewhere(request)
    first = rows_of(output)
    monkeypatch.setattr("training.elsewhere.answer_store.answer_for", lambda *arguments: pytest.fail("computed again"))
    measure_elsewhere(request, datetime.date(2026, 1, 2))
    assert rows_of(output) == first
    medians = {row["by"]: float(row["value"]) for row in first if row["name"].startswith("median")}
    assert medians[newer.name] == 18
    assert len(medians) == 3
    (difference,) = (by for by in medians if "−" in by)
    (mine,) = (by for by in medians if by not in (difference, newer.name))
    assert medians[difference] == 18 - medians[mine]


def test_what_is_stored_is_enough_to_write_the_tables_where_there_are_no_data(data, small_model, tmp_path):
    output, document = tmp_path / "measured", tmp_path / "model.md"
    measure_elsewhere(Request(data, output, weights=(small_model,), parts=(Part.NIH, Part.RALO)))
    before = rows_of(output)
    said = measure_elsewhere(Request(tmp_path / "nowhere", output, weights=(), document=document))
    assert rows_of(output) == before
    assert "left out: ralo: The folder" in said or "left out: ralo: The table" in said
    assert "| median global score, as shown |" in document.read_text()


def test_a_part_is_measured_again_on_request(data, small_model, tmp_path):
    output = tmp_path / "measured"
    measure_elsewhere(Request(data, output, weights=(small_model,), parts=(Part.NIH,)))
    (file,) = output.glob("*/nih-no-finding.jsonl")
    lines = file.read_text().splitlines()
    file.write_text("".join(f"{json.dumps(json.loads(line) | {'notes': ['stale']})}\n" for line in lines))
    request = Request(data, output, weights=(small_model,), parts=(Part.NIH,), again=frozenset({Part.NIH}))
    measure_elsewhere(request)
    assert "stale" not in file.read_text()


def test_a_part_that_does_not_exist_and_nothing_to_measure_are_told(small_model, tmp_path, capsys):
    command = ["measure-elsewhere", "--weights", small_model, "--data", tmp_path, "--output", tmp_path / "measured"]
    assert cli.main([*map(str, command), "--parts", "ralot"]) == 2
    assert "There is no part ralot. Parts: cohen-scored" in capsys.readouterr().err
    assert cli.main([*map(str, command), "--parts", "ralo"]) == 2
    assert "Nothing could be measured. ralo:" in capsys.readouterr().err
