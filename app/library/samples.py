"""The bundled sample images, whose readings are kept but are no data."""

from __future__ import annotations

import contextlib
from functools import cache

from app.library.records import SeenImage
from bsnet_core.errors import BSNetError
from bsnet_core.loading import load_metadata
from bsnet_core.resources import sample_files


@cache
def sample_identifiers() -> frozenset[str]:
    """The identifiers that the samples have in a library, wherever their files are; loads their headers once."""
    found = set()
    for path in sample_files():
        with contextlib.suppress(BSNetError):
            metadata = load_metadata(path)
            if metadata.sop_instance_uid.strip():
                found.add(SeenImage(metadata, path).identifier)
    return frozenset(found)
