"""Findings of the content check in an image: codes for programs, sentences for people, and the repair it offers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum

from bsnet_core.errors import UnsuitableImageError
from bsnet_core.language import translate as _
from bsnet_core.repair import RepairStep


class ContentFinding(StrEnum):
    """One finding; stable words for JSON and tests."""

    NOT_CHEST = "not-chest"
    """The image is rejected; every other finding is a note."""
    PERHAPS_NOT_CHEST = "perhaps-not-chest"
    ROTATED_90 = "rotated-90"
    UPSIDE_DOWN = "upside-down"
    ROTATED_270 = "rotated-270"
    MIRRORED = "mirrored"
    INVERTED = "inverted"
    OVEREXPOSED = "overexposed"
    UNDEREXPOSED = "underexposed"
    BLURRED = "blurred"
    CUT_OFF = "cut-off"
    SEVERAL = "several-images"
    SURROUNDED = "screenshot-or-photo"
    UNLIKE_TRAINING = "unlike-training"

    @property
    def sentence(self) -> str:
        """The finding for people, in the language in use."""
        return _sentences()[self]


_REPAIRS = {
    ContentFinding.ROTATED_90: RepairStep.ROTATED_270,
    ContentFinding.UPSIDE_DOWN: RepairStep.ROTATED_180,
    ContentFinding.ROTATED_270: RepairStep.ROTATED_90,
    ContentFinding.MIRRORED: RepairStep.MIRRORED,
    ContentFinding.INVERTED: RepairStep.INVERTED,
}


def repair_for(findings: Sequence[ContentFinding]) -> tuple[RepairStep, ...]:
    """The steps that would bring the image to what the network knows; empty if there is nothing to repair."""
    return tuple(_REPAIRS[finding] for finding in findings if finding in _REPAIRS)


def sentences_of(findings: Sequence[ContentFinding]) -> tuple[str, ...]:
    """The findings for people, in the language in use."""
    return tuple(finding.sentence for finding in findings)


def reject_other_content(findings: Sequence[ContentFinding]) -> None:
    """Rejects an image that shows something else than a chest from the front.

    Raises:
        UnsuitableImageError: `NOT_CHEST` is among the findings.
    """
    if ContentFinding.NOT_CHEST in findings:
        raise UnsuitableImageError(ContentFinding.NOT_CHEST.sentence)


@contextmanager
def naming_findings(findings: Sequence[ContentFinding]) -> Iterator[None]:
    """Lets a rejection inside say what the content check found, and offer its repair: that may be the reason."""
    try:
        yield
    except UnsuitableImageError as error:
        if not findings:
            raise
        raise UnsuitableImageError(" ".join([*sentences_of(findings), str(error)]), repair_for(findings)) from error


def _sentences() -> dict[ContentFinding, str]:
    return {
        ContentFinding.NOT_CHEST: _(
            "This does not look like a frontal chest radiograph. Choose a frontal chest radiograph to have it scored."
        ),
        ContentFinding.PERHAPS_NOT_CHEST: _(
            "This may not be a frontal chest radiograph: look at the image before you use the score."
        ),
        ContentFinding.ROTATED_90: _("The image seems to be rotated by 90° clockwise."),
        ContentFinding.UPSIDE_DOWN: _("The image seems to be upside down."),
        ContentFinding.ROTATED_270: _("The image seems to be rotated by 90° counter-clockwise."),
        ContentFinding.MIRRORED: _(
            "The image seems to be mirrored: unless the heart lies on the right, left and right are exchanged."
        ),
        ContentFinding.INVERTED: _("The grey levels seem to be inverted: bone should be bright."),
        ContentFinding.OVEREXPOSED: _(
            "Large parts of the image are white, without detail: its exposure, or the window it was exported with, is "
            "unsuitable."
        ),
        ContentFinding.UNDEREXPOSED: _(
            "Large parts of the image are black, without detail: its exposure, or the window it was exported with, is "
            "unsuitable."
        ),
        ContentFinding.BLURRED: _("The image is blurred, or was enlarged from too few pixels."),
        ContentFinding.CUT_OFF: _("Part of the lungs lies outside the image."),
        ContentFinding.SEVERAL: _("The image seems to hold several radiographs: export each one on its own."),
        ContentFinding.SURROUNDED: _(
            "The radiograph seems to be only part of the image, as in a screenshot or a photograph of a screen."
        ),
        ContentFinding.UNLIKE_TRAINING: _(
            "The image is unlike those that this network was trained on: its score is less certain."
        ),
    }
