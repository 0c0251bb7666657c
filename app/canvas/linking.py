"""Linked zoom and pan: the place of one image that shows the same part as another view does."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QPointF

from app.canvas.geometry import MAX_SCALE, MIN_SCALE, ViewGeometry
from bsnet_core.frames import Frames, apply


def linked(
    leader: ViewGeometry, leader_frames: Frames | None, follower: ViewGeometry, follower_frames: Frames | None
) -> ViewGeometry:
    """The follower's geometry that shows the same part as the leader's, at the same size.

    With the frames of both images that is the same part of the aligned lungs; otherwise the same part of the image,
    whatever its number of pixels. Each image keeps its own orientation.
    """
    if leader_frames is not None and follower_frames is not None:
        centre = [[leader.centre.x(), leader.centre.y()]]
        share = apply(leader_frames.image_to_aligned, centre) / leader_frames.side_px
        ((x, y),) = apply(follower_frames.aligned_to_image, share * follower_frames.side_px)
        ratio = _lung_width(leader_frames, leader.pixel_aspect) / _lung_width(follower_frames, follower.pixel_aspect)
        scale = leader.scale * ratio
    else:
        x = leader.centre.x() / leader.image_size.width() * follower.image_size.width()
        y = leader.centre.y() / leader.image_size.height() * follower.image_size.height()
        scale = _fitted_scale(follower) * leader.scale / _fitted_scale(leader)
    scale = min(max(scale, MIN_SCALE), MAX_SCALE)
    return replace(follower, scale=scale).centred_at(QPointF(float(x), float(y)))


def _fitted_scale(geometry: ViewGeometry) -> float:
    return ViewGeometry.fitted(
        geometry.image_size, geometry.pixel_aspect, geometry.view_size, geometry.orientation
    ).scale


def _lung_width(frames: Frames, pixel_aspect: float) -> float:
    """The side of a square with the area of the aligned frame on the image, in pixel widths."""
    (m11, m12, _dx), (m21, m22, _dy) = frames.aligned_to_image
    return float(abs(m11 * m22 - m12 * m21) * pixel_aspect) ** 0.5 * frames.side_px
