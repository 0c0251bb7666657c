"""JPEG, PNG and TIFF: every depth and colour model becomes one grey picture, the right way up."""

import numpy as np
import pytest
import tifffile
from PIL import Image

from bsnet_core.errors import ImageTooLargeError, UnreadableImageError, UnsupportedObjectError
from bsnet_core.loading import decoder, load_radiograph
from tests.dicom_files import ramp


def grey8():
    return ramp(bits=8, dtype=np.uint8)


def save(path, pixels, mode=None, **options):
    image = Image.fromarray(pixels)
    (image.convert(mode) if mode else image).save(path, **options)
    return path


def test_the_content_decides_not_the_name(tmp_path):
    path = save(tmp_path / "film.dcm", grey8(), format="PNG")
    radiograph = load_radiograph(path)
    assert np.array_equal(radiograph.stored, grey8())
    assert (radiograph.bits_stored, radiograph.stored_offset, radiograph.monochrome1) == (8, 0, False)


def test_jpeg_comes_close(tmp_path):
    radiograph = load_radiograph(save(tmp_path / "a.jpg", grey8(), quality=95))
    assert np.abs(radiograph.stored.astype(int) - grey8()).max() <= 3


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("mode", ["L", "LA", "RGB", "RGBA", "P", "1"])
def test_colour_models_become_grey(tmp_path, suffix, mode):
    pixels = np.where(grey8() > 128, np.uint8(255), np.uint8(0)) if mode == "1" else grey8()
    radiograph = load_radiograph(save(tmp_path / f"a.{suffix}", pixels, mode))
    assert np.abs(radiograph.stored * (255 / radiograph.stored.max()) - pixels * (255 / pixels.max())).max() <= 1.5
    assert radiograph.colourfulness < 0.01


def test_transparency_is_dropped_not_painted_over(tmp_path):
    pixels = np.dstack([grey8(), grey8(), grey8(), np.zeros_like(grey8())])
    assert np.array_equal(load_radiograph(save(tmp_path / "a.png", pixels)).stored, grey8())


@pytest.mark.parametrize("suffix", ["png", "tif"])
@pytest.mark.parametrize("channels", [1, 3])
def test_16_bits_stay_16_bits(tmp_path, suffix, channels):
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = ramp(bits=16)
    stacked = pixels if channels == 1 else np.repeat(pixels[..., None], 3, axis=2)
    path = tmp_path / f"a.{suffix}"
    if suffix == "png":
        path.write_bytes(imagecodecs.png_encode(stacked))
    else:
        tifffile.imwrite(path, stacked, photometric="minisblack" if channels == 1 else "rgb")
    radiograph = load_radiograph(path)
    assert radiograph.bits_stored == 16
    assert np.abs(radiograph.stored.astype(int) - pixels).max() <= 1


@pytest.mark.parametrize(
    "options", [{"byteorder": ">"}, {"bigtiff": True}, {"compression": "zlib"}, {"tile": (64, 64)}]
)
def test_tiff_in_its_kinds(tmp_path, options):
    tifffile.imwrite(tmp_path / "a.tif", ramp(bits=16), photometric="minisblack", **options)
    assert np.array_equal(load_radiograph(tmp_path / "a.tif").stored, ramp(bits=16))


def test_tiff_where_white_is_zero(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", 255 - grey8(), photometric="miniswhite")
    assert np.array_equal(load_radiograph(tmp_path / "a.tif").stored, grey8())


def test_tiff_by_planes(tmp_path):
    planes = np.repeat(grey8()[None], 3, axis=0)
    tifffile.imwrite(tmp_path / "a.tif", planes, photometric="rgb", planarconfig="separate")
    assert np.array_equal(load_radiograph(tmp_path / "a.tif").stored, grey8())


def as_shown(pixels, orientation):
    """What EXIF's orientations 1 to 8 ask for."""
    return {
        1: pixels,
        2: np.fliplr(pixels),
        3: np.rot90(pixels, 2),
        4: np.flipud(pixels),
        5: pixels.T,
        6: np.rot90(pixels, -1),
        7: np.rot90(pixels, 2).T,
        8: np.rot90(pixels),
    }[orientation]


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["png", "png16", "tif"])
def test_orientation_is_applied(tmp_path, orientation, kind):
    path = tmp_path / "a"
    pixels = ramp(bits=16) if kind == "png16" else grey8()
    if kind == "tif":
        tifffile.imwrite(path, pixels, photometric="minisblack", extratags=[(274, 3, 1, orientation, True)])
    else:
        exif = Image.Exif()
        exif[274] = orientation
        Image.fromarray(pixels).save(path, format="PNG", exif=exif)
    assert np.array_equal(load_radiograph(path).stored, as_shown(pixels, orientation))


def test_a_photograph_is_measured_as_colourful(tmp_path):
    colours = np.random.default_rng(1).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    assert load_radiograph(save(tmp_path / "a.png", colours)).colourfulness > 0.1


def test_an_evenly_tinted_film_is_not(tmp_path):
    tinted = np.stack([grey8() * 0.9, grey8() * 0.95, grey8()], axis=-1).astype(np.uint8)
    assert load_radiograph(save(tmp_path / "a.png", tinted)).colourfulness < 0.05


def test_several_pictures_in_one_file_are_refused(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", np.stack([grey8(), grey8()]), photometric="minisblack")
    with pytest.raises(UnsupportedObjectError, match="several images"):
        load_radiograph(tmp_path / "a.tif")


def test_floating_point_tiff_is_refused_with_its_type(tmp_path):
    tifffile.imwrite(tmp_path / "a.tif", grey8().astype(np.float32), photometric="minisblack")
    with pytest.raises(UnsupportedObjectError, match="float32"):
        load_radiograph(tmp_path / "a.tif")


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
def test_too_many_pixels_are_refused_before_decoding(tmp_path, monkeypatch, suffix):
    monkeypatch.setattr(decoder, "MAX_PIXELS", 30_000)
    with pytest.raises(ImageTooLargeError, match="200 × 160"):
        load_radiograph(save(tmp_path / f"a.{suffix}", grey8()))


def test_a_png_that_only_declares_a_huge_size_is_refused(tmp_path):
    path = save(tmp_path / "a.png", grey8())
    content = bytearray(path.read_bytes())
    content[16:24] = (60_000).to_bytes(4, "big") * 2
    import zlib

    content[29:33] = zlib.crc32(content[12:29]).to_bytes(4, "big")
    path.write_bytes(content)
    with pytest.raises(ImageTooLargeError, match="60000 × 60000"):
        load_radiograph(path)


@pytest.mark.parametrize("suffix", ["png", "jpg", "tif"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7])
def test_a_picture_cut_off_is_unreadable(tmp_path, suffix, share):
    noise = np.random.default_rng(2).integers(0, 256, (160, 200), dtype=np.uint8)
    path = save(tmp_path / f"a.{suffix}", noise)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    with pytest.raises(UnreadableImageError):
        load_radiograph(path)


def noisy(bits, dtype):
    noise = np.random.default_rng(5).integers(0, 9, (160, 200))
    return np.clip(ramp(bits=bits).astype(int) + noise, 0, (1 << bits) - 1).astype(dtype)


@pytest.mark.parametrize(
    ("encoder", "options", "bits", "tolerance"),
    [
        ("jpeg8_encode", {"level": 95, "bitspersample": 12}, 12, 40),
        ("ljpeg_encode", {"bitspersample": 16}, 16, 0),
        ("ljpeg_encode", {"bitspersample": 12}, 12, 0),
        ("jpeg8_encode", {"lossless": True, "bitspersample": 16}, 16, 0),
        ("jpegls_encode", {}, 16, 0),
        ("jpeg2k_encode", {"reversible": True, "level": 0}, 16, 0),
        ("jpeg2k_encode", {"reversible": True, "level": 0, "bitspersample": 12, "codecformat": "j2k"}, 12, 0),
        ("htj2k_encode", {"reversible": True}, 16, 0),
        ("jpegxl_encode", {"lossless": True}, 16, 0),
        ("jpegxl_encode", {"lossless": True, "usecontainer": True, "bitspersample": 12}, 12, 0),
    ],
)
@pytest.mark.parametrize("sampled_px", [None, 40])
def test_code_streams_of_more_than_8_bits_are_loaded_as_files(tmp_path, encoder, options, bits, tolerance, sampled_px):
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = noisy(12, np.uint16)
    (tmp_path / "a.jpg").write_bytes(getattr(imagecodecs, encoder)(pixels, **options))
    radiograph = load_radiograph(tmp_path / "a.jpg", sampled_px=sampled_px)
    step = 1 if sampled_px is None else 4
    assert np.abs(radiograph.stored.astype(int) - pixels[::step, ::step]).max() <= tolerance
    assert radiograph.bits_stored == bits
    assert radiograph.loading_notes == ()


def test_signed_samples_of_a_file_begin_at_0(tmp_path):
    imagecodecs = pytest.importorskip("imagecodecs")
    pixels = noisy(12, np.int16) - np.int16(2048)
    stream = imagecodecs.jpeg2k_encode(pixels, reversible=True, level=0, bitspersample=12)
    (tmp_path / "a.jp2").write_bytes(stream)
    assert np.array_equal(load_radiograph(tmp_path / "a.jp2").stored, pixels.astype(int) + 2048)


def test_a_jpeg_without_its_end_marker_is_loaded(tmp_path):
    path = save(tmp_path / "a.jpg", noisy(8, np.uint8), quality=90)
    whole = load_radiograph(path).stored
    path.write_bytes(path.read_bytes().removesuffix(b"\xff\xd9"))
    radiograph = load_radiograph(path)
    assert np.array_equal(radiograph.stored, whole)
    assert radiograph.loading_notes == ()


def test_a_jpeg_that_lacks_its_last_pixels_carries_a_note(tmp_path):
    path = save(tmp_path / "a.jpg", noisy(8, np.uint8), quality=90)
    whole = load_radiograph(path).stored
    path.write_bytes(path.read_bytes()[:-8])
    radiograph = load_radiograph(path)
    assert np.array_equal(radiograph.stored[:-16], whole[:-16])
    assert "the last rows may be wrong" in radiograph.loading_notes[0]


@pytest.mark.parametrize("orientation", [1, 3, 6])
def test_a_jpeg_without_its_end_marker_keeps_its_orientation(tmp_path, orientation):
    exif = Image.Exif()
    exif[274] = orientation
    path = save(tmp_path / "a.jpg", grey8(), quality=95, exif=exif)
    path.write_bytes(path.read_bytes().removesuffix(b"\xff\xd9"))
    expected = as_shown(grey8(), orientation)
    assert np.abs(load_radiograph(path).stored.astype(int) - expected).max() <= 4


def test_a_rare_kind_of_jpeg_is_said_to_be_unsupported_not_damaged(tmp_path):
    path = save(tmp_path / "a.jpg", grey8())
    path.write_bytes(path.read_bytes().replace(b"\xff\xc0", b"\xff\xc5", 1))
    with pytest.raises(UnsupportedObjectError, match=r"hierarchical 8-bit.*not damaged"):
        load_radiograph(path)


@pytest.mark.parametrize("encoder", ["jpeg2k_encode", "jpegxl_encode"])
def test_a_code_stream_of_too_many_pixels_is_refused_before_decoding(tmp_path, monkeypatch, encoder):
    imagecodecs = pytest.importorskip("imagecodecs")
    monkeypatch.setattr(decoder, "MAX_PIXELS", 30_000)
    (tmp_path / "a").write_bytes(getattr(imagecodecs, encoder)(grey8()))
    with pytest.raises(ImageTooLargeError, match="200 × 160"):
        load_radiograph(tmp_path / "a")
