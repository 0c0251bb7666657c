import dataclasses
import hashlib
import json

import pytest
from safetensors.torch import load_file, save_file

from tests.training.run.finished_stage import leave_behind
from training.configuration.run_config import ConfigurationError
from training.configuration.sections import StageName
from training.run.run_data import RunData, load_data
from training.run.run_record import PACKAGES, recorded_settings, write_run_record
from training.run.stage_run import run_stage


def test_a_stage_is_tied_to_the_weights_it_started_from_and_to_its_split(make_config):
    config = make_config(epochs=1)
    for name in (StageName.SEGMENTATION, StageName.ALIGNMENT):
        run_stage(config, name)
    segmentation, alignment = (config.output / name for name in ("segmentation", "alignment"))
    record = json.loads((config.output / "run.json").read_text())
    assert list(record["stages"]) == ["segmentation", "alignment"]
    (entry,) = record["stages"]["alignment"]
    assert entry["start"]["sha256"] == hashlib.sha256((segmentation / "best.safetensors").read_bytes()).hexdigest()
    # Finished and unchanged: accepted, and nothing is trained or written anew.
    stamps = {path: path.stat().st_mtime_ns for path in alignment.glob("*.*") if path.name != "history.json"}
    run_stage(config, StageName.ALIGNMENT)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps
    assert json.loads((config.output / "run.json").read_text()) == record
    # Another division of the same patients.
    split_file = config.output / "split.json"
    text = split_file.read_text()
    split = json.loads(text)
    split["train"][0], split["test"][0] = split["test"][0], split["train"][0]
    split_file.write_text(json.dumps(split))
    with pytest.raises(ConfigurationError, match="another split"):
        run_stage(config, StageName.ALIGNMENT)
    split_file.write_text(text)
    # Other weights of the stage before.
    weights = load_file(segmentation / "best.safetensors")
    save_file({name: tensor + 1 for name, tensor in weights.items()}, segmentation / "best.safetensors")
    with pytest.raises(ConfigurationError, match="start weights"):
        run_stage(config, StageName.ALIGNMENT)
    assert json.loads((config.output / "run.json").read_text()) == record


def test_start_split_and_order_of_the_rows_are_part_of_what_a_checkpoint_depends_on(make_config, tmp_path):
    config = make_config()
    data = load_data(config)
    start = tmp_path / "start"
    start.write_bytes(b"one")

    def recorded(data=data, start=start):
        return recorded_settings(config, StageName.SCORING, data, start)

    plain = recorded()
    assert recorded() == recorded(RunData(list(data.samples), data.split, data.cache)) == plain
    first, *others = data.samples
    turned = RunData([*others, first], data.split, data.cache)
    assert turned.fingerprint == data.fingerprint
    assert recorded(turned) != plain
    patient = min(data.split.train)
    split = dataclasses.replace(
        data.split, train=data.split.train - {patient}, validation=data.split.validation | {patient}
    )
    assert recorded(RunData(data.samples, split, data.cache)) != plain
    start.write_bytes(b"two")
    assert recorded() != plain


def test_the_record_is_added_to_and_keeps_what_earlier_stages_were_run_with(make_config):
    config = make_config(epochs=2)
    data = load_data(config)
    start = leave_behind(config, StageName.SEGMENTATION, 2)
    old = {"versions": {"torch": "1.0"}, "machine": {"system": "old"}, "commit": "abc"}
    (config.output / "run.json").write_text(json.dumps(old))

    def stages(*arguments):
        write_run_record(config, data, None, *arguments)
        record = json.loads((config.output / "run.json").read_text())
        assert set(record["versions"]) == {"python", *PACKAGES}
        return record["stages"]

    first = stages(StageName.ALIGNMENT, start, 0)
    assert first["earlier"] == [old]
    (entry,) = first["alignment"]
    assert entry["start"]["sha256"] == hashlib.sha256(start.read_bytes()).hexdigest()
    assert entry["versions"]["safetensors"] != "not installed"
    # Gone on with in the same way; then elsewhere; then the next stage.
    assert stages(StageName.ALIGNMENT, start, 1) == first
    elsewhere = json.loads((config.output / "run.json").read_text())
    elsewhere["stages"]["alignment"][0]["machine"]["threads"] = -1
    (config.output / "run.json").write_text(json.dumps(elsewhere))
    gone_on = stages(StageName.ALIGNMENT, start, 1)
    assert [entry["epochs_before"] for entry in gone_on["alignment"]] == [0, 1]
    assert gone_on["alignment"][0]["machine"]["threads"] == -1
    after = stages(StageName.SCORING, start, 0)
    assert {name: after[name] for name in gone_on} == gone_on
    assert len(after["scoring"]) == 1
    # `prepare` adds nothing; a stage trained anew begins its own list anew.
    assert stages() == after
    assert [entry["epochs_before"] for entry in stages(StageName.ALIGNMENT, start, 0)["alignment"]] == [0]
