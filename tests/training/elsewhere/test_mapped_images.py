import dataclasses

import cv2
import numpy as np
import pytest

from bsnet_core.explanation import Explanation
from bsnet_core.inference.predictor import Predictor
from training.elsewhere import mapped_images as module
from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.map_figures import map_figures
from training.elsewhere.mapped_images import MappedImage, fidelity, mapped_images, outlined_images


@pytest.fixture
def data(data_root):
    """The Cohen folder with outlines of two images: lungs where they are drawn, disease in one of them."""
    (data_root / "cohen/lesions").mkdir()
    for name in ("p01", "p02"):
        bits = np.zeros((160, 160), np.uint8)
        cv2.ellipse(bits, (48, 82), (24, 60), 0, 0, 360, 1, -1)
        cv2.ellipse(bits, (112, 82), (24, 60), 0, 0, 360, 2, -1)
        bits[100:130][bits[100:130] == 1] |= 4
        cv2.imwrite(str(data_root / f"cohen/lesions/{name}.png"), bits)
        image = cv2.imread(str(data_root / f"cohen/images/{name}.jpg"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(data_root / f"cohen/images/{name}.jpg"), cv2.GaussianBlur(image, (0, 0), 4))
    return data_root


def test_maps_of_outlined_images_are_measured_once_and_stored(data, small_model, tmp_path, monkeypatch):
    assert sorted(sample.image.stem for sample in outlined_images(data)) == ["p01", "p02"]
    monkeypatch.setattr(module, "WITH_CURVES", 1)
    monkeypatch.setattr(module, "WITH_EXACT_MAP", 1)
    predictor = Predictor.load(small_model, "cpu", backend="torch")
    store = AnswerStore.of_weights(tmp_path, predictor.identity)
    measured = mapped_images(store, predictor, data)
    assert len(measured) == 2
    assert "paper's map: area under the deletion curve" in measured[0].values
    assert "paper's map: area under the deletion curve" not in measured[1].values
    for image in measured:
        for name in (
            "paper's map: weight in the lungs",
            "paper's map: share in the explained zone",
            "Grad-CAM: weight in the disease",
        ):
            assert 0 <= image.values.get(name, 0.5) <= 1
        assert 0 <= image.values["blurred brightness: AUROC of lung pixels, all zones"] <= 1
    monkeypatch.setattr(module, "explain", lambda *arguments, **options: pytest.fail("computed again"))
    assert mapped_images(store, predictor, data) == measured == mapped_images(store, None, data)


def test_fidelity_is_a_rank_correlation_over_regions_that_are_the_same(small_model, data):
    predictor = Predictor.load(small_model, "cpu", backend="torch")
    from bsnet_core.loading import load_radiograph

    prediction = predictor.predict(load_radiograph(data / "cohen/images/p01.jpg"))
    grid = np.zeros((3, 2, 4), np.float32)
    grid[..., 1] = 1
    prediction = dataclasses.replace(prediction, zone_probabilities=grid)
    regions = np.repeat(np.arange(4, dtype=np.int32), 1024).reshape(64, 64)
    changes = np.tile(np.array([-0.4, -0.1, 0.0, 0.2], np.float32)[:, None, None, None], (1, 3, 2, 4))
    explanation = Explanation(regions, grid, changes, 0.0)
    assert fidelity(explanation, Explanation(regions, grid, changes**3, 0.0), prediction) == pytest.approx(1)
    assert fidelity(explanation, Explanation(regions, grid, -changes, 0.0), prediction) == pytest.approx(-1)
    assert np.isnan(fidelity(explanation, Explanation(regions + 1, grid, changes, 0.0), prediction))


def test_models_are_compared_on_images_that_have_the_measure_in_both():
    old = [MappedImage("a", "p", {"map: x": 0.2}), MappedImage("b", "q", {"map: x": 0.6})]
    new = [MappedImage("a", "p", {"map: x": 0.5, "map: y": 1.0}), MappedImage("b", "q", {}), MappedImage("c", "r", {})]
    found = map_figures("maps", {"1": old, "2": new})
    assert [(figure.name, figure.value, figure.images) for figure in found.of_models["1"]] == [("map: x", 0.4, 2)]
    assert [(figure.name, figure.value) for figure in found.of_models["2"]] == [("map: x", 0.5), ("map: y", 1.0)]
    (difference,) = found.differences
    assert (difference.by, difference.value, difference.images) == ("2 − 1", pytest.approx(0.3), 1)
