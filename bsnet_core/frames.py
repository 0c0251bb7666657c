"""The three frames of an image and the maps between them, for points and for pixels.

- image: the original pixel grid of the file, (height, width), as stored;
- network: the square that the network sees, `side_px` x `side_px`;
- aligned: this square after the spatial transformer; the ROI grid lies on it.

Points are (N, 2) arrays of x, y in pixel-edge coordinates: the first pixel covers [0, 1], its centre is 0.5.
This is the convention of `align_corners=False`, used everywhere in the project.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from bsnet_core.standard_orientation import AS_STORED, StandardOrientation

Affine = npt.NDArray[np.float64]
"""(2, 3) matrix acting on column vectors (x, y, 1)."""

IDENTITY_ALIGNMENT: Affine = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]])


class Aspect(StrEnum):
    """The fit of an image that is not square into the square input."""

    KEEP = "keep"
    """Scaled to fit, centred, the rest zero."""
    STRETCH = "stretch"
    """Both axes scaled on their own, as the paper does."""


def compose(outer: Affine, inner: Affine) -> Affine:
    """The affine map that applies `inner` first and `outer` to its result."""
    return np.hstack([outer[:, :2] @ inner[:, :2], outer[:, :2] @ inner[:, 2:] + outer[:, 2:]])


def invert(affine: Affine) -> Affine:
    """The inverse affine map.

    Raises:
        ValueError: the map is singular.
    """
    linear = affine[:, :2]
    if abs(np.linalg.det(linear)) < 1e-9:
        raise ValueError("This alignment cannot be inverted.")
    inverse = np.linalg.inv(linear)
    return np.hstack([inverse, -inverse @ affine[:, 2:]])


def apply(affine: Affine, points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """(N, 2) points mapped by `affine`."""
    array = np.asarray(points, dtype=np.float64).reshape(-1, 2)
    return array @ affine[:, :2].T + affine[:, 2]


def centre_affine(edge_affine: Affine) -> Affine:
    """The map in pixel-centre coordinates (first centre at 0), as OpenCV's warps need it."""
    half = np.full((2, 1), 0.5)
    linear = edge_affine[:, :2]
    return np.hstack([linear, linear @ half + edge_affine[:, 2:] - half])


@dataclass(frozen=True, slots=True)
class Frames:
    """The maps between one image, the network frame and the aligned frame.

    Attributes:
        image_shape: (height, width) of the stored image in pixels.
        side_px: Side of the network's square.
        standard_to_network: (2, 3), pixel-edge coordinates, from the image in standard orientation.
        alignment: (2, 3), the spatial transformer's matrix in normalised coordinates [-1, 1]: it maps a place
            in the aligned frame to the place in the network frame that it shows (as `affine_grid` does).
        turn: The turn of the stored image into standard orientation.
    """

    image_shape: tuple[int, int]
    side_px: int
    standard_to_network: Affine
    alignment: Affine
    turn: StandardOrientation = AS_STORED

    @classmethod
    def fit(
        cls, image_shape: tuple[int, int], side_px: int, aspect: Aspect, turn: StandardOrientation = AS_STORED
    ) -> Frames:
        """The frames of an image of `image_shape` (as stored), not aligned yet.

        The resized image covers whole network pixels, so that resizing and this map agree exactly.
        """
        height, width = turn.standard_shape(image_shape)
        if aspect is Aspect.STRETCH:
            box_width, box_height = side_px, side_px
        else:
            scale = side_px / max(height, width)
            box_width = min(side_px, max(1, round(width * scale)))
            box_height = min(side_px, max(1, round(height * scale)))
        left, top = (side_px - box_width) // 2, (side_px - box_height) // 2
        affine = np.array([[box_width / width, 0.0, left], [0.0, box_height / height, top]])
        return cls(image_shape, side_px, affine, IDENTITY_ALIGNMENT, turn)

    @property
    def box(self) -> tuple[int, int, int, int]:
        """(left, top, width, height) of the image inside the network's square, in network pixels."""
        height, width = self.turn.standard_shape(self.image_shape)
        (scale_x, _, left), (_, scale_y, top) = self.standard_to_network
        return round(left), round(top), round(scale_x * width), round(scale_y * height)

    def with_alignment(self, alignment: npt.ArrayLike) -> Frames:
        """These frames with the spatial transformer's (2, 3) matrix."""
        matrix = np.asarray(alignment, dtype=np.float64).reshape(2, 3)
        return replace(self, alignment=matrix)

    @property
    def image_to_network(self) -> Affine:
        """(2, 3), pixel-edge coordinates of both frames."""
        return compose(self.standard_to_network, self.turn.affine(self.image_shape))

    @property
    def network_to_image(self) -> Affine:
        """(2, 3), pixel-edge coordinates."""
        return invert(self.image_to_network)

    @property
    def aligned_to_network(self) -> Affine:
        """(2, 3), pixel-edge coordinates of both squares."""
        half = self.side_px / 2
        to_normalised = np.array([[1 / half, 0.0, -1.0], [0.0, 1 / half, -1.0]])
        from_normalised = np.array([[half, 0.0, half], [0.0, half, half]])
        return compose(from_normalised, compose(self.alignment, to_normalised))

    @property
    def aligned_to_image(self) -> Affine:
        """(2, 3), pixel-edge coordinates."""
        return compose(self.network_to_image, self.aligned_to_network)

    @property
    def image_to_aligned(self) -> Affine:
        """(2, 3), pixel-edge coordinates."""
        return invert(self.aligned_to_image)

    @property
    def alignment_angle_deg(self) -> float:
        """Rotation of the aligned frame against the standard orientation in degrees; positive clockwise."""
        left, _, right = np.linalg.svd(compose(invert(self.standard_to_network), self.aligned_to_network)[:, :2])
        rotation = left @ right
        return float(np.degrees(np.arctan2(rotation[1, 0], rotation[0, 0])))

    def network_map_to_image(
        self, values: npt.NDArray[np.generic], *, nearest: bool = False
    ) -> npt.NDArray[np.generic]:
        """A (side, side) map of the network frame on the original pixel grid, (height, width), same dtype.

        Args:
            values: float32, uint8 or int32 map.
            nearest: Whether to keep values unmixed (labels) instead of interpolating.
        """
        left, top, box_width, box_height = self.box
        cropped = np.ascontiguousarray(values[top : top + box_height, left : left + box_width])
        height, width = self.turn.standard_shape(self.image_shape)
        if nearest:
            rows = np.minimum((np.arange(height) + 0.5) * box_height / height, box_height - 1).astype(np.intp)
            columns = np.minimum((np.arange(width) + 0.5) * box_width / width, box_width - 1).astype(np.intp)
            standard = cropped[rows[:, None], columns[None, :]]
        else:
            standard = cv2.resize(cropped, (width, height), interpolation=cv2.INTER_LINEAR)
        return np.ascontiguousarray(self.turn.to_stored(standard))

    def image_map_to_aligned(
        self, values: npt.NDArray[np.generic], *, nearest: bool = False
    ) -> npt.NDArray[np.generic]:
        """A (height, width) map of the image shown in the aligned frame, (side, side); outside is zero."""
        interpolation = cv2.INTER_NEAREST if nearest else cv2.INTER_LINEAR
        return cv2.warpAffine(
            values,
            centre_affine(self.aligned_to_image),
            (self.side_px, self.side_px),
            flags=interpolation | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_CONSTANT,
            borderValue=0,
        )
