import csv
import io

from training.evaluation.estimated_figures import Figure, as_csv, cell_of

NAN = float("nan")


def test_numbers_are_short_and_their_absence_is_shown():
    assert cell_of(Figure("p", "n", "b", 12.345, NAN, NAN, 1, 1)) == "12.35"
    assert cell_of(Figure("p", "n", "b", -0.589, -0.7, -0.4, 1, 1)) == "−0.589 (−0.700 to −0.400)"
    assert cell_of(None) == cell_of(Figure("p", "n", "b", NAN, NAN, NAN, 0, 0)) == "–"


def test_the_csv_has_every_figure():
    figures = [Figure("nih", "share over 3", f"model {number}", 0.6891, 0.5, 0.8, 106, 61) for number in range(3)]
    rows = list(csv.DictReader(io.StringIO(as_csv(figures))))
    assert [row["by"] for row in rows] == ["model 0", "model 1", "model 2"]
    assert float(rows[0]["value"]) == 0.6891
