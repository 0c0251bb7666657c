import numpy as np

from training.run.run_data import load_data


def test_prepared_images_come_from_the_cache_the_second_time(make_config):
    config = make_config()
    data = load_data(config)
    first = data.prepared(config, 64)
    files = sorted(config.data.cache.iterdir())
    stamps = [file.stat().st_mtime_ns for file in files]
    second = data.prepared(config, 64)
    assert np.array_equal(first.images, second.images)
    assert [file.stat().st_mtime_ns for file in sorted(config.data.cache.iterdir())] == stamps
    assert first.images.shape == (15, 64, 64)
    assert set(np.unique(first.masks)) == {0, 255}
