"""Everything that the bridge runs with has a licence of the list."""

import pytest

from tests.architecture.licences import is_allowed, licences


def test_whoever_installs_the_bridge_gets_licences_of_the_list_alone() -> None:
    found = licences()
    assert len(found) > 40
    assert {name: one for name, one in found.items() if not is_allowed(one)} == {}


@pytest.mark.parametrize(
    ("expression", "is_on_list"),
    [
        ("MIT", True),
        ("GPL-3.0-only OR MIT", True),
        ("Apache-2.0 AND (BSD-2-Clause OR GPL-2.0-only)", True),
        ("MIT AND GPL-3.0-only", False),
        ("GPL-3.0-or-later", False),
        ("Other/Proprietary License", False),
        ("", False),
    ],
)
def test_one_that_is_not_on_the_list_is_found(expression: str, is_on_list: bool) -> None:
    assert is_allowed(expression) is is_on_list
