"""Values that cannot be parsed cost no more than themselves."""

import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from bsnet_core.loading import load_radiograph
from tests.dicom_files import ramp, write_dicom


def test_a_look_up_table_that_ends_within_an_item_counts_as_none(tmp_path):
    item = Dataset()
    item.add_new("LUTDescriptor", "US", [4, 0, 16])
    item.add_new("LUTData", "US", [0, 100, 200, 300])
    path = write_dicom(tmp_path / "a", ramp(), 12, VOILUTSequence=Sequence([item]), WindowCenter=2000, WindowWidth=4000)
    assert len(load_radiograph(path).voi_luts) == 1
    content = path.read_bytes()
    sequence = content.index(b"\x28\x00\x10\x30SQ")
    length = int.from_bytes(content[sequence + 8 : sequence + 12], "little")
    end = sequence + 12 + length
    cut_off = length + 2 - length % 2
    # Two bytes more than its items: too few for another.
    damaged = (
        content[: sequence + 8]
        + cut_off.to_bytes(4, "little")
        + content[sequence + 12 : end]
        + b"\xfe\xff"
        + content[end:]
    )
    path.write_bytes(damaged)
    radiograph = load_radiograph(path)
    assert radiograph.voi_luts == ()
    assert [window.centre for window in radiograph.voi_windows] == [2000]
    assert np.array_equal(radiograph.stored, ramp())
