import dataclasses
from pathlib import Path

import pytest

import training
from training.configuration.run_config import ConfigurationError, RunConfig
from training.configuration.sections import StageName


def test_a_configuration_says_only_what_differs_from_its_base(make_config, tmp_path):
    base = make_config()
    (tmp_path / "other.toml").write_text(
        'base = "run.toml"\noutput = "other"\n[data]\ntest_share = 0.0\n[stages.scoring]\nepochs = 9\n'
    )
    other = RunConfig.from_file(tmp_path / "other.toml")
    assert other.output == tmp_path / "other"
    assert other.data == dataclasses.replace(base.data, test_share=0.0)
    assert other.stages[StageName.SCORING] == dataclasses.replace(base.stages[StageName.SCORING], epochs=9)
    assert other.model == base.model
    (tmp_path / "run.toml").unlink()
    with pytest.raises(ConfigurationError, match=r"run\.toml"):
        RunConfig.from_file(tmp_path / "other.toml")


def test_only_the_data_sets_have_to_be_named(tmp_path):
    (tmp_path / "mine.toml").write_text("[data]\nsources=[{kind='hannover',folder='h'}]\n")
    config, paper = RunConfig.from_file(tmp_path / "mine.toml"), RunConfig.from_file(CONFIGURATIONS / "paper.toml")
    assert (config.name, config.output, config.data.cache) == ("mine", tmp_path / "runs" / "mine", tmp_path / "cache")
    for part in ("model", "stages", "loss", "augmentation", "precision", "selection", "target", "seed"):
        assert getattr(config, part) == getattr(paper, part), part


def test_settings_can_be_changed_without_the_file(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("[data]\nsources=[{kind='hannover',folder='h'}]\n")
    changes = ["stages.scoring.epochs=3", "stages.end-to-end.learning_rate = 1e-4", "name=other", "data.exclude=['a']"]
    config, before = RunConfig.from_file(path, changes), RunConfig.from_file(path)
    assert config.stages[StageName.SCORING] == dataclasses.replace(before.stages[StageName.SCORING], epochs=3)
    assert config.stages[StageName.END_TO_END].learning_rate == 1e-4
    assert list(config.stages) == list(before.stages)
    assert (config.output, config.data.exclude) == (tmp_path / "runs" / "other", ("a",))
    for change in ("epochs", "=3", "stages..epochs=3", "stages.scoring.epoch=3", "stages.scoring.epochs=many"):
        with pytest.raises(ConfigurationError, match=r"epoch|section\.name=value"):
            RunConfig.from_file(path, [change])


CONFIGURATIONS = Path(training.__file__).parent / "configs"


def test_configurations_are_checked_by_name(tmp_path):
    with pytest.raises(ConfigurationError, match=r"gone\.toml"):
        RunConfig.from_file(tmp_path / "gone.toml")
    path = tmp_path / "a.toml"
    data = "[data]\nsources=[{kind='hannover',folder='h'}]\ncache='c'\n"
    for text, named in (
        ("x = ", "TOML"),
        ("name = 'a'", r"names no images.*data\.sources.*bsnet-train init"),
        (f"name='a'\noutput='b'\nmood=1\n{data}", "mood"),
        (f"name='a'\noutput='b'\n{data}validation_share=0.6\ntest_share=0.4", "nothing to train on"),
        ("name='a'\noutput='b'\n[data]\ncache='c'", "data.sources"),
        (f"name='a'\noutput='b'\nprecision='float8'\n{data}", "float8"),
        (f"name='a'\noutput='b'\n{data.replace('hannover', 'hanover')}", "hanover"),
        (f"name='a'\noutput='b'\n{data.replace(',folder=', ',fold=')}", "fold, folder is unknown or missing"),
        (f"name='a'\noutput='b'\n{data.replace(',folder=', ',weight=1,folder=')}", "weight is unknown"),
        *(
            (f"name='a'\noutput='b'\n{data}[stages.scoring]\nepochs=2\n{setting}", f"scoring.*{setting.split('=')[0]}")
            for setting in (
                "batch_size=0",
                "batch_size=1.5",
                "learning_rate=0.0",
                "learning_rate=nan",
                "second_reader_weight=0.6",
                "second_reader_weight=-0.1",
                "mood=1",
            )
        ),
        *(
            (f"name='a'\noutput='b'\n{data}[stages.segmentation]\nepochs={epochs}", "segmentation.*epochs")
            for epochs in ("0", "-3", "2.5", "true", "'many'")
        ),
        *(
            (f"name='a'\noutput='b'\n{data}[augmentation]\n{name}={value}", name)
            for name in ("affine_p", "distortion_p", "brightness_contrast_p", "flip_p")
            for value in (-0.1, 1.1, "nan")
        ),
        *((f"name='a'\noutput='b'\n{data}[loss]\nalpha={value}", "loss.alpha") for value in (-0.1, 1.5)),
    ):
        path.write_text(text)
        with pytest.raises(ConfigurationError, match=named):
            RunConfig.from_file(path)


@pytest.mark.parametrize("name", ["paper", "shipped"])
def test_the_configurations_that_come_with_the_project_can_be_read(name):
    config = RunConfig.from_file(CONFIGURATIONS / f"{name}.toml")
    assert set(config.stages) >= {StageName.SEGMENTATION, StageName.ALIGNMENT, StageName.SCORING}


def test_the_papers_configuration_has_the_papers_numbers():
    """As the paper prints them (sections 5.1 to 5.3, Table 2), not as the code has them by default."""
    config = RunConfig.from_file(CONFIGURATIONS / "paper.toml")
    model, loss = config.model, config.loss
    assert (model.encoder, model.decoder, model.head, model.levels) == ("resnet18", "unet++", "fpn", 4)
    assert model.decoder_channels == (256, 128, 64, 32, 16)
    assert (model.side_px, model.alignment_side_px, model.zone_channels) == (512, 128, 8)
    assert (model.attentions, model.alignment_start) == (("ha", "sa"), "identity")
    assert (config.precision, config.selection, config.initial_encoder) == ("float32", "mae", "")
    assert (loss.alpha, loss.latent) == (0.7, 0.0)
    assert loss.beta > 10
    assert list(config.stages) == ["segmentation", "alignment", "scoring", "end-to-end"]
    for stage in config.stages.values():
        assert (stage.learning_rate, stage.batch_size, stage.epochs) == (3e-2, 8, 80)
        assert stage.schedule == "plateau"
        assert (stage.average_decay, stage.opacity_weight, stage.second_reader_weight) == (0.0, 0.0, 0.0)
        assert (stage.normal_images, stage.segmentation_weight, stage.encoder_rate) == (0, 0.0, 1.0)
    assert not config.stages[StageName.END_TO_END].freeze_batch_norm
    assert dataclasses.asdict(config.augmentation) == {
        "rotation_deg": 25.0,
        "scale": 0.1,
        "shift": 0.1,
        "affine_p": 0.8,
        "elastic_alpha": 60.0,
        "elastic_sigma": 12.0,
        "grid_steps": 5,
        "grid_limit": 0.3,
        "optical_limit": 0.2,
        "distortion_p": 0.2,
        "brightness": 0.2,
        "contrast": 0.2,
        "brightness_contrast_p": 0.5,
        "flip_p": 0.5,
    }
