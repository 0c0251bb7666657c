"""The part common to all objects: UIDs, series, the program, the time, and that they are for research."""

from __future__ import annotations

import importlib.metadata
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydicom.dataset import Dataset
from pydicom.uid import UID

from bsnet_core.dicom_objects.original_image import OriginalImage
from bsnet_core.language import translate as _

DISTRIBUTION = "bsnet-viewer"
MANUFACTURER = "BS-Net Viewer contributors"
PRODUCT = "BS-Net Viewer"
SERIAL_NUMBER = "none"
"""A program has no serial number, but some objects must state one."""
NAMESPACE = uuid.UUID("5a0f3f0e-4d36-4c0e-9d56-8f6a1b1f5c1e")
MOST_LETTERS = 64
"""Of a value of VR LO."""


@dataclass(frozen=True, slots=True)
class NewSeries:
    """A series of objects that this program makes.

    Attributes:
        number: Series Number.
        description: Series Description, in the language in use; that it is for research is added.
    """

    number: int
    description: str


def new_uid() -> str:
    """A UID that nothing else has (PS3.5 B.2)."""
    return f"2.25.{uuid.uuid4().int}"


def lasting_uid(*names: str) -> str:
    """A UID that is the same whenever it is made from the same names."""
    return f"2.25.{uuid.uuid5(NAMESPACE, '/'.join(names)).int}"


def software_version() -> str:
    """This program's version."""
    try:
        return importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:  # started from its sources, not installed
        return "unknown"


def research_use(description: str) -> str:
    """A description of at most 64 letters that says what the object is for."""
    return _("{description} (research use only)").format(description=description)[:MOST_LETTERS]


def identification(series: NewSeries, original: OriginalImage, made_at: datetime) -> dict[str, Any]:
    """The arguments that all of highdicom's objects take."""
    now = original.local(made_at)
    return {
        "series_instance_uid": new_uid(),
        "series_number": series.number,
        "sop_instance_uid": new_uid(),
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": PRODUCT,
        "software_versions": software_version(),
        "device_serial_number": SERIAL_NUMBER,
        "series_description": original.repertoire.spelled(research_use(series.description)),
        "content_date": now.date(),
        "content_time": now.time(),
        "series_date": now.date(),
        "series_time": now.time(),
        "content_qualification": "RESEARCH",
    }


def complete(instance: Dataset, original: OriginalImage, made_at: datetime) -> Dataset:
    """Adds what highdicom leaves to its callers: character set, time zone, and one time for the whole object."""
    now = original.local(made_at)
    original.repertoire.declare_in(instance)
    instance.InstanceCreationDate, instance.InstanceCreationTime = now.strftime("%Y%m%d"), now.strftime("%H%M%S")
    if original.offset is not None:
        instance.TimezoneOffsetFromUTC = now.strftime("%z")
    elif "TimezoneOffsetFromUTC" in instance:
        # The study's own times would become times of this computer's zone.
        del instance.TimezoneOffsetFromUTC
    for equipment in instance.get("ContributingEquipmentSequence", []):
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = date_time(now)
    instance.InstanceCreatorUID = UID(lasting_uid(PRODUCT))
    return instance


def date_time(moment: datetime) -> str:
    """A moment with its offset from UTC, as VR DT writes it."""
    return moment.strftime("%Y%m%d%H%M%S%z")
