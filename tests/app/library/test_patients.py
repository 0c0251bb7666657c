from pathlib import Path

import pytest

from app.library.patients import patient_of
from bsnet_core.radiograph import ImageMetadata


@pytest.mark.parametrize(
    ("known", "has_patient"),
    [
        ({"patient_id": "P1"}, True),
        ({"patient_id": "Anonymous", "patient_birth_date": "19500101"}, False),
        ({"patient_id": "", "patient_name": "Doe^Jane"}, False),
        ({"patient_id": "", "patient_name": "Doe^Jane", "patient_birth_date": "19500101"}, True),
        ({}, False),
    ],
)
def test_images_that_do_not_say_whose_they_are_have_no_priors(library, known, has_patient):
    assert bool(patient_of(ImageMetadata(**known))) is has_patient
    library.remember_image(ImageMetadata(sop_instance_uid="1", **known), Path("/films/a.dcm"))
    library.remember_image(ImageMetadata(sop_instance_uid="2", **known), Path("/films/b.dcm"))
    key = library.key_of(ImageMetadata(**known))
    assert len(library.history_of_patient(key)) == (2 if has_patient else 0)
    assert library.images().rows[0].of_patient == (2 if has_patient else 1)
