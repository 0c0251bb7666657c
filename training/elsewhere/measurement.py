"""Measuring models elsewhere: part by part, from stored answers where there are any."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bsnet_core.backends import TORCH
from bsnet_core.inference.predictor import Predictor
from training.configuration.run_config import RunConfig
from training.datasets.sample import DataSetError
from training.elsewhere import altered_images, notes_figures
from training.elsewhere.altered_images import altered_answers
from training.elsewhere.answer_store import IDENTITY, AnswerStore, answers_for_samples
from training.elsewhere.answers import Answer
from training.elsewhere.cross_validated_answers import REPEAT, cross_validated_answers
from training.elsewhere.map_figures import map_figures
from training.elsewhere.mapped_images import mapped_images
from training.elsewhere.measured_figures import load_figures, write_figures
from training.elsewhere.measured_images import Source, images_to_measure
from training.elsewhere.model_figures import PartFigures, figures_of_card, part_figures
from training.elsewhere.other_answers import other_answers
from training.elsewhere.parts import SOURCE_OF, Part, score_part
from training.evaluation.estimated_figures import Figure
from training.evaluation.estimates import Measure

FIGURES, OTHERS, DIFFERENCES = "figures.json", "others.json", "differences.json"
WHOLE_IMAGES = (Source.COHEN, Source.NIH, Source.RALO, Source.HANNOVER)


@dataclass(frozen=True)
class Models:
    """The models to measure and to compare with.

    Attributes:
        stores: Their stored answers, from old to new.
        predictors: The models whose weights are at hand, by the name of their store.
    """

    stores: tuple[AnswerStore, ...]
    predictors: dict[str, Predictor] = field(default_factory=dict)

    @classmethod
    def load(cls, weights: Sequence[Path | None], output: Path) -> Models:
        """Loads weights (None for the shipped ones), and finds what is stored of other weights below `output`.

        Raises:
            WeightsError: wrong or damaged weights.
            DamagedStoreError: stored answers that do not say whose they are.
        """
        predictors = {}
        for folder in weights:
            predictor = Predictor.load(folder, backend=TORCH)
            predictors[AnswerStore.of_weights(output, predictor.identity).name] = predictor
        stores = [AnswerStore.open(file.parent) for file in output.glob(f"*/{IDENTITY}")]
        return cls(tuple(sorted(stores, key=lambda store: store.version_order)), predictors)

    def answers(
        self, give: Callable[[AnswerStore, Predictor | None], Mapping[str, Answer]]
    ) -> dict[str, Mapping[str, Answer]]:
        """Every model's answers by its name."""
        return {store.name: give(store, self.predictors.get(store.name)) for store in self.stores}


def measure_part(
    part: Part, models: Models, data: Path, config: RunConfig | None = None, other_images: Path | None = None
) -> PartFigures:
    """Measures one part; models whose weights are not at hand take part with what is stored.

    Args:
        part: The part.
        models: The models.
        data: The data folder.
        config: For SCORED, the run whose cross-validation belongs to the last weights.
        other_images: For OTHER_IMAGES, a folder beside those of the installed packages.

    Raises:
        DataSetError: the data cannot be loaded.
        ConfigurationError: the cross-validation is missing.
    """
    if part is Part.SCORED:
        return _measure_scored(models, data, config)
    if part is Part.NOTES:
        return _measure_notes(models, data)
    if part is Part.ALTERATIONS:
        given = models.answers(lambda store, predictor: altered_answers(store, predictor, data))
        return part_figures(part.value, given, altered_images.measures, scored_only=False)
    if part is Part.OTHER_IMAGES:
        given = models.answers(lambda store, predictor: other_answers(store, predictor, other_images))
        return part_figures(part.value, given, notes_figures.shares_by_kind, scored_only=False)
    if part is Part.MAPS:
        maps = {s.name: mapped_images(s, models.predictors.get(s.name), data) for s in models.stores}
        return map_figures(part.value, maps)
    chosen = score_part(part, data)
    file = SOURCE_OF[part].value

    def give(store: AnswerStore, predictor: Predictor | None) -> Mapping[str, Answer]:
        # Lungs that were cut out are no chest radiographs, and most are rejected as such: here their scores count.
        scorer = predictor.without_content_check() if predictor is not None and part is Part.RSNA else predictor
        return answers_for_samples(store, file, scorer, data, chosen.samples)

    answers = models.answers(give)
    return part_figures(part.value, answers, chosen.measured, chosen.others)


def _measure_scored(models: Models, data: Path, config: RunConfig | None) -> PartFigures:
    part = Part.SCORED.value
    if config is not None:
        models.stores[-1].replace(part, cross_validated_answers(config, data))
    answers = {store.name: store.answers(part) for store in models.stores}
    repeats = [int(image.rpartition(REPEAT)[2]) for given in answers.values() for image in given]
    chosen = score_part(Part.SCORED, data, max(repeats, default=0))
    found = part_figures(part, answers, chosen.measured, chosen.others)
    cards = {
        name: figures_of_card(part, name, predictor.card.metrics)
        for name, predictor in models.predictors.items()
        if not answers[name]
    }
    return dataclasses.replace(found, of_models=found.of_models | cards)


def _measure_notes(models: Models, data: Path) -> PartFigures:
    found: list[PartFigures] = []
    together: dict[str, dict[str, Answer]] = {store.name: {} for store in models.stores}
    for source in Source:
        samples = images_to_measure(data, source)

        def of_source(store: AnswerStore, predictor: Predictor | None) -> Mapping[str, Answer]:
            return answers_for_samples(store, source.value, predictor, data, samples)  # noqa: B023 - called at once

        answers = models.answers(of_source)
        found.append(_shares(Part.NOTES, source.value, answers))
        if source in WHOLE_IMAGES:
            for name, given in answers.items():
                together[name] |= given
    found.append(_shares(Part.NOTES, notes_figures.ALL_WHOLE_IMAGES, together))
    return joined(found)


def _shares(part: Part, kind: str, answers: Mapping[str, Mapping[str, Answer]]) -> PartFigures:
    def measured(given: Mapping[str, Answer]) -> list[Measure]:
        return notes_figures.shares(kind, list(given.values()))

    return part_figures(part.value, answers, measured, scored_only=False)


def joined(parts: Sequence[PartFigures]) -> PartFigures:
    """The figures of several sources as those of one part."""
    models = {model for part in parts for model in part.of_models}
    return PartFigures(
        {model: [figure for part in parts for figure in part.of_models.get(model, [])] for model in sorted(models)},
        [figure for part in parts for figure in part.differences],
        [figure for part in parts for figure in part.of_others],
    )


def forget_answers(part: Part, models: Models) -> None:
    """Deletes the stored answers that a part is measured by, of the models whose weights are at hand."""
    files = {Part.NOTES: [source.value for source in Source], Part.SCORED: []}
    for store in models.stores:
        if store.name in models.predictors:
            for file in files.get(part, [SOURCE_OF.get(part, part.value)]):
                store.forget(file)


def keep_figures(part: Part, found: PartFigures, models: Models, output: Path) -> None:
    """Writes the figures of a part beside the answers; a model without any keeps what it has."""
    for store in models.stores:
        if found.of_models.get(store.name):
            _replace(store.folder / FIGURES, part, found.of_models[store.name])
    _replace(output / OTHERS, part, found.of_others)
    _replace(output / DIFFERENCES, part, found.differences)


def kept_figures(models: Models, output: Path) -> list[Figure]:
    """All figures that are stored, the models' from old to new, then differences and others."""
    files = [store.folder / FIGURES for store in models.stores]
    return [figure for file in (*files, output / DIFFERENCES, output / OTHERS) for figure in load_figures(file)]


def _replace(file: Path, part: Part, figures: Sequence[Figure]) -> None:
    kept = [figure for figure in load_figures(file) if figure.part != part.value]
    write_figures(file, [*kept, *figures])


def measure_parts(
    parts: Sequence[Part],
    models: Models,
    data: Path,
    output: Path,
    config: RunConfig | None = None,
    other_images: Path | None = None,
) -> list[str]:
    """Measures and stores parts; those whose data are not there keep the figures that are stored.

    Returns:
        Why parts were left out, a sentence each.
    """
    left_out = []
    for part in parts:
        try:
            found = measure_part(part, models, data, config, other_images)
        except DataSetError as error:
            left_out.append(f"{part.value}: {error}")
            continue
        keep_figures(part, found, models, output)
    return left_out
