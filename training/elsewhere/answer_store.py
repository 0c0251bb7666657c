"""Answers of one model on disk, one line per image, so that an interrupted measurement goes on where it stopped."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tqdm import tqdm

from bsnet_core.errors import BSNetError
from bsnet_core.inference.prediction import ModelIdentity
from bsnet_core.inference.predictor import Predictor
from bsnet_core.language import translate as _
from training.datasets.pixels import load_sample_radiograph
from training.datasets.sample import DataSetError, Sample
from training.elsewhere.answers import Answer, answer_for
from training.elsewhere.json_lines import DamagedStoreError, add_line, damaged, load_lines
from training.elsewhere.measured_images import name_below

IDENTITY = "weights.json"
FIRST_DIGITS = 8


@dataclasses.dataclass(frozen=True, slots=True)
class AnswerStore:
    """The folder of one model's answers.

    Attributes:
        folder: The folder, named after version and hash of the weights.
        identity: The weights.
    """

    folder: Path
    identity: ModelIdentity

    @classmethod
    def of_weights(cls, output: Path, identity: ModelIdentity) -> AnswerStore:
        """The store of these weights below `output`; the folder is made and says whose it is."""
        folder = output / f"{identity.version}-{identity.sha256[:FIRST_DIGITS]}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / IDENTITY).write_text(json.dumps(dataclasses.asdict(identity), indent=1) + "\n", encoding="utf-8")
        return cls(folder, identity)

    @classmethod
    def open(cls, folder: Path) -> AnswerStore:
        """A store whose weights need not be there.

        Raises:
            DamagedStoreError: the folder does not say whose it is.
        """
        try:
            values = json.loads((folder / IDENTITY).read_text(encoding="utf-8"))
            return cls(folder, ModelIdentity(values["name"], values["version"], values["sha256"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DamagedStoreError(
                _("The folder {folder} holds no measured answers.").format(folder=folder)
            ) from error

    @property
    def name(self) -> str:
        """The weights by version and first digits of their hash."""
        return self.folder.name

    @property
    def version_order(self) -> tuple[tuple[int, ...], str]:
        """Sorts stores from the oldest to the newest version."""
        return tuple(int(number) for number in re.findall(r"\d+", self.identity.version)), self.name

    def answers(self, part: str) -> dict[str, Answer]:
        """The answers of a part by image; a last line that was cut off does not count.

        Raises:
            DamagedStoreError: another line is no answer.
        """
        file = self.file(part)
        try:
            return {answer.image: answer for answer in map(Answer.from_json, load_lines(file))}
        except (ValueError, KeyError, TypeError) as error:
            raise damaged(file) from error

    def complete(self, part: str, names: Sequence[str], answer: Callable[[int], Answer]) -> dict[str, Answer]:
        """The answers for all names; `answer` is asked, by index, for those that are not stored yet."""
        found = self.answers(part)
        missing = [index for index, name in enumerate(names) if name not in found]
        for index in tqdm(missing, desc=f"{self.name} {part}", disable=None):
            values = answer(index).to_json()
            add_line(self.file(part), values)
            # As it comes back from the file, rounded, so that figures do not depend on who computed them.
            found[names[index]] = Answer.from_json(values)
        return {name: found[name] for name in names}

    def replace(self, part: str, answers: Sequence[Answer]) -> None:
        """Stores these answers instead of all others of the part."""
        self.forget(part)
        by_name = {answer.image: answer for answer in answers}
        self.complete(part, list(by_name), lambda index: answers[index])

    def forget(self, part: str) -> None:
        """Deletes the answers of a part."""
        self.file(part).unlink(missing_ok=True)

    def file(self, part: str) -> Path:
        """The file of a part's answers."""
        return self.folder / f"{part}.jsonl"


def answers_for_samples(
    store: AnswerStore, part: str, predictor: Predictor | None, data: Path, samples: Sequence[Sample]
) -> Mapping[str, Answer]:
    """The model's answers for samples, by path below the data folder.

    Args:
        store: The model's answers so far.
        part: Name of the file of answers.
        predictor: The model; None to take only what is stored.
        data: The data folder.
        samples: The images.

    Raises:
        DataSetError: an image is missing.
        DamagedStoreError: the stored answers cannot be loaded.
    """
    names = [name_below(data, sample.image) for sample in samples]
    if predictor is None:
        stored = store.answers(part)
        return {name: stored[name] for name in names if name in stored}

    def answer(index: int) -> Answer:
        sample = samples[index]
        try:
            radiograph = load_sample_radiograph(sample)
        except BSNetError as error:
            raise DataSetError(
                _("The image {path} cannot be loaded: {reason}").format(path=sample.image, reason=error)
            ) from error
        return answer_for(predictor, radiograph, names[index], sample.patient, sample.opacity_boxes)

    return store.complete(part, names, answer)
