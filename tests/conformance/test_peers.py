"""dcmtk and GDCM, where they are installed, find the values that the conformance table says are right."""

import fnmatch
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pydicom import dcmread

from tests.conformance import peers
from tests.conformance.cells import GREY_LEVEL_TOLERANCE

ROUNDED_TWICE = GREY_LEVEL_TOLERANCE + 1
"""dcmtk rounds to grey levels in several steps."""

PEERS_DIFFER = {
    "JPEG-LS Near-Lossless * - 10": "both wrap a value that lossy coding raised over the highest; here it is kept",
    "High-Throughput JPEG 2000 * - 12 and overlay above": "GDCM does not mask JPEG 2000",
    "JPEG 2000 Lossless * - 12 and overlay above": "GDCM does not mask JPEG 2000",
    "16 | 12 | 13 *": "GDCM takes every High Bit for Bits Stored - 1",
    "16 | 12 | 15 *": "GDCM takes every High Bit for Bits Stored - 1",
    "32 | 8 *": "GDCM does not mask pixels of 32 bits",
    "32 | 12 *": "GDCM does not mask pixels of 32 bits",
    "32 | 16 *": "GDCM does not mask pixels of 32 bits",
    "32 | 24 *": "GDCM does not mask pixels of 32 bits",
    "window, LINEAR_EXACT, width 0.5 *": "dcmtk 3.6 knows no widths below 1 (PS3.3 C.11.2.1.3.2 allows them)",
    "RGB - JPEG Baseline, though the code stream is YCbCr": "dcmtk believes the header, not the code stream",
}
"""Cells by pattern, with the reason why another program's values are not right."""
REJECTED_ON_PURPOSE = {
    "HSV (retired) *": "retired colour; no radiograph has it",
    "ARGB (retired) *": "retired colour; no radiograph has it",
    "CMYK (retired) *": "retired colour; no radiograph has it",
    "32 | 24 *": "no detector has over 16 bits",
    "32 | 32 *": "no detector has over 16 bits",
}
"""Cells that another program loads and this one does not, with the reason."""


def is_named(cell, patterns):
    return any(fnmatch.fnmatchcase(cell.name, pattern) for pattern in patterns)


def disagreements(found, values_of, tolerance_of, expected_of):
    """Names of cells for which another program finds other values, or is the only one to find any."""
    names = []
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        all_values = list(pool.map(values_of, found))
    for result, values in zip(found, all_values, strict=True):
        cell = result.cell
        if values is None:
            continue
        expected = expected_of(cell)
        agrees = values.shape == expected.shape and np.abs(values - expected).max() <= tolerance_of(cell)
        if not agrees and not is_named(cell, PEERS_DIFFER):
            names.append(f"{cell.name}: other values")
        if agrees and not result.text.startswith("loaded") and not is_named(cell, REJECTED_ON_PURPOSE):
            names.append(f"{cell.name}: {result.text}")
    return names


def grey_values(found):
    """The results whose stored values other programs give as they are: those of grey images."""
    return [result for result in checked(found) if result.cell.shown is None and not is_colour(result)]


def colour_values(found):
    return [result for result in checked(found) if result.cell.shown is None and is_colour(result)]


def checked(found):
    return [result for result in found if result.cell.peers and result.cell.stored is not None]


def is_colour(result):
    return dcmread(result.path, stop_before_pixels=True, force=True).get("SamplesPerPixel", 1) > 1


@pytest.mark.skipif(not peers.has_dcmtk(), reason="needs the commands of dcmtk")
def test_dcmtk_finds_the_same_stored_values(conformance_results):
    wrong = disagreements(
        grey_values(conformance_results),
        lambda result: peers.stored_by_dcmtk(result.path),
        lambda cell: cell.tolerance,
        lambda cell: cell.stored,
    )
    assert wrong == []


@pytest.mark.skipif(not peers.has_dcmtk(), reason="needs the commands of dcmtk")
def test_dcmtk_shows_the_same_grey_levels(conformance_results):
    wrong = disagreements(
        [result for result in checked(conformance_results) if result.cell.shown is not None],
        lambda result: peers.shown_by_dcmtk(result.path),
        lambda cell: ROUNDED_TWICE,
        lambda cell: cell.shown,
    )
    assert wrong == []


@pytest.mark.skipif(not peers.has_dcmtk(), reason="needs the commands of dcmtk")
def test_dcmtk_finds_the_same_luminance_in_colour(conformance_results):
    wrong = disagreements(
        colour_values(conformance_results),
        lambda result: peers.shown_by_dcmtk(result.path),
        lambda cell: max(cell.tolerance, ROUNDED_TWICE),
        lambda cell: cell.stored // (257 if cell.stored.max() > 255 else 1),
    )
    assert wrong == []


@pytest.mark.skipif(not peers.has_gdcm(), reason="needs GDCM and a system that forks processes")
def test_gdcm_finds_the_same_stored_values(conformance_results):
    found = grey_values(conformance_results)
    by_gdcm = peers.stored_by_gdcm([result.path for result in found])
    wrong = disagreements(
        found, lambda result: by_gdcm.get(result.path), lambda cell: cell.tolerance, lambda cell: cell.stored
    )
    assert wrong == []
