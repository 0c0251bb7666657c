"""Keys by which a reading is found in other tables; none of them names the patient."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReadingKeys:
    """The keys of a reading and of its image in the library.

    Attributes:
        reading: Identifier of the reading, the same in every table of this library; empty if not known.
        superseded_by: Identifier of the same reader's next reading of the image; empty for the last one.
        reader: Stands for the reader's name, the same in every table of this library.
        image: Number of the image in the library.
        patient: Key of the patient; empty if the patient is unknown.
        study_uid, series_uid, sop_uid: As in the file; empty if it has none.
        file_name: Without its folder; empty if the library keeps no identities.
        is_sample: Whether the image is one of the bundled samples.
    """

    reading: str = ""
    superseded_by: str = ""
    reader: str = ""
    image: int = 0
    patient: str = ""
    study_uid: str = ""
    series_uid: str = ""
    sop_uid: str = ""
    file_name: str = ""
    is_sample: bool = False
