"""What every object says of itself."""

from pydicom.dataset import Dataset
from pydicom.uid import UID

from bsnet_core.dicom_objects.new_instance import complete, lasting_uid, new_uid, research_use
from tests.bsnet_core.dicom_objects.made_objects import NOW, original


def test_uids_are_valid_and_new_every_time():
    uids = {new_uid() for _ in range(100)}
    assert len(uids) == 100
    assert all(UID(uid).is_valid for uid in uids)


def test_a_lasting_uid_is_made_of_its_names_alone():
    assert lasting_uid("1.2.3", "zone A") == lasting_uid("1.2.3", "zone A")
    assert lasting_uid("1.2.3", "zone A") != lasting_uid("1.2.3", "zone B")
    assert UID(lasting_uid("1.2.3", "zone A")).is_valid


def test_the_time_zone_is_stated_only_where_the_original_states_one():
    stated = complete(Dataset(), original(TimezoneOffsetFromUTC="-0300"), NOW)
    assert stated.TimezoneOffsetFromUTC == "-0300"
    assert (stated.InstanceCreationDate, stated.InstanceCreationTime) == ("20260301", "193015")
    assert "TimezoneOffsetFromUTC" not in complete(Dataset(), original(), NOW)


def test_a_long_description_still_fits():
    assert len(research_use("x" * 90)) == 64
    assert research_use("Lungs") == "Lungs (research use only)"
