"""All tags of a DICOM file, each with a short form of its value and whether it identifies a person."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydicom.datadict import dictionary_description, dictionary_VR, keyword_for_tag
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as DicomSequence
from pydicom.tag import BaseTag

from bsnet_core.errors import UnreadableImageError
from bsnet_core.language import translate as _
from bsnet_core.language import translate_count
from bsnet_core.loading.data_set import load_data_set
from bsnet_core.loading.header import PARSING_ERRORS
from bsnet_core.loading.sniffing import SNIFFED_BYTES, looks_like_dicom
from bsnet_core.progress import Report

LONGEST_VALUE = 200
DEEPEST = 16
MOST_TAGS = 20_000
DEFERRED_BYTES = 64 * 1024
BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN", "OB or OW"})


class Identity(StrEnum):
    """Whether a tag identifies the patient or another person."""

    NONE = "none"
    POSSIBLE = "possible"
    CERTAIN = "certain"


IDENTIFYING_GROUPS = {0x0010: Identity.POSSIBLE, 0x0012: Identity.POSSIBLE, 0x0038: Identity.POSSIBLE,
                      0x0016: Identity.POSSIBLE, 0x0400: Identity.POSSIBLE, 0x4008: Identity.POSSIBLE}  # fmt: skip
"""Patient; clinical trial, visit, camera with its place, signatures, interpretation."""
IDENTIFYING_VRS = {"PN": Identity.CERTAIN, "DA": Identity.POSSIBLE, "TM": Identity.POSSIBLE, "DT": Identity.POSSIBLE,
                   "AE": Identity.POSSIBLE, "LT": Identity.POSSIBLE, "ST": Identity.POSSIBLE, "UT": Identity.POSSIBLE,
                   "UR": Identity.POSSIBLE, "UN": Identity.POSSIBLE}  # fmt: skip
"""Names of people; dates, stations and free text."""
IDENTIFYING_KEYWORDS = frozenset({
    "PatientID", "IssuerOfPatientID", "PatientBirthDate", "OtherPatientIDs", "OtherPatientIDsSequence",
    "PatientAddress", "PatientTelephoneNumbers", "MedicalRecordLocator", "InsurancePlanIdentification",
    "AccessionNumber", "StudyID", "InstitutionName", "InstitutionAddress", "InstitutionalDepartmentName",
    "InstitutionCodeSequence", "StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "FrameOfReferenceUID",
    "MediaStorageSOPInstanceUID", "DeviceSerialNumber", "DeviceUID", "StationName", "DetectorID",
    "ReferencedSOPInstanceUID", "FillerOrderNumberImagingServiceRequest", "PlacerOrderNumberImagingServiceRequest",
})  # fmt: skip
HARMLESS_ENDINGS = ("ClassUID", "SyntaxUID", "ImplementationVersionName", "DesignatorUID")
TELLING_PARTS = (
    "Description", "Comment", "Name", "Label", "Identifi", "Physician", "Operator", "Performer", "Person", "Address",
    "Location", "Telephone", "Telecom", "Institution", "Organization", "Serial", "Notes", "Reason", "Request",
    "OrderNumber", "UID", "Owner", "Observer", "Author", "Certificate", "Signature", "ContentSequence", "Overlay",
    "Icon", "GraphicAnnotation", "AnnotationGroup", "Attributes", "Recipient", "Referenced", "SourceImage", "Topic",
    "Timezone", "ContrastBolusAgent", "Participant", "Originator", "Barcode", "Encapsulated", "PreMedication",
)  # fmt: skip
"""Parts of a keyword for texts and numbers written by people or leading to them; so is an ID at its end.

All of these follow the Basic Application Level Confidentiality Profile, DICOM PS3.15 table E.1-1, by rule: what it
removes or replaces is at least POSSIBLE.
"""


@dataclass(frozen=True, slots=True)
class TagEntry:
    """One tag, or one item of a sequence.

    Attributes:
        tag: The number, such as (0010,0010); empty for an item.
        keyword: The standard's keyword, such as PatientName; empty if there is none.
        name: Name for people.
        vr: Value representation, such as PN.
        value: Short form of the value on one line; its size if binary.
        parent: Index of the enclosing entry in `TagFile.entries`; -1 at the top.
        row: Position among the entries of its parent.
        is_private: Whether it is a manufacturer's own tag.
        identity: Whether it identifies a person.
    """

    tag: str
    keyword: str
    name: str
    vr: str
    value: str
    parent: int
    row: int
    is_private: bool = False
    identity: Identity = Identity.NONE


@dataclass(frozen=True, slots=True)
class TagFile:
    """All tags of a file, parents before their children."""

    entries: tuple[TagEntry, ...]
    note: str = ""


def load_tags(path: Path, report: Report) -> TagFile:
    """Loads a file's tags without its pixels; `report` is told the share of tags done and may raise `Cancelled`.

    Returns:
        The tags; no entries and a note if the file is an image of another format.

    Raises:
        UnreadableImageError: no such file, or one that cannot be parsed.
    """
    report(_("Loading tags"), 0.0)
    try:
        with path.open("rb") as file:
            start = file.read(SNIFFED_BYTES)
        if not looks_like_dicom(start):
            return TagFile((), _("This is not a DICOM file, so it has no tags."))
        dataset = load_data_set(path, needed="SOPClassUID", stop_before_pixels=True, defer_size=DEFERRED_BYTES)
    except FileNotFoundError as error:
        raise UnreadableImageError(_("This file no longer exists. It may have been moved.")) from error
    except (OSError, *PARSING_ERRORS) as error:
        raise UnreadableImageError(_("The tags of this file cannot be loaded. The file may be damaged.")) from error
    listing = _Listing(report)
    meta = getattr(dataset, "file_meta", None)
    listing.expected = max(len(dataset) + len(meta or ()), 1)
    if meta:
        listing.add_dataset(meta, -1, 0)
    listing.add_dataset(dataset, -1, 0)
    if not listing.entries:
        raise UnreadableImageError(_("This file ends before its first tag."))
    note = _("Only the first {count} tags are shown.").format(count=MOST_TAGS) if listing.is_full else ""
    return TagFile(tuple(listing.entries), note)


class _Listing:
    """Collects entries depth first."""

    def __init__(self, report: Report) -> None:
        self.entries: list[TagEntry] = []
        self.expected = 1
        self._report = report
        self._rows: dict[int, int] = {}
        self._top_level_done = 0

    @property
    def is_full(self) -> bool:
        return len(self.entries) >= MOST_TAGS

    def add_dataset(self, dataset: Dataset, parent: int, depth: int) -> None:
        for tag in sorted(dataset.keys()):
            if self.is_full:
                return
            if depth == 0:
                self._top_level_done += 1
                self._report(_("Loading tags"), min(self._top_level_done / self.expected, 1.0))
            self._add_element(dataset, tag, parent, depth)

    def _add_element(self, dataset: Dataset, tag: BaseTag, parent: int, depth: int) -> None:
        name, vr, keyword = _name_of(tag), _vr_of(dataset, tag), keyword_for_tag(tag)
        items: tuple[Dataset, ...] = ()
        size = _unparsed_size(dataset, tag, vr)
        if size is not None:
            value = _size(size)
        else:
            try:
                element: Any = dataset[tag]
                vr, name, value = str(element.VR), element.name or name, _value_of(element)
                if isinstance(element.value, DicomSequence):
                    items = tuple(element.value)
            except (OSError, *PARSING_ERRORS):
                value = _("malformed value")
        place = self._append(
            TagEntry(
                f"({tag.group:04X},{tag.element:04X})",
                keyword,
                name.strip("[]"),
                vr,
                value,
                parent,
                self._next_row(parent),
                tag.is_private,
                identity_of(tag, vr, keyword),
            )
        )
        for number, item in enumerate(items if depth < DEEPEST else (), start=1):
            if self.is_full:
                return
            title = _("Item {number}").format(number=number)
            inner = self._append(TagEntry("", "", title, "", "", place, self._next_row(place)))
            self.add_dataset(item, inner, depth + 1)

    def _append(self, entry: TagEntry) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def _next_row(self, parent: int) -> int:
        row = self._rows.get(parent, 0)
        self._rows[parent] = row + 1
        return row


def identity_of(tag: BaseTag, vr: str, keyword: str) -> Identity:
    """Whether a tag identifies a person: by its group, its kind of value, and its keyword."""
    if vr == "PN" or keyword in IDENTIFYING_KEYWORDS:
        return Identity.CERTAIN
    if tag.is_private:
        return Identity.POSSIBLE
    if tag.group in IDENTIFYING_GROUPS:
        return IDENTIFYING_GROUPS[tag.group]
    if keyword.endswith(HARMLESS_ENDINGS):
        return Identity.NONE
    if vr in IDENTIFYING_VRS:
        return IDENTIFYING_VRS[vr]
    if keyword.endswith("ID") or any(part in keyword for part in TELLING_PARTS):
        return Identity.POSSIBLE
    return Identity.NONE


def _vr_of(dataset: Dataset, tag: BaseTag) -> str:
    # Not the value: it may be long, and may not fit its VR.
    stated: Any = dataset.get_item(tag, keep_deferred=True).VR
    if stated is not None:
        return str(stated)
    try:
        return str(dictionary_VR(tag))  # files with implicit VR state no VR
    except KeyError:
        return "UN"


def _unparsed_size(dataset: Dataset, tag: BaseTag, vr: str) -> int | None:
    """Size in bytes of a binary value, which need not be parsed; None for all other values."""
    raw: Any = dataset.get_item(tag, keep_deferred=True)
    if vr not in BINARY or not isinstance(raw, RawDataElement):
        return None
    # A small private one may be a sequence in disguise; pydicom finds out.
    return int(raw.length) if raw.length >= DEFERRED_BYTES or not tag.is_private else None


def _name_of(tag: BaseTag) -> str:
    if tag.is_private:
        return _("Private tag")
    try:
        return str(dictionary_description(tag))
    except KeyError:
        return _("Unknown tag")


def _value_of(element: DataElement) -> str:
    value = element.value
    if isinstance(value, DicomSequence):
        return translate_count("{count} item", "{count} items", len(value)).format(count=len(value))
    if isinstance(value, bytes):
        return _size(len(value))
    if element.VR in BINARY and not isinstance(value, str):
        return _size(len(value) if value is not None else 0)
    text = str(value) if element.VM <= 1 else "\\".join(str(part) for part in value)
    return shortened(text)


def _size(count: int) -> str:
    if count < 0 or count == 0xFFFFFFFF:
        return _("binary, of undefined length")
    return translate_count("{count} byte", "{count} bytes", count).format(count=count)


def shortened(text: str) -> str:
    """One line without control characters, cut if it is too long."""
    line = "".join(character if character.isprintable() else " " for character in text[: LONGEST_VALUE + 1]).strip()
    return line if len(text) <= LONGEST_VALUE else line[:LONGEST_VALUE].rstrip() + "…"
