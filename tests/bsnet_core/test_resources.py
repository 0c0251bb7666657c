"""The bundled sample studies: whose they are, and that the script in the repository makes them."""

import importlib.util
import sys

from pydicom import dcmread

from bsnet_core.inference.input_check import reject_unsuitable
from bsnet_core.loading import load_radiograph
from bsnet_core.resources import resources_dir, sample_files


def test_every_sample_names_its_source_and_licence():
    for path in sample_files():
        dataset = dcmread(path, stop_before_pixels=True)
        assert "10.25835/0090041" in dataset.ImageComments
        assert "CC BY 3.0" in dataset.ImageComments
        assert "synthetic date" in dataset.StudyDescription
        assert str(dataset.PatientName) == f"Hannover^{dataset.PatientID}"
        assert path.name in (resources_dir() / "samples" / "README.md").read_text(encoding="utf-8")


def test_every_sample_may_be_scored():
    for path in sample_files():
        reject_unsuitable(load_radiograph(path))


def test_the_samples_hold_serial_days_of_one_patient_and_stay_small():
    patients = [dcmread(path, stop_before_pixels=True).PatientID for path in sample_files()]
    assert max(patients.count(patient) for patient in patients) >= 2
    assert len(set(patients)) >= 3
    assert sum(path.stat().st_size for path in sample_files()) < 4 * 1024**2


def test_the_script_gives_the_bundled_samples_again(shared_data, tmp_path, monkeypatch):
    script = tmp_path / "make_samples.py"
    script.write_bytes((resources_dir() / "samples" / "make_samples.py").read_bytes())
    spec = importlib.util.spec_from_file_location("make_samples", script)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "make_samples", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, "argv", ["make_samples.py", str(shared_data / "hannover")])
    module.main()
    for path in sample_files():
        made, bundled = dcmread(tmp_path / path.name), dcmread(path)
        # The writing library's version stands in the file; all else must agree.
        assert made == bundled
