"""The kinds of data sets that a run can use, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bsnet_core.language import translate as _
from training.datasets.brixia_covid19 import load_brixia_covid19
from training.datasets.cohen import load_cohen_annotations, load_cohen_folder
from training.datasets.jsrt import load_jsrt
from training.datasets.montgomery import load_montgomery
from training.datasets.own_table import load_own_table
from training.datasets.ralo import load_ralo
from training.datasets.rsna_lungs import load_rsna_lungs
from training.datasets.sample import DataSetError, Sample
from training.datasets.shenzhen import load_shenzhen
from training.datasets.unscored import load_hannover, load_nih_no_finding


class SourceKind(StrEnum):
    """The layout of a data set."""

    MONTGOMERY = "montgomery"
    SHENZHEN = "shenzhen"
    JSRT = "jsrt"
    BRIXIA_COVID19 = "brixia-covid19"
    COHEN_ANNOTATIONS = "cohen-annotations"
    COHEN_FOLDER = "cohen-folder"
    NIH_NO_FINDING = "nih-no-finding"
    HANNOVER = "hannover"
    RALO = "ralo"
    RSNA_LUNGS = "rsna-lungs"
    OWN_TABLE = "own-table"


_LOADERS: dict[SourceKind, Callable[[Path], list[Sample]]] = {
    SourceKind.MONTGOMERY: load_montgomery,
    SourceKind.SHENZHEN: load_shenzhen,
    SourceKind.JSRT: load_jsrt,
    SourceKind.BRIXIA_COVID19: load_brixia_covid19,
    SourceKind.COHEN_ANNOTATIONS: load_cohen_annotations,
    SourceKind.COHEN_FOLDER: load_cohen_folder,
    SourceKind.NIH_NO_FINDING: load_nih_no_finding,
    SourceKind.HANNOVER: load_hannover,
    SourceKind.RALO: load_ralo,
    SourceKind.RSNA_LUNGS: load_rsna_lungs,
    SourceKind.OWN_TABLE: load_own_table,
}

_CREDITS: dict[SourceKind, tuple[str, ...]] = {
    SourceKind.MONTGOMERY: ("Montgomery County chest X-ray set with lung masks (Jaeger et al. 2014)",),
    SourceKind.SHENZHEN: (
        "Shenzhen Hospital chest X-ray set (Jaeger et al. 2014), lung masks of Stirenko et al. 2018",
    ),
    SourceKind.JSRT: ("JSRT database (Shiraishi et al. 2000), SCR lung masks (van Ginneken et al. 2006)",),
    SourceKind.BRIXIA_COVID19: ("Brixia COVID-19 data set (Signoroni et al. 2021)",),
    SourceKind.COHEN_ANNOTATIONS: (
        "COVID-19 image data collection (Cohen et al. 2020), frontal images; licence per image, research use",
        "BrixIA scores of two radiologists for the public Cohen set (Signoroni et al. 2021), CC BY-NC-SA 4.0",
    ),
    SourceKind.COHEN_FOLDER: (
        "COVID-19 image data collection (Cohen et al. 2020), frontal images; licence per image, research use",
        "V7 Labs COVID-19 lung masks as packed by TorchXRayVision, CC BY 4.0",
        "BrixIA scores of two radiologists for the public Cohen set (Signoroni et al. 2021), CC BY-NC-SA 4.0",
    ),
    SourceKind.NIH_NO_FINDING: (
        "NIH ChestX-ray8 'No Finding' images (Wang et al. 2017), with weak labels; credit to the NIH Clinical Center",
    ),
    SourceKind.HANNOVER: ("COVID-19 image repository, Hannover Medical School, doi 10.25835/0090041, CC BY 3.0",),
    SourceKind.RALO: (
        "RALO (Stony Brook University), lung scores of two raters, doi 10.5281/zenodo.4633999, CC BY-SA 4.0",
        "COVID-19-NY-SBU images (TCIA), doi 10.7937/TCIA.BBAG-2923, CC BY 4.0",
    ),
    SourceKind.RSNA_LUNGS: (
        "RSNA Pneumonia Detection Challenge 2018, radiologists' classes and boxes on NIH ChestX-ray8 images; "
        "credit to RSNA and the NIH Clinical Center",
    ),
    SourceKind.OWN_TABLE: ("images of the institution that trained the model",),
}


@dataclass(frozen=True, slots=True)
class SourceConfig:
    """One data set of a run.

    Attributes:
        kind: Its layout.
        folder: Its folder; for an own table also the table itself.
    """

    kind: SourceKind
    folder: Path

    def load(self) -> list[Sample]:
        """All its images.

        Raises:
            DataSetError: a missing or malformed file, row or column.
        """
        if not self.folder.exists():
            raise DataSetError(_("The data folder {folder} does not exist.").format(folder=self.folder))
        return _LOADERS[self.kind](self.folder)

    @property
    def credits(self) -> tuple[str, ...]:
        """The data's owners and licences, for the model card."""
        return _CREDITS[self.kind]
