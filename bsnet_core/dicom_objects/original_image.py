"""The header of the image that objects are about: what they copy from it, each value as the standard has it.

Patient and study are copied in the original's words. A value that its VR does not allow is left out, or empty where the
attribute has to be there: an object must not repeat a fault.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from pydicom.config import RAISE
from pydicom.datadict import dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.multival import MultiValue
from pydicom.valuerep import validate_value

from bsnet_core.dicom_objects.repertoire import Repertoire
from bsnet_core.dicom_objects.shared_attributes import (
    EMPTY_IF_UNKNOWN,
    ENUMERATED,
    IDENTITY,
    IMAGE,
    OF_THE_STUDY,
    PATIENT,
)
from bsnet_core.errors import ReportError, UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.loading.dicom_file import load_header
from bsnet_core.loading.header import PARSING_ERRORS, pair_of, text_of, value_of
from bsnet_core.loading.sniffing import SNIFFED_BYTES, looks_like_a_plain_image

TEXT_VRS = frozenset({"PN", "LO", "SH", "LT", "ST", "UT", "UC", "CS", "AE", "AS", "DA", "TM", "DT", "UI", "DS", "IS"})
REFERENCED = ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")


@dataclass(frozen=True)
class OriginalImage:
    """The image that objects are made for.

    Attributes:
        copied: Patient, study and image, without pixels; every value allowed by its VR. Its texts are in no character
            set yet: highdicom does not take all that there are.
        repertoire: The character set in which its texts, and those of the objects, are written.
        offset: Timezone Offset From UTC as the file states it; None where it does not.
    """

    copied: Dataset
    repertoire: Repertoire
    offset: timezone | None

    @property
    def header(self) -> Dataset:
        """A copy of `copied` for one object: pydicom's names remember the character set that they were written in."""
        return copy.deepcopy(self.copied)

    def local(self, moment: datetime) -> datetime:
        """A moment in the time zone of the original's dates and times; in this computer's where it states none."""
        return moment.astimezone(self.offset)

    def able_to_write(self, *texts: str) -> OriginalImage:
        """This image, in Unicode where the character set lacks letters of these texts."""
        repertoire = self.repertoire.including(self.repertoire.spelled(text) for text in texts)
        return self if repertoire == self.repertoire else replace(self, repertoire=repertoire)

    @property
    def is_colour(self) -> bool:
        """Whether the pixels are other than one grey value each."""
        return not str(self.copied.get("PhotometricInterpretation", "")).startswith("MONOCHROME")


def original_image_of(path: Path) -> OriginalImage:
    """Loads the header of the image that objects are to be made for.

    Raises:
        ReportError: the image did not come as DICOM, or lacks the identifiers that a reference needs.
        UnreadableImageError: the file is gone or damaged.
    """
    try:
        with path.open("rb") as file:
            is_plain = looks_like_a_plain_image(file.read(SNIFFED_BYTES))
    except OSError as error:
        raise _damaged() from error
    if is_plain:
        raise ReportError(
            _(
                "This image did not come as DICOM, so there is no DICOM study that results could belong to. Open the "
                "image as DICOM to have them written."
            )
        )
    return original_image_from(load_header(path))


def original_image_from(header: Dataset) -> OriginalImage:
    """Takes from a header what objects copy.

    Raises:
        ReportError: it lacks the identifiers that a reference needs.
        UnreadableImageError: it is damaged.
    """
    if not all(text_of(header, keyword) for keyword in (*REFERENCED, "SOPClassUID")):
        raise ReportError(
            _("This DICOM file lacks the identifiers that DICOM results have to refer to. Export the image again.")
        )
    try:
        return _original_image(header)
    except PARSING_ERRORS as error:
        raise _damaged() from error


def _damaged() -> UnreadableImageError:
    return UnreadableImageError(_("This DICOM file is damaged or cut off and cannot be loaded."))


def _original_image(header: Dataset) -> OriginalImage:
    copied = Dataset()
    for keyword in (*PATIENT, *OF_THE_STUDY, *IMAGE):
        value = value_of(header, keyword)
        element = None if value is None else _sound(keyword, header[keyword].VR, value)
        if element is not None:
            copied.add(element)
    _leave_out_halves(copied)
    for keyword in EMPTY_IF_UNKNOWN:
        if keyword not in copied:
            copied.add_new(keyword, dictionary_VR(keyword), None)
    repertoire = Repertoire.of(header).including(
        str(element.value) for element in copied.iterall() if element.VR in TEXT_VRS and element.value is not None
    )
    return OriginalImage(copied, repertoire, _offset_of(header))


def _leave_out_halves(copied: Dataset) -> None:
    """Removes what the standard allows only together with something that the file lacks."""
    if "DeidentificationMethod" not in copied and "DeidentificationMethodCodeSequence" not in copied:
        copied.pop("PatientIdentityRemoved", None)
    for keyword in ("PixelSpacing", "ImagerPixelSpacing"):
        if keyword in copied and pair_of(copied, keyword) is None:
            del copied[keyword]


def _sound(keyword: str, stated_vr: str, value: Any) -> DataElement | None:
    """A copy of an element; None if its VR forbids the value."""
    vr = dictionary_VR(keyword)
    if vr == "SQ":
        items = [_sound_item(item) for item in value] if stated_vr == "SQ" else []
        return DataElement(keyword, "SQ", items) if items and all(item is not None for item in items) else None
    vr = stated_vr if " or " in vr else vr
    stated = list(value) if isinstance(value, MultiValue | list) else [value]
    parts = [_as_written(vr, part) for part in stated]
    if keyword in ENUMERATED and not ENUMERATED[keyword].issuperset(parts):
        return None
    try:
        if keyword not in IDENTITY:
            for part in parts:
                validate_value(vr, part, RAISE)
        return DataElement(keyword, vr, parts if len(parts) > 1 else parts[0])
    except PARSING_ERRORS:
        return None


def _sound_item(item: Dataset) -> Dataset | None:
    """A copy of an item of a sequence; None if anything in it is at fault, as it may be something that has to be."""
    copied = Dataset()
    for element in item:
        keyword = keyword_for_tag(element.tag)
        if not keyword:
            continue  # private
        if element.value in (None, "", b""):
            copied.add_new(element.tag, element.VR, None)
            continue
        sound = _sound(keyword, element.VR, element.value)
        if sound is None:
            return None
        copied.add(sound)
    return copied if len(copied) else None


def _as_written(vr: str, part: Any) -> Any:
    """A value without its original bytes, so that it is encoded again; dates and times as they are written today."""
    if vr not in TEXT_VRS:
        return part
    text = str(part).strip("\0 ")
    if vr == "DA" and text.count(".") == 2:
        return text.replace(".", "")  # as ACR-NEMA wrote dates
    if vr == "TM" and text.count(":") == 2:
        return text.replace(":", "")
    return text


def _offset_of(header: Dataset) -> timezone | None:
    """Timezone Offset From UTC, &ZZXX from -1200 to +1400 (PS3.3 C.12.1.1.8)."""
    text = text_of(header, "TimezoneOffsetFromUTC")
    if len(text) != 5 or text[0] not in "+-" or not text[1:].isdigit() or int(text[3:]) > 59:
        return None
    minutes = (int(text[1:3]) * 60 + int(text[3:])) * (-1 if text[0] == "-" else 1)
    return timezone(timedelta(minutes=minutes)) if -12 * 60 <= minutes <= 14 * 60 else None
