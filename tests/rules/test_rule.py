"""The rules that imagelint is shipped with, and what a rule file may hold."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from imagelint.engine.examples import Examples
from imagelint.model.errors import PolicyError
from imagelint.model.finding import Severity
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.checks.references import CHECKS
from imagelint.rules.rule import _READERS, Rule, _parameter_types, load_rules, parameter_names
from imagelint.yaml.documents import split
from imagelint.yaml.parser import parse_yaml
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.yaml.nodes import Tree

FOLDER = Path(__file__).parents[2] / "rules"
SOURCES = [Source(path.name, path.read_bytes()) for path in sorted(FOLDER.glob("*.yaml"))]
RULES = load_rules(SOURCES)
POLICY = parse_policy(
    Source("default.yaml", (FOLDER / "policy" / "default.yaml").read_bytes()), RULES
)
EXAMPLES = Examples(POLICY, RULES, catalogue())

DEFAULTS = {
    "dropped-content": Severity.WARNING,
    "floating-tag": Severity.WARNING,
    "invalid-reference": Severity.ERROR,
    "missing-digest": Severity.OFF,
    "unapproved-registry": Severity.ERROR,
    "unparsable-document": Severity.ERROR,
    "unused-ignore": Severity.WARNING,
    "unused-exception": Severity.WARNING,
    "expired-exception": Severity.ERROR,
    "unrendered-template": Severity.ERROR,
    "unresolved-reference": Severity.ERROR,
    "wrong-type": Severity.ERROR,
}


def test_defaults() -> None:
    """The rules that no run should lose are as bad as they were."""
    assert {name: RULES[name].severity for name in DEFAULTS} == DEFAULTS


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.path)
def test_file_is_named_after_its_rule(source: Source) -> None:
    """``rules/<id>.yaml``."""
    (rule,) = load_rules([source]).values()
    assert source.path == f"{rule.id}.yaml"


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_prose(rule: Rule) -> None:
    """One line that says it, and whole sentences that explain it."""
    assert "\n" not in rule.summary
    assert not rule.summary.endswith(".")
    assert len(rule.summary) <= 80
    assert not rule.id.startswith("no-")
    for prose in (rule.why, rule.remedy):
        assert prose.endswith(".\n")
    assert rule.examples.bad
    assert rule.examples.good


@pytest.mark.parametrize("rule", RULES.values(), ids=lambda rule: rule.id)
def test_examples(rule: Rule) -> None:
    """Bad ones are found and good ones not; what has a repair becomes the fixed one beside it."""
    assert list(EXAMPLES.failures(rule)) == []
    assert bool(rule.examples.fixed) is rule.fixable


def trees(example: str) -> list[Tree]:
    """Parse the documents of an example."""
    documents = split(Source("example.yaml", example.encode()))
    return [parse_yaml(document.decoded.text) for document in documents]


@pytest.mark.parametrize(
    ("rule_id", "what"), [("unparsable-document", "problems"), ("dropped-content", "dropped_from")]
)
def test_document_examples(rule_id: str, what: str) -> None:
    """The parser sees what the rules about documents show."""
    found = RULES[rule_id].examples
    for example in found.bad:
        assert any(getattr(tree, what) for tree in trees(example)), example
    for example in found.good:
        assert not any(getattr(tree, what) for tree in trees(example)), example
        assert not any(tree.problems for tree in trees(example)), example


def test_every_parameter_can_be_read() -> None:
    """A check's parameters have types that a policy can hold, and defaults."""
    for name, check in CHECKS.items():
        assert parameter_names(name) == getattr(check, "_fields", ())
        assert set(_parameter_types(name).values()) <= set(_READERS)
        check()


GOOD = """\
id: x
summary: X
severity: off
check: pinned-tag
why: W.
remedy: R.
examples: {bad: [a], good: [b]}
"""


def load(text: str) -> Rule:
    """Read one rule."""
    (rule,) = load_rules([Source("x.yaml", text.encode())]).values()
    return rule


def test_minimal() -> None:
    """What is left out has a default."""
    rule = load(GOOD)
    assert rule.severity is Severity.OFF
    assert rule.parameters == {}
    assert not rule.fixable
    assert rule.severity_if_open is None
    assert rule.make_check() == CHECKS["pinned-tag"]()


def test_complete() -> None:
    """Everything that a rule file can hold."""
    rule = load(
        GOOD.replace("{bad: [a], good: [b]}", "{bad: [a], good: [b], fixed: [c]}")
        + "fixable: true\nparameters: {tags: [edge, 1.10]}\n"
        + "severity-if-open: note\nseverity-in-chart: warning\n"
    )
    assert rule.examples.fixed == ("c",)
    assert rule.severity_if_open is Severity.NOTE
    assert rule.severity_in_chart is Severity.WARNING
    assert [tag.text for tag in rule.make_check().tags] == ["edge", "1.10"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("id: x", "id: [x]", "x.yaml:1:5: id: text is wanted, not a list"),
        ("id: x\n", "", 'x.yaml:1:1: the key "id" is missing'),
        ("id: x", "id:", "x.yaml:1:4: id: text is wanted, not an empty value"),
        ("why", "wy", 'x.yaml:5:1: unknown key "wy"; did you mean "why"?'),
        ("severity: off", "severity: of", 'unknown value "of"; did you mean "off"?'),
        ("severity: off", "severity: fatal", "it can be error, warning, note, off"),
        ("pinned-tag", "pined-tag", 'x.yaml:4:8: unknown check "pined-tag"; did you mean "pinned'),
        ("bad: [a], good: [b]", "bad: [a]", 'examples: the key "good" is missing'),
        ("good: [b]", "good: [b], fixed: [c]", "examples.fixed: a fixable rule needs one for each"),
        (
            "good: [b]}",
            "good: [b]}\nfixable: true",
            "x.yaml:7:11: examples.fixed: a fixable rule needs one for each",
        ),
        ("good: [b]}", "good: [b]}\nfixable: 1", "fixable: true or false is wanted, not 1"),
        ("good: [b]}", "good: [b]}\nid: y", "x.yaml:8:1: duplicate key id, first on line 1"),
        ("pinned-tag", "pinned-tag\nparameters: {tag: [a]}", 'did you mean "tags"?'),
        ("pinned-tag", 'pinned-tag\nparameters: {tags: [""]}', "tags: a pattern is empty"),
        ("pinned-tag", "pinned-tag\nparameters: {tags: a}", 'a list is wanted, not "a"; write [a]'),
        ("pinned-tag", "document\nparameters: {tags: [a]}", "there are none"),
        (
            "pinned-tag",
            "forbidden-image",
            "x.yaml:1:1: the check forbidden-image needs parameters: images",
        ),
        (
            "pinned-tag",
            "forbidden-image\nparameters: {message: a}",
            'parameters: the key "images" is missing',
        ),
        (
            "pinned-tag",
            "forbidden-image\nparameters: {images: [nginx]}",
            "x.yaml:5:23: parameters.images: nginx is no registry host",
        ),
        (
            "pinned-tag",
            "required-tag\nparameters: {semver: 1}",
            "parameters.semver: true or false is wanted, not 1",
        ),
        ("id: x", "id: X", "x.yaml:1:5: id: X: a rule's id has lower-case letters"),
        ("id: x", "id: a--b", "a rule's id has lower-case letters"),
        ("id: x", "id: !foo x", "unknown tag !foo"),
        ("id: x", "<<: {id: x}", "x.yaml:1:1: merge keys (<<) are not supported"),
        ("id: x", "- x", "x.yaml"),
    ],
)
def test_refused(old: str, new: str, message: str) -> None:
    """A slip is an error that says where it is and what to write."""
    with pytest.raises(PolicyError) as raised:
        load(GOOD.replace(old, new, 1))
    assert message in str(raised.value)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "x.yaml: the file is empty"),
        (b"# nothing\n", "x.yaml: the file is empty"),
        (b"id: \xff", "x.yaml:1:5: not valid UTF-8"),
        (b"- a", "x.yaml:1:1: a mapping is wanted, not a list"),
        (b"id: a\n---\nid: b\n", "one document is wanted"),
        (b"id: [", "x.yaml:"),
    ],
)
def test_no_rule(data: bytes, message: str) -> None:
    """Not even a mapping."""
    with pytest.raises(PolicyError) as raised:
        load_rules([Source("x.yaml", data)])
    assert message in str(raised.value)


def test_one_rule_twice() -> None:
    """Two files cannot define one rule."""
    sources = [Source("a.yaml", GOOD.encode()), Source("b.yaml", GOOD.encode())]
    with pytest.raises(
        PolicyError, match=r'b\.yaml:1:1: the rule "x" is already defined in a\.yaml'
    ):
        load_rules(sources)
