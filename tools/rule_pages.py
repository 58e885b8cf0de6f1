"""Writes what follows from the rules' files: their pages, their part of the policy's schema.

``python tools/rule_pages.py`` writes ``docs/rules/`` (a page for each rule), the table in the
README and what ``rules/policy/schema.json`` says of rules; ``--check`` only tells what is stale.
Each example is linted while its page is made, so what a page shows is what the rule finds.
"""

from __future__ import annotations

import ast
import inspect
import itertools
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

from imagelint import files
from imagelint.engine.examples import Examples
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.model.source import shown
from imagelint.policy.policy import parse_policy
from imagelint.rules.built_in import RULES
from imagelint.rules.checks.references import CHECKS, NEEDED
from imagelint.rules.checks.registry import Difference, Move, State

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from imagelint.rules.checks.subject import Check
    from imagelint.rules.rule import Rule

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "rules"
README = ROOT / "README.md"
SCHEMA = ROOT / "rules" / "policy" / "schema.json"
RULE_SCHEMA = ROOT / "rules" / "policy" / "rule.schema.json"
_NAMES = {"type": "array", "items": {"$ref": "#/$defs/name"}}
_COMPONENT = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_REPOSITORIES: dict[str, Any] = {
    "type": "array",
    "items": {
        "type": ["string", "number", "boolean"],
        "pattern": f"^{_COMPONENT}(?:/{_COMPONENT})*$(?!\\n)",
        "minimum": 0,
    },
}
_SUCCESSOR: dict[str, Any] = {"anyOf": [{"const": "none"}, {"$ref": "#/$defs/upstream"}]}
_TYPES: dict[str, dict[str, Any]] = {
    "bool": {"enum": [True, False, "true", "false"]},
    "str": {"type": ["string", "number", "boolean"]},
    "tuple[Move, ...]": {
        "type": "object",
        "propertyNames": {"$ref": "#/$defs/upstream"},
        "additionalProperties": {
            "anyOf": [
                *_SUCCESSOR["anyOf"],
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["successor"],
                    "properties": {
                        "successor": _SUCCESSOR,
                        "state": {"enum": [state.value for state in State]},
                        "since": {
                            "type": ["string", "integer"],
                            "pattern": "^[0-9]{4}(?:-[0-9]{2}){0,2}$(?!\\n)",
                            "minimum": 1000,
                            "maximum": 9999,
                        },
                        "differs": {
                            "type": "array",
                            "items": {"enum": [one.value for one in Difference]},
                        },
                        "repositories": _REPOSITORIES,
                        "except-repositories": _REPOSITORIES,
                        "tags": _NAMES,
                        "except-tags": _NAMES,
                        "source": {"type": "string", "pattern": "^https://[!-~]+$(?!\\n)"},
                    },
                },
            ]
        },
    },
    "tuple[NamePattern, ...]": _NAMES,
    "tuple[RegistryPattern, ...]": {"$ref": "#/$defs/patterns"},
}
"""The schema of each type of parameter."""
_HEAD = "<!-- Made by tools/rule_pages.py out of rules/ID.yaml; edit that. -->\n"


def load() -> tuple[Mapping[str, Rule], Examples]:
    """Return the rules, and what lints their examples by the built-in policy."""
    rules = RULES
    policy = parse_policy(files.default_policy_source(), rules)
    return rules, Examples(policy, rules, load_catalogue(files.catalogue_files()))


def environment_of(rule: Rule) -> str:
    """Return the environment of the built-in policy that a rule's examples are held to."""
    return rule.examples.environment or "prod"


def page(rule: Rule, examples: Examples) -> str:
    """Return the page of a rule."""
    facts = [f"**Severity:** {_severities(rule)}"]
    facts.append(f"**Fix:** {'`imagelint fix`' if rule.fixable else 'by hand'}")
    facts += [
        f"**Parameter** `{name}`: {_listed(value)}" for name, value in rule.parameters.items()
    ]
    tables = [_moves(value) for value in rule.parameters.values() if _are_moves(value)]
    parts = [
        _HEAD.replace("ID", rule.id),
        f"# {rule.id}\n\n{rule.summary}.\n",
        "  \n".join(facts) + "\n",
        f"## Why\n\n{rule.why}",
        f"## What to do\n\n{rule.remedy}",
        *tables,
        _documents(rule, examples) if rule.has_document_examples else _images(rule, examples),
        f"## In the policy\n\n```yaml\nrules:\n  {rule.id}: error  # or warning, note, off\n```\n",
    ]
    return "\n".join(parts)


def _severities(rule: Rule) -> str:
    text = rule.severity.value
    if rule.severity_if_open is not None:
        text += f"; {rule.severity_if_open.value} in an environment that allows everything"
    if rule.severity_in_chart is not None:
        text += f"; {rule.severity_in_chart.value} in the templates of a Helm chart"
    return text


def _listed(value: object) -> str:
    if _are_moves(value):
        return "[see below](#the-registries)"
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"`{one}`" for one in values) or "none"


def _are_moves(value: object) -> TypeGuard[tuple[Move, ...]]:
    return isinstance(value, tuple) and bool(value) and isinstance(value[0], Move)


def _moves(moves: tuple[Move, ...]) -> str:
    """Return the table of retired registries."""
    lines = [
        "## The registries\n",
        "| registry | which images | what happened | where they are now | what changes | source |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for move in moves:
        successor = "nowhere" if move.new is None else f"`{move.new}`"
        host = move.source.split("/")[2] if move.source else ""
        cells = (
            f"`{move.old}`",
            _which(move),
            move.event,
            successor,
            _changes(move),
            f"[{host}]({move.source})" if move.source else "",
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _which(move: Move) -> str:
    """Say which images below a registry or path are retired."""
    said = [", ".join(f"`{name}`" for name in move.repositories)] * bool(move.repositories)
    kept = ", ".join(f"`{name}`" for name in move.except_repositories)
    said += [f"all but {kept}"] * bool(kept)
    said += [move.which_tags] * bool(move.which_tags)
    return "; ".join(said) or "all"


def _changes(move: Move) -> str:
    """Say what of a reference is not the same at the successor."""
    if move.new is None:
        return ""
    said = ["registry"] * (move.old.registry != move.new.registry)
    said += ["path"] * (move.old.path != move.new.path)
    said += [f"perhaps {' and '.join(one.value for one in move.differs)}"] * bool(move.differs)
    return ", ".join(said)


def _images(rule: Rule, examples: Examples) -> str:
    lines = [
        "## Found\n",
        f"| image | what imagelint says, in {environment_of(rule)} |",
        "| --- | --- |",
    ]
    for example in rule.examples.bad:
        (finding,) = examples.found(rule, example)
        lines.append(f"| {_cell(example)} | {_escaped(finding.message)} |")
    lines += ["\n## Not found\n"]
    for example in rule.examples.good:
        if examples.found(rule, example):
            message = f"{rule.id} finds what it calls good: {example}"
            raise ValueError(message)
        lines.append(f"- {_cell(example)}")
    return "\n".join(lines) + "\n"


def _documents(rule: Rule, examples: Examples) -> str:
    parts = ["## Found\n"]
    for example in rule.examples.bad:
        said = {
            f"> {_escaped(finding.message)}\n": None for finding in examples.found(rule, example)
        }
        parts += [f"```yaml\n{example.rstrip()}\n```\n", *said]
    parts.append("## Not found\n")
    parts += [f"```yaml\n{example.rstrip()}\n```\n" for example in rule.examples.good]
    return "\n".join(parts)


def _cell(example: str) -> str:
    text = shown(example).replace("|", "\\|")
    return f"`` {text} ``" if "`" in text else f"`{text}`" if text else "(empty)"


def _escaped(message: str) -> str:
    """Keep Markdown from reading a message as anything but text."""
    text = shown(message, len(message) + 1)
    for character in "\\`*_{}[]<>|":
        text = text.replace(character, f"\\{character}")
    return text


def schema(rules: Sequence[Rule]) -> str:
    """Return the policy's JSON Schema with what the rules' files say."""
    read: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    read["$defs"]["rules"]["properties"] = {rule.id: _setting_schema(rule) for rule in rules}
    read["$defs"]["rule-of-imagelint"]["enum"] = [rule.id for rule in rules]
    locked = read["allOf"][1]["then"]["properties"]["locked"]["items"]["then"]
    locked["enum"] = [f"rules.{rule.id}" for rule in rules]
    return json.dumps(read, indent=2, ensure_ascii=False) + "\n"


def rule_schema(policy: dict[str, Any]) -> str:
    """Return the JSON Schema of a rule file, by the checks; it shares terms with the policy's."""
    text, texts = _TYPES["str"], {"type": "array", "items": _TYPES["str"]}
    severity = {"$ref": "#/$defs/severity"}
    read = {
        "$schema": policy["$schema"],
        "title": "imagelint rule",
        "description": "A rule of your own, in a file that a policy's rule-files names.",
        "type": "object",
        "required": ["id", "summary", "severity", "check", "why", "remedy", "examples"],
        "additionalProperties": False,
        "properties": {
            "id": {
                **policy["$defs"]["rule-id"],
                **_TYPES["str"],
                "minimum": 0,
                "description": "Lower-case letters and digits, and single - between them.",
            },
            "summary": {"description": "What is wrong, in one line.", **text},
            "severity": severity,
            "severity-if-open": severity,
            "severity-in-chart": severity,
            "check": {"description": "The code that finds it.", "enum": list(CHECKS)},
            "parameters": {"description": "What the check looks for.", "type": "object"},
            "fixable": {
                "description": "Whether fix can fix some findings.",
                **_TYPES["bool"],
            },
            "why": {"description": "Why it is bad.", **text},
            "remedy": {"description": "What to do instead.", **text},
            "examples": {
                "description": "Images that it finds and does not find: they are its tests.",
                "type": "object",
                "required": ["bad", "good"],
                "additionalProperties": False,
                "properties": {"bad": texts, "good": texts, "fixed": texts, "environment": text},
            },
        },
        "allOf": [_parameters_of(name) for name in CHECKS],
    }
    shared = ("name", "patterns", "severity", "upstream")
    read["$defs"] = {name: policy["$defs"][name] for name in shared}
    return json.dumps(read, indent=2, ensure_ascii=False) + "\n"


def _parameters_of(check: str) -> dict[str, Any]:
    """Say which parameters a rule with a check has."""
    needed = NEEDED.get(check, ())
    parameters: dict[str, Any] = {
        "additionalProperties": False,
        "properties": _parameter_schemas(CHECKS[check]),
    }
    then: dict[str, Any] = {"properties": {"parameters": parameters}}
    if needed:
        parameters["required"] = list(needed)
        then["required"] = ["parameters"]
    return {"if": {"properties": {"check": {"const": check}}, "required": ["check"]}, "then": then}


def _setting_schema(rule: Rule) -> dict[str, Any]:
    """Say what a policy may set of a rule: its severity, or that and parameters."""
    severity = {"$ref": "#/$defs/severity"}
    parameters = {} if rule.is_document_rule else _parameter_schemas(CHECKS[rule.check])
    mapping = {
        "type": "object",
        "additionalProperties": False,
        "properties": {"severity": severity, **parameters},
    }
    said = f"{rule.summary} (default: {rule.severity.value})"
    return {"description": said, "anyOf": [severity, mapping]}


def _parameter_schemas(check: type[Check]) -> dict[str, Any]:
    """Return the schema of each parameter; the text below it in the class is its description."""
    (body,) = ast.parse(inspect.getsource(check)).body
    assert isinstance(body, ast.ClassDef)
    found: dict[str, Any] = {}
    for field, text in itertools.pairwise(body.body):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
            assert isinstance(text, ast.Expr), field.target.id
            assert isinstance(text.value, ast.Constant), field.target.id
            said = " ".join(str(text.value.value).replace("``", "").split())
            found[field.target.id] = {"description": said, **_TYPES[ast.unparse(field.annotation)]}
    return found


def readme(rules: Iterable[Rule]) -> str:
    """Return the README with its table of rules: the worst first."""
    text = README.read_text(encoding="utf-8")
    before, head, rest = text.partition("| rule | default | what it finds |\n| --- | --- | --- |\n")
    assert head
    _, end, after = rest.partition("\n\n")
    rows = []
    for rule in sorted(rules, key=lambda rule: rule.severity.rank):
        severity = rule.severity.value
        if rule.severity_in_chart is not None:
            severity += f", in charts {rule.severity_in_chart.value}"
        repaired = "; `fix` fixes it" if rule.fixable else ""
        rows.append(f"| `{rule.id}` | {severity} | {rule.summary}{repaired} |")
    return before + head + "\n".join(rows) + end + after


def pages() -> dict[Path, str]:
    """Return every page, and the files that are made in part, with their paths."""
    loaded, examples = load()
    rules = sorted(loaded.values(), key=lambda rule: rule.id)
    made = {FOLDER / f"{rule.id}.md": page(rule, examples) for rule in rules}
    index = ["<!-- Made by tools/rule_pages.py; edit rules/. -->\n", "# Rules\n"]
    index += ["| rule | severity | fix | what it finds |", "| --- | --- | --- | --- |"]
    for rule in rules:
        how = "`imagelint fix`" if rule.fixable else ""
        index.append(
            f"| [{rule.id}]({rule.id}.md) | {rule.severity.value} | {how} | {rule.summary} |"
        )
    made[FOLDER / "README.md"] = "\n".join(index) + "\n"
    made[SCHEMA] = schema(rules)
    made[RULE_SCHEMA] = rule_schema(json.loads(made[SCHEMA]))
    made[README] = readme(rules)
    return made


def stale() -> list[str]:
    """Return the names of files that are not as they would be made now, and of those too many."""
    made = pages()
    paths = [*FOLDER.glob("*.md"), SCHEMA, RULE_SCHEMA, README]
    there = {path: path.read_text(encoding="utf-8") for path in paths}
    return sorted(
        path.relative_to(ROOT).as_posix()
        for path in made.keys() | there.keys()
        if made.get(path) != there.get(path)
    )


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    if "--check" in arguments:
        names = stale()
        sys.stdout.write("".join(f"stale: {name}\n" for name in names))
        return 1 if names else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
