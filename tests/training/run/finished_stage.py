"""A stage that is finished as far as the next one looks."""

import json


def leave_behind(config, name, epochs):
    """Writes a stage's weights and history, without a checkpoint."""
    folder = config.output / name.value
    folder.mkdir(parents=True)
    (folder / "best.safetensors").write_bytes(b"weights of " + name.value.encode())
    rows = [{"loss": 1.0, "validation_value": 0.5}] * epochs
    (folder / "history.json").write_text(json.dumps(rows))
    return folder / "best.safetensors"
