"""The Structured Report of six zone scores: TID 1500, one measurement group per zone and one for the whole.

Common to the documents of predictions and readings (PS3.16 TID 1500, 1410, 1501).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from highdicom import sr
from pydicom.dataset import Dataset

from bsnet_core.brixia import ZONES, Zone
from bsnet_core.dicom_objects import concept_codes as concepts
from bsnet_core.dicom_objects.new_instance import NewSeries, complete, date_time, identification, lasting_uid
from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.frames import Frames
from bsnet_core.language import language_in_use
from bsnet_core.partial_score import PartialScore, ReadScore
from bsnet_core.zone_outlines import closed, zone_outline

MeasuredGroup = sr.PlanarROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations
LANGUAGES = {"en": ("en", "English"), "it": ("it", "Italian")}


@dataclass(frozen=True)
class ScoreGroups:
    """The content of a document.

    Attributes:
        score: Six zones, or those that could be assessed.
        frames: Where the zones are on the image; None if that is not known or must not be told.
        observer: Who or what made the score.
        method: Code of the way the score was made.
        of_zone: Further measurements of each zone.
        of_whole: Further measurements of both lungs.
        evaluations: Coded statements on the whole.
        notes: Concept and text of each sentence, in the language in use.
        algorithm: The algorithm that made the score; None for a person.
        observed_at: When the score was made.
    """

    score: ReadScore
    frames: Frames | None
    observer: sr.ObserverContext
    method: sr.CodedConcept
    observed_at: datetime
    of_zone: dict[Zone, list[sr.Measurement]] = field(default_factory=dict)
    of_whole: Sequence[sr.Measurement] = ()
    evaluations: Sequence[sr.QualitativeEvaluation] = ()
    notes: Sequence[tuple[sr.CodedConcept, str]] = ()
    algorithm: sr.AlgorithmIdentification | None = None


def number(name: sr.CodedConcept, value: float, **more: Any) -> sr.Measurement:
    """A measurement without a unit, such as a probability, rounded to what a decimal string holds."""
    return sr.Measurement(name=name, value=round(float(value), 5), unit=concepts.NO_UNITS, **more)


def score_document(groups: ScoreGroups, original: OriginalImage, series: NewSeries, made_at: datetime) -> Dataset:
    """Makes a Comprehensive 3D SR.

    Args:
        groups: The content.
        original: The image that was scored.
        series: The series to make.
        made_at: Now, with a time zone.
    """
    code, name = LANGUAGES.get(language_in_use(), LANGUAGES["en"])
    measured = [*(_zone_group(groups, zone, original) for zone in ZONES), _whole_group(groups, original)]
    report = sr.MeasurementReport(
        observation_context=_observation_context(groups.observer),
        procedure_reported=concepts.RADIOGRAPHY,
        imaging_measurements=measured,
        language_of_content_item_and_descendants=sr.LanguageOfContentItemAndDescendants(
            sr.CodedConcept(code, "RFC5646", name)
        ),
    )
    report[0].ObservationDateTime = date_time(original.local(groups.observed_at))
    document = sr.Comprehensive3DSR(
        evidence=[original.header],
        content=report,
        is_complete=True,
        is_final=False,
        coding_schemes=[concepts.private_scheme()],
        specific_character_set=None,
        **identification(series, original, made_at),
    )
    return complete(document, original, made_at)


def _observation_context(observer: sr.ObserverContext) -> sr.ObservationContext:
    if observer.observer_type == concepts.PERSON:
        return sr.ObservationContext(observer_person_context=observer)
    return sr.ObservationContext(observer_device_context=observer)


def _tracking(original: OriginalImage, place: str) -> sr.TrackingIdentifier:
    """One for all documents on this zone of this image, so that a reader's and a model's can be compared."""
    return sr.TrackingIdentifier(
        uid=lasting_uid(original.header.SOPInstanceUID, place), identifier=f"Brixia score, {place}"
    )


def _zone_group(groups: ScoreGroups, zone: Zone, original: OriginalImage) -> MeasuredGroup:
    site = sr.FindingSite(concepts.LUNG_ZONES[zone.row], laterality=concepts.side_of(zone))
    score = groups.score[zone]
    scored = [] if score is None else [_score(concepts.ZONE_SCORE, score)]
    not_assessable = sr.QualitativeEvaluation(concepts.ASSESSABILITY, concepts.NOT_ASSESSABLE)
    content: dict[str, Any] = {
        "tracking_identifier": _tracking(original, f"zone {zone.name}"),
        "finding_type": concepts.ZONE_FINDING,
        "method": groups.method,
        "algorithm_id": groups.algorithm,
        "finding_sites": [site],
        "measurements": [*scored, *groups.of_zone.get(zone, [])],
        "qualitative_evaluations": [not_assessable] if score is None else [],
    }
    outline = zone_outline(groups.frames, zone) if groups.frames is not None else np.empty((0, 2))
    if len(outline) < 3:
        source = sr.SourceImageForMeasurementGroup.from_source_image(original.header)
        return sr.MeasurementsAndQualitativeEvaluations(**content, source_images=[source])
    region = sr.ImageRegion(
        graphic_type=sr.GraphicTypeValues.POLYLINE,
        graphic_data=closed(outline),
        source_image=sr.SourceImageForRegion.from_source_image(original.header),
    )
    return sr.PlanarROIMeasurementsAndQualitativeEvaluations(**content, referenced_region=region)


def _score(name: sr.CodedConcept, value: int) -> sr.Measurement:
    return sr.Measurement(name=name, value=value, unit=concepts.SCORE_UNITS)


def _whole_group(groups: ScoreGroups, original: OriginalImage) -> MeasuredGroup:
    # The sum of some zones is not the global score, and must not be taken for it.
    sum_name = concepts.SUM_OF_ASSESSED if isinstance(groups.score, PartialScore) else concepts.GLOBAL_SCORE
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(original, "both lungs"),
        finding_type=concepts.WHOLE_FINDING,
        method=groups.method,
        algorithm_id=groups.algorithm,
        finding_sites=[sr.FindingSite(concepts.LUNG, laterality=concepts.BOTH_SIDES)],
        measurements=[
            _score(sum_name, groups.score.total),
            *groups.of_whole,
        ],
        qualitative_evaluations=list(groups.evaluations),
        source_images=[sr.SourceImageForMeasurementGroup.from_source_image(original.header)],
    )
    for concept, text in groups.notes:
        group[0].ContentSequence.append(
            sr.TextContentItem(
                name=concept,
                value=original.repertoire.spelled(text),
                relationship_type=sr.RelationshipTypeValues.CONTAINS,
            )
        )
    return group
