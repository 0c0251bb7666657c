"""The house itself: who may import whom, what starts without torch and Qt, and what the documents promise."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[1]
PACKAGES = ("app", "bsnet_core", "training")
DOCUMENTS = ("README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CHANGELOG.md", *Path(REPOSITORY, "docs").rglob("*.md"))
HEAVY = ("torch", "PySide6", "segmentation_models_pytorch", "albumentations")


def text_of(document):
    return (REPOSITORY / document).read_text(encoding="utf-8")


def project():
    return tomllib.loads(text_of("pyproject.toml"))["project"]


def test_the_arrows_between_the_packages_hold():
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    result = subprocess.run(
        [*command, "--no-cache"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
        env=os.environ | {"PYTHONUTF8": "1"},
    )
    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


@pytest.mark.parametrize(
    "module",
    [
        "bsnet_core",
        "bsnet_core.backends",
        "bsnet_core.brixia",
        "bsnet_core.errors",
        "bsnet_core.inference.prediction",
        "bsnet_core.inference.predictor",
        "app.__main__",
        "app.score_command",
    ],
)
def test_a_light_module_loads_neither_the_network_nor_qt(module):
    code = f"import sys, json, {module}; print(json.dumps(sorted({{name.split('.')[0] for name in sys.modules}})))"
    result = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert set(HEAVY) & set(json.loads(result.stdout)) == set()


@pytest.mark.parametrize("module", ["app.__main__", "app.score_command", "training.cli"])
def test_a_command_explains_itself_without_loading_the_network(module):
    code = (
        "import runpy, sys\n"
        "sys.argv = ['command', '--help']\n"
        f"try:\n    runpy.run_module({module!r}, run_name='__main__')\n"
        "except SystemExit as end:\n    assert end.code == 0\n"
        f"assert not set(sys.modules) & set({HEAVY!r})\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True)
    assert result.stdout.startswith("usage: ")


def test_every_command_of_the_project_leads_to_a_function():
    commands = project()["scripts"] | project()["gui-scripts"]
    assert set(commands) == {"bsnet-viewer", "bsnet-node", "bsnet-score", "bsnet-send", "bsnet-train"}
    for name, target in commands.items():
        entry = importlib.metadata.EntryPoint(name, target, "console_scripts")
        assert callable(entry.load())


def test_the_documents_name_only_files_that_exist():
    for document in DOCUMENTS:
        folder = (REPOSITORY / document).parent
        for link in re.findall(r"(?<!!)\[[^\]]*\]\(([^)#]+)\)", text_of(document)):
            if not link.startswith("http"):
                assert (folder / link).exists(), f"{document} links to {link}"
    paths = re.compile(r"`((?:app|bsnet_core|training|resources|tests|installer|docs|benchmarks)/[\w./-]+)`")
    for document in DOCUMENTS:
        for path in paths.findall(text_of(document)):
            assert (REPOSITORY / path).exists(), f"{document} names {path}"


def test_the_documents_name_only_python_files_that_exist():
    folders = (*PACKAGES, "tests", "benchmarks", "docs", "installer", "resources")
    files = [file.as_posix() for folder in folders for file in (REPOSITORY / folder).rglob("*.py")]
    for document in DOCUMENTS:
        for name in re.findall(r"`([\w/-]+\.py)`", text_of(document)):
            assert any(file.endswith(f"/{name}") for file in files), f"{document} names {name}"


def test_the_readme_uses_only_commands_that_exist():
    readme = text_of("README.md")
    targets = set(re.findall(r"^([a-z]+):", text_of("Makefile"), re.M))
    named = set(re.findall(r"^make (\w+)", readme, re.M))
    assert {"run", "test", "lint", "bench", "clean"} <= named <= targets
    scripts = project()["scripts"] | project()["gui-scripts"]
    assert set(re.findall(r"bsnet-[a-z]+\b(?!/)", readme)) <= set(scripts)
    for extra in re.findall(r"-e \.\[(\w+)\]", readme):
        assert extra in project()["optional-dependencies"]
    written = "run.toml" if "bsnet-train init" in readme else ""
    for configuration in re.findall(r"--config (\S+)", readme):
        assert configuration == written or (REPOSITORY / configuration).is_file()


def test_the_readme_names_the_options_the_score_command_has():
    from app.score_command import build_parser

    known = {option for action in build_parser()._actions for option in action.option_strings}
    for line in text_of("README.md").splitlines():
        if "bsnet-score" in line:
            assert set(re.findall(r"--[\w-]+", line)) <= known


@pytest.mark.skipif(os.name == "nt", reason="the scripts are for Linux and macOS")
@pytest.mark.parametrize(
    "script",
    [".ci/run", *(f"installer/{name}.sh" for name in ("desktop-entry", "system-libraries", "virtual-environment"))],
)
def test_the_scripts_may_be_run_and_are_sound_shell(script):
    path = REPOSITORY / script
    assert os.access(path, os.X_OK)
    interpreter = path.read_text("utf-8").splitlines()[0].removeprefix("#!").split()[-1].rsplit("/")[-1]
    subprocess.run([interpreter, "-n", str(path)], check=True)


def test_readme_and_score_command_say_that_this_is_no_medical_device():
    from app.score_command import build_parser

    assert "not a medical device" in text_of("README.md")
    assert "not a medical device" in " ".join(build_parser().format_help().split())
