"""Options that environment variables set, and that no verdict changes by them unseen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import pytest

from imagelint.cli.main import cli
from tests.support.project import BAD, CLEAN, ERROR, FINDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.project import Project

SAYS = "note: the environment's {} sets {}\n"


@pytest.fixture(autouse=True)
def _a_finding(work: Project) -> None:
    work.write("a.yaml", BAD)


def test_a_variable_sets_an_option_and_is_named(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGELINT_CHECK_FAIL_ON", "never")
    said = SAYS.format("IMAGELINT_CHECK_FAIL_ON", "--fail-on")
    for detail in ([], ["--quiet"]):
        result = work.run("check", *detail)
        assert (result.exit_code, result.stderr) == (CLEAN, said)


def test_nothing_is_said_of_what_sets_nothing(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command line wins; an empty variable, another command's, and other words are none."""
    monkeypatch.setenv("IMAGELINT_CHECK_ENVIRONMENT", "dev")
    monkeypatch.setenv("IMAGELINT_CHECK_FAIL_ON", "")
    monkeypatch.setenv("IMAGELINT_FIX_DIFF", "1")
    monkeypatch.setenv("IMAGELINT_FAIL_ON", "never")
    result = work.run("check", "--env", "prod")
    assert (result.exit_code, result.stderr) == (FINDINGS, "")


@pytest.mark.parametrize("name", ["IMAGELINT_CHECK_HELP", "IMAGELINT_HELP", "IMAGELINT_VERSION"])
def test_no_variable_puts_something_else_in_place_of_the_run(
    work: Project, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "1")
    result = work.run("check")
    assert (result.exit_code, result.stderr) == (FINDINGS, "")


def test_a_value_that_is_refused(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has typed no option learns where it comes from."""
    monkeypatch.setenv("IMAGELINT_CHECK_FAIL_ON", "nothing")
    result = work.run("check")
    assert result.exit_code == ERROR
    assert result.stderr.startswith(SAYS.format("IMAGELINT_CHECK_FAIL_ON", "--fail-on"))
    assert result.stderr.count("IMAGELINT_CHECK_FAIL_ON") == 1
    assert "'nothing' is not one of" in result.stderr


def test_several_values_are_separated_by_blanks(
    work: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGELINT_CHECK_FORMATS", "text json=report.json")
    assert work.run("check").exit_code == FINDINGS
    assert '"findings"' in work.read("report.json")


def test_commands_of_commands_and_debug(work: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGELINT_DEBUG", "1")
    monkeypatch.setenv("IMAGELINT_BASELINE_WRITE_POLICY", "nowhere.yaml")
    result = work.run("baseline", "write")
    assert result.exit_code == ERROR
    said = SAYS.format("IMAGELINT_DEBUG", "--debug")
    said += SAYS.format("IMAGELINT_BASELINE_WRITE_POLICY", "--policy")
    assert result.stderr.startswith(said)
    assert "Traceback" in result.stderr


def commands(parent: click.Context) -> Iterator[click.Context]:
    """Give the context of every command, as click makes it."""
    yield parent
    if isinstance(parent.command, click.Group):
        for name in parent.command.list_commands(parent):
            command = parent.command.get_command(parent, name)
            assert command is not None
            yield from commands(type(parent)(command, parent=parent, info_name=name))


def test_each_option_has_a_variable_of_its_own() -> None:
    root = cli.context_class(cli, info_name="imagelint", auto_envvar_prefix="IMAGELINT")
    found = [
        f"{one.auto_envvar_prefix}_{(option.name or '').upper()}"
        for one in commands(root)
        for option in one.command.get_params(one)
        if isinstance(option, click.Option) and option.allow_from_autoenv
    ]
    assert len(set(found)) == len(found) > 50
    assert not any(name.endswith(("_HELP", "_VERSION")) for name in found)
    assert all(type(one) is cli.context_class for one in commands(root))
