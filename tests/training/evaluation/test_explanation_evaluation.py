import json

import numpy as np
import pytest
import torch
from PIL import Image

from bsnet_core.backends import choice
from training.cli import main
from training.evaluation.explanation_measures import MEASURES, STEPS


@pytest.mark.parametrize(("flags", "mode", "images"), [(["--exact"], "exact", 1), ([], "fast", 2)])
def test_the_command_measures_with_torch_and_writes_its_figures(
    small_model, image_folder, tmp_path, monkeypatch, capsys, flags, mode, images
):
    asked_for, choose = [], choice.choose_backend

    def choose_and_note(name, *rest):
        asked_for.append(name)
        return choose(name, *rest)

    monkeypatch.setattr(choice, "choose_backend", choose_and_note)
    out = tmp_path / "maps.json"
    command = ["evaluate-explanations", "--data", image_folder, "--model", small_model, "--images", images]
    assert main([*map(str, command), "--out", str(out), *flags]) == 0
    said = capsys.readouterr().out
    device = "cuda" if torch.cuda.is_available() else "cpu"
    assert f"computed by torch on {device}" in said
    assert asked_for == ["torch"]
    written = json.loads(out.read_text())
    methods = [f"black ({mode})", f"SLIC ({mode})", "Grad-CAM", "brightness"]
    assert (written["backend"], written["device"], written["mode"]) == ("torch", device, mode)
    assert list(written["means"]) == methods
    assert len({entry["film"] for entry in written["films"]}) == images
    for method in methods:
        assert method in said
        assert len(written["curves"][method]["deletion"]) == STEPS + 1
    assert written["differences"]["of"] == methods[0]
    compared = written["differences"]["minus"]
    assert list(compared) == methods[1:]
    for by_measure in compared.values():
        assert list(by_measure) == list(MEASURES)
        interval = by_measure["deletion_auc"]["interval_95"]
        assert interval is None if images == 1 else interval[0] <= by_measure["deletion_auc"]["mean"] <= interval[1]
    assert not out.with_name("maps.json.tmp").exists()


def test_only_images_with_outlines_are_measured_against_them(small_model, image_folder, tmp_path, capsys):
    outlined = next(iter(sorted(file for file in image_folder.iterdir() if file.is_file())))
    with Image.open(outlined) as file:
        size = file.size
    bits = np.zeros(size[::-1], dtype=np.uint8)
    bits[size[1] // 4 : size[1] * 3 // 4] = 1
    bits[size[1] // 2 : size[1] * 3 // 4] |= 8
    (tmp_path / "outlines").mkdir()
    Image.fromarray(bits).save(tmp_path / "outlines" / f"{outlined.stem}.png")
    out = tmp_path / "maps.json"
    command = ["evaluate-explanations", "--data", image_folder, "--model", small_model, "--maps", "black", "brightness"]
    assert main([*map(str, command), "--outlines", str(tmp_path / "outlines"), "--out", str(out)]) == 0
    written = json.loads(out.read_text())
    assert {entry["film"] for entry in written["films"]} == {outlined.name}
    for of_map in written["means"].values():
        assert 0 <= of_map["lesion_auroc"] <= 1
        assert 0 <= of_map["weight_in_lesions"] <= 1
    capsys.readouterr()
    assert main([*map(str, command[:-3]), "--maps", "no-such-map"]) != 0
    assert "no-such-map" in capsys.readouterr().err
