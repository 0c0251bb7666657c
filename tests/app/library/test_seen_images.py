from bsnet_core.radiograph import ImageMetadata


def test_images_without_a_uid_are_known_by_their_bytes_wherever_they_lie(open_window, tmp_path):
    file, copy, other = (tmp_path / name for name in ("a.png", "copy.png", "other.png"))
    file.write_bytes(b"one image")
    copy.write_bytes(b"one image")
    other.write_bytes(b"another image")
    window = open_window()
    for one in (file, copy, other):
        window.open(ImageMetadata(), str(one))
    assert window.ask(lambda library: library.images().total) == 2


def test_thumbnails_are_small_png_images(open_window):
    window = open_window()
    window.open()
    (row,) = window.ask(lambda library: library.images()).rows
    assert row.image.thumbnail.startswith(b"\x89PNG")
    assert len(row.image.thumbnail) < 20_000
