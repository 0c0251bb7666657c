"""Fuzz cases by number: a seed file and a few mutations, the same for the same seed on every machine.

For other runs over damaged files, such as in several processes: `case(seed, number)` is a pure function.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from tests.fuzz.archive_mutations import mutations_for
from tests.fuzz.seed_files import DICOMDIR, rich_dicom, seed_files

MOST_MUTATIONS = 4
LARGEST_BYTES = 4 * 1024**2
"""Mutations that repeat content are not applied beyond this size."""


@dataclass(frozen=True)
class FuzzCase:
    """One damaged file.

    Attributes:
        seed, number: By which `case` makes it again.
        source: Name of the sound file.
        steps: Numbers of the mutations that are applied, each with its own random numbers.
    """

    seed: int
    number: int
    source: str
    steps: tuple[int, ...]

    @property
    def content(self) -> bytes:
        """The damaged bytes."""
        content = dict(seed_files())[self.source]()
        for step in self.steps:
            content = _step(content, Random(f"{self.seed}/{self.number}/{step}"))[0]
        return content

    @property
    def mutations(self) -> tuple[str, ...]:
        """Names of the mutations, in their order."""
        content, names = dict(seed_files())[self.source](), []
        for step in self.steps:
            content, name = _step(content, Random(f"{self.seed}/{self.number}/{step}"))
            names.append(name)
        return tuple(names)

    def written_to(self, folder: Path) -> Path:
        """The damaged file in a folder of its own; a DICOMDIR with the image that it names."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / (DICOMDIR if self.source == DICOMDIR else "file")
        if self.source == DICOMDIR:
            (folder / "IMAGES").mkdir(exist_ok=True)
            (folder / "IMAGES" / "A").write_bytes(rich_dicom("1.2.840.10008.1.2.1"))
        path.write_bytes(self.content)
        return path


def case(seed: int, number: int) -> FuzzCase:
    """Case `number` of a seed: which file, and how many mutations."""
    random = Random(f"{seed}/{number}")
    files = seed_files()
    source = files[random.randrange(len(files))][0]
    return FuzzCase(seed, number, source, tuple(range(random.choice((1, 1, 1, 2, 2, 3, MOST_MUTATIONS)))))


def fewer_steps(failing: FuzzCase, still_fails: Callable[[FuzzCase], bool]) -> FuzzCase:
    """The case without the mutations that its failure does not need."""
    for candidate in _with_one_step_less(failing):
        if still_fails(candidate):
            return fewer_steps(candidate, still_fails)
    return failing


def _with_one_step_less(failing: FuzzCase) -> Iterator[FuzzCase]:
    for step in failing.steps:
        yield replace(failing, steps=tuple(other for other in failing.steps if other != step))


def _step(content: bytes, random: Random) -> tuple[bytes, str]:
    if not content or len(content) > LARGEST_BYTES:
        return content, "none"
    mutation = random.choice(mutations_for(content))
    return mutation(content, random), mutation.__name__
