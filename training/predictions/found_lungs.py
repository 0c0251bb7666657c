"""The lungs and their pose in every image of a data set, as a segmentation network finds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F
from tqdm import tqdm

from bsnet_core.language import translate as _
from bsnet_core.model.bsnet import BSNet
from bsnet_core.model.lung_pose import lung_pose
from bsnet_core.model.segmentation import lung_probability
from bsnet_core.private_files import make_private_folder, private_file
from training.images.prepared_images import PreparedImages, as_tensor

FOUND_SIDE_PX = 128
SEEN_SIDE_PX = 256
"""Side at which the network looks for the lungs: fine enough for a pose, at half the arithmetic of 384 px."""
BLACK = 12
"""Grey levels up to this one are the black around cut-out lungs, compression included."""
LEAST_LUNG_SHARE = 0.04
"""Images with less lung than this show no pair of lungs to learn from."""
BATCH = 8


@dataclass(frozen=True)
class FoundLungs:
    """Row i belongs to row i of the prepared images.

    Attributes:
        probability: (N, 128, 128) uint8, lung probability times 255, in the network frame.
        pose: (N, 2, 3) float32 from the aligned frame to the network frame, in normalised coordinates.
    """

    probability: npt.NDArray[np.uint8]
    pose: npt.NDArray[np.float32]

    def are_there(self, row: int) -> bool:
        """Whether lungs were found in an image."""
        return bool((self.probability[row] > 127).mean() > LEAST_LUNG_SHARE)


def find_lungs(model: BSNet, images: PreparedImages, cache: Path, key: str) -> FoundLungs:
    """Loads the lungs from the cache, which is filled first if necessary (with a progress bar).

    Args:
        model: The segmentation is used, and the closed form of the pose.
        images: At any side.
        cache: Folder of the cache.
        key: Stands for the weights and the images in the file's name.
    """
    path = cache / f"{key}-lungs.npz"
    if path.exists():
        with np.load(path) as kept:
            return FoundLungs(kept["probability"], kept["pose"])
    found = _find(model, images)
    make_private_folder(cache)
    with private_file(path) as temporary, temporary.open("wb") as file:
        np.savez(file, probability=found.probability, pose=found.pose)
    return found


@torch.inference_mode()
def _find(model: BSNet, images: PreparedImages) -> FoundLungs:
    model.eval()
    count = len(images.samples)
    probability = np.zeros((count, FOUND_SIDE_PX, FOUND_SIDE_PX), np.uint8)
    pose = np.zeros((count, 2, 3), np.float32)
    for start in tqdm(range(0, count, BATCH), desc=_("finding lungs"), leave=False, disable=None):
        rows = list(range(start, min(start + BATCH, count)))
        maps = torch.from_numpy(np.stack(_lungs_of(model, images, rows)))[:, None]
        probability[rows] = np.rint(maps[:, 0].numpy() * 255)
        pose[rows] = lung_pose(maps).numpy()
    return FoundLungs(probability, pose)


def _lungs_of(model: BSNet, images: PreparedImages, rows: Sequence[int]) -> list[npt.NDArray[np.float32]]:
    cut_out = {row: lungs_cut_out(images.images[row]) for row in rows if images.samples[row].lung_class is not None}
    whole = [row for row in rows if row not in cut_out]
    found = dict(zip(whole, _segmented(model, images.images[whole]), strict=True)) if whole else {}
    return [cut_out[row] if row in cut_out else found[row] for row in rows]


def lungs_cut_out(image: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    """(128, 128) lung probability of an image of which everything but the lungs is black."""
    lungs = cv2.morphologyEx((image > BLACK).astype(np.uint8), cv2.MORPH_OPEN, np.ones((5, 5), np.uint8))
    size = (FOUND_SIDE_PX, FOUND_SIDE_PX)
    return cv2.resize(lungs.astype(np.float32), size, interpolation=cv2.INTER_AREA)


def _segmented(model: BSNet, images: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    device = next(model.parameters()).device
    size = (SEEN_SIDE_PX, SEEN_SIDE_PX)
    smaller = np.stack([cv2.resize(image, size, interpolation=cv2.INTER_AREA) for image in images])
    probability = lung_probability(model.segment(model.encode(as_tensor(smaller, device))))
    pooled: npt.NDArray[np.float32] = F.adaptive_avg_pool2d(probability, FOUND_SIDE_PX)[:, 0].cpu().numpy()
    return pooled
