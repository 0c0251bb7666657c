"""The command `bsnet-train measure-elsewhere`: from folders to tables."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bsnet_core.language import translate as _
from training.configuration.run_config import ConfigurationError, RunConfig
from training.datasets.sample import DataSetError
from training.elsewhere.measurement import Models, forget_answers, kept_figures, measure_parts
from training.elsewhere.model_document import document, summary
from training.elsewhere.parts import Part
from training.evaluation.estimated_figures import as_csv

TABLE = "table.csv"


@dataclass(frozen=True, slots=True)
class Request:
    """A request: models, parts, and the folders of data and results.

    Attributes:
        data: Folder with one folder per source.
        output: Folder of answers and figures; what is stored there of other weights stands beside.
        weights: Model folders; None for the shipped model. Empty to write the tables again from what is stored.
        parts: The parts to measure.
        again: Parts of which nothing stored is used.
        cross_validation: Configuration of the run whose cross-validation belongs to the newest weights.
        other_images: Folder of images that show no chest, one folder per kind.
        document: Markdown document to write.
    """

    data: Path
    output: Path
    weights: tuple[Path | None, ...] = (None,)
    parts: tuple[Part, ...] = tuple(Part)
    again: frozenset[Part] = frozenset()
    cross_validation: Path | None = None
    other_images: Path | None = None
    document: Path | None = None


def measure_elsewhere(request: Request, today: datetime.date | None = None) -> str:
    """Measures what is not stored yet, writes figures and tables, and returns the tables for the screen.

    Raises:
        DataSetError: nothing is stored and nothing could be measured, or an image cannot be loaded.
        WeightsError: wrong or damaged weights.
        DamagedStoreError: stored answers or figures that cannot be loaded.
        ConfigurationError: the run's configuration is wrong, or its cross-validation is missing.
    """
    request.output.mkdir(parents=True, exist_ok=True)
    models = Models.load(request.weights, request.output)
    for part in request.again:
        forget_answers(part, models)
    config = RunConfig.from_file(request.cross_validation) if request.cross_validation else None
    left_out = measure_parts(request.parts, models, request.data, request.output, config, request.other_images)
    figures = kept_figures(models, request.output)
    if not figures:
        raise DataSetError(
            _("Nothing could be measured. {reasons}").format(reasons=" ".join(left_out) or _("Name a part to measure."))
        )
    (request.output / TABLE).write_text(as_csv(figures), encoding="utf-8")
    if request.document is not None:
        text = document(figures, models.stores, today or datetime.date.today())
        request.document.write_text(text, encoding="utf-8")
    shown = summary(figures, [store.name for store in models.stores])
    return "\n".join([shown, *(_("left out: {reason}").format(reason=reason) for reason in left_out)])


def parts_named(names: Sequence[str] | None) -> tuple[Part, ...]:
    """The parts of these names; all without names.

    Raises:
        ConfigurationError: there is no such part.
    """
    unknown = [name for name in names or () if name not in list(Part)]
    if unknown:
        raise ConfigurationError(
            _("There is no part {name}. Parts: {parts}.").format(name=unknown[0], parts=", ".join(Part))
        )
    return tuple(Part(name) for name in names) if names else tuple(Part)
