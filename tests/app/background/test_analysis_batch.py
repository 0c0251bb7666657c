"""The order of images that wait, and their count."""

from app.background.analysis_batch import AnalysisBatch


def test_shown_beside_next_and_the_rest_follow_each_other():
    batch = AnalysisBatch()
    batch.add(range(6))
    assert batch.in_order(shown=3, beside=(1,), listed=range(6)) == [3, 1, 4, 5, 0, 2]
    assert batch.in_order(shown=None, beside=(), listed=range(6)) == [0, 1, 2, 3, 4, 5]


def test_only_images_that_wait_and_are_listed_are_in_the_order():
    batch = AnalysisBatch()
    batch.add([0, 2, 4])
    batch.settle(2)
    assert batch.in_order(shown=2, beside=(), listed=[0, 1, 2, 3]) == [0]


def test_the_count_starts_again_once_none_waits():
    batch = AnalysisBatch()
    assert batch.add([5, 6])
    assert not batch.add([6])
    batch.settle(5)
    assert (batch.done, batch.size) == (1, 2)
    assert batch.add([7])
    assert (batch.done, batch.size) == (1, 3)
    batch.settle(6)
    batch.settle(7)
    assert (batch.done, batch.size) == (0, 0)
    assert not batch


def test_images_that_are_no_longer_open_do_not_wait():
    batch = AnalysisBatch()
    batch.add([0, 1, 2])
    batch.keep_only([1])
    assert batch.in_order(shown=None, beside=(), listed=[0, 1, 2]) == [1]
    batch.clear()
    assert not batch
