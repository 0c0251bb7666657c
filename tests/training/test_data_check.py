"""What `bsnet-train prepare` finds."""

import dataclasses
import json
import shutil

import cv2
import numpy as np
import pytest

from tests.training.data_set_layouts import lung_image
from training import cli
from training.configuration.run_config import RunConfig
from training.data_check import alike, perceptual_hashes, prepare_run
from training.datasets.sample import DataSetError
from training.run.run_data import load_data, load_samples


def test_a_sound_data_set_is_counted_and_cached_at_every_side(make_config, tmp_path, capsys):
    config = make_config()
    path = tmp_path / "run.toml"
    path.write_text(path.read_text().replace("[stages.segmentation]", "[stages.segmentation]\nsides_px = [[32, 2]]"))
    assert cli.main(["prepare", "--config", str(path)]) == 0
    assert "Fit to train on" in capsys.readouterr().out
    report = json.loads((config.output / "preparation.json").read_text())
    assert (
        report["all"] | {"patients": 15, "images": 15, "with_mask": 12, "with_score": 12, "no_finding": 3}
        == report["all"]
    )
    assert sum(part["images"] for part in report["parts"].values()) == 15
    samples = load_data(config).samples
    for zone in "ABCDEF":
        counted = np.sum([part["classes_by_zone"][zone] for part in report["parts"].values()], axis=0)
        truth = [sample.score.zones["ABCDEF".index(zone)] for sample in samples if sample.score]
        assert counted.tolist() == np.bincount(truth, minlength=4).tolist()
    assert {np.load(file).shape for file in config.data.cache.glob("*-images.npy")} == {(15, 64, 64), (15, 32, 32)}
    assert (config.output / "preparation.json").stat().st_mode & 0o077 == 0


def test_faulty_files_are_all_named_and_can_be_excluded(make_config, tmp_path, data_root, capsys):
    config = make_config()
    (data_root / "cohen/images/p03.jpg").write_bytes(b"no image")
    (data_root / "cohen/masks/p04.png").write_bytes(b"no image")
    cv2.imwrite(str(data_root / "cohen/masks/p05.png"), np.zeros((160, 150), np.uint8))
    cv2.imwrite(str(data_root / "cohen/masks/p06.png"), np.zeros((160, 160), np.uint8))
    assert cli.main(["prepare", "--config", str(tmp_path / "run.toml")]) == 1
    said = capsys.readouterr().out
    assert all(name in said for name in ("p03.jpg", "p04.png", "p05.png", "p06.jpg"))
    report = json.loads((config.output / "preparation.json").read_text())
    assert [fault["image"].rsplit("/")[-1] for fault in report["unreadable"]] == ["p03.jpg", "p04.jpg"]
    assert [fault["image"].rsplit("/")[-1] for fault in report["mask_size_differs"]] == ["p05.jpg"]
    assert [image.rsplit("/")[-1] for image in report["empty_masks"]] == ["p06.jpg"]
    assert not list(config.data.cache.glob("*.npy"))
    path = tmp_path / "run.toml"
    path.write_text(path.read_text().replace("[data]\n", '[data]\nexclude = ["p03.jpg", "p04.jpg", "p05.jpg"]\n'))
    assert prepare_run(RunConfig.from_file(path))["sound"]
    path.write_text(path.read_text().replace("p03.jpg", "p99.jpg"))
    with pytest.raises(DataSetError, match=r"p99\.jpg"):
        prepare_run(RunConfig.from_file(path))


def test_missing_images_and_masks_are_all_named_beside_the_faulty_ones_and_can_be_excluded(
    make_config, tmp_path, data_root, capsys
):
    config = make_config()
    for name in ("images/p03.jpg", "images/p08.jpg", "masks/p04.png"):
        (data_root / "cohen" / name).unlink()
    (data_root / "cohen/images/p07.jpg").write_bytes(b"no image")
    assert cli.main(["prepare", "--config", str(tmp_path / "run.toml")]) == 1
    said = capsys.readouterr().out
    assert all(f"missing: {data_root / 'cohen' / name}" in said for name in ("images/p03.jpg", "masks/p04.png"))
    assert "p07.jpg" in said
    report = json.loads((config.output / "preparation.json").read_text())
    lacking = {entry["image"].rsplit("/")[-1]: entry["files"] for entry in report["missing"]}
    assert {image: [file.rsplit("/")[-1] for file in files] for image, files in lacking.items()} == {
        "p03.jpg": ["p03.jpg"],
        "p04.jpg": ["p04.png"],
        "p08.jpg": ["p08.jpg"],
    }
    assert [fault["image"].rsplit("/")[-1] for fault in report["unreadable"]] == ["p07.jpg"]
    assert report["all"]["images"] == 12
    with pytest.raises(DataSetError, match="3 files are missing"):
        load_data(config)
    path = tmp_path / "run.toml"
    names = '["p03.jpg", "p04.jpg", "p07.jpg", "p08.jpg"]'
    path.write_text(path.read_text().replace("[data]\n", f"[data]\nexclude = {names}\n"))
    assert prepare_run(RunConfig.from_file(path))["sound"]
    assert len(load_data(RunConfig.from_file(path)).samples) == 11


def test_a_data_set_of_which_no_image_is_whole_is_rejected(make_config, data_root):
    config = make_config()
    for file in [*(data_root / "cohen/images").iterdir(), *(data_root / "cohen/masks").iterdir()]:
        file.unlink()
    only_cohen = dataclasses.replace(config.data, sources=config.data.sources[:1])
    with pytest.raises(DataSetError, match="24 files are missing"):
        prepare_run(dataclasses.replace(config, data=only_cohen))


def test_the_same_image_in_two_parts_is_unfit_until_its_patients_are_joined(make_config, tmp_path, data_root):
    config = make_config()
    split = load_data(config).split
    one, other = min(split.train & {f"cohen-{n}" for n in range(12)}), min(split.test)
    names = [f"p{int(patient.removeprefix('cohen-')):02d}.jpg" for patient in (one, other)]
    shutil.copy(data_root / "cohen/images" / names[0], data_root / "cohen/images" / names[1])
    report = prepare_run(config)
    assert not report["sound"]
    (group,) = report["duplicates"]["same_content"]
    assert group["across_parts"]
    assert report["duplicates"]["join_patients"] == [sorted([one, other])]
    path = tmp_path / "run.toml"
    path.write_text(path.read_text().replace("[data]\n", f'[data]\njoin_patients = [["{one}", "{other}"]]\n'))
    joined = RunConfig.from_file(path)
    assert prepare_run(joined)["sound"]
    assert {sample.patient for sample in load_samples(joined.data) if sample.image.name in names} == {one}


def test_an_image_is_found_again_after_resizing_compression_and_another_window():
    rng = np.random.default_rng(0)
    images = []
    for _ in range(6):
        grown = cv2.resize(rng.integers(0, 255, (9, 9)).astype(np.uint8), (96, 96), interpolation=cv2.INTER_CUBIC)
        images.append(cv2.addWeighted(lung_image(), 0.5, grown, 0.5, 0))
    darker = (images[2] * 0.7 + 20).astype(np.uint8)
    _, jpeg = cv2.imencode(".jpg", cv2.resize(darker, (70, 70)), [cv2.IMWRITE_JPEG_QUALITY, 60])
    again = cv2.resize(cv2.imdecode(jpeg, cv2.IMREAD_GRAYSCALE), (96, 96))
    pairs = alike(perceptual_hashes(np.stack([*images, again])))
    assert [pair[:2] for pair in pairs] == [(2, 6)]
