"""Whose film it is: what tells patients apart, the key that stands for a patient, and what names one.

The key is made with scrypt and a salt that belongs to one library. Films of a patient find each other by it, also
while the library keeps no identities. It hides patient numbers from somebody who looks into the file; it does not
hide them from somebody who has the file and the time to try all numbers a hospital gives out.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import replace

from bsnet_core.radiograph import ImageMetadata

NOBODY = frozenset({"", "0", "anon", "anonymous", "anonymized", "anonymised", "none", "unknown", "unnamed"})
"""Patient numbers that programs write where they have taken the number out; they would mix patients."""
SALT_BYTES = 16
KEY_COST, FORMER_KEY_COST = 11, 14
"""Some 5 ms for a key: a folder of a hundred patients must come in within seconds. Former libraries took eight times
that, and keep to it, since the same patient must have the same key."""
KEY_BYTES = 16


def patient_of(metadata: ImageMetadata) -> str:
    """What tells this patient from others: number and birth date, or else name and birth date.

    Returns:
        Empty where that is not known. Better no prior film than one of somebody else: a number alone counts only
        with the same birth date, or none, on both films.
    """
    number, name = _plain(metadata.patient_id), _plain(metadata.patient_name)
    birth_date = metadata.patient_birth_date.strip()
    if number not in NOBODY:
        return f"number\n{number}\n{birth_date}"
    if name not in NOBODY and birth_date:
        return f"name\n{name}\n{birth_date}"
    return ""


def patient_key(patient: str, salt: bytes, cost: int = KEY_COST) -> str:
    """The key of a patient as `patient_of` tells one; empty for nobody. `cost` doubles the time with every step."""
    if not patient:
        return ""
    return hashlib.scrypt(patient.encode(), salt=salt, n=2**cost, r=8, p=1, dklen=KEY_BYTES).hex()


def without_identity(metadata: ImageMetadata) -> ImageMetadata:
    """The facts without what names the patient: name, number, birth date and the accession number."""
    return replace(metadata, patient_name="", patient_id="", patient_birth_date="", accession_number="")


def searchable(*parts: str) -> str:
    """Texts as they are searched: lower case, accents and the caret of DICOM names taken away."""
    decomposed = unicodedata.normalize("NFKD", " ".join(parts).replace("^", " "))
    return "".join(sign for sign in decomposed.casefold() if not unicodedata.combining(sign))


def _plain(text: str) -> str:
    return " ".join(searchable(text).split())
