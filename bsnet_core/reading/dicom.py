"""DICOM files to a `Radiograph` (PS3.3 C.7.6.3, C.11.1, C.11.2; PS3.5 section 8).

The header is read and checked first; nothing of the declared size is allocated before. Uncompressed pixels are
unpacked here, compressed ones in the decoder process.
"""

from __future__ import annotations

import math
import struct
import warnings
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from bsnet_core.errors import ImageTooLargeError, UnreadableImageError, UnsupportedObjectError
from bsnet_core.radiograph import (
    LookupTable,
    PixelSpacing,
    Radiograph,
    SpacingMeaning,
    StudyFacts,
    VoiFunction,
    VoiWindow,
)
from bsnet_core.reading.decoder import DECODER, MAX_PIXELS
from bsnet_core.reading.decoder_process import to_grey
from bsnet_core.reading.gate import refuse_unsupported_object

# Odd values are tolerated one by one below; they must neither raise nor warn on the way in.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")

PREAMBLE_BYTES = 128
UNCOMPRESSED = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
MAX_INFLATED_BYTES = 1024**3
PARSING_ERRORS = (
    InvalidDicomError,
    AttributeError,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    EOFError,
    NotImplementedError,
    OverflowError,
    RecursionError,
    struct.error,
    zlib.error,
)
DAMAGED = "This DICOM file is damaged or cut off and cannot be read."
MISSING_PIXELS = "This DICOM file holds no image. Choose the frontal view of the study."


def looks_like_dicom(start: bytes) -> bool:
    """Whether a file's first bytes are DICOM, with or without the preamble."""
    if start[PREAMBLE_BYTES : PREAMBLE_BYTES + 4] == b"DICM":
        return True
    # Old files begin with group 0002 or 0008 at once, little or big endian.
    return start[:4] in (b"\x08\x00\x00\x00", b"\x08\x00\x05\x00", b"\x08\x00\x08\x00", b"\x08\x00\x16\x00") or start[
        :2
    ] in (b"\x02\x00", b"\x00\x08")


def read_dicom(path: Path, timeout_s: float) -> Radiograph:
    """Reads a single-frame radiograph with the file's own facts.

    Raises:
        UnreadableImageError: damaged, cut off or without pixels.
        UnsupportedObjectError: another kind of object, multi-frame, or an unusual pixel format.
        ImageTooLargeError: more pixels declared than are read.
    """
    header = _read_header(path)
    refuse_unsupported_object(header)
    rows, columns = _check_size(header)
    try:
        syntax = header.file_meta.TransferSyntaxUID
    except AttributeError:
        syntax = ImplicitVRLittleEndian
    if syntax in UNCOMPRESSED:
        grey, colourfulness = _unpack(path, header, rows, columns)
    else:
        if not _has_pixel_data(path):
            raise UnreadableImageError(MISSING_PIXELS)
        decoded = DECODER.decode("dicom", path, timeout_s)
        grey, colourfulness = decoded.grey, decoded.colourfulness
    bits = _bits_stored(header)
    signed = _integer(header, "PixelRepresentation", 0) == 1
    stored, offset = _to_codes(grey, bits, signed=signed)
    try:
        return Radiograph(
            stored=stored,
            stored_offset=offset,
            bits_stored=bits,
            monochrome1=str(header.get("PhotometricInterpretation", "")).strip().upper() == "MONOCHROME1",
            rescale_slope=_number(header, "RescaleSlope") or 1.0,
            rescale_intercept=_number(header, "RescaleIntercept") or 0.0,
            modality_lut=_first_table(header, "ModalityLUTSequence", signed=signed),
            voi_windows=_windows(header),
            voi_luts=_tables(header, "VOILUTSequence", signed=signed),
            presentation_inverse=str(header.get("PresentationLUTShape", "")).strip().upper() == "INVERSE",
            padding=_padding(header),
            colourfulness=colourfulness,
            facts=_facts(header, str(syntax)),
            source=path,
        )
    except PARSING_ERRORS as error:
        raise UnreadableImageError(DAMAGED) from error


def _read_header(path: Path) -> Dataset:
    try:
        _refuse_inflation_bomb(path)
        # force: a file without preamble is still DICOM; what is none has neither class nor rows
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if "SOPClassUID" not in header and "Rows" not in header and "Modality" not in header:
            raise UnreadableImageError("This file is neither DICOM nor a JPEG, PNG or TIFF picture.")
        header.decode()
    except OSError as error:
        raise UnreadableImageError(DAMAGED) from error
    except PARSING_ERRORS as error:
        raise UnreadableImageError(DAMAGED) from error
    return header


def _refuse_inflation_bomb(path: Path) -> None:
    meta = pydicom.filereader.read_file_meta_info(path) if _has_preamble(path) else Dataset()
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    group_length = int(meta.get("FileMetaInformationGroupLength", 0))
    with path.open("rb") as file:
        file.seek(PREAMBLE_BYTES + 4 + 12 + group_length)
        inflater.decompress(file.read(), MAX_INFLATED_BYTES)
    if inflater.unconsumed_tail:
        raise ImageTooLargeError("This deflated DICOM file unpacks to over 1 GiB. Nothing of it was loaded.")


def _has_preamble(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(PREAMBLE_BYTES + 4)[PREAMBLE_BYTES:] == b"DICM"


def _has_pixel_data(path: Path) -> bool:
    try:
        dataset = pydicom.dcmread(path, force=True, defer_size=1024, specific_tags=["PixelData"])
        return "PixelData" in dataset
    except (OSError, *PARSING_ERRORS) as error:
        raise UnreadableImageError(DAMAGED) from error


def _check_size(header: Dataset) -> tuple[int, int]:
    if "Rows" not in header and "Columns" not in header:
        raise UnreadableImageError(MISSING_PIXELS)
    rows, columns = _integer(header, "Rows", 0), _integer(header, "Columns", 0)
    if rows <= 0 or columns <= 0:
        raise UnreadableImageError("This DICOM file declares a picture without rows or columns.")
    if rows * columns > MAX_PIXELS:
        raise ImageTooLargeError(
            f"The file declares {columns} × {rows} pixels, over the limit of {MAX_PIXELS // 10**6} million. "
            "Nothing of it was loaded."
        )
    if _integer(header, "BitsAllocated", 16) not in (1, 8, 16, 32) or not 1 <= _bits_stored(header) <= 16:
        raise UnsupportedObjectError(
            f"Pixels of {_bits_stored(header)} bits are not read; a radiograph has 8 to 16 bits."
        )
    return rows, columns


def _unpack(path: Path, header: Dataset, rows: int, columns: int) -> tuple[npt.NDArray[Any], float]:
    samples, allocated = _integer(header, "SamplesPerPixel", 1), _integer(header, "BitsAllocated", 16)
    if samples not in (1, 3):
        raise UnsupportedObjectError(f"A picture with {samples} samples per pixel is not read.")
    needed = rows * columns * samples * allocated // 8
    is_deflated = header.file_meta.get("TransferSyntaxUID") == DeflatedExplicitVRLittleEndian
    if not is_deflated and path.stat().st_size < needed // 2:
        if not _has_pixel_data(path):
            raise UnreadableImageError(MISSING_PIXELS)
        raise UnreadableImageError(
            f"This DICOM file is cut off: it declares {columns} × {rows} pixels but is far too short for them."
        )
    try:
        dataset = pydicom.dcmread(path, force=True)
        if "PixelData" not in dataset:
            raise UnreadableImageError(MISSING_PIXELS)
        if len(dataset.PixelData) < needed:
            raise UnreadableImageError("This DICOM file is cut off: part of its picture is missing.")
        if "TransferSyntaxUID" not in dataset.file_meta:
            dataset.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
        pixels = np.asarray(dataset.pixel_array)
    except (OSError, MemoryError, *PARSING_ERRORS) as error:
        raise UnreadableImageError(DAMAGED) from error
    if samples == 1:
        # Bits above the stored ones may hold an old-style overlay.
        shift = _integer(header, "HighBit", _bits_stored(header) - 1) + 1 - _bits_stored(header)
        return (pixels >> shift if shift > 0 else pixels), 0.0
    return to_grey(pixels)


def _to_codes(grey: npt.NDArray[Any], bits: int, *, signed: bool) -> tuple[npt.NDArray[np.uint16], int]:
    mask = (1 << bits) - 1
    codes = (grey.astype(np.int64) & mask).astype(np.uint16) if grey.dtype.itemsize > 2 else grey.view(
        np.uint8 if grey.dtype.itemsize == 1 else np.uint16
    ).astype(np.uint16) & np.uint16(mask)
    offset = 0
    if signed:
        # Two's complement to an ascending code: the most negative value becomes 0.
        sign = 1 << (bits - 1)
        codes = codes ^ np.uint16(sign)
        offset = -sign
    codes = np.ascontiguousarray(codes)
    codes.setflags(write=False)
    return codes, offset


def _bits_stored(header: Dataset) -> int:
    return _integer(header, "BitsStored", _integer(header, "BitsAllocated", 16))


def _windows(header: Dataset) -> tuple[VoiWindow, ...]:
    centres, widths = _numbers(header, "WindowCenter"), _numbers(header, "WindowWidth")
    names = header.get("WindowCenterWidthExplanation", "") or ""
    explanations = [str(name) for name in names] if not isinstance(names, str) else [names]
    try:
        function = VoiFunction(str(header.get("VOILUTFunction", "LINEAR") or "LINEAR").strip().upper())
    except ValueError:
        function = VoiFunction.LINEAR
    least = 1.0 if function is VoiFunction.LINEAR else 0.0
    return tuple(
        VoiWindow(centre, width, function, explanations[index] if index < len(explanations) else "")
        for index, (centre, width) in enumerate(zip(centres, widths, strict=False))
        if width >= least and width > 0
    )


def _tables(header: Dataset, keyword: str, *, signed: bool) -> tuple[LookupTable, ...]:
    tables = []
    for item in header.get(keyword, None) or ():
        try:
            tables.append(_table(item, signed=signed))
        except PARSING_ERRORS:  # an unusable table is as good as none; the window remains
            continue
    return tuple(tables)


def _first_table(header: Dataset, keyword: str, *, signed: bool) -> LookupTable | None:
    tables = _tables(header, keyword, signed=signed)
    return tables[0] if tables else None


def _table(item: Dataset, *, signed: bool) -> LookupTable:
    count, first, bits = (int(value) for value in item.LUTDescriptor)
    count = count or 65536
    if signed and first > 32767:
        first -= 65536
    data = item.LUTData
    if isinstance(data, bytes):
        entries = np.frombuffer(data, dtype="<u2" if len(data) >= 2 * count else np.uint8)
    else:
        entries = np.asarray(data, dtype=np.int64) & 0xFFFF
    if len(entries) < count or not 8 <= bits <= 16:
        raise ValueError("The look-up table is shorter than it says.")
    explanation = str(item.get("LUTExplanation", "") or "")
    return LookupTable(first, entries[:count].astype(np.float32), bits, explanation)


def _padding(header: Dataset) -> tuple[int, int] | None:
    if "PixelPaddingValue" not in header:
        return None
    value = _integer(header, "PixelPaddingValue", 0)
    limit = _integer(header, "PixelPaddingRangeLimit", value)
    if _integer(header, "PixelRepresentation", 0) == 1:
        value, limit = (number - 65536 if number > 32767 else number for number in (value, limit))
    return min(value, limit), max(value, limit)


def _spacing(header: Dataset) -> PixelSpacing | None:
    """PS3.3 10.7.1.3: Pixel Spacing is calibrated only if it says so or differs from the detector's."""
    detector = _pair(header, "ImagerPixelSpacing") or _pair(header, "NominalScannedPixelSpacing")
    stated = _pair(header, "PixelSpacing")
    factor = _number(header, "EstimatedRadiographicMagnificationFactor")
    if stated is not None:
        calibrated = bool(header.get("PixelSpacingCalibrationType")) or (detector is not None and stated != detector)
        return PixelSpacing(*stated, SpacingMeaning.CORRECTED if calibrated else SpacingMeaning.DETECTOR)
    if detector is not None and factor is not None and factor >= 1:
        return PixelSpacing(detector[0] / factor, detector[1] / factor, SpacingMeaning.CORRECTED)
    return PixelSpacing(*detector, SpacingMeaning.DETECTOR) if detector is not None else None


def _pair(header: Dataset, keyword: str) -> tuple[float, float] | None:
    values = _numbers(header, keyword)
    return (values[0], values[1]) if len(values) == 2 and min(values) > 0 else None


def _facts(header: Dataset, syntax: str) -> StudyFacts:
    orientation = header.get("PatientOrientation", None)
    letters = [str(part).strip() for part in orientation] if orientation and not isinstance(orientation, str) else []
    return StudyFacts(
        patient_name=_text(header, "PatientName"),
        patient_id=_text(header, "PatientID"),
        patient_birth_date=_text(header, "PatientBirthDate"),
        patient_sex=_text(header, "PatientSex"),
        patient_age=_text(header, "PatientAge"),
        study_uid=_text(header, "StudyInstanceUID"),
        series_uid=_text(header, "SeriesInstanceUID"),
        sop_instance_uid=_text(header, "SOPInstanceUID"),
        sop_class_uid=_text(header, "SOPClassUID"),
        study_date=_text(header, "StudyDate") or _text(header, "AcquisitionDate"),
        study_time=_text(header, "StudyTime"),
        study_description=_text(header, "StudyDescription"),
        accession_number=_text(header, "AccessionNumber"),
        institution=_text(header, "InstitutionName"),
        manufacturer=_text(header, "Manufacturer"),
        modality=_text(header, "Modality").upper(),
        body_part=_text(header, "BodyPartExamined"),
        view_position=_view(header),
        image_laterality=_text(header, "ImageLaterality") or _text(header, "Laterality"),
        patient_orientation=(letters[0], letters[1]) if len(letters) == 2 and all(letters) else None,
        burned_in_annotation=_text(header, "BurnedInAnnotation"),
        transfer_syntax=syntax,
        lossy_compressed=_text(header, "LossyImageCompression") == "01",
        spacing=_spacing(header),
    )


def _view(header: Dataset) -> str:
    position = _text(header, "ViewPosition")
    if position:
        return position
    try:
        return str(header.ViewCodeSequence[0].CodeMeaning)
    except (AttributeError, IndexError, TypeError):
        return ""


def _text(header: Dataset, keyword: str) -> str:
    value = header.get(keyword, None)
    return "" if value is None else str(value).strip()


def _integer(header: Dataset, keyword: str, default: int) -> int:
    value = header.get(keyword, None)
    try:
        return default if value is None else int(value)
    except (TypeError, ValueError):
        return default


def _number(header: Dataset, keyword: str) -> float | None:
    numbers = _numbers(header, keyword)
    return numbers[0] if numbers else None


def _numbers(header: Dataset, keyword: str) -> list[float]:
    value = header.get(keyword, None)
    if value is None or value == "":
        return []
    parts = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    try:
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError):
        return []
    return numbers if all(math.isfinite(number) for number in numbers) else []
