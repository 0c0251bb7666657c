import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

import training
from bsnet_core.brixia import BrixiaScore, Zone
from tests.training.data_set_layouts import replace_in
from training.configuration.run_config import ConfigurationError, RunConfig
from training.configuration.sections import AugmentationConfig, CanonicalTarget, StageName
from training.datasets.cohen import read_cohen_folder
from training.datasets.sample import DataSetError, reject_missing_files
from training.datasets.splits import load_or_make_split, split_by_patient
from training.datasets.unscored import read_hannover, read_nih_no_finding
from training.images.augmentation import Augmentation
from training.images.canonical_alignment import canonical_alignment, lung_centres_angle_deg, principal_angle_deg
from training.run.run_data import RunData, load_data
from training.stages.soft_labels import soft_labels

CONFIGURATIONS = Path(training.__file__).parent / "configs"


def test_the_cohen_folder_is_read_with_masks_and_both_readers(data_root):
    samples = read_cohen_folder(data_root / "cohen")
    assert len(samples) == 12
    assert all(sample.masks and all(mask.is_file() for mask in sample.masks) for sample in samples)
    assert samples[3].score is not None
    assert samples[3].score == samples[3].second_score
    assert samples[0].patient == "cohen-0"


def test_no_finding_images_are_grouped_by_patient(data_root):
    samples = read_nih_no_finding(data_root / "nih-no-finding")
    assert [sample.patient for sample in samples] == ["nih-00000", "nih-00001", "nih-00002"]
    assert all(sample.no_finding for sample in samples)


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda root: (root / "metadata.csv").unlink(), "metadata.csv"),
        (lambda root: (root / "images/p03.jpg").unlink(), "p03.jpg"),
        (lambda root: (root / "masks/p04.png").unlink(), "p04.png"),
        (lambda root: replace_in(root / "metadata.csv", "patient_id", "who"), "patient_id"),
        (lambda root: replace_in(root / "brixia-scores.csv", "S-A", "S-X"), "S-A"),
        (
            lambda root: replace_in(root / "brixia-scores.csv", "images/p05.jpg,", "images/p05.jpg,9"),
            "line 7, column S-A",
        ),
        (
            lambda root: replace_in(root / "brixia-scores.csv", "p05.jpg", "p99.jpg"),
            "line 7, column image: images/p99.jpg",
        ),
        (
            lambda root: replace_in(root / "brixia-scores.csv", "p05.jpg", "p06.jpg"),
            "line 8, column image: images/p06.jpg",
        ),
        (lambda root: replace_in(root / "metadata.csv", "images/p05.jpg", "images/p06.jpg"), "metadata.csv, line 8"),
        (lambda root: _opacity(root, "images/p99.jpg,1,1"), "geographic-opacity-scores.csv, line 2, column image"),
        (lambda root: _opacity(root, "images/p01.jpg,1,1", "images/p01.jpg,2,2"), "line 3, column image"),
        (lambda root: _opacity(root, "images/p01.jpg,nan,1"), "line 2, column geographic_mean: nan is not 0 to 8"),
        (lambda root: _opacity(root, "images/p01.jpg,8,6.5"), "line 2, column opacity_mean: 6.5 is not 0 to 6"),
        (lambda root: _add_to_global(root / "brixia-scores.csv"), "line 2, column S-Global"),
    ],
)
def test_a_faulty_data_set_names_the_file_row_or_column(data_root, break_it, named):
    break_it(data_root / "cohen")
    with pytest.raises(DataSetError, match=named):
        reject_missing_files(read_cohen_folder(data_root / "cohen"))


def _opacity(root, *rows):
    text = "\n".join(("image,geographic_mean,opacity_mean", *rows))
    (root / "geographic-opacity-scores.csv").write_text(text + "\n")


def _add_to_global(table):
    header, first, *others = table.read_text().splitlines()
    cells = first.split(",")
    column = header.split(",").index("S-Global")
    cells[column] = str(int(cells[column]) + 1)
    table.write_text("\n".join((header, ",".join(cells), *others)) + "\n")


def test_the_real_folders_are_read_whole(shared_data):
    cohen = read_cohen_folder(shared_data / "cohen")
    assert len(cohen) == 522
    assert sum(bool(sample.masks) for sample in cohen) == 391
    assert sum(sample.score is not None for sample in cohen) == 138
    assert sum(sample.opacity is not None for sample in cohen) == 84
    reject_missing_files(cohen)
    assert len(read_nih_no_finding(shared_data / "nih-no-finding")) == 428
    assert len(read_hannover(shared_data / "hannover")) == 243


def test_no_patient_stands_in_two_parts_and_nobody_is_lost(shared_data):
    samples = [*read_cohen_folder(shared_data / "cohen"), *read_nih_no_finding(shared_data / "nih-no-finding")]
    split = split_by_patient(samples, 0.15, 0.25, 0)
    parts = (split.train, split.validation, split.test)
    assert sum(map(len, parts)) == len(set().union(*parts)) == len({sample.patient for sample in samples})
    scored = {sample.patient for sample in samples if sample.score is not None}
    assert len(scored & split.test) / len(scored) == pytest.approx(0.25, abs=0.03)
    totals = [
        np.mean([sample.score.total for sample in samples if sample.score and sample.patient in part]) for part in parts
    ]
    assert max(totals) - min(totals) < 3


def test_the_split_is_written_once_and_reused(data_root, tmp_path):
    samples = read_cohen_folder(data_root / "cohen")
    path = tmp_path / "run" / "split.json"
    first = load_or_make_split(path, samples, 0.2, 0.2, 0)
    assert load_or_make_split(path, samples, 0.5, 0.1, 99) == first
    values = json.loads(path.read_text())
    values["train"] = values["train"][1:]
    path.write_text(json.dumps(values))
    with pytest.raises(DataSetError, match="does not know 1"):
        load_or_make_split(path, samples, 0.2, 0.2, 0)
    path.write_text("{")
    with pytest.raises(DataSetError, match="damaged"):
        load_or_make_split(path, samples, 0.2, 0.2, 0)


def test_prepared_images_come_from_the_cache_the_second_time(make_config):
    config = make_config()
    data = load_data(config)
    first = data.prepared(config, 64)
    files = sorted(config.data.cache.iterdir())
    stamps = [file.stat().st_mtime_ns for file in files]
    second = data.prepared(config, 64)
    assert np.array_equal(first.images, second.images)
    assert [file.stat().st_mtime_ns for file in sorted(config.data.cache.iterdir())] == stamps
    assert first.images.shape == (15, 64, 64)
    assert set(np.unique(first.masks)) == {0, 255}


def test_the_fingerprint_of_the_images_is_the_same_in_another_order_and_that_of_their_rows_is_not(make_config):
    data = load_data(make_config())
    turned = RunData(list(reversed(data.samples)), data.split, data.cache)
    assert turned.fingerprint == data.fingerprint
    assert turned.row_fingerprint != data.row_fingerprint


def test_augmentation_moves_image_and_mask_alike_and_repeats_by_seed():
    image = np.zeros((96, 96), np.uint8)
    image[30:70, 20:45] = 255
    still = AugmentationConfig(brightness_contrast_p=0.0, distortion_p=1.0, affine_p=1.0)
    augment = Augmentation(still)
    augment.reseed(5)
    first = [augment(image, image) for _ in range(5)]
    augment.reseed(5)
    second = [augment(image, image) for _ in range(5)]
    for (a, a_mask, a_mirrored), (b, b_mask, b_mirrored) in zip(first, second, strict=True):
        assert np.array_equal(a, b)
        assert np.array_equal(a_mask, b_mask)
        assert a_mirrored == b_mirrored
        assert ((a > 127) != (a_mask > 127)).mean() < 0.02
    assert len({mirrored for _, _, mirrored in first}) == 2 or len(first) < 3


def test_a_mirrored_image_exchanges_its_zones(data_root):
    sample = read_cohen_folder(data_root / "cohen")[0]
    assert sample.score is not None
    plain = soft_labels(sample, 0.0, mirrored=False)
    mirrored = soft_labels(sample, 0.0, mirrored=True)
    assert np.array_equal(plain.argmax(-1), sample.score.grid)
    assert np.array_equal(mirrored, plain[:, ::-1])


def test_two_readers_share_the_target_and_normal_images_are_weak_zeros(data_root):

    sample = read_cohen_folder(data_root / "cohen")[0]
    other = BrixiaScore.from_values((sample.score[zone] + 1) % 4 for zone in Zone)
    shared = soft_labels(dataclasses.replace(sample, second_score=other), 0.4, mirrored=False)
    assert np.allclose(shared.sum(-1), 1)
    assert np.allclose(np.take_along_axis(shared, sample.score.grid[..., None], -1), 0.6)
    normal = read_nih_no_finding(data_root / "nih-no-finding")[0]
    assert (soft_labels(normal, 0.4, mirrored=False)[..., 0] == 1).all()


def lungs(angle_deg=0.0, scale=1.0):
    import cv2

    mask = np.zeros((200, 200), np.uint8)
    for x in (60, 140):
        cv2.ellipse(mask, (x, 100), (25, 70), 0, 0, 360, 1, -1)
    matrix = cv2.getRotationMatrix2D((99.5, 99.5), -angle_deg, scale)
    return cv2.warpAffine(mask, matrix, (200, 200), flags=cv2.INTER_NEAREST) > 0


@pytest.mark.parametrize("angle", [-20.0, 0.0, 15.0])
def test_the_tilt_of_the_lungs_is_measured(angle):
    assert principal_angle_deg(lungs(angle, 0.8)) == pytest.approx(angle, abs=2)
    assert lung_centres_angle_deg(lungs(angle, 0.8)) == pytest.approx(angle - 2.5, abs=2)


@pytest.mark.parametrize("target", [target for target in CanonicalTarget if target is not CanonicalTarget.ORIGINAL])
def test_canonical_lungs_fill_the_frame_whatever_their_pose(target):
    from bsnet_core.model.resampling import resample

    shown = []
    for angle, scale in ((0, 1.0), (18, 0.7)):
        mask = lungs(angle, scale)
        matrix = torch.from_numpy(canonical_alignment(mask, target)).float()[None]
        shown.append(resample(torch.from_numpy(mask).float()[None, None], matrix)[0, 0].numpy() > 0.5)
    for view in shown:
        rows, columns = np.nonzero(view)
        assert max(rows.min(), columns.min()) < 24
        assert min(rows.max(), columns.max()) > 176
    assert 2 * (shown[0] & shown[1]).sum() / (shown[0].sum() + shown[1].sum()) > 0.93


def test_lungs_that_touch_are_made_upright_by_their_halves():
    apart = lungs(18, 0.7)
    _rows, columns = np.nonzero(apart)
    touching = apart.copy()
    touching[99:102, columns.min() + 20 : columns.max() - 20] = True
    assert lung_centres_angle_deg(touching) == principal_angle_deg(touching)  # one piece: no two centres
    found, requested = (canonical_alignment(mask, CanonicalTarget.HALVES_SPREAD) for mask in (touching, apart))
    assert np.allclose(found, requested, atol=0.02)


def test_an_empty_mask_is_left_where_it_is():
    identity = np.array([[1.0, 0, 0], [0, 1.0, 0]])
    for target in CanonicalTarget:
        assert np.array_equal(canonical_alignment(np.zeros((50, 50), bool), target), identity)


def test_configurations_are_checked_by_name(tmp_path):
    with pytest.raises(ConfigurationError, match=r"gone\.toml"):
        RunConfig.from_file(tmp_path / "gone.toml")
    path = tmp_path / "a.toml"
    data = "[data]\nsources=[{kind='hannover',folder='h'}]\ncache='c'\n"
    for text, named in (
        ("x = ", "TOML"),
        ("name = 'a'", "data"),
        (f"name='a'\noutput='b'\nmood=1\n{data}", "mood"),
        (f"name='a'\noutput='b'\n{data}validation_share=0.6\ntest_share=0.4", "nothing to train on"),
        ("name='a'\noutput='b'\n[data]\ncache='c'", "data.sources"),
        (f"name='a'\noutput='b'\nprecision='float8'\n{data}", "float8"),
        (f"name='a'\noutput='b'\n{data.replace('hannover', 'hanover')}", "hanover"),
        (f"name='a'\noutput='b'\n{data.replace(',folder=', ',fold=')}", "fold, folder is unknown or missing"),
        (f"name='a'\noutput='b'\n{data.replace(',folder=', ',weight=1,folder=')}", "weight is unknown"),
        *(
            (f"name='a'\noutput='b'\n{data}[stages.scoring]\nepochs=2\n{setting}", f"scoring.*{setting.split('=')[0]}")
            for setting in (
                "batch_size=0",
                "batch_size=1.5",
                "learning_rate=0.0",
                "learning_rate=nan",
                "second_reader_weight=0.6",
                "second_reader_weight=-0.1",
                "mood=1",
            )
        ),
        *(
            (f"name='a'\noutput='b'\n{data}[stages.segmentation]\nepochs={epochs}", "segmentation.*epochs")
            for epochs in ("0", "-3", "2.5", "true", "'many'")
        ),
        *(
            (f"name='a'\noutput='b'\n{data}[augmentation]\n{name}={value}", name)
            for name in ("affine_p", "distortion_p", "brightness_contrast_p", "flip_p")
            for value in (-0.1, 1.1, "nan")
        ),
        *((f"name='a'\noutput='b'\n{data}[loss]\nalpha={value}", "loss.alpha") for value in (-0.1, 1.5)),
    ):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=named):
            RunConfig.from_file(path)


@pytest.mark.parametrize("name", ["paper", "shipped"])
def test_the_configurations_that_come_with_the_project_can_be_read(name):
    config = RunConfig.from_file(CONFIGURATIONS / f"{name}.toml")
    assert set(config.stages) >= {StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING}


def test_the_papers_configuration_has_the_papers_numbers():
    """As the paper prints them (sections 5.1 to 5.3, Table 2), not as the code has them by default."""
    config = RunConfig.from_file(CONFIGURATIONS / "paper.toml")
    model, loss = config.model, config.loss
    assert (model.encoder, model.decoder, model.head, model.levels) == ("resnet18", "unet++", "fpn", 4)
    assert model.decoder_channels == (256, 128, 64, 32, 16)
    assert (model.side_px, model.alignment_side_px, model.zone_channels) == (512, 128, 8)
    assert (model.attentions, model.alignment_start) == (("ha", "sa"), "identity")
    assert (config.precision, config.selection, config.initial_encoder) == ("float32", "mae", "")
    assert (loss.alpha, loss.latent) == (0.7, 0.0)
    assert loss.beta > 10
    assert list(config.stages) == ["segmentation", "alignment", "scoring", "end-to-end"]
    for stage in config.stages.values():
        assert (stage.learning_rate, stage.batch_size, stage.epochs) == (3e-2, 8, 80)
        assert stage.schedule == "plateau"
        assert (stage.average_decay, stage.opacity_weight, stage.second_reader_weight) == (0.0, 0.0, 0.0)
        assert (stage.weak_images, stage.segmentation_weight, stage.encoder_rate) == (0, 0.0, 1.0)
    assert not config.stages[StageName.END_TO_END].freeze_batch_norm
    assert dataclasses.asdict(config.augmentation) == {
        "rotation_deg": 25.0,
        "scale": 0.1,
        "shift": 0.1,
        "affine_p": 0.8,
        "elastic_alpha": 60.0,
        "elastic_sigma": 12.0,
        "grid_steps": 5,
        "grid_limit": 0.3,
        "optical_limit": 0.2,
        "distortion_p": 0.2,
        "brightness": 0.2,
        "contrast": 0.2,
        "brightness_contrast_p": 0.5,
        "flip_p": 0.5,
    }
