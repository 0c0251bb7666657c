"""One way to load a data set: as it is where that works, repaired where it does not."""

import numpy as np
import pytest

from bsnet_core.loading import data_set, load_radiograph
from bsnet_core.loading.data_set import is_file_meta_doubled, load_data_set
from tests.dicom_files import ramp, write_dicom
from tests.raw_elements import Writer, file_meta, identity, image_tags, patient, pixels, with_preamble

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


def test_a_well_formed_file_is_never_loaded_twice(tmp_path, monkeypatch):
    monkeypatch.setattr(data_set, "repaired", None)
    assert np.array_equal(load_radiograph(write_dicom(tmp_path / "a", ramp(), 12)).stored, ramp())


def test_a_file_that_lacks_what_is_needed_even_when_repaired_is_given_as_it_is(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelData=None)
    loaded = load_data_set(path, needed="PixelData")
    assert "PixelData" not in loaded
    assert loaded.PatientID == "T1"


def test_a_file_over_the_limit_is_not_repaired(tmp_path, monkeypatch):
    monkeypatch.setattr(data_set, "MOST_REPAIRED_BYTES", 1000)
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelData=None, StudyDescription="x" * 1000)
    assert "PixelData" not in load_data_set(path, needed="PixelData")


@pytest.mark.parametrize(("twice", "doubled"), [(False, False), (True, True)])
def test_a_second_file_meta_information_is_noticed(tmp_path, twice, doubled):
    writer = Writer()
    body = identity(writer) + patient(writer) + image_tags(writer) + pixels(writer)
    (tmp_path / "a").write_bytes(with_preamble(file_meta() * (1 + twice) + body))
    assert is_file_meta_doubled(tmp_path / "a") is doubled


def test_a_file_of_a_few_bytes_has_no_second_file_meta_information(tmp_path):
    (tmp_path / "a").write_bytes(b"\x08\x00")
    assert not is_file_meta_doubled(tmp_path / "a")
