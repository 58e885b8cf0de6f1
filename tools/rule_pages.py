"""Writes ``docs/rules/``: a page for each rule, out of its file and of what imagelint says.

``python tools/rule_pages.py`` writes, ``--check`` only tells whether something is stale. Each
example is linted while the page is made, so what a page shows is what the rule finds.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from imagelint import files
from imagelint.catalogue import load_catalogue
from imagelint.engine import Linter
from imagelint.finding import Finding, Severity
from imagelint.policy import parse_policy
from imagelint.rules import Rule, load_rules
from imagelint.text import Source, shown

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "docs" / "rules"
_AS_IT_STANDS = "wrong-type"
"""The rule whose examples are values as they stand in a manifest, not texts."""
_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: example}
spec:
  containers:
    - name: main
      image: VALUE
"""
_HEAD = "<!-- Made by tools/rule_pages.py out of rules/ID.yaml; edit that. -->\n"


class Examples:
    """Lints examples by the built-in policy, in prod, with every rule switched on."""

    def __init__(self) -> None:
        """Load what imagelint is shipped with."""
        self.rules = load_rules(files.rule_sources())
        policy = files.default_policy_source().data.decode()
        for rule in self.rules.values():
            if rule.severity is Severity.OFF:
                policy += f"  {rule.id}: warning\n"
        self._linter = Linter(
            parse_policy(Source("imagelint.yaml", policy.encode()), self.rules),
            self.rules,
            load_catalogue(files.catalogue_sources()),
            environment="prod",
        )

    def found(self, rule: Rule, example: str) -> list[Finding]:
        """Return what the rule finds in one of its examples."""
        text = example
        if not rule.is_document_rule:
            value = example if rule.id == _AS_IT_STANDS else json.dumps(example)
            text = _POD.replace("VALUE", value)
        result = self._linter.lint(Source("example.yaml", text.encode()), "example.yaml")
        return [finding for finding in result.findings if finding.rule == rule.id]


def page(rule: Rule, examples: Examples) -> str:
    """Return the page of a rule."""
    facts = [f"**Severity:** {_severities(rule)}"]
    facts.append(f"**Repair:** {'`imagelint fix`' if rule.fixable else 'by hand'}")
    facts += [
        f"**Parameter** `{name}`: {_listed(value)}" for name, value in rule.parameters.items()
    ]
    parts = [
        _HEAD.replace("ID", rule.id),
        f"# {rule.id}\n\n{rule.summary}.\n",
        "  \n".join(facts) + "\n",
        f"## Why\n\n{rule.why}",
        f"## What to do\n\n{rule.remedy}",
        _documents(rule, examples) if rule.is_document_rule else _images(rule, examples),
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
    values = value if isinstance(value, tuple) else (value,)
    return ", ".join(f"`{one}`" for one in values)


def _images(rule: Rule, examples: Examples) -> str:
    lines = ["## Found\n", "| image | what imagelint says, in prod |", "| --- | --- |"]
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


def pages() -> dict[Path, str]:
    """Return every page with its path."""
    examples = Examples()
    rules = sorted(examples.rules.values(), key=lambda rule: rule.id)
    made = {FOLDER / f"{rule.id}.md": page(rule, examples) for rule in rules}
    index = ["<!-- Made by tools/rule_pages.py; edit rules/. -->\n", "# Rules\n"]
    index += ["| rule | severity | repair | what it finds |", "| --- | --- | --- | --- |"]
    for rule in rules:
        how = "`imagelint fix`" if rule.fixable else ""
        index.append(
            f"| [{rule.id}]({rule.id}.md) | {rule.severity.value} | {how} | {rule.summary} |"
        )
    made[FOLDER / "README.md"] = "\n".join(index) + "\n"
    return made


def stale() -> list[str]:
    """Return the names of pages that are not as they would be made now, and of those too many."""
    made = pages()
    there = {path: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.md")}
    return sorted(
        path.name for path in made.keys() | there.keys() if made.get(path) != there.get(path)
    )


def main(arguments: list[str]) -> int:
    """Write the pages, or with ``--check`` name those that are stale."""
    if "--check" in arguments:
        names = stale()
        sys.stdout.write("".join(f"stale: docs/rules/{name}\n" for name in names))
        return 1 if names else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
