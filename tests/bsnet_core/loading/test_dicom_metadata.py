"""The metadata of a DICOM header."""

import numpy as np
import pytest
from pydicom.sequence import Sequence

from bsnet_core.loading import load_radiograph
from bsnet_core.radiograph import SpacingMeaning
from tests.dicom_files import coded, ramp, write_dicom

pytestmark = pytest.mark.filterwarnings(r"ignore::UserWarning:pydicom\.")


@pytest.mark.parametrize(
    ("tags", "row_mm", "column_mm", "meaning"),
    [
        ({"PixelSpacing": ["0.2", "0.1"]}, 0.2, 0.1, SpacingMeaning.DETECTOR),
        ({"ImagerPixelSpacing": ["0.2", "0.1"]}, 0.2, 0.1, SpacingMeaning.DETECTOR),
        ({"ImagerPixelSpacing": [".2", ".2"], "PixelSpacing": [".2", ".2"]}, 0.2, 0.2, SpacingMeaning.DETECTOR),
        ({"ImagerPixelSpacing": [".2", ".2"], "PixelSpacing": [".1", ".1"]}, 0.1, 0.1, SpacingMeaning.CORRECTED),
        (
            {"PixelSpacing": [".1", ".1"], "PixelSpacingCalibrationType": "FIDUCIAL"},
            0.1,
            0.1,
            SpacingMeaning.CORRECTED,
        ),
        (
            {"ImagerPixelSpacing": [".2", ".2"], "EstimatedRadiographicMagnificationFactor": "1.25"},
            0.16,
            0.16,
            SpacingMeaning.CORRECTED,
        ),
        ({"PixelAspectRatio": ["4", "2"]}, 2.0, 1.0, SpacingMeaning.UNKNOWN),
    ],
)
def test_spacing_says_what_it_means(tmp_path, tags, row_mm, column_mm, meaning):
    spacing = load_radiograph(write_dicom(tmp_path / "a", ramp(), 12, **tags)).metadata.spacing
    assert (spacing.row_mm, spacing.column_mm) == pytest.approx((row_mm, column_mm))
    assert spacing.meaning is meaning


@pytest.mark.parametrize(
    "spacing", [b"0\\0 ", b"abc\\xyz ", b"0.1 ", b"1\\2\\3 ", b"nan\\nan ", b"-1\\-1 ", b"1e999\\1 "]
)
def test_odd_pixel_spacing_costs_only_the_spacing(tmp_path, spacing):
    path = write_dicom(tmp_path / "a", ramp(), 12, PixelSpacing=["0.12345", "0.54321"])
    content = path.read_bytes()
    usual = b"0.12345\\0.54321 "
    assert content.count(usual) == 1
    path.write_bytes(content.replace(usual, spacing.ljust(len(usual))))
    radiograph = load_radiograph(path)
    assert radiograph.metadata.spacing is None
    assert np.array_equal(radiograph.stored, ramp())


def test_the_files_facts(tmp_path):
    radiograph = load_radiograph(
        write_dicom(
            tmp_path / "a",
            ramp(),
            12,
            PatientSex="F",
            PatientAge="061Y",
            AccessionNumber="77",
            ImageLaterality="U",
            InstitutionName="Clinic",
            BurnedInAnnotation="NO",
            LossyImageCompression="01",
        )
    )
    metadata = radiograph.metadata
    assert (metadata.patient_name, metadata.patient_id, metadata.patient_sex) == ("Test^Patient", "T1", "F")
    assert (metadata.study_date, metadata.modality, metadata.body_part, metadata.view_position) == (
        "20200102",
        "CR",
        "CHEST",
        "PA",
    )
    assert metadata.patient_orientation == ("L", "F")
    assert (metadata.patient_age, metadata.accession_number, metadata.image_laterality) == ("061Y", "77", "U")
    assert metadata.lossy_compressed
    assert metadata.sop_instance_uid.startswith("1.2.")


@pytest.mark.parametrize(
    ("charset", "name"), [("ISO_IR 100", "Müller^Jürgen"), ("ISO_IR 144", "Иванов^Иван"), ("ISO_IR 192", "山田^太郎")]
)
def test_names_are_read_in_the_files_character_set(tmp_path, charset, name):
    path = write_dicom(tmp_path / "a", ramp(), 12, SpecificCharacterSet=charset, PatientName=name)
    assert load_radiograph(path).metadata.patient_name == name


def test_an_unknown_character_set_costs_nothing_but_the_letters(tmp_path):
    path = write_dicom(tmp_path / "a", ramp(), 12, SpecificCharacterSet="ISO_IR 987")
    assert load_radiograph(path).metadata.patient_id == "T1"


def test_view_from_the_code_sequence_where_view_position_is_missing(tmp_path):
    code = coded("R-10206", "antero-posterior", "SRT")
    path = write_dicom(tmp_path / "a", ramp(), 12, ViewPosition=None, ViewCodeSequence=Sequence([code]))
    assert load_radiograph(path).metadata.view_position == "antero-posterior"
