import stat

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage

from app.report.image_files import copy_image, unwindowed_image, view_image, write_image, write_png
from app.report.saving import NameTakenError
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.radiograph import ImageMetadata, PixelSpacing, Radiograph, SpacingMeaning
from tests.app.report.images import pixels_of

MODEL = ModelIdentity("bsnet-test", "1.2", "0123456789abcdef" * 4)


def view(width=600, height=400, ratio=1.0):
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(70, 80, 90))
    return image


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_view_stays_as_it_is_above_a_strip_with_words(ratio):
    image = view_image(view(ratio=ratio), MODEL)
    pixels, height = pixels_of(image), round(400 * ratio)
    assert (pixels[:height] == (70, 80, 90)).all()
    strip = pixels[height:]
    assert strip.shape[0] >= 15 * ratio
    assert strip.max() > 180
    assert image.devicePixelRatio() == ratio


def test_a_narrow_view_gets_a_higher_strip():
    assert view_image(view(width=160), MODEL).height() > view_image(view(width=900), MODEL).height()


def test_the_strip_names_the_model_only_where_its_results_are_shown():
    with_model, without = view_image(view(), MODEL), view_image(view(), None)
    assert (pixels_of(with_model) != pixels_of(without)).any()
    assert with_model.text("Weights-SHA-256") == MODEL.sha256
    assert "Weights-SHA-256" not in without.textKeys()


def test_the_file_says_what_it_is_in_its_text_chunks(tmp_path):
    write_png(view_image(view(), MODEL), tmp_path / "view.png")
    read = QImage(str(tmp_path / "view.png"))
    assert read.text("Description") == "Research software, not a medical device."
    assert read.text("Model") == "bsnet-test 1.2"
    assert read.text("Software").startswith("BS-Net Viewer")
    assert np.array_equal(
        pixels_of(read.convertToFormat(QImage.Format.Format_RGB32)), pixels_of(view_image(view(), MODEL))
    )
    assert stat.S_IMODE((tmp_path / "view.png").stat().st_mode) == 0o600


def test_a_picture_replaces_another_only_when_told_to(tmp_path):
    (tmp_path / "view.png").write_bytes(b"older")
    with pytest.raises(NameTakenError):
        write_png(view(), tmp_path / "view.png")
    write_png(view(), tmp_path / "view.png", overwrite=True)
    assert QImage(str(tmp_path / "view.png")).width() == 600


@pytest.mark.parametrize("name", ["view.jpg", "view.JPEG"])
def test_a_name_that_ends_in_jpeg_gives_a_jpeg_with_the_same_texts(tmp_path, name):
    image = view_image(view(), MODEL)
    write_image(image, tmp_path / name)
    assert (tmp_path / name).read_bytes().startswith(b"\xff\xd8\xff")
    read = QImage(str(tmp_path / name))
    assert {key: read.text(key) for key in image.textKeys()} == {key: image.text(key) for key in image.textKeys()}
    shown = pixels_of(read.convertToFormat(QImage.Format.Format_RGB32)).astype(int)
    assert np.abs(shown - pixels_of(image).astype(int)).mean() < 2
    assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_any_other_name_gives_a_png(tmp_path):
    write_image(view(), tmp_path / "view.png")
    assert (tmp_path / "view.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("write", [write_image, write_png])
def test_no_kind_of_picture_replaces_another_file_untold(tmp_path, write):
    (tmp_path / "view.jpg").write_bytes(b"older")
    with pytest.raises(NameTakenError):
        write(view(), tmp_path / "view.jpg")
    assert (tmp_path / "view.jpg").read_bytes() == b"older"


def image(**tags):
    pixels = np.arange(60 * 40, dtype=np.uint16).reshape(60, 40)
    metadata = ImageMetadata(
        patient_name="Rossi^Anna", patient_id="PAT-47110815", spacing=PixelSpacing(0.2, 0.1, SpacingMeaning.UNKNOWN)
    )
    return Radiograph(
        pixels, **{"stored_offset": 0, "bits_stored": 12, "monochrome1": False, "metadata": metadata} | tags
    )


def test_the_film_is_saved_in_16_bits_with_its_modality_values(tmp_path):
    path = write_png(unwindowed_image(image(rescale_intercept=100.0)), tmp_path / "film.png")
    saved = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert saved.dtype == np.uint16
    assert np.array_equal(saved, np.arange(60 * 40).reshape(60, 40) + 100)
    read = QImage(str(path))
    assert read.text("Modality-Value") == "1 * pixel + 0"
    assert (read.dotsPerMeterX(), read.dotsPerMeterY()) == (10000, 5000)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_monochrome1_film_is_saved_with_its_bright_side_bright(tmp_path):
    path = write_png(unwindowed_image(image(monochrome1=True)), tmp_path / "film.png")
    saved = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    assert np.array_equal(saved, 2399 - np.arange(60 * 40).reshape(60, 40))


def test_the_film_says_nothing_of_the_patient_and_of_no_model(tmp_path):
    path = write_png(unwindowed_image(image()), tmp_path / "film.png")
    data = path.read_bytes()
    for word in (b"Rossi", b"Anna", b"47110815", b"Model\0", b"SHA-256"):
        assert word not in data
    read = QImage(str(path))
    assert set(read.textKeys()) == {"Description", "Software", "Modality-Value"}


def test_the_clipboard_gets_the_picture():
    image = view_image(view(), MODEL)
    copy_image(image)
    assert QGuiApplication.clipboard().image().size() == image.size()
