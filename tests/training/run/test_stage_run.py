import dataclasses
import hashlib
import importlib.metadata
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from training.configuration.run_config import ConfigurationError
from training.configuration.sections import Schedule, StageName
from training.export import WeightsChoice, export_model
from training.run.run_data import load_data
from training.run.stage_run import run_all, run_stage


def images_in(folder):
    events = EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0})
    events.Reload()
    assert events.Tags()["scalars"]
    return set(events.Tags()["images"])


def check_run_record(config):
    """What is needed to repeat the run, down to the contents of every file."""
    record = json.loads((config.output / "run.json").read_text())
    assert record["versions"]["torch"] == importlib.metadata.version("torch")
    assert record["configuration"]["stages"]["scoring"]["second_reader_weight"] == 0.3
    assert record["data_sha256"] == load_data(config).fingerprint
    assert record["split_sha256"] == hashlib.sha256((config.output / "split.json").read_bytes()).hexdigest()
    for entry in json.loads((config.output / "data.json").read_text()):
        for path, digest in {entry["image"]: entry["sha256"], **entry["masks"]}.items():
            assert hashlib.sha256(Path(path).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(("head", "variants"), [("fpn", 2), ("backbone", 0), ("statistics", 2)])
def test_all_stages_run_and_change_only_what_they_may(make_config, head, variants):
    config = make_config(head=head, variants=variants)
    run_all(config)
    weights = {name: load_file(config.output / name.value / "best.safetensors") for name in config.stages}

    def changed(before, after, prefix):
        names = [key for key in weights[after] if key.startswith(prefix) and "num_batches" not in key]
        return any(not torch.equal(weights[before][key], weights[after][key]) for key in names)

    assert changed(StageName.SEGMENTATION, StageName.ALIGNMENT, "alignment.")
    assert not changed(StageName.SEGMENTATION, StageName.ALIGNMENT, "encoder.")
    assert changed(StageName.ALIGNMENT, StageName.SCORING, "heads.")
    for frozen in ("encoder.", "segmentation.", "alignment."):
        assert not changed(StageName.ALIGNMENT, StageName.SCORING, frozen)
    for trained in ("encoder.", "heads."):
        assert changed(StageName.SCORING, StageName.END_TO_END, trained)
    history = json.loads((config.output / "end-to-end" / "history.json").read_text())
    assert len(history) == 2
    assert {"loss", "validation_mae_ens", "learning_rate"} <= set(history[0])
    # The paper's rule.
    assert all(row["validation_value"] == row["validation_mae_ens"] for row in history)
    assert images_in(config.output / "segmentation") == {"masks"}
    assert images_in(config.output / "alignment") == {"alignment"}
    assert images_in(config.output / "end-to-end") == {"aligned", "confusion_ha", "confusion_sa", "confusion_ens"}
    check_run_record(config)


def test_the_rate_falls_by_half_a_cosine_where_the_configuration_says_so(make_config):
    config = make_config(epochs=4)
    settings = dataclasses.replace(config.stage(StageName.SEGMENTATION), schedule=Schedule.COSINE)
    config = dataclasses.replace(config, stages={**config.stages, StageName.SEGMENTATION: settings})
    run_stage(config, StageName.SEGMENTATION)
    rates = [row["learning_rate"] for row in json.loads((config.output / "segmentation/history.json").read_text())]
    halves = [(1 + np.cos(np.pi * epoch / 4)) / 2 * 1e-3 for epoch in (1, 2, 3, 4)]
    np.testing.assert_allclose(rates, halves, atol=1e-9)


def test_without_validation_images_the_last_epoch_counts_as_the_best(make_config, tmp_path):
    config = make_config()
    nobody = dataclasses.replace(config.data, validation_share=0.0, test_share=0.0)
    config = dataclasses.replace(config, data=nobody)
    for name in (StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING):
        run_stage(config, name)
        best, last = (load_file(config.output / name.value / f"{which}.safetensors") for which in ("best", "last"))
        assert all(torch.equal(tensor, last[key]) for key, tensor in best.items())
    card = export_model(config, tmp_path / "model", "1", choice=WeightsChoice.LAST)
    assert card.recipe["weights_from_stage"] == "scoring"
    assert not {"lungs", "alignment", "scores"} & set(card.metrics)


def test_a_stage_without_the_one_before_says_which_to_train(make_config):
    with pytest.raises(ConfigurationError, match="segmentation"):
        run_stage(make_config(), StageName.ALIGNMENT)
