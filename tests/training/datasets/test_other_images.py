"""Images that are no chest radiographs, from folders and installed packages."""

import cv2
import numpy as np
import pytest

from tests.dicom_files import CT, ramp, write_dicom
from training.datasets.other_images import load_other_images
from training.datasets.sample import DataSetError


@pytest.fixture
def no_packages(monkeypatch):
    monkeypatch.setattr("training.datasets.other_images.PACKAGES", {})


@pytest.mark.usefixtures("no_packages")
def test_every_folder_is_a_source_of_photographs_slices_and_volumes(tmp_path):
    rng = np.random.default_rng(0)
    for source in ("photographs", "tomography"):
        (tmp_path / source).mkdir()
    cv2.imwrite(str(tmp_path / "photographs" / "a.png"), rng.integers(0, 255, (120, 90, 3), dtype=np.uint8))
    write_dicom(tmp_path / "tomography" / "slice.dcm", ramp(100, 100), SOPClassUID=CT, Modality="CT")
    np.save(tmp_path / "tomography" / "volume.npy", rng.random((70, 80, 90)))
    (tmp_path / "photographs" / "letter.txt").write_text("no image")
    images = load_other_images(tmp_path)
    names = {image.name for image in images if image.source == "tomography"}
    assert [image.name for image in images if image.source == "photographs"] == ["a.png"]
    assert "slice.dcm#0" in names
    assert {"volume.npy#0-mean", "volume.npy#1-maximum"} <= names
    assert all(
        image.pixels.dtype == np.float32 and 0 <= image.pixels.min() < image.pixels.max() <= 1 for image in images
    )


@pytest.mark.usefixtures("no_packages")
def test_copies_tiny_and_empty_images_are_left_out(tmp_path):
    (tmp_path / "some").mkdir()
    picture = np.random.default_rng(0).integers(0, 255, (100, 100), dtype=np.uint8)
    for name in ("a", "b"):
        cv2.imwrite(str(tmp_path / "some" / f"{name}.png"), picture)
    cv2.imwrite(str(tmp_path / "some" / "tiny.png"), picture[:20, :20])
    cv2.imwrite(str(tmp_path / "some" / "blank.png"), np.full((100, 100), 7, np.uint8))
    assert [image.name for image in load_other_images(tmp_path)] == ["a.png"]


def test_installed_packages_give_images_but_no_chest_radiograph():
    images = load_other_images(None)
    assert {"scikit-image", "pydicom"} <= {image.source for image in images}
    assert not any(image.name.startswith("RG1_") for image in images)


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(DataSetError, match="nowhere"):
        load_other_images(tmp_path / "nowhere")
