"""Every data set of the paper, and a hospital's own, in the layout it is published in."""

import shutil

import cv2
import numpy as np
import pytest

from bsnet_core.brixia import BrixiaScore
from tests.training.data_set_layouts import (
    lung_mask,
    replace_in,
    write_brixia,
    write_cohen_annotations,
    write_hannover,
    write_jsrt,
    write_montgomery,
    write_nih_no_finding,
    write_own_table,
    write_shenzhen,
)
from training.datasets.brixia_covid19 import read_brixia_covid19
from training.datasets.cohen import read_cohen_annotations
from training.datasets.jsrt import SIDE_PX, read_jsrt, read_jsrt_radiograph
from training.datasets.montgomery import read_montgomery
from training.datasets.own_table import read_own_table
from training.datasets.pixels import read_lung_mask, read_sample_radiograph
from training.datasets.sample import (
    DataSetError,
    MaskSizeError,
    OpacityReading,
    UnreadableFileError,
    missing_files,
    reject_missing_files,
)
from training.datasets.shenzhen import read_shenzhen
from training.datasets.splits import split_by_patient
from training.datasets.unscored import read_hannover, read_nih_no_finding


def both_lungs(side_px=96):
    return (lung_mask("left", side_px) | lung_mask("right", side_px)) > 0


def test_montgomery_joins_the_masks_of_both_lungs_and_tests_on_the_first_50(tmp_path):
    samples = read_montgomery(write_montgomery(tmp_path))
    assert [sample.published_test for sample in samples] == [True] * 50 + [False] * 2
    assert samples[0].patient == "montgomery-MCUCXR_0001"
    assert len(samples[0].masks) == 2
    assert np.array_equal(read_lung_mask(samples[0], (96, 96)), both_lungs())


def test_shenzhen_images_without_a_mask_are_read_too_but_are_not_counted_among_the_first_50(tmp_path):
    samples = read_shenzhen(write_shenzhen(tmp_path))
    assert [sample.published_test for sample in samples] == [True, None, *[True] * 49, *[False] * 2]
    assert samples[1].masks == ()
    assert samples[0].masks[0].name == "CHNCXR_0001_1_mask.png"
    assert np.array_equal(read_lung_mask(samples[0], (96, 96)), both_lungs())


def test_jsrt_images_are_inverted_12_bit_big_endian_and_scr_masks_are_enlarged_to_them(tmp_path):
    samples = read_jsrt(write_jsrt(tmp_path, SIDE_PX))
    tested = {sample.image.stem: sample.published_test for sample in samples}
    assert tested == {"JPCLN001": False, "JPCLN002": True, "JPCNN001": False}
    radiograph = read_sample_radiograph(samples[0])
    assert radiograph.shape == (2048, 2048)
    assert radiograph.pixels[0, 0] == 0  # air, stored as 4095, is dark
    assert radiograph.pixels[-1, 0] == 1
    mask = read_lung_mask(samples[0], radiograph.shape)
    assert mask[::2, ::2].sum() == both_lungs(1024).sum()
    assert mask.sum() == 4 * both_lungs(1024).sum()


def test_jsrt_files_of_another_length_or_byte_order_are_rejected(tmp_path):
    path = tmp_path / "a.IMG"
    np.zeros((64, 64), ">u2").tofile(path)
    assert read_jsrt_radiograph(path, 64).shape == (64, 64)
    with pytest.raises(UnreadableFileError, match=r"a\.IMG has 8192 bytes; 2048 × 2048"):
        read_jsrt_radiograph(path)
    with path.open("ab") as file:
        file.write(b"x")
    with pytest.raises(UnreadableFileError, match="8193 bytes"):
        read_jsrt_radiograph(path, 64)
    np.full((64, 64), 500, "<u2").tofile(path)
    with pytest.raises(UnreadableFileError, match="big-endian"):
        read_jsrt_radiograph(path, 64)


def test_brixia_scores_get_their_leading_zeros_back_and_the_consensus_stays_for_the_test(tmp_path):
    samples = read_brixia_covid19(write_brixia(tmp_path))
    assert [str(sample.score) for sample in samples] == ["000012", "333333", "000000", "010203"]
    assert [sample.patient for sample in samples] == ["brixia-p1", "brixia-p1", "brixia-p2", "brixia-p3"]
    assert samples[3].consensus_score == BrixiaScore((0, 1, 1, 2, 0, 3))
    assert [sample.published_test for sample in samples] == [None, None, None, True]
    plain, inverted = (read_sample_radiograph(sample).pixels for sample in samples[:2])
    assert plain[0, 0] == 0
    assert inverted[0, 0] == 1


def test_brixia_without_the_consensus_table_has_scores_only_but_still_keeps_its_images_for_the_test(tmp_path):
    root = write_brixia(tmp_path)
    (root / "metadata_consensus_v1.csv").unlink()
    samples = read_brixia_covid19(root)
    assert all(sample.consensus_score is None for sample in samples)
    assert [sample.published_test for sample in samples] == [None, None, None, True]
    table = root / "metadata_global_v2.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("ConsensusTestset", "Something"), encoding="utf-8")
    assert [sample.published_test for sample in read_brixia_covid19(root)] == [None] * 4


def test_an_image_of_the_consensus_table_is_for_the_test_whatever_its_column_says(tmp_path):
    root = write_brixia(tmp_path)
    table = root / "metadata_global_v2.csv"
    table.write_text(table.read_text(encoding="utf-8-sig").replace("Maker;1", "Maker;0"), encoding="utf-8")
    assert [sample.published_test for sample in read_brixia_covid19(root)] == [None, None, None, True]


def test_the_public_annotations_are_read_with_both_radiologists_and_the_collections_patients(tmp_path):
    samples = read_cohen_annotations(write_cohen_annotations(tmp_path))
    assert [sample.patient for sample in samples] == ["cohen-4", "cohen-4", "cohen-7"]
    assert str(samples[0].score) == "012301"
    assert str(samples[0].second_score) == "012311"


def test_without_the_collections_table_every_annotated_image_is_a_patient_and_says_so(tmp_path):
    samples = read_cohen_annotations(write_cohen_annotations(tmp_path, with_patients=False))
    assert len({sample.patient for sample in samples}) == 3
    assert not any(sample.patient_known for sample in samples)


def test_a_hospitals_own_table_needs_no_mask_and_no_score(tmp_path):
    samples = read_own_table(write_own_table(tmp_path / "clinic"))
    assert [sample.patient for sample in samples] == ["clinic-P1", "clinic-P1", "clinic-P2"]
    assert [str(sample.score) for sample in samples] == ["012321", "000001", "None"]
    assert samples[1].masks[0].name == "b-lungs.png"
    assert read_own_table(tmp_path / "clinic" / "table.csv") == samples


@pytest.mark.parametrize("wrong", [(float("nan"), 1), (1, float("nan")), (8.1, 1), (-0.1, 1), (1, 6.1), (1, -1)])
def test_extent_and_opacity_beyond_their_scales_are_no_reading(wrong):
    assert OpacityReading(8, 6) == OpacityReading(8.0, 6.0)
    with pytest.raises(ValueError, match="Extent is 0 to 8"):
        OpacityReading(*wrong)


def test_readers_name_files_that_are_not_there_so_that_all_can_be_told(tmp_path):
    root = write_brixia(tmp_path)
    for name in ("11.dcm", "13.dcm"):
        (root / "dicom_clean" / name).unlink()
    samples = read_brixia_covid19(root)
    assert [path.name for sample in samples for path in missing_files(sample)] == ["11.dcm", "13.dcm"]
    with pytest.raises(DataSetError, match=r"2 files are missing, such as .*11\.dcm"):
        reject_missing_files(samples)


READERS = {
    "montgomery": (write_montgomery, read_montgomery),
    "shenzhen": (write_shenzhen, read_shenzhen),
    "jsrt": (lambda root: write_jsrt(root, 64), read_jsrt),
    "brixia": (write_brixia, read_brixia_covid19),
    "annotations": (write_cohen_annotations, read_cohen_annotations),
    "own": (write_own_table, read_own_table),
}


def _replaced(name, old, new):
    def change(root):
        path = root / name
        text = path.read_text(encoding="utf-8-sig")
        assert old in text
        path.write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def _repeated(name, start):
    """The row that starts like this once more, as the last one."""

    def change(root):
        text = (root / name).read_text(encoding="utf-8-sig")
        (row,) = (line for line in text.splitlines() if line.startswith(start))
        (root / name).write_text(f"{text.rstrip()}\n{row}\n", encoding="utf-8")

    return change


def _removed(name):
    return lambda root: shutil.rmtree(root / name) if (root / name).is_dir() else (root / name).unlink()


FAULTS = [
    ("montgomery", _removed("ManualMask/rightMask"), "rightMask is missing"),
    ("montgomery", _removed("ManualMask/leftMask/MCUCXR_0003_1.png"), "leftMask/MCUCXR_0003_1.png is missing"),
    ("montgomery", _removed("CXR_png/MCUCXR_0004_0.png"), "CXR_png/MCUCXR_0004_0.png is missing"),
    ("shenzhen", _removed("mask"), "mask is missing"),
    ("shenzhen", _removed("CXR_png/CHNCXR_0005_1.png"), "CXR_png/CHNCXR_0005_1.png is missing"),
    ("jsrt", _removed("images"), "images is missing"),
    ("jsrt", _removed("images/JPCLN002.IMG"), "JPCLN002.IMG is missing"),
    ("jsrt", _removed("annotations/fold1/masks/right lung/JPCLN001.gif"), "right lung/JPCLN001.gif is missing"),
    ("jsrt", _removed("annotations/fold1/masks/left lung/JPCLN001.gif"), "left lung/JPCLN001.gif is missing"),
    (
        "jsrt",
        lambda root: (root / "images/JPCLN009.IMG").write_bytes(b"00"),
        "2 files are missing, such as .*fold1/masks/left lung/JPCLN009.gif",
    ),
    ("brixia", _removed("metadata_global_v2.csv"), "metadata_global_v2.csv cannot be loaded"),
    ("brixia", _removed("dicom_clean/13.dcm"), "dicom_clean/13.dcm is missing"),
    ("brixia", _replaced("metadata_global_v2.csv", "Subject", "Who"), "no column Subject"),
    ("brixia", _replaced("metadata_global_v2.csv", ";", ","), "no column Filename"),
    ("brixia", _replaced("metadata_global_v2.csv", "333333", "343333"), "line 3, column BrixiaScore: '343333'"),
    ("brixia", _replaced("metadata_global_v2.csv", "333333;18", "333333;17"), "line 3, column BrixiaScoreGlobal"),
    ("brixia", _replaced("metadata_global_v2.csv", "13.dcm;0;0;p2", "13.dcm;0;0;"), "line 4, column Subject"),
    ("brixia", _replaced("metadata_global_v2.csv", "p2;S13.dcm;CR;Maker;0", "p2"), "line 4, column StudyId"),
    (
        "brixia",
        _replaced("metadata_global_v2.csv", "13.dcm;0;0;p2", "12.dcm;0;0;p2"),
        "line 4, column Filename: 12.dcm",
    ),
    ("brixia", _replaced("metadata_global_v2.csv", "Maker;1", "Maker;2"), "line 5, column ConsensusTestset: 2 is not"),
    (
        "brixia",
        _repeated("metadata_consensus_v1.csv", "14.dcm"),
        "line 3, column Filename: 14.dcm is in an earlier",
    ),
    ("brixia", _replaced("metadata_consensus_v1.csv", "14.dcm", "15.dcm"), "line 2, column Filename: 15.dcm"),
    ("brixia", _replaced("metadata_consensus_v1.csv", ",0,1,1,2", ",0,1,x,2"), "line 2, column ModeC: 'x'"),
    ("annotations", _replaced("public-annotations.csv", "S-C", "S-X"), "no column S-C"),
    ("annotations", _replaced("public-annotations.csv", "two.png,0", "two.png,5"), "line 3, column S-A: 5"),
    ("annotations", _replaced("public-annotations.csv", "two.png,0", "two.png,"), "line 3, column S-A"),
    ("annotations", _removed("public-cohen-subset/two.png"), "two.png is missing"),
    (
        "annotations",
        _replaced("public-annotations.csv", "two.png,0,1,2,3,0,1,7", "two.png,,,,,,,"),
        "line 3, column S-A",
    ),
    (
        "annotations",
        _replaced("public-annotations.csv", "two.png,0,1,2,3,0,1,7", "two.png,0,1,2,3,0,1,6"),
        "S-Global: 6",
    ),
    ("annotations", _replaced("public-annotations.csv", "3,1,1,8", "3,1,1,9"), "line 2, column J-Global: 9 is not"),
    (
        "annotations",
        _repeated("public-annotations.csv", "two.png"),
        "line 5, column filename: two.png is in an",
    ),
    ("own", _removed("table.csv"), "table.csv cannot be loaded"),
    ("own", _replaced("table.csv", "patient", "person"), "no column patient"),
    ("own", _replaced("table.csv", "P2;", ";"), "line 4, column patient"),
    (
        "own",
        _replaced("table.csv", "images/c.png", "images/a.png"),
        "line 4, column image: images/a.png is in an",
    ),
    ("own", _replaced("table.csv", "0;0;0;0;0;1", "0;0;;0;0;1"), "line 3, column C: the value is missing"),
    ("own", _replaced("table.csv", "0;0;0;0;0;1", "0;0;1.5;0;0;1"), "line 3, column C: 1.5 is not"),
    ("own", _removed("images/b-lungs.png"), "b-lungs.png is missing"),
    ("own", lambda root: (root / "table.csv").write_bytes(b"image;\xff\xfe"), "table.csv"),
    ("own", lambda root: (root / "table.csv").write_text("image;patient;A;B;C;D;E;F\n"), "has no rows"),
]


@pytest.mark.parametrize(
    ("layout", "break_it", "said"), FAULTS, ids=[f"{layout}-{i}" for i, (layout, *_) in enumerate(FAULTS)]
)
def test_what_is_missing_or_malformed_is_named(tmp_path, layout, break_it, said):
    write, read = READERS[layout]
    root = write(tmp_path / "set")
    break_it(root)
    with pytest.raises(DataSetError, match=said.replace("(", r"\(")):
        reject_missing_files(read(root))


def test_a_mask_that_is_damaged_or_of_another_size_is_named(tmp_path):
    sample = read_montgomery(write_montgomery(tmp_path, 1))[0]
    with pytest.raises(MaskSizeError, match=r"MCUCXR_0001_1\.png has another size"):
        read_lung_mask(sample, (96, 100))
    sample.masks[1].write_bytes(b"\x89PNG\r\n\x1a\n broken")
    with pytest.raises(UnreadableFileError, match="rightMask"):
        read_lung_mask(sample, (96, 96))
    cv2.imwrite(str(sample.masks[1]), lung_mask("left", 48))
    with pytest.raises(MaskSizeError, match="rightMask"):
        read_lung_mask(sample, (96, 96))


def test_the_publishers_test_part_is_kept_whatever_the_seed(tmp_path):
    samples = [
        *read_montgomery(write_montgomery(tmp_path / "m", 60)),
        *read_brixia_covid19(write_brixia(tmp_path / "b")),
    ]
    published = {sample.patient for sample in samples if sample.published_test}
    assert len(published) == 51
    for seed in range(3):
        split = split_by_patient(samples, 0.2, 0.3, seed)
        assert published <= split.test
        montgomery = {patient for patient in split.test if patient.startswith("montgomery")}
        assert montgomery == {patient for patient in published if patient.startswith("montgomery")}
        assert len(split.validation) >= 2


def test_hannover_images_are_grouped_by_patient_over_the_days(tmp_path):
    samples = read_hannover(write_hannover(tmp_path / "hannover"))
    assert [sample.patient for sample in samples] == ["hannover-1", "hannover-1", "hannover-2"]
    assert not any(sample.score or sample.masks or sample.no_finding for sample in samples)
    reject_missing_files(samples)
    assert read_sample_radiograph(samples[0]).pixels.shape == (96, 96)


@pytest.mark.parametrize(
    ("break_it", "named"),
    [
        (lambda root: (root / "metadata.csv").unlink(), "metadata.csv"),
        (lambda root: (root / "images/1-2.jpg").unlink(), "1-2.jpg"),
        (lambda root: replace_in(root / "metadata.csv", "image_id", "image"), "metadata.csv has no column image_id"),
        (lambda root: replace_in(root / "metadata.csv", "1,1-2,", ",1-2,"), "line 3, column patient_id"),
        (lambda root: replace_in(root / "metadata.csv", "2,2-1,", "2,,"), "line 4, column image_id"),
        (lambda root: replace_in(root / "metadata.csv", "2,2-1,", "2"), "line 4, column image_id"),
    ],
)
def test_a_faulty_hannover_folder_names_the_file_row_or_column(tmp_path, break_it, named):
    root = write_hannover(tmp_path / "hannover")
    break_it(root)
    with pytest.raises(DataSetError, match=named):
        reject_missing_files(read_hannover(root))


def test_no_finding_images_have_their_patient_in_their_name(tmp_path):
    samples = read_nih_no_finding(write_nih_no_finding(tmp_path / "nih"))
    assert [sample.patient for sample in samples] == ["nih-00000013", "nih-00000013", "nih-00000042"]
    assert all(sample.no_finding and sample.score is None for sample in samples)


def test_a_no_finding_folder_without_images_is_named(tmp_path):
    with pytest.raises(DataSetError, match=r"folder .*nowhere is missing"):
        read_nih_no_finding(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataSetError, match=r"no files \*\.jpg in .*empty"):
        read_nih_no_finding(tmp_path / "empty")
