"""The results of the whole conformance table, made once."""

from __future__ import annotations

import pytest

from tests.conformance.table import Result, results


@pytest.fixture(scope="package")
def conformance_results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, ...]:
    """What the loader makes of every cell."""
    return results(tmp_path_factory.mktemp("conformance"))
