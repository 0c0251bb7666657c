from bsnet_core.model.weights import load_model
from training import cli
from training.run.run_data import load_data
from training.run.stage_run import run_all


def test_export_writes_a_model_folder_with_honest_figures(make_config, tmp_path, capsys):
    config = make_config()
    run_all(config)
    status = cli.main(
        ["export", "--config", str(tmp_path / "run.toml"), "--to", str(tmp_path / "model"), "--version", "0.1"]
    )
    assert status == 0
    assert "sha256" in capsys.readouterr().out
    _, card = load_model(tmp_path / "model")
    test_patients = load_data(config).split.test
    scored = [sample for sample in load_data(config).samples if sample.score and sample.patient in test_patients]
    assert card.metrics["scores"]["images"] == len(scored)
    assert card.metrics["scores"]["readers"]["second_radiologist"]["zones"]["mean_absolute_error"] == 0
    assert card.metrics["alignment"]["closed_form_dice"]["mean"] > card.metrics["alignment"]["do_nothing_dice"]["mean"]
    values = {name: row["best"]["validation_value"] for name, row in card.recipe["validation"].items()}
    chosen = card.recipe["weights_from_stage"]
    assert chosen == min(("scoring", "end-to-end"), key=lambda name: values[name])
    assert card.data["counts"]["test"]["images_with_score"] == len(scored)
