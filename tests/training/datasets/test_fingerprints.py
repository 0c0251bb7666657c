import os

import numpy as np

from training.run.run_data import RunData, load_data


def test_the_fingerprint_of_the_images_is_the_same_in_another_order_and_that_of_their_rows_is_not(make_config):
    data = load_data(make_config())
    turned = RunData(list(reversed(data.samples)), data.split, data.cache)
    assert turned.fingerprint == data.fingerprint
    assert turned.row_fingerprint != data.row_fingerprint


def test_a_changed_file_of_the_same_size_is_another_data_set(make_config, data_root):
    config = make_config()
    before = load_data(config)
    fingerprint, prepared = before.fingerprint, before.prepared(config, 64).images[3].copy()
    image = data_root / "cohen/images/p03.jpg"
    other = (data_root / "cohen/images/p07.jpg").read_bytes()
    size = image.stat().st_size
    image.write_bytes(other[:size].ljust(size, b"\0"))
    os.utime(image, ns=(1, 1))
    after = load_data(config)
    assert after.fingerprint != fingerprint
    assert not np.array_equal(after.prepared(config, 64).images[3], prepared)
