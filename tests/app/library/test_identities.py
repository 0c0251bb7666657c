import sqlite3
from contextlib import closing
from pathlib import Path

from app.library.library import Library
from app.library.patients import FORMER_KEY_COST, patient_key, patient_of
from app.library.records import Event
from tests.app.library_content import THUMBNAIL, image, metadata, reading


def bytes_on_disk(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def raw(path):
    return sqlite3.connect(path, isolation_level=None)


def test_a_library_of_before_keeps_to_the_keys_it_began_with(path):
    seen = metadata(patient_id="7", patient_birth_date="19500101")
    with closing(Library.open(path, keep_identity=True)) as library:
        new = library.key_of(seen)
    with closing(raw(path)) as connection:
        (salt,) = connection.execute("SELECT value FROM properties WHERE name = 'salt'").fetchone()
        connection.execute("DELETE FROM properties WHERE name = 'key_cost'")
    with closing(Library.open(path, keep_identity=True)) as library:
        assert library.key_of(seen) == patient_key(patient_of(seen), salt, FORMER_KEY_COST) != new


def test_without_identities_nothing_of_the_patient_is_on_the_disk_and_priors_still_match(path):
    library = Library.open(path, keep_identity=False)
    for number in (1, 2):
        kept = library.remember_image(*image(number))
        library.add_reading(kept.number, reading())
    assert kept.path is None
    assert kept.metadata.study_description == "Chest AP"
    assert len(library.history_of_patient(library.key_of(metadata()))) == 2
    on_disk = bytes_on_disk(path.parent)
    library.close()
    for text in ("Müller", "muller", "Änne", "P-4711", "19500131", "ACC-99", "/films"):
        # The UID of these images holds the number; it identifies the image, and alone names nobody.
        assert text.encode() not in on_disk.replace(b"1.2.3.P-4711", b"")


def test_a_thumbnail_of_an_image_with_text_burned_in_is_an_identity_too(path):
    library = Library.open(path, keep_identity=False)
    kept = library.remember_image(metadata(1, burned_in_annotation="YES"), Path("/films/a.dcm"), THUMBNAIL)
    assert kept.thumbnail == b""
    assert library.remember_image(*image(2)).thumbnail == THUMBNAIL
    library.close()


def test_forgotten_identities_leave_no_trace_on_the_disk_and_all_else_stays(library, path):
    number = library.remember_image(*image()).number
    library.add_reading(number, reading())
    assert "Müller".encode() in bytes_on_disk(path.parent)
    quarantined = path.with_name("library.damaged-2026-01-01T000000Z.sqlite3")
    quarantined.write_bytes(b"damaged")
    forgotten = library.forget_identities("Reader One")
    assert (forgotten.images, forgotten.still_naming) == (1, (quarantined,))
    on_disk = bytes_on_disk(path.parent).replace(b"1.2.3.P-4711", b"")
    for text in ("Müller", "muller", "P-4711", "19500131", "ACC-99", "/films"):
        assert text.encode() not in on_disk
    assert library.readings_of(number) == (reading(),)
    assert [past.image.number for past in library.history_of_patient(library.key_of(metadata()))] == [number]
    assert library.log_entries()[-1].event is Event.FORGOTTEN
    assert library.forget_identities().images == 0


def test_an_image_seen_after_the_option_was_changed_follows_it(library, path):
    number = library.remember_image(*image()).number
    library.close()
    discreet = Library.open(path, keep_identity=False)
    assert discreet.remember_image(*image()).metadata.patient_name == ""
    assert discreet.image(number).path is None
    discreet.close()
