"""View and anatomic region of a header by their codes (PS3.3 8.8 and C.8.11.5; PS3.16 section 8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydicom.dataset import Dataset

from bsnet_core.loading.anatomic_region_codes import ANATOMIC_REGIONS
from bsnet_core.loading.header import text_of, value_of
from bsnet_core.loading.view_codes import VIEWS

SNOMED_SCHEMES = frozenset({"SCT", "SRT", "SNM3", "99SDM", "SNOMED", "SNOMED-CT", "SNOMEDCT", "2.16.840.1.113883.6.96"})
"""Designators of SNOMED CT and RT, PS3.16's and common ones: a code means one thing, whichever is written beside it."""


def coded_view(header: Dataset) -> str:
    """View and modifiers in the standard's words, a code of another scheme in the file's; empty without a code."""
    views = _items(header, "ViewCodeSequence")[:1]
    modifiers = [modifier for view in views for modifier in _items(view, "ViewModifierCodeSequence")]
    return " ".join(filter(None, (_term(item, VIEWS) for item in (*views, *modifiers))))


def coded_body_part(header: Dataset) -> str:
    """The defined term of the anatomic region, or the file's words for another code; empty without a code."""
    regions = _items(header, "AnatomicRegionSequence")[:1]
    return next((_term(region, ANATOMIC_REGIONS) for region in regions), "")


def _term(item: Dataset, terms: Mapping[str, str]) -> str:
    code = text_of(item, "CodeValue").upper()
    if text_of(item, "CodingSchemeDesignator").upper() in SNOMED_SCHEMES and code in terms:
        return terms[code]
    return text_of(item, "CodeMeaning")


def _items(dataset: Dataset, keyword: str) -> list[Dataset]:
    value = value_of(dataset, keyword)
    return [item for item in value if isinstance(item, Dataset)] if isinstance(value, Sequence) else []
