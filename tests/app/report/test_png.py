import stat

import numpy as np
import pytest
from PySide6.QtGui import QColor, QGuiApplication, QImage

from app.report.png import copy_picture, view_picture, write_png
from app.report.saving import NameTakenError
from bsnet_core.prediction import ModelIdentity
from tests.app.report.studies import pixels_of

MODEL = ModelIdentity("bsnet-test", "1.2", "0123456789abcdef" * 4)


def view(width=600, height=400, ratio=1.0):
    image = QImage(round(width * ratio), round(height * ratio), QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    image.fill(QColor(70, 80, 90))
    return image


@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_view_stays_as_it_is_above_a_strip_with_words(ratio):
    image = view_picture(view(ratio=ratio), MODEL)
    pixels, height = pixels_of(image), round(400 * ratio)
    assert (pixels[:height] == (70, 80, 90)).all()
    strip = pixels[height:]
    assert strip.shape[0] >= 15 * ratio
    assert strip.max() > 180
    assert image.devicePixelRatio() == ratio


def test_a_narrow_view_gets_a_higher_strip():
    assert view_picture(view(width=160), MODEL).height() > view_picture(view(width=900), MODEL).height()


def test_the_strip_names_the_model_only_where_its_results_are_shown():
    with_model, without = view_picture(view(), MODEL), view_picture(view(), None)
    assert (pixels_of(with_model) != pixels_of(without)).any()
    assert with_model.text("Weights-SHA-256") == MODEL.sha256
    assert "Weights-SHA-256" not in without.textKeys()


def test_the_file_says_what_it_is_in_its_text_chunks(tmp_path):
    write_png(view_picture(view(), MODEL), tmp_path / "view.png")
    read = QImage(str(tmp_path / "view.png"))
    assert read.text("Description") == "Research use only. Not a medical device."
    assert read.text("Model") == "bsnet-test 1.2"
    assert read.text("Software").startswith("BS-Net Viewer")
    assert np.array_equal(
        pixels_of(read.convertToFormat(QImage.Format.Format_RGB32)), pixels_of(view_picture(view(), MODEL))
    )
    assert stat.S_IMODE((tmp_path / "view.png").stat().st_mode) == 0o600


def test_a_picture_replaces_another_only_when_told_to(tmp_path):
    (tmp_path / "view.png").write_bytes(b"older")
    with pytest.raises(NameTakenError):
        write_png(view(), tmp_path / "view.png")
    write_png(view(), tmp_path / "view.png", overwrite=True)
    assert QImage(str(tmp_path / "view.png")).width() == 600


def test_the_clipboard_gets_the_picture():
    image = view_picture(view(), MODEL)
    copy_picture(image)
    assert QGuiApplication.clipboard().image().size() == image.size()
