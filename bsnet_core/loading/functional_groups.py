"""The functional groups of a multi-frame object with one frame, as if they stood in the data set itself.

Source: PS3.3 C.7.6.16.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset

from bsnet_core.loading.header import value_of

GROUPS = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
MACROS = ("PixelMeasuresSequence", "FrameVOILUTSequence", "PixelValueTransformationSequence")
"""Pixel spacing; window or VOI LUT; rescaling."""


def unfold_functional_groups(header: Dataset) -> None:
    """Copies what the groups say of the only frame to the data set, where it does not say that itself."""
    for group in GROUPS:
        for macro in MACROS:
            content = _first_item(_first_item(header, group), macro)
            for element in content:
                if element.tag not in header:
                    header.add(element)


def _first_item(dataset: Dataset, keyword: str) -> Dataset:
    """The first item of a sequence; empty if there is none."""
    items = value_of(dataset, keyword)
    return items[0] if isinstance(items, Sequence) and len(items) else Dataset()
