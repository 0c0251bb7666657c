import pytest

from tests.training.data_set_layouts import write_hannover, write_ralo, write_rsna_lungs
from training.datasets.kept_apart import is_kept_apart
from training.elsewhere import measured_images
from training.elsewhere.measured_images import Source, images_of, images_to_measure, name_below


@pytest.fixture
def data(data_root):
    write_ralo(data_root / "ralo")
    write_rsna_lungs(data_root / "rsna-lungs")
    write_hannover(data_root / "hannover")
    return data_root


@pytest.mark.parametrize("source", list(Source))
def test_only_patients_kept_apart_are_measured_and_no_scored_ones(data, source):
    chosen = {sample.image for sample in images_to_measure(data, source)}
    for sample in images_of(data, source):
        assert (sample.image in chosen) == (is_kept_apart(sample.patient) and sample.score is None)
        assert name_below(data, sample.image).startswith(source.value)


def test_of_each_class_there_are_not_more_than_the_limit(data, monkeypatch):
    monkeypatch.setattr(measured_images, "is_kept_apart", lambda patient: True)
    assert len(images_to_measure(data, Source.RSNA)) == 3
    monkeypatch.setattr(measured_images, "OF_EACH_CLASS", 0)
    assert images_to_measure(data, Source.RSNA) == []
    assert len(images_to_measure(data, Source.RALO)) == 3
