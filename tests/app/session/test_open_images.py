from pathlib import Path

from app.session.open_images import OpenImages


def test_a_file_has_one_key_however_often_it_is_opened():
    images = OpenImages()
    one, two = Path("/films/1.dcm"), Path("/films/2.dcm")
    assert images.add([one, two])[1] == (0, 1)
    opened, new = images.add([two, one])
    assert ([image.key for image in opened], new) == ([1, 0], ())


def test_the_next_unread_image_is_searched_from_the_one_given_round_to_it():
    images = OpenImages()
    images.add([Path("/films/1.dcm"), Path("/films/2.dcm")])
    assert images.unread_after(None, "") == 0
    assert images.unread_after(0, "") == 1
    assert images.unread_after(1, "") == 0
    assert OpenImages().unread_after(None, "") is None
