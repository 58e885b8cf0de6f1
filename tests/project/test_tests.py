"""The tests themselves: what they need, and that CI runs all of them."""

from __future__ import annotations

import pytest

from tests.support.needs import path_of
from tests.support.project import ROOT

NOT_HERE = "a-program-that-nobody-has"


@pytest.mark.parametrize(
    ("ci", "outcome"), [("true", pytest.fail.Exception), ("", pytest.skip.Exception)]
)
def test_a_missing_program(
    ci: str,
    outcome: type[BaseException],
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is skipped for, but in CI it fails, however a test says what it needs."""
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome, match=f"^{NOT_HERE} is missing"):
        path_of(NOT_HERE)
    request.node.add_marker(pytest.mark.needs("sh", NOT_HERE))
    with pytest.raises(outcome, match=f"^{NOT_HERE} is missing"):
        request.node.ihook.pytest_runtest_setup(item=request.node)


def test_nobody_else_looks_for_programs() -> None:
    """Whoever did could skip where CI has to fail."""
    looking = {
        path.name
        for path in (ROOT / "tests").rglob("*.py")
        if "shutil.which(" in path.read_text(encoding="utf-8")
    }
    assert looking == {"needs.py", "tools.py", "test_tests.py"}


def test_ci_runs_every_test() -> None:
    """What the README's command leaves out is run besides, once."""
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    assert 'test_command="$(readme 2)"' in script
    assert script.count("-m slow") == 1
