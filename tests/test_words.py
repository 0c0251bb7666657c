"""The words of GLOSSARY.md: those that are not used stay out of texts, public names, docstrings and documents."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("app", "bsnet_core", "training")
KEYWORDS = {"_": None, "translate": None, "to_translate": None, "translate_count": (1, 2)}
ITALIAN_CATALOGUE = REPOSITORY / "resources" / "languages" / "it" / "LC_MESSAGES" / "bsnet.po"
DOCUMENTS = sorted(
    [
        *REPOSITORY.glob("*.md"),
        *(REPOSITORY / "docs").rglob("*.md"),
        *(REPOSITORY / "resources").rglob("*.md"),
        *(REPOSITORY / "training").rglob("*.md"),
        *(REPOSITORY / "app" / "help" / "texts" / "en").glob("*.md"),
    ]
)
ITALIAN_HELP = sorted((REPOSITORY / "app" / "help" / "texts" / "it").glob("*.md"))

NAMES_THAT_STAY = {
    "class_spread": "key of model.json and of the configuration",
    "HALVES_SPREAD": "named like its value in the configuration",
    "pictures_every": "key of the configuration",
    "place_in_study": "DICOM's study",
    "study_date": "DICOM's study",
    "study_description": "DICOM's study",
    "study_time": "DICOM's study",
    "study_uid": "DICOM's study",
    "v1_studies_and_readings": "migration of the library; its name is stored in every library",
}
"""Public names with a word that is otherwise not used, and why."""

QUESTIONS = ("The same", "What ", "How ", "Where ", "Who ", "Why ")
"""Beginnings that a docstring does not have: it says what something is or does."""


@dataclass(frozen=True)
class AvoidedWord:
    """One word or phrase of the glossary's tables.

    Attributes:
        word: Lower case.
        places: Of `texts`, `names`, `docstrings` and `documents`; empty for everywhere.
        allowed: Terms in which it may appear, lower case.
    """

    word: str
    places: frozenset[str]
    allowed: tuple[str, ...]

    def is_in(self, text: str) -> bool:
        text = " ".join(text.replace("’", "'").lower().split())
        for term in sorted(self.allowed, key=len, reverse=True):
            text = re.sub(rf"\b{re.escape(term)}(?=\b|s\b)", "", text)
        return re.search(rf"(?<![\w-]){re.escape(self.word)}(?![\w-])", text) is not None


def table_under(heading: str) -> list[list[str]]:
    """The rows of the one table of a section of the glossary, without its head."""
    section = GLOSSARY.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def avoided(heading: str) -> list[AvoidedWord]:
    found = []
    for row in table_under(heading):
        places = frozenset(listed(row[2])) if len(row) == 4 else frozenset()
        allowed = tuple(term.lower() for term in listed(row[-1])) if len(row) > 2 else ()
        found += [AvoidedWord(word.lower(), places, allowed) for word in listed(row[0])]
    return found


def listed(cell: str) -> list[str]:
    return [entry.strip() for entry in cell.split(",") if entry.strip()]


GLOSSARY = (REPOSITORY / "GLOSSARY.md").read_text(encoding="utf-8")
WORDS = avoided("Words that are not used")
PHRASES = avoided("Phrases that are not used")
ITALIAN = avoided("Italian words that are not used")


def words_for(place: str) -> list[AvoidedWord]:
    return [word for word in WORDS if place in word.places]


def found_in(text: str, words: list[AvoidedWord]) -> list[str]:
    return [word.word for word in words if word.is_in(text)]


def sources(*packages: str) -> list[Path]:
    return [file for package in packages or PACKAGES for file in sorted((REPOSITORY / package).rglob("*.py"))]


def place(file: Path, line: int = 0) -> str:
    return f"{file.relative_to(REPOSITORY).as_posix()}:{line}" if line else file.relative_to(REPOSITORY).as_posix()


def texts_of_the_program() -> Iterator[tuple[str, str]]:
    """Where each text for people is, and the text without the letter marks of menus."""
    for package in PACKAGES:
        for name, line, message, _, _ in extract_from_dir(REPOSITORY / package, keywords=KEYWORDS):
            for text in message if isinstance(message, tuple) else (message,):
                yield f"{package}/{name}:{line}", text.replace("&", "")


def public_names(file: Path) -> Iterator[tuple[int, str]]:
    """Modules, classes, functions, their arguments, and attributes, unless a leading underscore makes them private."""
    yield 1, file.stem if file.stem != "__init__" else file.parent.name
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Module | ast.ClassDef):
            for statement in node.body:
                targets = statement.targets if isinstance(statement, ast.Assign) else [statement]
                for target in targets:
                    target = target.target if isinstance(target, ast.AnnAssign) else target
                    if isinstance(target, ast.Name):
                        yield target.lineno, target.id
                    elif isinstance(target, ast.ClassDef):
                        yield target.lineno, target.name
                    elif isinstance(target, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield target.lineno, target.name
                        if not target.name.startswith("_") or target.name == "__init__":
                            arguments = target.args
                            for argument in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]:
                                yield argument.lineno, argument.arg
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.lineno, node.attr


def split_name(name: str) -> str:
    """`kept_aside` and `KeptAside` as the words they are made of."""
    return " ".join(re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)).lower()


def docstrings(file: Path) -> Iterator[tuple[int, str]]:
    """Docstrings of modules, classes and functions, and the strings below attributes and constants."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value


def docstrings_of(package: str) -> Iterator[tuple[str, str]]:
    """Every docstring of a package with its place."""
    for file in sources(package):
        for line, text in docstrings(file):
            yield place(file, line), text


def without_code(text: str) -> str:
    return re.sub(r"`[^`]*`", "", text)


def prose(document: str) -> str:
    """A Markdown document without code, addresses of links and quotations; of the glossary no words to avoid."""
    if document == GLOSSARY:
        document = document.partition("\n## Words that are not used")[0]
        lines = []
        column = -1
        for line in document.splitlines():
            cells = line.split("|")
            if not line.startswith("|"):
                column = -1
            elif " not " in cells:
                column = cells.index(" not ")
            lines.append("|".join(cells[:column] + cells[column + 1 :]) if column >= 0 else line)
        document = "\n".join(lines)
    document = re.sub(r"^```.*?^```", "", document, flags=re.M | re.S)
    document = re.sub(r"\]\([^)]*\)", "]", document)
    document = re.sub(r"https?:\S+", "", document)
    return re.sub(r'"[^"]*"|“[^”]*”|«[^»]*»', "", without_code(document))


def test_the_glossary_lists_words_phrases_and_italian_words_to_avoid():
    assert {"film", "picture", "study"} <= {word.word for word in WORDS}
    assert {"texts", "names", "docstrings", "documents"} == {place for word in WORDS for place in word.places}
    assert "anew" in {word.word for word in PHRASES}
    assert "pellicola" in {word.word for word in ITALIAN}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Show the film", ["film"]),
        ("Save fil&m", ["film"]),
        ("The study date of this image", []),
        ("Study dates differ", []),
        ("The study has a date", ["study"]),
        ("Filming in the pictures-free room", []),
        ("Kept\naside since", ["kept aside"]),
    ],
)
def test_a_word_to_avoid_is_found_unless_it_is_part_of_an_allowed_term(text, found):
    assert found_in(text.replace("&", ""), WORDS) == found


def test_a_name_is_taken_apart_into_its_words():
    assert split_name("StudyState") == "study state"
    assert split_name("_kept_aside2") == "kept aside"
    assert split_name("GREY_FILM") == "grey film"
    assert split_name("filmed") == "filmed"


def test_public_names_and_docstrings_of_a_source_are_found(tmp_path):
    source = tmp_path / "module_name.py"
    source.write_text(
        '"""Module."""\nCONSTANT = 1\n"""Constant."""\n\n\nclass Public:\n    """Class."""\n\n    field: int = 0\n\n'
        "    def method(self, argument, *, keyword=None):\n        self.attribute = local = argument\n\n"
        "    def _private(self, hidden):\n        return hidden\n",
        encoding="utf-8",
    )
    names = {name for _, name in public_names(source)} - {"self", "_private"}
    assert names == {"module_name", "CONSTANT", "Public", "field", "method", "argument", "keyword", "attribute"}
    assert [text for _, text in docstrings(source)] == ["Module.", "Constant.", "Class."]


def test_code_links_and_quotations_are_not_prose():
    text = "A `film`, [a link](film.md), “film” and\n```\nfilm\n```\nthe image."
    assert found_in(prose(text), WORDS) == []
    assert found_in(prose("A film."), WORDS) == ["film"]


@pytest.mark.parametrize("package", PACKAGES)
def test_texts_of_the_program_use_the_words_of_the_glossary(package):
    words = words_for("texts") + PHRASES
    assert [
        f"{where} {found}: {text}"
        for where, text in texts_of_the_program()
        if where.startswith(package) and (found := found_in(text, words))
    ] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_public_names_use_the_words_of_the_glossary(package):
    words = words_for("names")
    assert [
        f"{place(file, line)} {name}"
        for file in sources(package)
        for line, name in public_names(file)
        if not name.startswith("_") and name not in NAMES_THAT_STAY and found_in(split_name(name), words)
    ] == []


def test_every_name_that_stays_is_one_that_exists():
    names = {name for file in sources() for _, name in public_names(file)}
    assert set(NAMES_THAT_STAY) - names == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_say_what_something_is_in_plain_words(package):
    assert [
        f"{where} {text.splitlines()[0]}"
        for where, text in docstrings_of(package)
        if text.startswith(QUESTIONS) or found_in(text, PHRASES)
    ] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_docstrings_use_the_words_of_the_glossary(package):
    words = words_for("docstrings")
    assert [
        f"{where} {found}: {text.splitlines()[0]}"
        for where, text in docstrings_of(package)
        if (found := found_in(prose(text), words))
    ] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=place)
def test_a_document_uses_the_words_of_the_glossary(document):
    assert found_in(prose(document.read_text(encoding="utf-8")), words_for("documents") + PHRASES) == []


@pytest.mark.parametrize("page", ITALIAN_HELP, ids=place)
def test_an_italian_page_uses_the_words_of_the_glossary(page):
    assert found_in(prose(page.read_text(encoding="utf-8")), ITALIAN) == []


def test_the_italian_catalogue_uses_the_words_of_the_glossary():
    with ITALIAN_CATALOGUE.open("rb") as file:
        messages = [message for message in read_po(file) if message.id]
    texts = [
        text
        for message in messages
        for text in (message.string if isinstance(message.string, tuple) else (message.string,))
    ]
    assert [text for text in texts if found_in(text.replace("&", ""), ITALIAN)] == []
