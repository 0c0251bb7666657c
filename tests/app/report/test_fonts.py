import pytest
from PySide6.QtGui import QFontDatabase, QTextLayout

from app.report.fonts import FILES_OF_FAMILY, can_draw, load_fonts, report_font
from bsnet_core.resources import resources_dir

NAMES = {
    "German": "Müller Zoë ÄÖÜ ẞß",
    "Polish": "Łukasz Wójcik ąęśżź",
    "Turkish": "Şükrü İnönü \u0131",
    "Vietnamese": "Nguyễn Thị Ánh ơƯ ậ",
    "Greek": "Ὀδυσσεύς Παπαδόπουλος",
    "Cyrillic": "Пётр Ґанна Їжак",
    "Chinese": "王小明 張偉 龍",
    "Japanese": "山田太郎 ヤマダ やまだ",
    "Korean": "김철수 뷁",
    "Arabic": "محمد عبد الله",
    "Persian": "پژمان گلچین",
    "Hebrew": "משה כהן",
    "Thai": "สมชาย ใจดี",
    "signs": "Δ +1 −2 ± × ° · – … • 71% (patient) →",
}


def runs_of(text, font):
    layout = QTextLayout(text, font)
    layout.beginLayout()
    layout.createLine().setLineWidth(10000)
    layout.endLayout()
    return layout.glyphRuns()


@pytest.mark.parametrize("language", NAMES)
def test_every_letter_has_a_picture_in_a_bundled_font(language):
    load_fonts()
    runs = runs_of(NAMES[language], report_font(12))
    assert runs
    for run in runs:
        assert run.rawFont().familyName() in FILES_OF_FAMILY
        assert 0 not in run.glyphIndexes()


def test_arabic_letters_join_their_neighbours():
    load_fonts()
    font = report_font(12)
    joined = [index for run in runs_of("محمد", font) for index in run.glyphIndexes()]
    alone = [index for letter in "محمد" for run in runs_of(letter, font) for index in run.glyphIndexes()]
    assert set(joined) != set(alone)


def test_bold_is_drawn_by_a_bold_font():
    load_fonts()
    (run,) = runs_of("Bold", report_font(12, bold=True))
    assert run.rawFont().styleName() == "Bold"


def test_loading_twice_is_loading_once():
    load_fonts()
    before = len(QFontDatabase.families())
    load_fonts()
    assert len(QFontDatabase.families()) == before


def test_the_fonts_are_small_enough_and_carry_their_licences():
    folder = resources_dir() / "fonts"
    files = {file for files in FILES_OF_FAMILY.values() for file in files}
    assert {path.name for path in folder.glob("*.ttf")} == files
    assert sum(path.stat().st_size for path in folder.glob("*.ttf")) < 6.5e6
    readme = (folder / "README.md").read_text(encoding="utf-8")
    assert all(file in readme for file in files)
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL-1.1.txt").read_text(encoding="utf-8")
    assert "Apache License" in (folder / "Apache-2.0.txt").read_text(encoding="utf-8")


def test_a_letter_that_no_font_has_is_noticed():
    load_fonts()
    assert can_draw("王 Müller")
    assert can_draw("")
    assert not can_draw("Müller \U0010fff0")
