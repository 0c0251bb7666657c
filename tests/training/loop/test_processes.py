"""Runs in processes of their own: killed and gone on with, and two at a time."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from training.loop.processes import Share

REPOSITORY = Path(__file__).parents[3]


ENVIRONMENT = os.environ | {"PYTHONPATH": str(REPOSITORY), "OMP_NUM_THREADS": "1", "PYTHONUTF8": "1"}


TIMEOUT_S = 600


def start(*arguments, **options):
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=REPOSITORY,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def finish(process):
    _, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, errors[-3000:]


def wait_for(condition, process):
    deadline = time.monotonic() + TIMEOUT_S
    while not condition():
        assert process.poll() is None, process.stderr.read()[-3000:]
        assert time.monotonic() < deadline
        time.sleep(0.005)


def weights_of(config, file="last.safetensors"):
    return {name: load_file(config.output / name.value / file) for name in config.stages}


def assert_same(first, second):
    assert first.keys() == second.keys()
    for key, tensor in first.items():
        assert torch.equal(tensor, second[key]), key


@pytest.mark.skipif(os.name == "nt", reason="SIGKILL")
@pytest.mark.timeout(1800)
def test_a_run_killed_in_the_middle_of_every_stage_ends_as_if_it_had_never_stopped(make_config, tmp_path):
    whole, broken = make_config("whole", epochs=3), make_config("broken", epochs=3)
    undisturbed = start("-m", "training.cli", "all", "--config", tmp_path / "whole.toml")
    kills = 0
    for name in whole.stages:
        process = start("-m", "training.cli", "all", "--config", tmp_path / "broken.toml")
        history = broken.output / name.value / "history.json"
        wait_for(history.exists, process)
        # The first epoch is written: the second one runs.
        os.kill(process.pid, signal.SIGKILL)
        process.communicate(timeout=TIMEOUT_S)
        kills += len(json.loads(history.read_text())) < 3
    assert kills == len(whole.stages), "the runs were killed too late to prove anything"
    finish(start("-m", "training.cli", "all", "--config", tmp_path / "broken.toml"))
    finish(undisturbed)
    for file in ("last.safetensors", "best.safetensors"):
        first, second = weights_of(whole, file), weights_of(broken, file)
        for name in whole.stages:
            assert_same(first[name], second[name])
    for name in whole.stages:
        histories = [json.loads((c.output / name.value / "history.json").read_text()) for c in (whole, broken)]
        assert len(histories[0]) == 3
        assert histories[0] == histories[1]


@pytest.mark.timeout(1800)
def test_two_processes_train_one_network_as_one_process_does(make_config, tmp_path):
    alone, pair = make_config("alone", variants=0), make_config("pair", variants=0)
    for name in ("alone", "pair"):
        # Images without a score would give the halves of a batch unequal numbers of scores to average over.
        file = tmp_path / f"{name}.toml"
        file.write_text(file.read_text().replace("normal_images = 2", "normal_images = 0"))
    script = Path(__file__).with_name("two_processes.py")
    stages = ("segmentation", "alignment", "end-to-end")
    torchrun = ("-m", "torch.distributed.run", "--nproc_per_node", 2, "--master_port", _free_port())
    finish(start(script, tmp_path / "alone.toml", "segmentation", "alignment"))
    finish(start(*torchrun, script, tmp_path / "pair.toml", "segmentation", "alignment"))
    # Both go on from the same weights, so that only the processes differ.
    for stage in ("segmentation", "alignment"):
        (pair.output / stage / "best.safetensors").write_bytes((alone.output / stage / "best.safetensors").read_bytes())
    for configuration, launcher in (("alone", ()), ("pair", torchrun)):
        finish(start(*launcher, "-m", "training.cli", "scoring", "--config", tmp_path / f"{configuration}.toml"))
        finish(start(*launcher, script, tmp_path / f"{configuration}.toml", "end-to-end"))
    for stage in stages:
        first, second = (torch.load(pair.output / f"{stage}-{rank}.pt", weights_only=True) for rank in (0, 1))
        assert_same(first, second)
    losses = {
        (config.output.name, stage): [
            row["loss"] for row in json.loads((config.output / stage / "history.json").read_text())
        ]
        for config in (alone, pair)
        for stage in (*stages, "scoring")
    }
    # The alignment has no batch norm: the same but for the order of sums. It starts from other encoders, on true masks.
    assert losses["pair", "alignment"] == pytest.approx(losses["alone", "alignment"], rel=1e-3)
    # Elsewhere each process normalises by the statistics of its own half of the batch.
    for stage in ("segmentation", "scoring", "end-to-end"):
        assert losses["pair", stage] == pytest.approx(losses["alone", stage], rel=0.2), stage


def _free_port():
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.parametrize("total", [4, 5, 8])
def test_shares_of_all_processes_make_up_the_batch_and_their_weighted_means_its_mean(total):
    values = [float(value**2) for value in range(total)]
    shares = [Share(rank, 3) for rank in range(3)]
    assert sorted(value for share in shares for value in share.of(values)) == values
    means = [share.weight(total) * sum(share.of(values)) / len(share.of(values)) for share in shares]
    assert sum(means) / 3 == pytest.approx(sum(values) / total)
