from pathlib import Path

from app.session.open_images import OpenImages


def test_a_file_has_one_key_however_often_it_is_opened():
    images = OpenImages()
    one, two = Path("/films/1.dcm"), Path("/films/2.dcm")
    assert images.add([one, two])[1] == (0, 1)
    opened, new = images.add([two, one])
    assert ([image.key for image in opened], new) == ([1, 0], ())


def test_an_image_taken_off_the_list_is_still_known_and_comes_back_to_its_place():
    images = OpenImages()
    images.add([Path("/films/1.dcm"), Path("/films/2.dcm"), Path("/films/3.dcm")])
    assert images.remove(1) == 2
    assert (list(images), len(images), 1 in images, images[1].key) == ([0, 2], 2, False, 1)
    assert (images.beside(0, 1), images.beside(2, 1), images.beside(1, 1)) == (2, None, None)
    assert images.remove(2) == 0
    assert images.remove(0) is None
    opened, new = images.add([Path("/films/2.dcm"), Path("/films/4.dcm")])
    assert ([image.key for image in opened], new, list(images)) == ([1, 3], (1, 3), [1, 3])
