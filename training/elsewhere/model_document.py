"""The document of all figures: what they mean, and a table for each part."""

from __future__ import annotations

import datetime
from collections.abc import Sequence

from training.elsewhere.answer_store import AnswerStore
from training.elsewhere.figure_table import as_markdown, short
from training.elsewhere.parts import Part
from training.evaluation.estimated_figures import Figure

HEAD = """# The model, measured elsewhere

Written by `bsnet-train measure-elsewhere` on {date}; not edited by hand. Every figure is on images of patients that
no weights were trained on, with its 95% confidence interval by bootstrap over patients. Bold: the target is reached. A
minus between two versions is the paired difference on the same images. *Others* are people or other networks, on the
same images: what can be expected at best, or what another network reaches.

{weights}
"""

NOTES = {
    Part.SCORED: (
        "Scored images of the Cohen collection",
        "From cross-validation by patient, because the shipped weights are trained on these images; the senior "
        "radiologist is the reference. Figures without a counterpart are those of the model card.",
    ),
    Part.COHEN: (
        "Cohen collection, images with extent and opacity only",
        "Patients kept apart who have no Brixia score; means of three radiologists. The link is the plane, rising "
        "with extent and with opacity, that fits the senior's global score best on other patients' images with all "
        "three.",
    ),
    Part.RALO: (
        "RALO: another hospital, two raters, series",
        "Patients kept apart; r is Pearson's, of the expected global score with the mean of both raters, or of the "
        "expected score of a lung (A + B + C is the patient's right one). Change: from each image of a patient to the"
        " next. The raters are not those of the link, which was fitted on the Cohen collection: bias and interval "
        "hold as far as both groups use the scales alike.",
    ),
    Part.NIH: (
        "NIH: no finding",
        "Patients kept apart; normal by text mining, not by a radiologist. The authors' network gives a median of 2 "
        "on 353 other images that radiologists found normal.",
    ),
    Part.RSNA: (
        "RSNA: cut-out lungs",
        "Patients kept apart, at most 100 images of each class by radiologists. Everything but the lungs is cut away, "
        "some of it badly; the content check, which rejects most of these images, is off here. A zone counts as in a "
        "box if a fifth of it is in one. The challenge does not name patients: an image may show a patient of another "
        "source.",
    ),
    Part.NOTES: (
        "Notes and rejections on real images as they are",
        "Every one of them is false. Low confidence, and few pixels where it is true, do not count as notes here.",
    ),
    Part.ALTERATIONS: (
        "Altered images",
        "Images of patients kept apart, altered in one way each: rejected, or with a note other than low confidence.",
    ),
    Part.OTHER_IMAGES: ("What is no chest radiograph", "Photographs, drawings, CT, MR and other radiographs."),
    Part.MAPS: (
        "Explanation maps",
        "Images on which radiologists outlined lungs and disease, of scored patients and of patients kept apart. "
        "Share and AUROC are of pixels; the map is that of the zone of the highest score, or of all zones together.",
    ),
}


def document(figures: Sequence[Figure], stores: Sequence[AnswerStore], date: datetime.date) -> str:
    """The document in Markdown.

    Args:
        figures: All figures.
        stores: The models, from old to new.
        date: The day of the measurement.
    """
    weights = "\n".join(
        f"- {store.identity.name} {store.identity.version}: sha256 `{store.identity.sha256}`" for store in stores
    )
    parts = [HEAD.format(date=date.isoformat(), weights=weights)]
    models = [store.name for store in stores]
    for part, (title, note) in NOTES.items():
        if any(figure.part == part for figure in figures):
            parts.append(f"## {title}\n\n{note}\n\n{as_markdown(part, figures, models)}\n")
    return "\n".join(parts)


def summary(figures: Sequence[Figure], models: Sequence[str]) -> str:
    """The tables alone, for the screen."""
    shown = [part for part in Part if any(figure.part == part for figure in figures)]
    heading = " / ".join(short(model) for model in models)
    return "\n\n".join(f"{part.value} ({heading})\n{as_markdown(part, figures, models)}" for part in shown)
