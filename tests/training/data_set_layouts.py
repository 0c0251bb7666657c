"""Tiny data sets in the layouts of the real ones."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import imagecodecs
import numpy as np
import numpy.typing as npt

from tests.dicom_files import ramp, write_dicom

SIDE_PX = 96


def lung_image() -> npt.NDArray[np.uint8]:
    """(96, 96): a bright chest with two dark lungs."""
    image = np.full((SIDE_PX, SIDE_PX), 200, np.uint8)
    image[(lung_mask("left") | lung_mask("right")) > 0] = 60
    return image


def lung_mask(image_side: str, side_px: int = SIDE_PX) -> npt.NDArray[np.uint8]:
    """(S, S) 255 in one lung: "left" or "right" half of the image."""
    mask = np.zeros((side_px, side_px), np.uint8)
    x = side_px // 4 if image_side == "left" else 3 * side_px // 4
    cv2.ellipse(mask, (x, side_px // 2), (side_px // 7, side_px // 3), 0, 0, 360, 255, -1)
    return mask


def both_lungs(side_px: int = SIDE_PX) -> npt.NDArray[np.bool_]:
    """(S, S) true in both lungs."""
    return (lung_mask("left", side_px) | lung_mask("right", side_px)) > 0


def write_montgomery(root: Path, count: int = 52) -> Path:
    """`MontgomerySet` with `count` images."""
    for folder in ("CXR_png", "ManualMask/leftMask", "ManualMask/rightMask"):
        (root / folder).mkdir(parents=True)
    for number in range(1, count + 1):
        name = f"MCUCXR_{number:04d}_{number % 2}.png"
        cv2.imwrite(str(root / "CXR_png" / name), lung_image())
        # "left" is the patient's left lung, on the right of the image.
        cv2.imwrite(str(root / "ManualMask/leftMask" / name), lung_mask("right"))
        cv2.imwrite(str(root / "ManualMask/rightMask" / name), lung_mask("left"))
    return root


def write_shenzhen(root: Path, count: int = 53, unmasked: Sequence[int] = (2,)) -> Path:
    """`ChinaSet_AllFiles` with `count` images, some of them without a mask."""
    for folder in ("CXR_png", "mask"):
        (root / folder).mkdir(parents=True)
    for number in range(1, count + 1):
        name = f"CHNCXR_{number:04d}_{number % 2}"
        cv2.imwrite(str(root / "CXR_png" / f"{name}.png"), lung_image())
        if number not in unmasked:
            both = lung_mask("left") | lung_mask("right")
            cv2.imwrite(str(root / "mask" / f"{name}_mask.png"), both)
    return root


def write_jsrt(root: Path, side_px: int) -> Path:
    """Two images in the first and one in the second fold; the masks have half the images' side, as SCR's do."""
    (root / "images").mkdir(parents=True)
    for fold, names in (("fold1", ("JPCLN001", "JPCNN001")), ("fold2", ("JPCLN002",))):
        for lung in ("left lung", "right lung"):
            (root / "annotations" / fold / "masks" / lung).mkdir(parents=True)
        for name in names:
            # Inverted: air is high, bone low.
            words = np.full((side_px, side_px), 500, ">u2")
            words[: side_px // 8] = 4095
            words.tofile(root / "images" / f"{name}.IMG")
            for lung, image_side in (("left lung", "right"), ("right lung", "left")):
                gif = imagecodecs.gif_encode(lung_mask(image_side, side_px // 2))
                (root / "annotations" / fold / "masks" / lung / f"{name}.gif").write_bytes(gif)
    return root


GLOBAL_COLUMNS = "Filename;BrixiaScore;BrixiaScoreGlobal;Subject;StudyId;Modality;Manufacturer;ConsensusTestset"
CONSENSUS_COLUMNS = "Filename,ModeA,ModeB,ModeC,ModeD,ModeE,ModeF,ModeGlobal,MeanA,MeanB,MeanC,MeanD,MeanE,MeanF"


def write_brixia(root: Path) -> Path:
    """Four DICOM images of three patients, one MONOCHROME1, one with a consensus; tables with a byte-order mark."""
    (root / "dicom_clean").mkdir(parents=True)
    rows = [
        ("11.dcm", "12", 3, "p1", "MONOCHROME2", 0),  # 000012 without its leading zeros
        ("12.dcm", "333333", 18, "p1", "MONOCHROME1", 0),
        ("13.dcm", "0", 0, "p2", "MONOCHROME2", 0),
        ("14.dcm", "010203", 6, "p3", "MONOCHROME2", 1),
    ]
    lines = [GLOBAL_COLUMNS]
    for name, score, total, subject, photometric, consensus in rows:
        write_dicom(root / "dicom_clean" / name, ramp(), 12, PhotometricInterpretation=photometric)
        lines.append(f"{name};{score};{total};{subject};S{name};CR;Maker;{consensus}")
    (root / "metadata_global_v2.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    consensus_rows = [CONSENSUS_COLUMNS, "14.dcm,0,1,1,2,0,3,7,0.2,1,1,2,0,3"]
    (root / "metadata_consensus_v1.csv").write_text("\n".join(consensus_rows) + "\n", encoding="utf-8-sig")
    return root


def write_cohen_annotations(root: Path, *, with_patients: bool = True) -> Path:
    """Three annotated images, two of them of one patient."""
    (root / "public-cohen-subset").mkdir(parents=True)
    lines = ["filename," + ",".join([f"S-{z}" for z in "ABCDEF"] + ["S-Global"] + [f"J-{z}" for z in "ABCDEF"])]
    lines[0] += ",J-Global"
    for name in ("one.jpg", "two.png", "immagine 3.png"):
        cv2.imwrite(str(root / "public-cohen-subset" / name), lung_image())
        lines.append(f"{name},0,1,2,3,0,1,7,0,1,2,3,1,1,8")
    (root / "public-annotations.csv").write_text("\n".join(lines) + "\n")
    if with_patients:
        rows = ["patientid,offset,filename", "4,0,one.jpg", "4,3,two.png", "7,0,immagine 3.png"]
        (root / "metadata.csv").write_text("\n".join(rows) + "\n")
    return root


def write_own_table(root: Path) -> Path:
    """Three images in a table with semicolons; one without scores, one with a mask."""
    (root / "images").mkdir(parents=True)
    for name in ("a.png", "b.png", "c.png", "b-lungs.png"):
        image = lung_mask("left") | lung_mask("right") if "lungs" in name else lung_image()
        cv2.imwrite(str(root / "images" / name), image)
    lines = [
        "patient;image;A;B;C;D;E;F;mask",
        "P1;images/a.png;0;1;2;3;2;1;",
        "P1;images/b.png;0;0;0;0;0;1;images/b-lungs.png",
        "P2;images/c.png;;;;;;;",
    ]
    (root / "table.csv").write_text("\n".join(lines) + "\n", encoding="utf-8-sig")
    return root


def replace_in(path: Path, old: str, new: str) -> None:
    """Breaks a table: every `old` in it, which must be there, becomes `new`."""
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def write_hannover(root: Path) -> Path:
    """`hannover` with two patients, the first on two days."""
    (root / "images").mkdir(parents=True)
    rows = [("1", "1-1", "0"), ("1", "1-2", "4"), ("2", "2-1", "")]
    for _patient, image, _day in rows:
        cv2.imwrite(str(root / f"images/{image}.jpg"), lung_image())
    lines = ("patient_id,image_id,admission_offset", *(",".join(row) for row in rows))
    (root / "metadata.csv").write_text("\n".join(lines) + "\n")
    return root


def write_nih_no_finding(root: Path) -> Path:
    """`nih-no-finding` with three images of two patients."""
    root.mkdir(parents=True)
    for name in ("00000013_000", "00000013_002", "00000042_001"):
        cv2.imwrite(str(root / f"{name}.jpg"), lung_image())
    return root


RALO_COLUMNS = "image,patient,exam," + ",".join(
    f"{rater}-{lung}-{what}"
    for rater in ("rater1", "rater2")
    for lung in ("right", "left")
    for what in ("extent", "opacity")
)


def write_ralo(root: Path) -> Path:
    """`ralo` with three images of two patients, the first on two days."""
    (root / "images").mkdir(parents=True)
    rows = [
        "images/0.jpg,S1,20200330_120000.338,0,0,1,1,0,0,2,1,7,8.635",
        "images/1.jpg,S1,20200401_180000,4,1,4,2,3,1,3,2,14,16.162",
        "images/2.jpg,S2,20200404_112842.082,1,1,1,2,1,1,2,2,,",
    ]
    for number in range(3):
        cv2.imwrite(str(root / f"images/{number}.jpg"), lung_image())
    (root / "scores.csv").write_text("\n".join((f"{RALO_COLUMNS},bsnet_authors_global,pxs_net", *rows)) + "\n")
    return root


def write_rsna_lungs(root: Path) -> Path:
    """`rsna-lungs` with one image of each class; the one with opacities is listed twice, as in the real table."""
    (root / "images").mkdir(parents=True)
    rows = [
        "images/a.jpg,normal,",
        "images/b.jpg,opacity,0.25 0.5 0.125 0.25;0.6 0.1 0.2 0.3",
        "images/c.jpg,not-normal-without-opacity,",
        "images/b.jpg,opacity,0.25 0.5 0.125 0.25;0.6 0.1 0.2 0.3",
    ]
    for name in "abc":
        cv2.imwrite(str(root / f"images/{name}.jpg"), lung_image())
    (root / "labels.csv").write_text("\n".join(("image,class,boxes", *rows)) + "\n")
    return root
