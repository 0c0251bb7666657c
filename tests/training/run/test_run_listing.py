import json
import os
from pathlib import Path

import pytest

from training.cli import build_parser, main
from training.configuration.run_config import ConfigurationError
from training.run.run_listing import ORDERS, list_runs


def write_run(folder, name, *, zones=None, dice=None, epochs=0, changed=0):
    (folder / "scoring").mkdir(parents=True)
    record = {"configuration": {"name": name, "stages": {"scoring": {"epochs": 9}, "alignment": {"epochs": 5}}}}
    (folder / "run.json").write_text(json.dumps(record))
    if epochs:
        (folder / "scoring" / "history.json").write_text(json.dumps([{"loss": 1.0}] * epochs))
    if zones is not None:
        error = {"mean_absolute_error": zones}
        readers = {"median_floor": {}, "ha": {"zones": error, "global": {"mean_absolute_error": 4 * zones}}}
        (folder / "cross-validation.json").write_text(json.dumps({"readers": readers}))
    if dice is not None:
        (folder / "evaluation.json").write_text(json.dumps({"lungs": {"dice": {"mean": dice}}}))
    for path in folder.rglob("*"):
        os.utime(path, (changed, changed))


@pytest.fixture
def runs(tmp_path):
    write_run(tmp_path / "a", "first", zones=0.5, dice=0.95, epochs=9, changed=1_700_000_000)
    write_run(tmp_path / "b" / "deeper", "second", zones=0.46, epochs=3, changed=1_700_000_900)
    write_run(tmp_path / "c", "third", dice=0.96, changed=1_700_000_500)
    write_run(tmp_path / "a" / "cross-validation" / "repeat-1" / "fold-1", "fold", changed=1_700_000_000)
    return tmp_path


@pytest.mark.parametrize(
    ("order", "names"),
    [
        ("changed", ["second", "third", "first"]),
        ("name", ["first", "second", "third"]),
        ("zones", ["second", "first", "third"]),
        ("global", ["second", "first", "third"]),
        ("dice", ["third", "first", "second"]),
    ],
)
def test_runs_are_listed_in_the_order_that_is_asked_for(runs, order, names):
    assert [run.name for run in list_runs(runs, order)] == names


def test_a_run_says_how_far_its_stages_are_and_what_it_reached(runs, capsys):
    first = list_runs(runs, "name")[0]
    assert (first.stages, first.figures) == ({"scoring": (9, 9)}, {"zones": 0.5, "global": 2.0, "dice": 0.95})
    assert main(["runs", str(runs), "--sort", "zones"]) == 0
    head, best, *_rest = capsys.readouterr().out.splitlines()
    assert head.split() == ["folder", "name", "stages", "zones", "global", "ece", "dice", "changed"]
    assert best.split()[:6] == [str(Path("b") / "deeper"), "second", "scoring", "3/9", "0.460", "1.840"]


def test_a_file_that_is_half_written_hides_no_run(runs):
    (runs / "a" / "cross-validation.json").write_text('{"readers": ')
    assert "zones" not in list_runs(runs, "name")[0].figures


def test_a_folder_without_runs_is_said(tmp_path):
    with pytest.raises(ConfigurationError, match="no run"):
        list_runs(tmp_path)
    with pytest.raises(ConfigurationError, match="no folder"):
        list_runs(tmp_path / "gone")


def test_the_command_offers_every_order():
    for order in ORDERS:
        assert build_parser().parse_args(["runs", "--sort", order]).sort == order
