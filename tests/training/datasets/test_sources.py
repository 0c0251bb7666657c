import shutil

import pytest

from tests.training.data_set_layouts import (
    write_brixia,
    write_cohen_annotations,
    write_jsrt,
    write_montgomery,
    write_own_table,
    write_shenzhen,
)
from training.datasets.brixia_covid19 import load_brixia_covid19
from training.datasets.cohen import load_cohen_annotations, load_cohen_folder
from training.datasets.jsrt import load_jsrt
from training.datasets.montgomery import load_montgomery
from training.datasets.own_table import load_own_table
from training.datasets.sample import DataSetError, reject_missing_files
from training.datasets.shenzhen import load_shenzhen
from training.datasets.unscored import load_hannover, load_nih_no_finding


def test_the_real_folders_are_read_whole(shared_data):
    cohen = load_cohen_folder(shared_data / "cohen")
    assert len(cohen) == 522
    assert sum(bool(sample.masks) for sample in cohen) == 391
    assert sum(sample.score is not None for sample in cohen) == 138
    assert sum(sample.opacity is not None for sample in cohen) == 84
    assert sum(sample.severity is not None for sample in cohen) == 284
    assert sum(sample.lesions is not None for sample in cohen) == 82
    reject_missing_files(cohen)
    assert len(load_nih_no_finding(shared_data / "nih-no-finding")) == 428
    assert len(load_hannover(shared_data / "hannover")) == 243


READERS = {
    "montgomery": (write_montgomery, load_montgomery),
    "shenzhen": (write_shenzhen, load_shenzhen),
    "jsrt": (lambda root: write_jsrt(root, 64), load_jsrt),
    "brixia": (write_brixia, load_brixia_covid19),
    "annotations": (write_cohen_annotations, load_cohen_annotations),
    "own": (write_own_table, load_own_table),
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
