"""DICOM files to a `Radiograph` (PS3.3 C.7.6.3, C.11.1, C.11.2; PS3.5 section 8).

The header is read and checked first; nothing of the declared size is allocated before. Uncompressed pixels are
unpacked here, compressed ones in the decoder process.
"""

from __future__ import annotations

import logging
import math
import os
import warnings
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pydicom
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from bsnet_core.errors import ImageTooLargeError, UnreadableImageError, UnsupportedObjectError
from bsnet_core.language import translate as _
from bsnet_core.loading.colour_to_grey import to_grey
from bsnet_core.loading.decoder import DECODER, MAX_PIXELS
from bsnet_core.loading.header import PARSING_ERRORS, bits_stored, integer_of, repair_pixel_tags, value_of
from bsnet_core.loading.input_check import reject_unsupported_object
from bsnet_core.loading.overlay_planes import overlay_planes_of, shutter_of
from bsnet_core.loading.sampling import sampling_step
from bsnet_core.loading.sniffing import PREAMBLE_BYTES
from bsnet_core.radiograph import (
    ImageMetadata,
    LookupTable,
    PixelSpacing,
    Radiograph,
    SpacingMeaning,
    VoiFunction,
    VoiWindow,
)

# Odd values are tolerated one by one below; they must neither raise nor warn on the way in.
pydicom.config.settings.reading_validation_mode = pydicom.config.IGNORE
warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")
# pydicom's messages quote values, and a value can be a patient's name.
logging.getLogger("pydicom").setLevel(logging.CRITICAL)

UNCOMPRESSED = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian)
COMPRESSED = frozenset(
    f"1.2.840.10008.1.2.{ending}"
    for ending in ("5", *(f"4.{number}" for number in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)))
)
"""RLE; JPEG baseline, extended, lossless; JPEG-LS; JPEG 2000; HTJ2K."""
RLE_LOSSLESS = "1.2.840.10008.1.2.5"
MAX_INFLATED_BYTES = 1024**3
INFLATED_AT_ONCE_BYTES = 16 * 1024**2
READ_WHOLE_BYTES = 4 * 1024**2
"""Up to here reading rows one by one takes longer than reading all of them."""
PIXEL_DATA, PIXEL_HEADER_BYTES, UNDEFINED_LENGTH = b"\xe0\x7f\x10\x00", 12, 0xFFFFFFFF


def load_dicom(path: Path, timeout_s: float, *, sampled_px: int | None = None) -> Radiograph:
    """Reads a single-frame radiograph with the file's own facts.

    Args:
        path: The file.
        timeout_s: Limit for decoding compressed pixels.
        sampled_px: Every n-th pixel of every n-th row will do, as long as both sides keep about so many; of
            uncompressed pictures the other rows are not even read. All pixels if None.

    Raises:
        UnreadableImageError: damaged, cut off or without pixels.
        UnsupportedObjectError: another kind of object, multi-frame, or an unusual pixel format.
        ImageTooLargeError: more pixels declared than are read.
    """
    header = _read_header(path)
    reject_unsupported_object(header)
    rows, columns = _check_size(header)
    syntax = _transfer_syntax(header)
    if syntax not in UNCOMPRESSED and syntax not in COMPRESSED:
        raise UnsupportedObjectError(
            _("Pictures compressed as {compression} are not read. Export the study as JPEG 2000.").format(
                compression=syntax.name
            )
        )
    step = sampling_step((rows, columns), sampled_px)
    if syntax in UNCOMPRESSED:
        sample = None if sampled_px is None else _sample(path, header, syntax, (rows, columns), step)
        grey, colourfulness = (sample, 0.0) if sample is not None else _unpack(path, header, syntax, rows, columns)
        if sample is None:
            grey = grey[::step, ::step]
    else:
        if not _has_pixel_data(path):
            raise _no_pixels()
        decoded = DECODER.decode("dicom", path, timeout_s, sampled_px=sampled_px)
        grey, colourfulness = decoded.grey, decoded.colourfulness
    try:
        return _radiograph_of(header, syntax, grey, colourfulness, path)
    except PARSING_ERRORS as error:
        raise _damaged() from error


def _radiograph_of(
    header: Dataset, syntax: UID, grey: npt.NDArray[Any], colourfulness: float, path: Path
) -> Radiograph:
    bits = bits_stored(header)
    signed = integer_of(header, "PixelRepresentation", 0) == 1
    photometric = str(value_of(header, "PhotometricInterpretation") or "").strip().upper()
    if syntax in UNCOMPRESSED or syntax == RLE_LOSSLESS:
        grey = _without_unused_bits(grey, header, bits)
    elif grey.size:
        bits = max(bits, _bits_needed(grey))
    if photometric == "PALETTE COLOR" and integer_of(header, "SamplesPerPixel", 1) == 1:
        grey, colourfulness = to_grey(apply_color_lut(grey, header))
        bits, signed = 8 * grey.dtype.itemsize, False
    stored, offset = _to_codes(grey, bits, signed=signed)
    slope, intercept = _number(header, "RescaleSlope") or 1.0, _number(header, "RescaleIntercept") or 0.0
    is_negative_possible = min(offset * slope, (offset + 65535) * slope if slope < 0 else 0.0) + intercept < 0
    return Radiograph(
        stored=stored,
        stored_offset=offset,
        bits_stored=bits,
        monochrome1=photometric == "MONOCHROME1",
        rescale_slope=slope,
        rescale_intercept=intercept,
        modality_lut=_first_table(header, "ModalityLUTSequence", signed=signed),
        voi_windows=_windows(header),
        voi_luts=_tables(header, "VOILUTSequence", signed=signed or is_negative_possible),
        presentation_inverse=_text(header, "PresentationLUTShape").upper() == "INVERSE",
        padding=_padding(header),
        colourfulness=colourfulness,
        metadata=_metadata(header, str(syntax)),
        source=path,
        shutter=shutter_of(header),
        overlay_planes=overlay_planes_of(header),
    )


def load_dicom_metadata(path: Path) -> ImageMetadata:
    """What the file says of itself, from its header alone; the pixels are not looked at.

    Raises:
        UnreadableImageError: damaged, or no DICOM.
        UnsupportedObjectError: another kind of object.
    """
    header = _read_header(path)
    reject_unsupported_object(header)
    try:
        return _metadata(header, str(_transfer_syntax(header)))
    except PARSING_ERRORS as error:
        raise _damaged() from error


def _damaged() -> UnreadableImageError:
    return UnreadableImageError(_("This DICOM file is damaged or cut off and cannot be read."))


def _no_pixels() -> UnreadableImageError:
    return UnreadableImageError(_("This DICOM file holds no image. Choose the frontal view of the study."))


def _read_header(path: Path) -> Dataset:
    try:
        _reject_inflation_bomb(path)
        # force: a file without preamble is still DICOM; what is none has neither class nor rows
        header = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        if "SOPClassUID" not in header and "Rows" not in header and "Modality" not in header:
            raise UnreadableImageError(_("This file is neither DICOM nor a JPEG, PNG or TIFF picture."))
    except (OSError, *PARSING_ERRORS) as error:
        raise _damaged() from error
    return header


def _reject_inflation_bomb(path: Path) -> None:
    meta = pydicom.filereader.read_file_meta_info(path) if _has_preamble(path) else Dataset()
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    group_length = integer_of(meta, "FileMetaInformationGroupLength", 0)
    with path.open("rb") as file:
        file.seek(PREAMBLE_BYTES + 4 + 12 + group_length)
        packed, inflated = file.read(), 0
    while packed and inflated <= MAX_INFLATED_BYTES:
        inflated += len(inflater.decompress(packed, INFLATED_AT_ONCE_BYTES))
        packed = inflater.unconsumed_tail
    if packed:
        raise ImageTooLargeError(_("This deflated DICOM file unpacks to over 1 GiB. Nothing of it was loaded."))


def _transfer_syntax(dataset: Dataset) -> UID:
    """As the file states it, else as pydicom found it to be written."""
    stated = value_of(dataset.file_meta, "TransferSyntaxUID") if hasattr(dataset, "file_meta") else None
    if stated:
        return UID(str(stated))
    implicit, little = dataset.original_encoding
    if implicit:
        return ImplicitVRLittleEndian
    return ExplicitVRLittleEndian if little else ExplicitVRBigEndian


def _has_preamble(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(PREAMBLE_BYTES + 4)[PREAMBLE_BYTES:] == b"DICM"


def _has_pixel_data(path: Path) -> bool:
    try:
        dataset = pydicom.dcmread(path, force=True, defer_size=1024, specific_tags=["PixelData"])
        return "PixelData" in dataset
    except (OSError, *PARSING_ERRORS) as error:
        raise _damaged() from error


def _check_size(header: Dataset) -> tuple[int, int]:
    if "Rows" not in header and "Columns" not in header:
        raise _no_pixels()
    rows, columns = integer_of(header, "Rows", 0), integer_of(header, "Columns", 0)
    if rows <= 0 or columns <= 0:
        raise UnreadableImageError(_("This DICOM file declares a picture without rows or columns."))
    if rows * columns > MAX_PIXELS:
        raise ImageTooLargeError(
            _(
                "The file declares {width} × {height} pixels, over the limit of {limit} million. Nothing of it was "
                "loaded."
            ).format(width=columns, height=rows, limit=MAX_PIXELS // 10**6)
        )
    if integer_of(header, "BitsAllocated", 16) not in (1, 8, 16, 32) or bits_stored(header) > 16:
        raise UnsupportedObjectError(
            _("Pixels of {bits} bits are not read; a radiograph has 8 to 16 bits.").format(bits=bits_stored(header))
        )
    samples = integer_of(header, "SamplesPerPixel", 1)
    if samples not in (1, 3):
        raise UnsupportedObjectError(
            _("A picture with {samples} samples per pixel is not read.").format(samples=samples)
        )
    return rows, columns


def _unpack(path: Path, header: Dataset, syntax: UID, rows: int, columns: int) -> tuple[npt.NDArray[Any], float]:
    try:
        needed = _pixel_bytes(header, rows, columns)
        if syntax != DeflatedExplicitVRLittleEndian and path.stat().st_size < needed // 2:
            if not _has_pixel_data(path):
                raise _no_pixels()
            raise UnreadableImageError(
                _(
                    "This DICOM file is cut off: it declares {width} × {height} pixels but is far too short for them."
                ).format(width=columns, height=rows)
            )
        dataset = pydicom.dcmread(path, force=True)
        if "PixelData" not in dataset:
            raise _no_pixels()
        if len(dataset.PixelData) < needed:
            raise UnreadableImageError(_("This DICOM file is cut off: part of its picture is missing."))
        repair_pixel_tags(dataset)
        dataset.file_meta.TransferSyntaxUID = syntax
        dataset.pixel_array_options(correct_unused_bits=False)
        return to_grey(np.asarray(dataset.pixel_array))
    except (OSError, *PARSING_ERRORS) as error:
        raise _damaged() from error


def _sample(path: Path, header: Dataset, syntax: UID, shape: tuple[int, int], step: int) -> npt.NDArray[Any] | None:
    """Every `step`-th pixel of every `step`-th row; None where pixels do not simply lie one after the other.

    Read, not mapped: a medium that is taken out gives an error then, and does not end the program.
    """
    plain = integer_of(header, "SamplesPerPixel", 1) == 1 and integer_of(header, "BitsAllocated", 16) in (8, 16)
    if not plain or syntax not in (ImplicitVRLittleEndian, ExplicitVRLittleEndian):
        return None
    pixel = np.dtype("<u2" if integer_of(header, "BitsAllocated", 16) == 16 else np.uint8)
    (rows, columns), row_bytes = shape, shape[1] * pixel.itemsize
    try:
        with path.open("rb") as file:
            pydicom.dcmread(file, stop_before_pixels=True, force=True, specific_tags=["Rows"])
            start = file.read(PIXEL_HEADER_BYTES)  # tag, with an explicit VR of two letters and two zeros, length
            is_explicit = syntax == ExplicitVRLittleEndian
            length = int.from_bytes(start[8:12] if is_explicit else start[4:8], "little")
            first = file.seek(0 if is_explicit else -4, os.SEEK_CUR)
            is_whole = length >= rows * row_bytes and path.stat().st_size >= first + rows * row_bytes
            if start[:4] != PIXEL_DATA or length == UNDEFINED_LENGTH or not is_whole:
                return None
            if length <= READ_WHOLE_BYTES:
                return np.fromfile(file, pixel, rows * columns).reshape(shape)[::step, ::step]
            sampled = []
            for _number in range(0, rows, step):
                sampled.append(np.fromfile(file, pixel, columns)[::step])
                file.seek((step - 1) * row_bytes, os.SEEK_CUR)
            return np.stack(sampled)
    except (OSError, *PARSING_ERRORS) as error:
        raise _damaged() from error


def _pixel_bytes(header: Dataset, rows: int, columns: int) -> int:
    samples = integer_of(header, "SamplesPerPixel", 1)
    if _text(header, "PhotometricInterpretation").upper() == "YBR_FULL_422":
        samples = 2  # two pixels share their colour
    return rows * columns * samples * integer_of(header, "BitsAllocated", 16) // 8


def _without_unused_bits(grey: npt.NDArray[Any], header: Dataset, bits: int) -> npt.NDArray[Any]:
    """The picture's bits moved down to bit 0; bits above them may hold an old-style overlay and are dropped later."""
    if integer_of(header, "SamplesPerPixel", 1) > 1:
        return grey
    shift = integer_of(header, "HighBit", bits - 1) + 1 - bits
    return grey >> shift if 0 < shift <= 8 * grey.dtype.itemsize - bits else grey


def _bits_needed(grey: npt.NDArray[Any]) -> int:
    """A codec's own values may be wider than the header says; cutting them would garble the picture."""
    highest, lowest = int(grey.max()), int(grey.min())
    if lowest < 0:
        return 1 + max(max(highest, 0).bit_length(), (-lowest - 1).bit_length())
    return highest.bit_length() + (1 if np.issubdtype(grey.dtype, np.signedinteger) else 0)


def _to_codes(grey: npt.NDArray[Any], bits: int, *, signed: bool) -> tuple[npt.NDArray[np.uint16], int]:
    """Stored values as ascending (H, W) uint16 codes, and what to add to a code to get the stored value."""
    native = grey.astype(grey.dtype.newbyteorder("="), copy=False)
    unsigned = native.view(f"u{native.dtype.itemsize}")
    codes = (unsigned & unsigned.dtype.type(min((1 << bits) - 1, np.iinfo(unsigned.dtype).max))).astype(np.uint16)
    offset = 0
    if signed:
        # Two's complement to an ascending code: the most negative value becomes 0.
        sign = 1 << (bits - 1)
        codes = codes ^ np.uint16(sign)
        offset = -sign
    codes = np.ascontiguousarray(codes)
    codes.setflags(write=False)
    return codes, offset


def _windows(header: Dataset) -> tuple[VoiWindow, ...]:
    centres, widths = _numbers(header, "WindowCenter"), _numbers(header, "WindowWidth")
    names = value_of(header, "WindowCenterWidthExplanation") or ""
    explanations = [str(name) for name in names] if not isinstance(names, str) else [names]
    try:
        function = VoiFunction(_text(header, "VOILUTFunction").upper() or "LINEAR")
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
    items = value_of(header, keyword)
    for item in items if isinstance(items, Sequence) else ():
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
    count = count % 65536 or 65536
    if signed and first > 32767:
        first -= 65536
    data = item.LUTData
    if isinstance(data, bytes):
        words = ">u2" if item.original_encoding[1] is False else "<u2"
        entries = np.frombuffer(data, dtype=words if len(data) >= 2 * count else np.uint8)
    else:
        entries = np.asarray(data, dtype=np.int64) & 0xFFFF
    if len(entries) < count or not 8 <= bits <= 16:
        raise ValueError("The look-up table is shorter than it says.")
    values = entries[:count].astype(np.float32)
    values.setflags(write=False)
    return LookupTable(first, values, bits, _text(item, "LUTExplanation"))


def _padding(header: Dataset) -> tuple[int, int] | None:
    value = value_of(header, "PixelPaddingValue")
    if not isinstance(value, int):
        return None
    limit = integer_of(header, "PixelPaddingRangeLimit", value)
    if integer_of(header, "PixelRepresentation", 0) == 1:
        value, limit = (number - 65536 if number > 32767 else number for number in (value, limit))
    return min(value, limit), max(value, limit)


def _spacing(header: Dataset) -> PixelSpacing | None:
    """PS3.3 10.7.1.3: Pixel Spacing is calibrated only if it says so or differs from the detector's."""
    detector = _pair(header, "ImagerPixelSpacing") or _pair(header, "NominalScannedPixelSpacing")
    stated = _pair(header, "PixelSpacing")
    factor = _number(header, "EstimatedRadiographicMagnificationFactor")
    is_own = stated is not None and detector is not None and stated != detector
    if stated is not None and (is_own or value_of(header, "PixelSpacingCalibrationType")):
        return PixelSpacing(*stated, SpacingMeaning.CORRECTED)
    if detector is not None and factor is not None and factor > 1:
        return PixelSpacing(detector[0] / factor, detector[1] / factor, SpacingMeaning.CORRECTED)
    uncorrected = stated or detector
    if uncorrected is not None:
        return PixelSpacing(*uncorrected, SpacingMeaning.DETECTOR)
    shape = _pair(header, "PixelAspectRatio")
    return PixelSpacing(shape[0] / shape[1], 1.0, SpacingMeaning.UNKNOWN) if shape is not None else None


def _pair(header: Dataset, keyword: str) -> tuple[float, float] | None:
    values = _numbers(header, keyword)
    return (values[0], values[1]) if len(values) == 2 and min(values) > 0 else None


def _metadata(header: Dataset, syntax: str) -> ImageMetadata:
    orientation = value_of(header, "PatientOrientation")
    letters = [str(part).strip() for part in orientation] if orientation and not isinstance(orientation, str) else []
    return ImageMetadata(
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
    codes = value_of(header, "ViewCodeSequence")
    return _text(codes[0], "CodeMeaning") if isinstance(codes, Sequence) and len(codes) else ""


def _text(dataset: Dataset, keyword: str) -> str:
    value = value_of(dataset, keyword)
    return "" if value is None else str(value).strip()


def _number(header: Dataset, keyword: str) -> float | None:
    numbers = _numbers(header, keyword)
    return numbers[0] if numbers else None


def _numbers(header: Dataset, keyword: str) -> list[float]:
    value = value_of(header, keyword)
    if value is None:
        return []
    parts = value if isinstance(value, (list, pydicom.multival.MultiValue)) else [value]
    try:
        numbers = [float(part) for part in parts]
    except (TypeError, ValueError):
        return []
    return numbers if all(math.isfinite(number) for number in numbers) else []
