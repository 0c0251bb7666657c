"""Functions side by side: their results, and what is left when the block ends."""

import threading
import time

import numpy as np
import pytest
import torch

from bsnet_core.errors import Cancelled
from bsnet_core.explanation.fast.fast_map import explain_fast
from bsnet_core.explanation.fast.side_by_side import SideBySide
from bsnet_core.explanation.fast.superpixel_batches import BATCH
from bsnet_core.explanation.maps.superpixels import superpixels_of
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import sample_files
from tests.bsnet_core.explanation.small_networks import small_predictor


@pytest.fixture
def two_threads():
    """Torch with two threads, as on two cores."""
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def threads_of_new_thread():
    """How many threads torch uses in a thread that is started now."""
    found = []
    thread = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    return found[0]


@pytest.mark.parametrize("count", [1, 2])
def test_results_come_batch_by_batch_in_the_order_of_the_functions(two_threads, count):
    functions = [lambda number: number, lambda number: -number][:count]
    with SideBySide(count) as sides:
        found = list(sides.run(functions, [(number,) for number in range(5)]))
    assert found == [[number, -number][:count] for number in range(5)]


def test_leaving_drops_the_batches_that_wait_and_gives_the_cores_back(two_threads):
    done = []

    def slowly(number):
        done.append(number)
        time.sleep(0.1)

    def left_at_the_first_result():
        with SideBySide(2) as sides:
            next(sides.run([slowly, slowly], [(number,) for number in range(50)]))
            raise Cancelled

    with pytest.raises(Cancelled):
        left_at_the_first_result()
    assert len(done) < 50  # of the two functions together
    assert threads_of_new_thread() == 2


def test_cancelling_drops_the_batches_that_wait_and_gives_the_cores_back(tmp_path, two_threads):
    predictor = small_predictor(tmp_path, mirror_averaging=True)  # two responses, each with batches ahead of it
    prediction = predictor.predict(load_radiograph(sample_files()[0]))
    assert np.ceil(len(np.unique(superpixels_of(prediction.network_image))) / BATCH) > 4

    def report(stage, fraction):
        if fraction > 0:
            raise Cancelled

    with pytest.raises(Cancelled):
        explain_fast(predictor, prediction, report)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("explanation")]
    assert threads_of_new_thread() == 2
