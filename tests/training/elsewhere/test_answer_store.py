import pytest

from bsnet_core.inference.prediction import ModelIdentity
from tests.training.elsewhere.conftest import certain
from training.elsewhere.answer_store import AnswerStore, DamagedStoreError

IDENTITY = ModelIdentity("bsnet-lite0", "3.0.0", "abcdef0123456789")


@pytest.fixture
def store(tmp_path):
    return AnswerStore.of_weights(tmp_path, IDENTITY)


def asked(names):
    """An answer by index, and the indices that were asked for."""
    indices = []

    def answer(index):
        indices.append(index)
        return certain(names[index], "012301")

    return answer, indices


def test_only_what_is_missing_is_asked_for(store):
    answer, indices = asked("abc")
    store.complete("nih", "ab", answer)
    assert indices == [0, 1]
    found = store.complete("nih", "abc", answer)
    assert indices == [0, 1, 2]
    assert list(found) == ["a", "b", "c"]
    assert list(AnswerStore.open(store.folder).answers("nih")) == ["a", "b", "c"]
    assert store.answers("ralo") == {}


def test_a_line_that_was_cut_off_is_made_again(store):
    answer, indices = asked("ab")
    store.complete("nih", "ab", answer)
    file = store.folder / "nih.jsonl"
    file.write_text(file.read_text()[:-20])
    assert list(store.answers("nih")) == ["a"]
    store.complete("nih", "ab", answer)
    assert indices == [0, 1, 1]
    assert list(store.answers("nih")) == ["a", "b"]


def test_answers_can_be_replaced_and_forgotten(store):
    store.complete("nih", "ab", asked("ab")[0])
    store.replace("nih", [certain("c", "000000")])
    assert list(store.answers("nih")) == ["c"]
    store.forget("nih")
    assert store.answers("nih") == {}


def test_a_damaged_file_is_named(store):
    (store.folder / "nih.jsonl").write_text("nothing\n")
    with pytest.raises(DamagedStoreError, match=r"nih\.jsonl is damaged"):
        store.answers("nih")
    (store.folder / "weights.json").write_text("{}")
    with pytest.raises(DamagedStoreError, match="holds no measured answers"):
        AnswerStore.open(store.folder)


def test_stores_are_in_the_order_of_their_versions(tmp_path):
    stores = [
        AnswerStore.of_weights(tmp_path, ModelIdentity("m", version, "0" * 64)) for version in ("10.0.0", "9.1.0")
    ]
    assert [store.identity.version for store in sorted(stores, key=lambda each: each.version_order)] == [
        "9.1.0",
        "10.0.0",
    ]
