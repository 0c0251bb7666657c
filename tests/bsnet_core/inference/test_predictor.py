import contextlib
import dataclasses

import numpy as np
import pytest
import torch

from bsnet_core.brixia import ZONES, BrixiaScore
from bsnet_core.errors import Cancelled, UnforeseenError, UnsuitableImageError
from bsnet_core.frames import apply
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.card import default_model_dir
from bsnet_core.model.network_config import Attention, HeadVariant
from bsnet_core.model.statistics_head import StatisticsHead
from bsnet_core.model.weights import load_model, save_model
from bsnet_core.radiograph import VoiWindow
from bsnet_core.resources import sample_files
from tests.dicom_files import ramp, write_dicom


def test_a_result_holds_everything_and_everything_fits_together(predictor, sample_prediction):
    side = predictor.card.config.side_px
    result = sample_prediction
    assert result.zone_probabilities.shape == (3, 2, 4)
    assert np.allclose(result.zone_probabilities.sum(-1), 1, atol=1e-5)
    assert result.lung_probability.shape == (side, side)
    assert result.lung_probability.min() >= 0
    assert result.lung_probability.max() <= 1
    assert result.lung_mask.shape == result.frames.image_shape
    assert result.aligned_image.shape == (side, side)
    assert result.frames.alignment.shape == (2, 3)
    assert result.score == BrixiaScore.from_grid(result.zone_probabilities.argmax(-1))
    assert result.expected_total == pytest.approx(sum(result.expected_value_of(zone) for zone in ZONES))
    assert 0 < result.mask_area_fraction < 1
    assert set(result.seconds) - {"content"} == {
        "preprocess",
        "segmentation",
        "alignment",
        "score",
        "mirrored",
        "total",
    }
    assert result.model.sha256 == predictor.card.sha256
    with pytest.raises(ValueError, match="read-only"):
        result.zone_probabilities[0, 0, 0] = 1


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_lungs_are_found_on_both_sides_of_every_sample(predictor, path):
    result = predictor.predict(load_radiograph(path))
    width = result.frames.image_shape[1]
    mask = result.lung_mask
    assert 0.1 < mask.mean() < 0.6
    assert mask[:, : width // 2].sum() > 0.05 * mask.size
    assert mask[:, width // 2 :].sum() > 0.05 * mask.size
    # The aligned frame holds the lungs: what it shows of them is nearly all there is.
    outside = apply(result.frames.image_to_aligned, np.argwhere(mask)[:, ::-1] + 0.5)
    side = result.frames.side_px
    assert ((outside >= 0) & (outside <= side)).all(axis=1).mean() > 0.9


def test_the_result_does_not_depend_on_the_display_window(predictor):
    radiograph = load_radiograph(sample_files()[0])
    other = dataclasses.replace(radiograph, voi_windows=(VoiWindow(20, 5),))
    first, second = (predictor.predict(image).zone_probabilities for image in (radiograph, other))
    assert np.array_equal(first, second)


def test_monochrome1_and_monochrome2_of_one_picture_score_alike(predictor):
    radiograph = load_radiograph(sample_files()[4])
    turned = dataclasses.replace(radiograph, stored=(255 - radiograph.stored).astype(np.uint16), monochrome1=True)
    first, second = (predictor.predict(image).zone_probabilities for image in (radiograph, turned))
    assert np.allclose(first, second, atol=1e-5)


def test_a_mirrored_picture_has_its_lungs_and_zones_mirrored(predictor):
    radiograph = load_radiograph(sample_files()[0])
    mirrored = dataclasses.replace(radiograph, stored=np.ascontiguousarray(radiograph.stored[:, ::-1]))
    result = predictor.predict(mirrored)
    plain = predictor.predict(radiograph)
    overlap = (result.lung_mask[:, ::-1] & plain.lung_mask).sum() / (result.lung_mask | plain.lung_mask[:, ::-1]).sum()
    assert overlap > 0.85
    expected = np.array([[plain.expected_value_of(z.mirrored) for z in ZONES]])
    found = np.array([[result.expected_value_of(z) for z in ZONES]])
    assert np.abs(expected - found).mean() < 0.5


@pytest.mark.parametrize("head", [HeadVariant.FPN, HeadVariant.STATISTICS])
def test_every_attention_runs_and_the_ensemble_is_their_mean(head, tmp_path):
    """The shipped trunk with two heads nobody has trained: both say something, each something else."""
    shipped, card = load_model(default_model_dir())
    config = dataclasses.replace(card.config, head=head, attentions=(Attention.HARD, Attention.SOFT))
    torch.manual_seed(0)
    model = BSNet(config)
    trunk = {name: tensor for name, tensor in shipped.state_dict().items() if not name.startswith("heads.")}
    model.load_state_dict(trunk, strict=False)
    for scorer in model.heads.values():
        if isinstance(scorer, StatisticsHead):
            torch.nn.init.normal_(scorer.weight)
    save_model(tmp_path, model, dataclasses.replace(card, config=config))
    radiograph = load_radiograph(sample_files()[1])
    results = {
        attention: Predictor.load(tmp_path, "cpu", attention).predict(radiograph).zone_probabilities
        for attention in Attention
    }
    mean = (results[Attention.HARD] + results[Attention.SOFT]) / 2
    assert np.allclose(results[Attention.ENSEMBLE], mean, atol=1e-5)
    assert not np.allclose(results[Attention.HARD], results[Attention.SOFT], atol=1e-3)


def test_progress_rises_to_one_and_names_its_stages(predictor):
    told = []
    predictor.predict(load_radiograph(sample_files()[0]), lambda stage, fraction: told.append((stage, fraction)))
    fractions = [fraction for _, fraction in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0
    assert any("lungs" in stage for stage, _ in told)


@pytest.mark.parametrize("at", [0.0, 0.1, 0.5])
def test_work_can_be_cancelled_between_steps(predictor, at):
    def report(stage, fraction):
        if fraction >= at:
            raise Cancelled

    with pytest.raises(Cancelled):
        predictor.predict(load_radiograph(sample_files()[0]), report)


def test_a_lateral_view_is_refused_before_any_work(predictor, tmp_path):
    lateral = load_radiograph(write_dicom(tmp_path / "a.dcm", ramp(400, 400), 12, ViewPosition="LL"))
    with pytest.raises(UnsuitableImageError, match="lateral"):
        predictor.predict(lateral)


def test_a_picture_without_lungs_is_refused(predictor, tmp_path):
    noise = np.random.default_rng(0).integers(0, 4096, (500, 500)).astype(np.uint16)
    with pytest.raises(UnsuitableImageError, match=r"No lungs|does not look like"):
        predictor.predict(load_radiograph(write_dicom(tmp_path / "a.dcm", noise, 12)))


def test_the_shipped_model_segments_a_real_film_close_to_its_human_mask(predictor, shared_data):
    import csv

    import cv2

    from bsnet_core.agreement import dice

    with (shared_data / "cohen" / "metadata.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["mask"]][:6]
    values = []
    for row in rows:
        reference = cv2.imread(str(shared_data / "cohen" / row["mask"]), cv2.IMREAD_GRAYSCALE) > 0
        values.append(
            dice(predictor.predict(load_radiograph(shared_data / "cohen" / row["image"])).lung_mask, reference)
        )
    assert np.mean(values) > 0.9


@contextlib.contextmanager
def failing(predictor, error):
    """The predictor, whose encoder raises an error as long as the block lasts."""

    def fail(*_):
        raise error

    hook = predictor.model.encoder.register_forward_pre_hook(fail)
    try:
        yield predictor
    finally:
        hook.remove()


@pytest.mark.parametrize(
    "error", [torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("cuDNN failed"), MemoryError()], ids=repr
)
def test_a_machine_that_fails_is_a_sentence(predictor, error):
    with failing(predictor, error), pytest.raises(UnforeseenError, match="could not be analysed") as told:
        predictor.predict(load_radiograph(sample_files()[0]))
    assert told.value.__cause__ is error


@pytest.mark.parametrize("error", [ValueError("slip"), TypeError("slip"), IndexError("slip"), ZeroDivisionError()])
def test_a_slip_in_the_program_stays_one(predictor, error):
    with failing(predictor, error), pytest.raises(type(error)) as raised:
        predictor.predict(load_radiograph(sample_files()[0]))
    assert raised.value is error
