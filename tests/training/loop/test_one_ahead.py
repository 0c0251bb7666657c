import threading

import pytest

from training.loop.one_ahead import one_ahead


def test_things_come_in_their_order_and_to_their_end():
    assert list(one_ahead(iter(range(7)))) == list(range(7))
    assert list(one_ahead(iter(()))) == []


def test_the_next_thing_is_made_while_one_is_in_use():
    made = [threading.Event() for _ in range(3)]

    def making():
        for number, event in enumerate(made):
            event.set()
            yield number

    things = one_ahead(making())
    assert next(things) == 0
    assert made[1].wait(timeout=10)
    assert not made[2].is_set()
    things.close()


def test_a_failure_comes_where_the_thing_would_have_come():
    def making():
        yield 1
        raise OSError("the image is gone")

    things = one_ahead(making())
    assert next(things) == 1
    with pytest.raises(OSError, match="gone"):
        next(things)
