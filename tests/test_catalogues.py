"""Texts for people and their translations."""

import ast
import gettext
import re
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

REPOSITORY = Path(__file__).parents[1]
CATALOGUES = sorted((REPOSITORY / "resources" / "languages").glob("*/LC_MESSAGES/bsnet.po"))
KEYWORDS = {"_": None, "translate": None, "to_translate": None, "translate_count": (1, 2)}
AT_IMPORT = {"to_translate"}
"""Only marks a text; `translate` then translates it where it is shown."""


def sources():
    return [file for package in ("app", "bsnet_core") for file in sorted((REPOSITORY / package).rglob("*.py"))]


def texts_in_the_sources():
    found = set()
    for package in ("app", "bsnet_core"):
        for _, _, message, _, _ in extract_from_dir(REPOSITORY / package, keywords=KEYWORDS):
            found.add(message if isinstance(message, tuple) else (message,))
    return found


def fields(text):
    return set(re.findall(r"\{(\w*)", text))


def test_texts_to_translate_are_written_out_where_they_are_used():
    calls = 0
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                count = 2 if node.func.id == "translate_count" else 1
                calls += 1
                for argument in node.args[:count]:
                    assert isinstance(argument, ast.Constant), f"{file.name}:{node.lineno}"
    assert calls > 200


def test_every_text_to_translate_is_one_that_is_collected():
    """What stands within an f-string is not."""
    collected = {text for texts in texts_in_the_sources() for text in texts}
    for file in sources():
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in KEYWORDS:
                texts = [argument.value for argument in node.args if isinstance(argument, ast.Constant)]
                assert collected.issuperset(texts), f"{file.name}:{node.lineno}"


def test_no_text_is_translated_when_a_module_is_imported():
    """A language chosen later would not reach it."""
    for file in sources():
        tree = ast.parse(file.read_text(encoding="utf-8"))
        inside = {
            inner
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for inner in ast.walk(node)
        }
        for node in ast.walk(tree):
            names = KEYWORDS.keys() - AT_IMPORT
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                assert node in inside, f"{file.name}:{node.lineno}"


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda file: file.parts[-3])
def test_a_catalogue_is_complete_compiled_and_keeps_the_fields(catalogue):
    with catalogue.open("rb") as file:
        translated = read_po(file)
    assert [str(error) for _, errors in translated.check() for error in errors] == []  # else it is not compiled
    messages = [message for message in translated if message.id]
    ids = {message.id if isinstance(message.id, tuple) else (message.id,) for message in messages}
    assert ids == texts_in_the_sources(), "run `make messages` and translate what is new"
    with catalogue.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in messages:
        assert not message.fuzzy, message.id
        if isinstance(message.id, tuple):
            singular, plural = message.id
            assert all(message.string), message.id
            assert {compiled.ngettext(singular, plural, count) for count in range(200)} == set(message.string)
            assert all(fields(text) <= fields(plural) for text in message.string), message.id
        else:
            assert message.string, message.id
            assert compiled.gettext(message.id) == message.string
            assert fields(message.string) == fields(message.id), message.id
