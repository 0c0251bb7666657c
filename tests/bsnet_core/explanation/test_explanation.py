import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from bsnet_core.brixia import Zone
from bsnet_core.errors import Cancelled
from bsnet_core.explanation import Mode, explain, superpixels_of
from bsnet_core.explanation.exact import explain_exactly
from bsnet_core.explanation.fast.approximations import NONE, Approximations, Lungs
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.fast.masking_response import MaskingResponse
from bsnet_core.explanation.fast.superpixel_batches import BATCH
from bsnet_core.explanation.fast.traced_network import traced_network_of
from bsnet_core.explanation.maps.growing_map import most_promising_first, touching_lungs
from bsnet_core.explanation.maps.superpixels import reference_superpixels_of
from bsnet_core.inference.predictor import Predictor
from bsnet_core.loading import load_radiograph
from bsnet_core.model.bsnet import BSNet, zone_probabilities
from bsnet_core.model.card import ModelCard
from bsnet_core.model.network_config import Architecture, Attention, BSNetConfig
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.model.statistics_head import StatisticsHead
from bsnet_core.model.weights import build_model, save_model
from bsnet_core.resources import sample_files

FULL_PRECISION = Approximations(tolerance=0.0, trusted_lungs=None, half_precision=False)
EVERY_DIRECTION = replace(FULL_PRECISION, directions=6)
TOLERANCE = 1e-4
"""Float32 in another order of summation, and batch norm folded into convolutions; on probabilities."""
SMALL = dict(
    encoder="resnet18",
    decoder_channels=(16, 8, 8, 4, 4),
    side_px=64,
    alignment_side_px=32,
    # Random heads hardly tell classes apart: a low temperature makes their probabilities react.
    temperature=0.01,
)


def small_predictor(folder, **changes):
    """A whole model on a small square with random weights: it reacts to masking, and a pass takes milliseconds."""
    torch.manual_seed(0)
    config = BSNetConfig(**(SMALL | changes))
    model = build_model(config)
    if isinstance(model, BSNet):
        with torch.no_grad():
            # "Lungs" everywhere, so that the picture is not refused, and an alignment that follows them.
            torch.nn.init.constant_(model.segmentation.head[0].bias, 3.0)
            torch.nn.init.normal_(model.alignment.matrix.weight, std=0.02)
            for head in model.heads.values():
                if isinstance(head, StatisticsHead):
                    torch.nn.init.normal_(head.weight)
    # Random statistics, so that folding batch norm wrongly would show.
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            torch.nn.init.uniform_(module.running_mean, -0.1, 0.1)
            torch.nn.init.uniform_(module.running_var, 0.8, 1.2)
    save_model(folder, model, ModelCard("small", "0", config, "", "", ""))
    return Predictor.load(folder, "cpu")


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    return small_predictor(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def prediction(small):
    return small.predict(load_radiograph(sample_files()[0]))


@pytest.fixture(scope="module")
def explained(small, prediction):
    return explain(small, prediction)


def plain_contribution(predictor, prediction, labels, index):
    """p_i - p_0 by a plain loop over the predictor."""
    masked = np.where(labels == index, np.float32(0), prediction.network_image)
    return predictor.zone_probabilities(masked[None])[0] - prediction.zone_probabilities


def test_exact_contributions_equal_a_plain_loop_over_the_predictor(small, prediction, explained):
    for index in range(0, len(explained.contributions), 7):
        expected = plain_contribution(small, prediction, explained.superpixels, index)
        assert np.allclose(explained.contributions[index], expected, atol=1e-5)
    assert explained.is_whole
    assert explained.mode is Mode.EXACT


def test_contributions_over_the_classes_cancel_out(explained):
    assert np.abs(explained.contributions.sum(-1)).max() < 1e-5
    assert np.abs(explained.contributions).max() > 1e-5


def test_the_map_spreads_each_contribution_over_its_superpixel(explained):
    shown = explained.map_of(Zone.E, 2)
    assert shown.shape == explained.superpixels.shape
    inside = explained.superpixels == 3
    assert np.unique(shown[inside]).tolist() == [explained.contributions[3, Zone.E.row, Zone.E.column, 2]]


def test_the_map_lies_on_the_original_pixel_grid_with_unmixed_values(explained, prediction):
    shown = explained.image_map_of(Zone.B, 1)
    assert shown.shape == prediction.frames.image_shape
    assert set(np.unique(shown)) <= set(np.unique(explained.contributions[:, Zone.B.row, Zone.B.column, 1]))
    height, width = shown.shape
    labels = explained.image_superpixels()
    assert labels[height // 2, width // 2] == explained.superpixels[32, 32]
    assert shown[0, -1] == explained.contributions[labels[0, -1], Zone.B.row, Zone.B.column, 1]


def test_superpixels_cover_the_picture_without_gaps_and_repeat(explained, prediction):
    labels = explained.superpixels
    assert set(np.unique(labels)) == set(range(len(explained.contributions)))
    assert np.array_equal(labels, superpixels_of(prediction.network_image))
    assert len(explained.contributions) > 20


@pytest.mark.parametrize("number", range(len(sample_files())))
def test_faster_quickshift_gives_scikit_image_s_partition(predictor, number):
    from bsnet_core.preprocessing import preprocess

    config = predictor.card.config
    image, _ = preprocess(load_radiograph(sample_files()[number]).pixels, config.side_px, config.aspect)
    assert np.array_equal(superpixels_of(image), reference_superpixels_of(image))


@pytest.mark.parametrize("values", ["noise", "flat", "letterbox"])
def test_faster_quickshift_agrees_on_pictures_full_of_ties(values):
    rng = np.random.default_rng(4)
    image = np.full((96, 96), 0.3, dtype=np.float32)
    if values == "noise":
        image = rng.random((96, 96), dtype=np.float32)
    elif values == "letterbox":
        image[:, :20] = image[:, -20:] = 0
        image[40:60, 30:50] = 1
    assert np.array_equal(superpixels_of(image), reference_superpixels_of(image))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"mirror_averaging": True, "attentions": (Attention.HARD,)},
        {"decoder": "unet", "head": "bifpn", "attentions": (Attention.SOFT,)},
        {"encoder": "densenet121", "head": "backbone", "shared_classifier": True},
        {"encoder": "timm-tf_efficientnet_lite0", "mirror_averaging": True},
        {"encoder": "timm-efficientnet-b0"},
        {"architecture": Architecture.BASELINE},
        {"head": "statistics", "alignment_start": "closed-form", "mirror_averaging": True, "temperature": 1.0},
    ],
    ids=["paper", "mirrored", "unet", "densenet", "lite", "squeeze and excitation", "baseline", "statistics"],
)
def test_windows_without_a_shortcut_equal_the_plain_loop_for_every_kind_of_network(tmp_path, changes):
    predictor = small_predictor(tmp_path, **changes)
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    some = np.arange(0, len(np.unique(superpixels_of(prediction.network_image))), 29)
    fast = explain_fast(predictor, prediction, approximations=NONE, only=some)
    assert np.array_equal(np.flatnonzero(fast.is_computed), some)
    expected = np.array([plain_contribution(predictor, prediction, fast.superpixels, index) for index in some])
    found = fast.contributions[some]
    assert np.allclose(found, expected, atol=TOLERANCE)
    # Random networks react faintly, some by less than that: what they do has to be found all the same.
    assert np.abs(found - expected).max() < 0.02 * np.abs(expected).max()


def test_heads_to_first_order_rank_superpixels_as_exact_does(small, prediction, explained):
    approximations = Approximations(lungs=Lungs.RECOMPUTED, tolerance=0.0)
    some = np.arange(0, len(explained.contributions), 4)
    fast = explain_fast(small, prediction, approximations=approximations, only=some)
    ranks = [
        spearmanr(
            fast.contributions[some, zone.row, zone.column, prediction.score[zone]],
            explained.contributions[some, zone.row, zone.column, prediction.score[zone]],
        )[0]
        for zone in Zone
    ]
    assert min(ranks) > 0.95


def test_cut_windows_lose_less_the_finer_they_are_cut(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    some = np.arange(0, int(labels.max()) + 1, 9)

    def contributions(tolerance):
        approximations = Approximations(tolerance=tolerance, trusted_lungs=None)
        return explain_fast(predictor, sample_prediction, approximations=approximations, only=some).contributions[some]

    uncut = contributions(0.0)
    lost = [np.abs(contributions(tolerance) - uncut).mean() for tolerance in (2.0, 0.4, 0.05)]
    assert lost[0] > 1.5 * lost[1] > 2 * lost[2] > 0
    assert lost[1] < 0.25 * np.abs(uncut).mean()


@pytest.mark.parametrize("lungs", [Lungs.FROZEN, Lungs.RECOMPUTED])
def test_deep_layers_in_half_precision_change_contributions_by_a_few_per_cent(
    predictor, sample_prediction, monkeypatch, lungs
):
    monkeypatch.setattr("bsnet_core.explanation.fast.masking_response._knows_bfloat16", lambda: True)
    some = np.arange(0, int(superpixels_of(sample_prediction.network_image).max()) + 1, 20)
    whole, half = (
        explain_fast(predictor, sample_prediction, approximations=way, only=some).contributions[some]
        for way in (replace(FULL_PRECISION, lungs=lungs), Approximations(lungs=lungs, tolerance=0.0))
    )
    assert 0 < np.abs(half - whole).mean() < 0.08 * np.abs(whole).mean()


def test_the_fast_map_ranks_superpixels_as_the_exact_one_does(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    some = np.arange(0, int(labels.max()) + 1, 8)
    fast = explain_fast(predictor, sample_prediction, superpixels=labels, only=some)
    exact = explain_exactly(predictor, sample_prediction, superpixels=labels, only=some)
    ranks = []
    for zone in Zone:
        score = sample_prediction.score[zone]
        if score:
            pair = (way.contributions[some, zone.row, zone.column, score] for way in (fast, exact))
            ranks.append(spearmanr(*pair)[0])
    assert np.median(ranks) >= 0.9


def test_lungs_to_first_order_without_heads_to_first_order_are_refused():
    with pytest.raises(ValueError, match="first order"):
        Approximations(linear_heads=False, lungs=Lungs.FIRST_ORDER)


def test_frozen_lungs_leave_mask_and_alignment_as_they_were(small, prediction):
    """Against a loop that scores the masked picture's features with the unmasked picture's lungs."""
    some = np.array([5, 11, 17])
    approximations = replace(NONE, lungs=Lungs.FROZEN)
    fast = explain_fast(small, prediction, approximations=approximations, only=some)
    model = small.model
    with torch.inference_mode():
        lungs = lung_probability(model.segment(model.encode(torch.tensor(prediction.network_image)[None, None])))
        alignment = model.align(lungs)
        for index in some:
            masked = np.where(fast.superpixels == index, np.float32(0), prediction.network_image)
            logits = model.score(model.encode(torch.tensor(masked)[None, None]), lungs, alignment)
            expected = (
                zone_probabilities(logits, small.attention, model.config.temperature)[0].numpy()
                - prediction.zone_probabilities
            )
            assert np.allclose(fast.contributions[index], expected, atol=TOLERANCE)


@pytest.mark.parametrize("attentions", [("ha",), ("sa",), ("ha", "sa")])
def test_zone_statistics_are_exact_while_the_lungs_are_frozen(tmp_path, attentions):
    """Windows of changed features, seen through a turned alignment, against whole maps."""
    predictor = small_predictor(tmp_path, head="statistics", attentions=attentions, side_px=128, temperature=1.0)
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    some = np.arange(0, len(np.unique(superpixels_of(prediction.network_image))), 11)
    frozen, whole = replace(FULL_PRECISION, lungs=Lungs.FROZEN), replace(NONE, lungs=Lungs.FROZEN)
    found, expected = (
        explain_fast(predictor, prediction, approximations=way, only=some).contributions[some]
        for way in (frozen, whole)
    )
    assert np.abs(expected).max() > 1e-3
    assert np.allclose(found, expected, atol=TOLERANCE)


def test_lungs_and_alignment_count_to_first_order_behind_zone_statistics(tmp_path):
    predictor = small_predictor(tmp_path, head="statistics", attentions=("ha",), side_px=128, temperature=1.0)
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    # So small a change that first order is all there is to it.
    image = prediction.network_image.copy()
    image[60:64, 40:44] *= 0.999
    changed = (
        predictor.reference_probabilities(image[None])[0]
        - predictor.reference_probabilities(prediction.network_image[None])[0]
    )
    traced = traced_network_of(predictor.model)
    response = MaskingResponse(
        predictor.model, traced, predictor.attention, prediction.network_image, EVERY_DIRECTION, is_mirrored=False
    )
    found = response.contributions([image[None, 60:64, 40:44]], np.array([[60, 64, 40, 44]]))[0]
    assert np.abs(changed).max() > 1e-7
    assert np.allclose(found, changed, atol=0.1 * np.abs(changed).max())


@pytest.mark.parametrize("start", ["identity", "closed-form"])
def test_where_first_order_is_not_trusted_lungs_follow_from_the_changed_features(tmp_path, start):
    """Against whole forward passes whose decoder sees the finest features, which no head sees, unchanged."""
    predictor = small_predictor(
        tmp_path,
        head="statistics",
        attentions=("ha", "sa"),
        temperature=1.0,
        alignment_start=start,
        decoder="unet",  # no nodes beside the main path
    )
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    some = np.arange(0, len(np.unique(superpixels_of(prediction.network_image))), 29)
    recomputed, first_order = (
        explain_fast(predictor, prediction, approximations=replace(FULL_PRECISION, trusted_lungs=limit), only=some)
        for limit in (0.0, None)
    )
    model, expected = predictor.model, []
    with torch.inference_mode():
        finest = model.encode(torch.tensor(prediction.network_image)[None, None])[:-4]
        for index in some:
            masked = np.where(recomputed.superpixels == index, np.float32(0), prediction.network_image)
            levels = model.encode(torch.tensor(masked)[None, None])[-4:]
            lungs = lung_probability(model.segment([*finest, *levels]))
            logits = model.score(levels, lungs, model.align(lungs))
            probabilities = zone_probabilities(logits, predictor.attention, model.config.temperature)[0].numpy()
            expected.append(probabilities - prediction.zone_probabilities)
    off = [np.abs(way.contributions[some] - np.array(expected)).max() for way in (recomputed, first_order)]
    # Random networks react faintly: what first order misses is little, but more than rounding.
    assert off[0] < 1e-5 < off[1]
    assert off[0] < 0.3 * off[1]


def test_lungs_recomputed_along_the_main_path_come_nearer_to_the_exact_map(predictor, sample_prediction):
    some = np.arange(0, int(superpixels_of(sample_prediction.network_image).max()) + 1, 24)
    exact = explain_exactly(predictor, sample_prediction, only=some).contributions[some]
    off = [
        np.abs(
            explain_fast(
                predictor, sample_prediction, approximations=Approximations(trusted_lungs=limit), only=some
            ).contributions[some]
            - exact
        ).mean()
        for limit in (0.0, None)
    ]
    assert off[0] < 0.9 * off[1]


@pytest.mark.parametrize("mode", Mode)
def test_pictures_in_batches_as_on_a_gpu_give_the_same_map(small, prediction, explained, monkeypatch, mode):
    monkeypatch.setattr("bsnet_core.explanation.maps.masking.batch_size", lambda predictor: 5)
    # The network runs whole.
    monkeypatch.setattr("bsnet_core.explanation.fast.fast_map.traced_network_of", lambda model: None)
    batched = explain(small, prediction, mode=mode)
    assert batched.is_whole
    assert np.allclose(batched.contributions, explained.contributions, atol=1e-5)


def test_exact_maps_are_torchs_whatever_backend_scores(small, prediction, monkeypatch):
    expected = explain_exactly(small, prediction, only=np.array([3, 9])).contributions
    monkeypatch.setattr(small, "_backend", None)  # as if another one computed: nothing of it may be asked
    assert np.array_equal(explain_exactly(small, prediction, only=np.array([3, 9])).contributions, expected)


def test_superpixels_beyond_the_lungs_are_marked_as_not_computed(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    near = touching_lungs(labels, sample_prediction)
    wider = touching_lungs(labels, sample_prediction, margin_px=24)
    assert set(near) < set(wider) < set(range(int(labels.max()) + 1))
    for index in near[:5]:
        assert sample_prediction.lung_probability[labels == index].max() >= 0.5
    some = np.concatenate([near[:1], np.setdiff1d(np.arange(labels.max() + 1), near)[:2]])
    approximations = Approximations(lungs_only_margin_px=0)
    explanation = explain_fast(predictor, sample_prediction, approximations=approximations, only=some)
    assert np.flatnonzero(explanation.is_computed).tolist() == [near[0]]
    assert (explanation.contributions[some[1:]] == 0).all()
    assert not explanation.is_whole


def test_the_most_promising_superpixels_come_first(sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    order = most_promising_first(labels, sample_prediction)
    assert sorted(order) == list(range(int(labels.max()) + 1))
    near = set(touching_lungs(labels, sample_prediction))
    assert set(order[: len(near)]) == near


def test_the_first_map_shown_holds_the_most_promising_superpixels(predictor, sample_prediction):
    labels = superpixels_of(sample_prediction.network_image)
    promising = most_promising_first(labels, sample_prediction)[: 2 * BATCH]
    partials = []
    explain_fast(predictor, sample_prediction, on_partial=partials.append, superpixels=labels, only=promising)
    assert set(np.flatnonzero(partials[0].is_computed)) == set(promising[:BATCH])


@pytest.mark.parametrize("mode", Mode)
def test_partial_explanations_grow_and_stay_as_they_were_handed_out(small, prediction, mode):
    partials = []
    whole = explain(small, prediction, mode=mode, on_partial=partials.append)
    assert partials
    counts = [int(partial.is_computed.sum()) for partial in partials]
    assert counts == sorted(counts)
    assert counts[0] < len(whole.contributions)
    for partial in partials:
        assert not partial.contributions.flags.writeable
        assert np.array_equal(partial.contributions[partial.is_computed], whole.contributions[partial.is_computed])
        assert (partial.contributions[~partial.is_computed] == 0).all()


@pytest.mark.parametrize("mode", Mode)
def test_explaining_stops_before_the_next_pass_once_cancelled(small, prediction, mode):
    asked = []

    def report(stage, fraction):
        asked.append(fraction)
        if fraction > 0.2:
            raise Cancelled

    with pytest.raises(Cancelled):
        explain(small, prediction, report, mode=mode)
    assert sum(fraction > 0.2 for fraction in asked) == 1


def test_cancelling_drops_the_batches_that_wait_and_gives_the_cores_back(tmp_path, monkeypatch):
    predictor = small_predictor(tmp_path, mirror_averaging=True)  # two views, each with batches ahead of it
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    restored, done = [], []
    monkeypatch.setattr(torch, "set_num_threads", restored.append)
    contributions = MaskingResponse.contributions

    def slowly(view, patches, boxes):
        done.append(len(patches))
        time.sleep(0.1)
        return contributions(view, patches, boxes)

    monkeypatch.setattr(MaskingResponse, "contributions", slowly)

    def report(stage, fraction):
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        explain_fast(predictor, prediction, report)
    batches = np.ceil(len(np.unique(superpixels_of(prediction.network_image))) / BATCH)
    assert batches > 4
    assert len(done) < batches  # of the two views together
    assert restored[-1] == 2


@pytest.mark.parametrize("mode", Mode)
def test_progress_counts_the_superpixels(small, prediction, explained, mode):
    told = []
    explain(small, prediction, lambda stage, fraction: told.append((stage, fraction)), mode=mode)
    assert told[-1][1] == 1.0
    assert any(f"of {len(explained.contributions)}" in stage for stage, _ in told)
