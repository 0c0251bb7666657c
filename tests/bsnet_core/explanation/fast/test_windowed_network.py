"""A network recomputed in windows against the whole network."""

import numpy as np
import torch

from bsnet_core.explanation.fast.gradients import pull_back
from bsnet_core.explanation.fast.local_network import LocalNetwork
from bsnet_core.explanation.fast.windowed_network import PlacedGradients, WindowedNetwork
from tests.bsnet_core.explanation.fast.traced_trunk import SIDE


def test_several_patches_at_once_give_what_the_network_makes_of_each_changed_picture(trunk, image):
    network = LocalNetwork(trunk, image)
    values = network.values(image)
    # In the middle, in two corners, and over the whole picture; of different sizes.
    boxes = np.array([[60, 72, 50, 75], [0, 9, 0, 5], [120, 128, 101, 128], [0, 128, 0, 128]])
    patches = [np.zeros((1, bottom - top, right - left), dtype=np.float32) for top, bottom, left, right in boxes]
    for chosen in (slice(0, 3), slice(0, 4)):
        changes, tail = WindowedNetwork(network, values).change(patches[chosen], boxes[chosen], network.outputs)
        assert tail is None
        for number, (top, bottom, left, right) in enumerate(boxes[chosen]):
            changed = image.clone()
            changed[:, :, top:bottom, left:right] = 0
            with torch.no_grad():
                expected = trunk(changed)
            for index, output in zip(network.outputs, expected, strict=True):
                found = values[index].clone()
                rows, columns = changes[index].places.slices(number)
                found[0, :, rows, columns] += changes[index].difference[number]
                assert torch.allclose(found, output, rtol=1e-4, atol=1e-4)


def test_what_is_cut_off_counts_to_first_order(trunk, image):
    """A change that is cut off as a whole has the effect its gradient says."""
    network = LocalNetwork(trunk, image)
    *levels, logits = network.outputs
    values = network.values(image)
    seeds = {logits: torch.rand(3, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(5))}
    cut = levels[2]
    gradients = pull_back(network, values, seeds, [0, *levels])
    windows = WindowedNetwork(network, values, {cut: PlacedGradients(gradients[cut])}, tolerance=1000.0)
    patch = image[0, :, 40:50, 60:70] + 0.1
    changes, tail = windows.change([patch.numpy()], np.array([[40, 50, 60, 70]]), levels)
    through_cut = values[cut].clone()
    changed = image.clone()
    changed[0, :, 40:50, 60:70] = patch
    difference = network.values(changed)[cut] - through_cut
    expected = (gradients[cut] * difference).sum(dim=(1, 2, 3))
    kept = changes[cut].effect(PlacedGradients(gradients[cut]))[0]
    assert changes[cut].difference.shape[2:] == (1, 1)
    assert torch.allclose(tail[0] + kept, expected, rtol=1e-3, atol=1e-5)
