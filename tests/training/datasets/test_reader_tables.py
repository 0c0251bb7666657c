import csv
from dataclasses import replace

import pytest

from app.report.csv_tables import readings_csv
from app.session.reading_keys import ReadingKeys
from app.session.readings import ListedReading
from bsnet_core.partial_score import read_score_from_text
from tests.app.report.images import reading
from training.datasets.reader_tables import load_reader_table
from training.datasets.sample import DataSetError


def write(path, header, *rows):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header.split(","), *(row.split(",") for row in rows)])
    return path


ZONES = ",".join(f"{reader}-{zone}" for reader in ("Rossi", "Li") for zone in "ABCDEF")


def test_readers_are_the_columns_of_six_zones_and_gaps_are_left_out(tmp_path):
    table = load_reader_table(
        write(
            tmp_path / "t.csv",
            f"image,patient_id,{ZONES},Rossi-Global",
            "a.jpg,1,0,1,2,3,0,1,3,2,1,0,0,0,7",
            "b.jpg,1,1,1,1,1,1,1,,,,,,,6",
        )
    )
    assert list(table.scores) == ["Rossi", "Li"]
    assert table.patients == ("1", "1")
    assert table.scores["Rossi"].tolist() == [[0, 1, 2, 3, 0, 1], [1] * 6]
    assert table.scores["Li"].tolist() == [[3, 2, 1, 0, 0, 0], [-1] * 6]
    assert table.common(["Rossi", "Li"]).tolist() == [0]
    with pytest.raises(DataSetError, match="no reader Bianchi; it has Rossi, Li"):
        table.common(["Bianchi"])


def test_the_viewers_table_gives_the_readings_that_count(tmp_path):
    def listed(reader, score, sop, number, superseded=""):
        made = replace(reading(score if "x" not in score else "000000"), reader=reader)
        keys = ReadingKeys(patient="K1", sop_uid=sop, reading=f"R{number}", superseded_by=superseded)
        if "x" in score:
            made = replace(made, score=read_score_from_text(score))
        return ListedReading("2020 #1", "20200101", made, keys)

    text = readings_csv(
        [
            listed("Rossi", "111111", "1.2.3", 1, superseded="R2"),
            listed("Rossi", "012301", "1.2.3", 2),
            listed("Li", "222222", "1.2.3", 3),
            listed("Li", "x22222", "1.2.4", 4),
            listed("Rossi", "333333", "1.2.4", 5),
        ]
    )
    (tmp_path / "readings.csv").write_text(text, encoding="utf-8")
    table = load_reader_table(tmp_path / "readings.csv")
    assert table.images == ("1.2.3", "1.2.4")
    assert table.scores["Rossi"].tolist() == [[0, 1, 2, 3, 0, 1], [3] * 6]
    assert table.scores["Li"].tolist() == [[2] * 6, [-1] * 6]
    assert set(table.patients) == {"K1"}


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        ("image,A,B", "a.jpg,1,2", "has no readings"),
        (f"name,{ZONES}", "a.jpg" + ",1" * 12, "has no readings"),
        (f"image,{ZONES}", "a.jpg,4" + ",1" * 11, "Rossi-A"),
        (f"image,{ZONES}", "a.jpg,," + ",".join("1" * 11), "Rossi"),
    ],
)
def test_another_table_or_score_is_said(tmp_path, header, row, said):
    with pytest.raises(DataSetError, match=said):
        load_reader_table(write(tmp_path / "t.csv", header, row))


def test_the_public_readings_are_all_there(shared_data):
    table = load_reader_table(shared_data / "cohen" / "brixia-scores.csv")
    assert list(table.scores) == ["S", "J"]
    assert len(table.common(["S", "J"])) == len(table.images) == 138
    # Counted by hand in the table's first and last rows.
    assert table.scores["S"][0].tolist() == [1, 3, 3, 1, 2, 2]
    assert table.scores["J"][1].tolist() == [0, 1, 3, 0, 0, 3]
