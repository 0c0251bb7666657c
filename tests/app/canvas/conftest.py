"""A view that shows a small DICOM image."""

import pytest

from app.canvas.drawing.frame import FrameRenderer
from app.canvas.image_view import ImageView
from bsnet_core.loading import load_radiograph
from tests.dicom_files import ramp, write_dicom


@pytest.fixture
def show(qtbot, tmp_path):
    def make(pixels=None, **tags):
        path = write_dicom(tmp_path / "image.dcm", ramp() if pixels is None else pixels, bits=12, **tags)
        radiograph = load_radiograph(path)
        view = ImageView()
        qtbot.addWidget(view)
        view.resize(600, 500)
        view.show()
        view.show_radiograph(radiograph, FrameRenderer(radiograph.stored))
        return view

    return make
