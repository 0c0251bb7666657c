"""All objects of a prediction, for whatever file it was made of."""

import pytest

from bsnet_core.dicom_objects.original_image import original_image_of
from bsnet_core.dicom_objects.result_objects import objects_of_prediction
from bsnet_core.errors import ReportError
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.bsnet_core.dicom_objects.made_objects import NOW, faults_of, predicted


@pytest.mark.parametrize("path", sample_files(), ids=lambda path: path.stem)
def test_dciodvfy_finds_no_error_in_those_of_the_samples(path, tmp_path):
    image = original_image_of(path)
    radiograph = load_radiograph(path)
    for instance in objects_of_prediction(path, radiograph, predicted(image), NOW):
        assert faults_of(instance, tmp_path) == [], instance.SOPClassUID.name


def test_an_image_that_did_not_come_as_dicom_has_none(tmp_path):
    path = tmp_path / "radiograph.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(200))
    with pytest.raises(ReportError, match="did not come as DICOM"):
        objects_of_prediction(path, None, None, NOW)
