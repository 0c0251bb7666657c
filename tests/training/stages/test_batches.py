from training.stages.batches import shuffled_batches


def test_no_process_is_left_with_less_than_two_images():
    import numpy as np

    batches = shuffled_batches(range(19), 8, np.random.default_rng(0), processes=2)
    assert [len(batch) for batch in batches] == [8, 11]
    assert sorted(row for batch in batches for row in batch) == list(range(19))
