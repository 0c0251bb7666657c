import torch
from torch import nn

from training.loop.running_average import RunningAverage


def model_of(value, seen):
    model = nn.BatchNorm1d(2)
    with torch.no_grad():
        model.weight.fill_(value)
        model.running_mean.fill_(seen)
    return model


def test_the_average_starts_from_the_first_weights_and_moves_by_its_decay_buffers_included():
    average = RunningAverage(model_of(1.0, 10.0), 0.75)
    average.update(model_of(2.0, 20.0))
    average.update(model_of(4.0, 40.0))
    assert average.state["weight"].tolist() == [1.9375] * 2  # 0.75 (0.75 * 1 + 0.25 * 2) + 0.25 * 4
    assert average.state["running_mean"].tolist() == [19.375] * 2


def test_a_model_has_the_average_for_a_while_and_then_its_own_weights_again():
    model = model_of(1.0, 10.0)
    average = RunningAverage(model, 0.5)
    with torch.no_grad():
        model.weight.fill_(3.0)
    average.update(model)
    with average.applied_to(model):
        assert model.weight.tolist() == [2.0] * 2
    assert model.weight.tolist() == [3.0] * 2


def test_an_average_goes_on_from_its_state():
    whole, first = RunningAverage(model_of(1.0, 10.0), 0.5), RunningAverage(model_of(1.0, 10.0), 0.5)
    for average in (whole, first):
        average.update(model_of(2.0, 20.0))
    resumed = RunningAverage(model_of(7.0, 70.0), 0.5)
    resumed.restore(first.state)
    for average in (whole, resumed):
        average.update(model_of(4.0, 40.0))
    assert all(torch.equal(tensor, resumed.state[name]) for name, tensor in whole.state.items())


def test_without_a_decay_there_is_no_average():
    model = model_of(1.0, 10.0)
    average = RunningAverage(model, 0.0)
    average.update(model_of(2.0, 20.0))
    assert average.state == {}
    with average.applied_to(model):
        assert model.weight.tolist() == [1.0] * 2
