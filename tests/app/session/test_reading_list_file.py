"""Reading lists as people write them, and as nobody should."""

import os

import pytest

from app.session.reading_list import ReadingListError, ReadingOrder
from app.session.reading_list_file import MOST_BYTES, MOST_IMAGES, load_reading_list


@pytest.fixture
def folder(tmp_path):
    """A folder with three images and one below; what they hold is not looked at."""
    place = tmp_path / "study"
    (place / "more").mkdir(parents=True)
    for name in ("a.dcm", "b.dcm", "c.dcm", "more/d.dcm", "tè bianco.dcm"):
        (place / name).write_bytes(b"an image, some time")
    return place


def load(folder, content, name="list.toml"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return load_reading_list(path)


def reason(folder, content, name="list.toml"):
    with pytest.raises(ReadingListError) as raised:
        load(folder, content, name)
    return str(raised.value)


def names(loaded, reader=""):
    return [image.name for image in loaded.images_for(reader)]


# As people write them


def test_a_toml_file_names_images_readers_blindness_and_order(folder):
    loaded = load(
        folder,
        """
        title = "Second reading"
        readers = ["Dr Rossi", " Dr Bianchi "]
        blind = false
        order = "random-by-reader"
        seed = 7
        images = ["a.dcm", "more/d.dcm", "tè bianco.dcm"]
        """,
    )
    assert (loaded.title, loaded.readers, loaded.blind) == ("Second reading", ("Dr Rossi", "Dr Bianchi"), False)
    assert (loaded.order, loaded.seed) == (ReadingOrder.RANDOM_BY_READER, "7")
    assert sorted(names(loaded)) == ["a.dcm", "more/d.dcm", "tè bianco.dcm"]
    assert all(image.path.is_file() for image in loaded.images)


def test_what_a_toml_file_leaves_out_is_blind_in_the_order_listed_and_for_anybody(folder):
    loaded = load(folder, 'images = ["c.dcm", "a.dcm"]')
    assert (loaded.blind, loaded.order, loaded.readers) == (True, ReadingOrder.LISTED, ())
    assert names(loaded) == ["c.dcm", "a.dcm"]


def test_a_csv_file_assigns_images_to_readers_in_an_order_of_each(folder):
    table = "file,reader,position,blind\na.dcm,Rossi,2,yes\nb.dcm,Rossi,1,yes\na.dcm,Bianchi,1,yes\n"
    loaded = load(folder, table, "list.csv")
    assert (loaded.readers, loaded.blind) == (("Rossi", "Bianchi"), True)
    assert names(loaded, "Rossi") == ["b.dcm", "a.dcm"]
    assert names(loaded, "Bianchi") == ["a.dcm"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_files_of_every_spreadsheet_are_loaded(folder, delimiter, line_end, mark):
    lines = (("File", "Blind"), ("tè bianco.dcm", "no"), ("", ""), ("a.dcm", ""))
    text = mark + line_end.join(delimiter.join(cells) for cells in lines)
    loaded = load(folder, text, "LIST.CSV")
    assert names(loaded) == ["tè bianco.dcm", "a.dcm"]
    assert loaded.blind is False


def test_a_csv_file_of_one_column_is_a_list_for_anybody(folder):
    loaded = load(folder, "file\nb.dcm\na.dcm", "list.csv")
    assert (names(loaded), loaded.readers, loaded.blind) == (["b.dcm", "a.dcm"], (), True)


def test_a_path_written_on_windows_is_found_elsewhere(folder):
    assert names(load(folder, "file\nmore\\d.dcm", "list.csv")) == ["more/d.dcm"]


# As nobody should


@pytest.mark.parametrize("name", ["../secret.dcm", "more/../../secret.dcm", "/etc/hostname", "//server/share/a.dcm",
                                  "\\\\server\\share\\a.dcm", "C:\\a.dcm", "C:a.dcm", "..\\secret.dcm"])  # fmt: skip
def test_a_file_outside_of_the_list_s_folder_is_rejected(folder, name):
    (folder.parent / "secret.dcm").write_bytes(b"not yours")
    for content, kind in ((f"images = ['{name}']", "list.toml"), (f"file\n{name}", "list.csv")):
        assert "is not in the folder of the reading list" in reason(folder, content, kind)


@pytest.mark.skipif(not hasattr(os, "symlink") or os.name == "nt", reason="needs symbolic links")
def test_a_link_that_leads_out_of_the_folder_is_rejected_and_one_inside_is_not(folder):
    (folder.parent / "secret.dcm").write_bytes(b"not yours")
    (folder / "out.dcm").symlink_to(folder.parent / "secret.dcm")
    (folder / "loop.dcm").symlink_to(folder / "loop.dcm")
    (folder / "in.dcm").symlink_to(folder / "a.dcm")
    assert "outside its folder: “out.dcm”" in reason(folder, 'images = ["out.dcm"]')
    assert "not there: “loop.dcm”" in reason(folder, 'images = ["loop.dcm"]')
    assert names(load(folder, 'images = ["in.dcm"]')) == ["in.dcm"]


def test_missing_images_and_folders_are_named_and_counted(folder):
    said = reason(folder, 'images = ["a.dcm", "1.dcm", "2.dcm", "3.dcm", "4.dcm", "more"]')
    assert said == "These images of the reading list are not there: “1.dcm”, “2.dcm”, “3.dcm” and 2 more."


def test_archives_are_rejected_by_their_content(folder):
    (folder / "a.dcm").write_bytes(b"PK\x03\x04" + bytes(40))
    assert "names archives; unpack them" in reason(folder, 'images = ["a.dcm", "b.dcm"]')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("images = [", "is not valid TOML: "),
        ("a = " + "[" * 5000, "is not valid TOML: "),
        ("seed = " + "9" * 5000, "is not valid TOML: it is nested too deeply or too large"),
        ('image = ["a.dcm"]', "unknown entry “image”. Known are: title, readers, blind, order, seed, images."),
        ("", "The reading list names no images."),
        ("images = []", "The reading list names no images."),
        ('images = "a.dcm"', "“images” must be a list of texts"),
        ("images = [1]", "“images” must be a text"),
        ('images = [""]', "“images” must be a text"),
        ('images = ["a.dcm", "./a.dcm"]', "names “a.dcm” twice in “images”"),
        ('readers = ["A", "A "]\nimages = ["a.dcm"]', "names “A” twice in “readers”"),
        ('readers = ["' + "A" * 101 + '"]\nimages = ["a.dcm"]', "“readers” must be at most 100 characters long"),
        ('readers = ["A\\u202eB"]\nimages = ["a.dcm"]', "“readers” must be a text without line breaks and invisible"),
        ('readers = ["A\\u0000"]\nimages = ["a.dcm"]', "“readers” must be a text without line breaks and invisible"),
        ('title = "one\\ntwo"\nimages = ["a.dcm"]', "“title” must be a text without line breaks and invisible"),
        ('blind = "no"\nimages = ["a.dcm"]', "“blind” must be true / false"),
        ("blind = 0\nimages = []", "“blind” must be true / false"),
        ('order = "shuffled"\nimages = ["a.dcm"]', "“order” must be \"listed\" / \"random\" / \"random-by-reader\""),
        ("order = []\nimages = ['a.dcm']", "“order” must be "),
        ('order = "random"\nimages = ["a.dcm"]', "A random order needs a seed"),
        ('order = "random"\nseed = true\nimages = ["a.dcm"]', "“seed” must be a whole number"),
        ('order = "random"\nseed = 1.5\nimages = ["a.dcm"]', "“seed” must be a whole number"),
        (f"seed = {2**63}\nimages = ['a.dcm']", "“seed” must be a whole number"),
        ("images = ['a\\u0000.dcm']", "not there"),
    ],
)  # fmt: skip
def test_a_toml_file_that_is_wrong_says_what(folder, content, said):
    assert said in reason(folder, content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "The reading list is empty."),
        ("\n\n", "The reading list is empty."),
        ("file\n", "The reading list names no images."),
        ("a.dcm\nb.dcm", "unknown column “a.dcm”. Known are: file, reader, position, blind."),
        ("file,raeder\na.dcm,A", "unknown column “raeder”"),
        ("reader\nA", "must name the column “file”, and every column once"),
        ("file,file\na.dcm,b.dcm", "must name the column “file”, and every column once"),
        ("file,reader\n,A", "Line 2 of the reading list: the column “file” is empty."),
        ("file\na.dcm,b.dcm", "Line 2 of the reading list: there are more cells than columns."),
        ("file\na.dcm\na.dcm", "Line 3 of the reading list: the image is in line 2 already."),
        ("file,reader\na.dcm,A\na.dcm,", "Line 3 of the reading list: the image is in line 2 already."),
        ("file,reader\na.dcm,\na.dcm,A", "Line 3 of the reading list: the image is in line 2 already."),
        ("file,position\na.dcm,1\nb.dcm,1", "Line 3 of the reading list: the position is in line 2 already."),
        ("file,position\na.dcm,1\nb.dcm,", "Line 3 of the reading list: either every line has a position, or none."),
        ("file,position\na.dcm,0", "“position” must be 1, 2, 3, …"),
        ("file,position\na.dcm,-1", "“position” must be 1, 2, 3, …"),
        ("file,position\na.dcm,²", "“position” must be 1, 2, 3, …"),
        ("file,position\na.dcm," + "9" * 5000, "“position” must be 1, 2, 3, …"),
        ("file,blind\na.dcm,perhaps", "“blind” must be yes / no"),
        ("file,blind\na.dcm,yes\nb.dcm,no", "Line 3 of the reading list: “blind” is not as in line 2."),
        ('file\n"a.dcm', "is not valid CSV"),
        ("file\n" + "a" * 140_000, "is not valid CSV"),
        ('file\n"a\nb.dcm"', "Line 3 of the reading list: In the reading list, “file” must be a text without line"),
        ("file,reader\na.dcm,=cmd\x07", "must be a text without line breaks and invisible characters"),
    ],
)
def test_a_csv_file_that_is_wrong_says_where(folder, content, said):
    assert said in reason(folder, content, "list.csv")


def test_what_is_no_list_at_all_is_rejected(folder):
    assert "ends in .toml or .csv" in reason(folder, "images = []", "list.txt")
    assert "not a text in UTF-8" in reason(folder, "file\ncaffè.dcm".encode("latin-1"), "list.csv")
    assert "not a text in UTF-8" in reason(folder, b"\xff\xfef\x00i\x00l\x00e\x00", "list.csv")
    assert "not a regular file" in error_of(folder)
    assert "does not exist" in error_of(folder / "nowhere.toml")
    assert "larger than 4 MB" in reason(folder, b"#" * (MOST_BYTES + 1))
    many = "file\n" + "\n".join(f"{number}.dcm" for number in range(MOST_IMAGES + 1))
    assert "more than 20000 images" in reason(folder, many, "list.csv")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_is_not_waited_for(folder):
    os.mkfifo(folder / "pipe.toml")
    os.mkfifo(folder / "pipe.dcm")
    assert "not a regular file" in error_of(folder / "pipe.toml")
    assert "not there: “pipe.dcm”" in reason(folder, 'images = ["pipe.dcm"]')


def error_of(path):
    with pytest.raises(ReadingListError) as raised:
        load_reading_list(path)
    return str(raised.value)
