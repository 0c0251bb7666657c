"""Results as DICOM objects in the study of the image they are about, for other systems; see docs/dicom.md."""

import logging
import warnings

# highdicom's messages quote values, and a value can be a patient's name.
warnings.filterwarnings("ignore", category=UserWarning, module=r"highdicom\.")
logging.getLogger("highdicom").setLevel(logging.CRITICAL)
