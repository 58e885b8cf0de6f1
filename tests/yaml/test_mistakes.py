"""What is said of a file of imagelint's own that its reader has refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagelint.model.errors import PolicyError
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from imagelint.rules.rule import load_rules
from imagelint.yaml.mistakes import mistakes

FOLDER = Path(__file__).parents[2] / "rules" / "policy"
SCHEMA: dict[str, Any] = json.loads((FOLDER / "schema.json").read_text("utf-8"))
RULE_SCHEMA: dict[str, Any] = json.loads((FOLDER / "rule.schema.json").read_text("utf-8"))
HEAD = "version: 1\ndefault: a\n"


def explained(text: str) -> list[str]:
    """Return all that is said of a policy, the reader's own error first."""
    with pytest.raises(PolicyError) as raised:
        parse_policy(Source("p.yaml", text.encode()), RULES)
    return [str(raised.value), *map(str, mistakes(raised.value, SCHEMA))]


def explained_rule(text: str) -> list[str]:
    with pytest.raises(PolicyError) as raised:
        load_rules([Source("r.yaml", text.encode())], RULES)
    return [str(raised.value), *map(str, mistakes(raised.value, RULE_SCHEMA))]


def environment(text: str) -> str:
    return f"{HEAD}environments: {{a: {{allow: [], {text}}}}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param(
            "enviroments: {}\ndefualt: a\nversion: 1\n",
            [
                '1:1: unknown key "enviroments"; did you mean "environments"?',
                '1:1: the key "environments" is missing',
                '1:1: the key "default" is missing',
                '2:1: unknown key "defualt"; did you mean "default"?',
            ],
            id="keys",
        ),
        pytest.param(
            environment("rules: {floating-tga: off, floating-tag: {severity: eror, tgas: x}}"),
            [
                '3:39: environments.a.rules: unknown rule "floating-tga"; did you mean',
                '3:83: environments.a.rules.floating-tag.severity: unknown value "eror"; did you',
                '3:89: environments.a.rules.floating-tag: unknown key "tgas"; did you mean "tags"?',
            ],
            id="rules",
        ),
        pytest.param(
            environment("unsuppressible: [x, unaproved-registry]"),
            [
                '3:48: environments.a.unsuppressible: unknown rule "x"',
                '3:51: environments.a.unsuppressible: unknown value "unaproved-registry"; did you',
            ],
            id="a word of several lists",
        ),
        pytest.param(
            environment("deny: [x], match: {paths: [a**], namespaces: b, lables: {}}"),
            [
                "3:38: environments.a.deny: x is no registry host",
                '3:58: environments.a.match.paths: "a**" does not fit; what may stand here: A glob',
                '3:76: environments.a.match.namespaces: a list is wanted, not "b"; write [b]',
                '3:79: environments.a.match: unknown key "lables"; did you mean "labels"?',
            ],
            id="patterns, lists and keys",
        ),
        pytest.param(
            f"{HEAD}environments: {{a: {{allow: [[], b, {{registry: c.io, tga: 1}}]}}}}\n",
            [
                "3:28: environments.a.allow: text is wanted, not a list",
                '3:32: environments.a.allow: "b" does not fit; what may stand here: * for any reg',
                '3:52: environments.a.allow[2]: unknown key "tga"; did you mean "tag"?',
            ],
            id="text or a mapping",
        ),
        pytest.param(
            f"{HEAD}environments: {{a: {{allow: []}}}}\nlocked: [harbr, rules.x]\n",
            [
                '4:10: locked: unknown name "harbr"; did you mean "harbor"?',
                '4:17: locked: unknown value "rules.x"; it can be rules.dropped-content',
            ],
            id="locks",
        ),
        pytest.param(
            f"{HEAD}environments: {{a: {{allow: []}}}}\nexceptions:\n- {{rules: [], until: 1}}\n",
            [
                '5:3: exceptions[0]: the key "reason" is missing',
                "5:3: exceptions[0]: write one of the keys images, paths, objects, containers",
                "5:11: exceptions[0].rules: there is nothing in it; write at least one",
                '5:22: exceptions[0].until: "1" does not fit; what may stand here: The last day',
            ],
            id="exceptions",
        ),
        pytest.param(
            f"{HEAD}environments: {{a: {{allow: []}}}}\n"
            "workloads:\n- {groups: [a], kinds: [B], source: s, fields: [a..b, {at: c, tga: d}]}\n",
            [
                "5:49: workloads[0].fields: `a..b` is not a path",
                '5:63: workloads[0].fields[1]: unknown key "tga"; did you mean "tag"?',
            ],
            id="workloads",
        ),
        pytest.param(
            f"{HEAD}environments: {{b: {{allow: [], allow: [a/]}}, b: {{<<: {{}}}}}}\nrules: ~\n",
            [
                "3:45: environments: duplicate key b, first on line 3",
                "3:31: environments.b: duplicate key allow, first on line 3",
                "3:49: environments.b: merge keys (<<) are not supported: write the keys out",
                "4:8: rules: a mapping is wanted, not an empty value",
            ],
            id="what no schema sees",
        ),
        pytest.param(
            "default: b\nversion: !x 1\nharbor: {host: h, projects: {}}\nenvironments: {}\n",
            [
                "2:13: version: unknown tag !x",
                '3:16: harbor.host: "h" does not fit; what may stand here: The host, with its port',
                "4:15: environments: there is nothing in it; write at least one",
            ],
            id="tags and empty mappings",
        ),
    ],
)
def test_every_mistake_is_listed(text: str, said: list[str]) -> None:
    """The reader's error is the first line, as ever; the others come in the order of the file."""
    found = explained(text)
    assert [line[: len(f"p.yaml:{want}")] for line, want in zip(found, said, strict=True)] == [
        f"p.yaml:{want}" for want in said
    ]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("a: [\n", id="no YAML"),
        pytest.param("", id="empty"),
        pytest.param(f"{HEAD}environments: {{b: {{allow: []}}}}\n", id="well-formed parts"),
        pytest.param(f"{HEAD}environments: {{a: {{}}}}\n", id="a single mistake"),
    ],
)
def test_there_is_nothing_else_to_say(text: str) -> None:
    assert len(explained(text)) == 1


def test_a_rule_is_explained_by_its_check() -> None:
    text = (
        "id: A\nsummary: s\nseverity: eror\ncheck: forbidden-image\nwhy: w\nremedi: r\n"
        "parameters: {imgaes: []}\nexamples: {bad: x, good: []}\n"
    )
    advice = 'unknown key "remedi"; did you mean "remedy"?'
    first, *others = explained_rule(text)
    assert first.startswith(f"r.yaml:6:1: {advice}")
    assert [line.split(";")[0] for line in others] == [
        'r.yaml:1:1: the key "remedy" is missing',
        'r.yaml:1:5: id: "A" does not fit',
        'r.yaml:3:11: severity: unknown value "eror"',
        'r.yaml:7:13: parameters: the key "images" is missing',
        'r.yaml:7:14: parameters: unknown key "imgaes"',
        'r.yaml:8:17: examples.bad: a list is wanted, not "x"',
    ]


class TestHostile:
    """A file that is made to be costly, and one that only looks like it."""

    BOMB = "x0: &x0 [a, a, a, a, a, a, a, a, a, a]\n" + "".join(
        f"x{level}: &x{level} [{', '.join([f'*x{level - 1}'] * 10)}]\n" for level in range(1, 5)
    )

    def test_what_aliases_make_of_a_few_lines(self) -> None:
        """go-yaml's own measure lets 100,000 nodes pass."""
        assert len(explained(self.BOMB)) == 1

    def test_a_few_aliases_are_explained_where_their_anchor_stands(self) -> None:
        text = f"{HEAD}environments:\n  a: {{allow: &x [b]}}\n  c: {{allow: *x, dney: *x}}\n"
        assert [line.split(": ")[0] for line in explained(text)] == ["p.yaml:4:18", "p.yaml:5:18"]

    def test_depth(self) -> None:
        deep = "[" * 5_000 + "]" * 5_000
        assert len(explained(f"{HEAD}environments: {{a: {{allow: {deep}}}}}\n")) == 1
        assert len(explained(f"{HEAD}defualt: {deep}\nenvironments: {deep}\n")) == 2

    def test_nothing_in_it_ends_a_line(self) -> None:
        text = environment('"de\\nny\\u001b": [], match: {paths: ["\\n/::error::"], "a\\n": 1}')
        assert all(line.isprintable() for line in explained(text))
