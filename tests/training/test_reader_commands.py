"""`bsnet-train agreement` and `consensus` as they are called."""

import csv

import pytest

from training.cli import main


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "readings.csv"
    readers = {"S": "012301 111111 222222", "J": "012302 111112 222222", "K": "112302 011111 322222"}
    columns = [f"{reader}-{zone}" for reader in readers for zone in "ABCDEF"]
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["image", "patient", *columns])
        for number, digits in enumerate(zip(*(text.split() for text in readers.values()), strict=True)):
            writer.writerow([f"{number}.jpg", f"P{number}", *"".join(digits)])
    return path


def test_readers_are_compared_with_one_of_them_and_with_each_other(table, tmp_path, capsys):
    assert main(["agreement", str(table), "--reference", "S", "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr().out
    assert "## J – S\n\n3 images of 3 patients" in said
    assert "| J | 0.111 / 0.67 | – |" in said
    assert (tmp_path / "out" / "agreement.md").read_text(encoding="utf-8") == said
    with (tmp_path / "out" / "agreement.csv").open(newline="") as file:
        rows = {(row["by"], row["part"], row["name"]): float(row["value"]) for row in csv.DictReader(file)}
    assert rows["J", "global score", "MAE"] == pytest.approx(2 / 3)
    assert rows["K", "all zones together", "MAE"] == pytest.approx(4 / 18)


def test_the_consensus_is_written_by_majority_and_seniority(table, tmp_path, capsys):
    assert main(["consensus", str(table)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "image,patient," + ",".join(f"consensus-{zone}" for zone in "ABCDEF") + ",consensus-Global"
    assert lines[1:] == ["0.jpg,P0,0,1,2,3,0,2,8", "1.jpg,P1,1,1,1,1,1,1,6", "2.jpg,P2,2,2,2,2,2,2,12"]
    assert main(["consensus", str(table), "--seniority", "K", "S", "--out", str(tmp_path / "c.csv")]) == 0
    assert (tmp_path / "c.csv").read_text().splitlines()[1] == "0.jpg,P0,1,1,2,3,0,2,9"


def test_a_reader_who_is_not_there_is_said(table, capsys):
    assert main(["agreement", str(table), "--reference", "X"]) == 2
    assert "no reader X; it has S, J, K" in capsys.readouterr().err
    assert main(["consensus", str(table), "--seniority", "S"]) == 2
