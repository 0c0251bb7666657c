"""Patients: what tells them apart, the key that stands for one, and what names one.

The key is made with scrypt and the salt of one library. It groups a patient's images even if the library keeps no
identities. It hides patient IDs from somebody who looks into the file, but not from somebody who has the file and
the time to try all IDs of a hospital.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace

from bsnet_core.radiograph import ImageMetadata

NOBODY = frozenset({"", "0", "anon", "anonymous", "anonymized", "anonymised", "none", "unknown", "unnamed"})
"""Patient numbers that de-identification programs write; taken for numbers, they would mix patients."""
SALT_BYTES = 16
KEY_COST, FORMER_KEY_COST = 11, 14
"""Exponents of scrypt's cost. A key takes about 5 ms, so that a folder of a hundred patients loads within seconds.
Older libraries took eight times as long and still do, because the same patient must have the same key."""
KEY_BYTES = 16


def patient_of(metadata: ImageMetadata) -> str:
    """The identity of an image's patient: number and birth date, or else name and birth date.

    Returns:
        A text; empty if the patient is unknown. No prior image is better than another patient's, so a number matches
        only with the same birth date on both images, or with none on both.
    """
    number, name = _plain(metadata.patient_id), _plain(metadata.patient_name)
    birth_date = metadata.patient_birth_date.strip()
    if number not in NOBODY:
        return f"number\n{number}\n{birth_date}"
    if name not in NOBODY and birth_date:
        return f"name\n{name}\n{birth_date}"
    return ""


def patient_key(patient: str, salt: bytes, cost: int = KEY_COST) -> str:
    """The key of a patient.

    Args:
        patient: As given by `patient_of`.
        salt: The library's salt.
        cost: Exponent of scrypt's cost; each step doubles the time.

    Returns:
        32 hexadecimal digits; empty for an unknown patient.
    """
    if not patient:
        return ""
    return hashlib.scrypt(patient.encode(), salt=salt, n=2**cost, r=8, p=1, dklen=KEY_BYTES).hex()


def without_identity(metadata: ImageMetadata) -> ImageMetadata:
    """The metadata without the patient's name, number and birth date, accession number and texts that are not shown."""
    return replace(
        metadata,
        patient_name="",
        patient_id="",
        patient_birth_date="",
        accession_number="",
        series_description="",
        protocol_name="",
        step_description="",
        processing_description="",
        creation_date="",
    )


def searchable(*parts: str) -> str:
    """Texts in the form that is searched: lower case, without accents and without the carets of DICOM names."""
    decomposed = unicodedata.normalize("NFKD", " ".join(parts).replace("^", " "))
    return "".join(character for character in decomposed.casefold() if not unicodedata.combining(character))


def _plain(text: str) -> str:
    return " ".join(searchable(text).split())
