"""What is fuzzed: functions that take any bytes and raise where a law is broken.

Nothing here needs a fuzzer: :mod:`tests.fuzz.test_corpus` runs the inputs that are kept, and
:mod:`tests.fuzz.explore` looks for new ones.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from imagelint.engine.comments import find_ignores
from imagelint.engine.linter import Linter
from imagelint.files.shipped import catalogue_files, default_policy_source
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.kubernetes.examine import examine
from imagelint.model.errors import ImagelintError
from imagelint.model.reference import ImageReference, InvalidReference
from imagelint.model.source import Source
from imagelint.policy.policy import parse_policy
from imagelint.repair.proof import same_trees
from imagelint.rules.built_in import RULES
from imagelint.rules.rule import load_rules
from imagelint.yaml.fast.parser import parse_plain
from imagelint.yaml.nodes import Mapping, Scalar
from imagelint.yaml.parser import FLOW_COLON, parse_events
from tests.support.fixing import repaired
from tests.support.skimming import disagreement

if TYPE_CHECKING:
    from collections.abc import Callable

    from imagelint.kubernetes.catalogue.lookup import Catalogue
    from imagelint.kubernetes.examined import Examined
    from imagelint.model.report import FileResult
    from imagelint.yaml.nodes import Node

__all__ = ["TARGETS"]

POD: Final = b"apiVersion: v1\nkind: Pod\nspec: {containers: [{image: nginx}, {image: a.b/c}]}\n"


@cache
def _catalogue() -> Catalogue:
    return load_catalogue(catalogue_files())


@cache
def _linter() -> Linter:
    return Linter(parse_policy(default_policy_source(), RULES), RULES, _catalogue())


def _hold(law: bool, what: str) -> None:
    """Raise where a law about an error is broken."""
    assert law, what


def reference(data: bytes) -> None:
    """A text is a reference that reads as it was written, or there is one line of advice."""
    text = data.decode("utf-8", "replace")
    try:
        found = ImageReference.parse(text)
    except InvalidReference as error:
        _hold(error.text == text and str(error).isprintable(), str(error))
        return
    assert str(found) == text
    assert found.replace() == found
    assert found.repository.endswith(found.path)
    for span in found.spans():
        assert span is None or 0 <= span[0] < span[1] <= len(text)


def manifest(data: bytes) -> None:
    """A file is judged; every finding has its place, and leaving out documents hides no image."""
    source = Source("a.yaml", data)
    result = _linter().lint(source, "a.yaml")
    for finding in result.findings:
        assert 0 <= finding.span.start <= finding.span.end <= len(data)
        assert finding.message.isprintable(), finding.message
        start, end = source.position(finding.span.start), source.position(finding.span.end)
        assert (1, 1) <= start <= end
    fast = examine(source, _catalogue())
    full = examine(source, _catalogue(), prove=False)
    assert _images(fast) == _images(full)


def _images(examined: list[Examined]) -> list[tuple[str, object]]:
    return [(site.field, site.value) for item in examined for site in item.extract.sites]


def fix(data: bytes) -> None:
    """A fix changes what it says and nothing else, adds no finding, and is done at once."""
    source = Source("a.yaml", data)
    result = _linter().lint(source, "a.yaml")
    fixed = repaired(_linter(), source, result)
    assert _untouched(data, result) == _untouched_after(fixed, result)
    again = Source("a.yaml", fixed)
    outcome = _linter().lint(again, "a.yaml")
    assert len(outcome.findings) <= len(result.findings)
    assert repaired(_linter(), again, outcome) == fixed


def _edits(result: FileResult) -> list[tuple[int, int, int]]:
    """Return start, end and new length in bytes of each edit, in order."""
    encoding = result.source.encoding
    edits = {edit for one in result.findings if one.fix is not None for edit in one.fix.edits}
    return [(*edit.span, len(edit.text.encode(encoding))) for edit in sorted(edits)]


def _untouched(data: bytes, result: FileResult) -> list[bytes]:
    pieces, done = [], 0
    for start, end, _ in _edits(result):
        pieces.append(data[done:start])
        done = end
    return [*pieces, data[done:]]


def _untouched_after(data: bytes, result: FileResult) -> list[bytes]:
    pieces, done, growth = [], 0, 0
    for start, end, length in _edits(result):
        pieces.append(data[done : start + growth])
        done = start + growth + length
        growth += length - (end - start)
    return [*pieces, data[done:]]


def lane(data: bytes) -> None:
    """What the plain lane reads is what the YAML library reads, at the same places."""
    text = data.decode("utf-8", "replace")
    plain = parse_plain(text)
    if plain is not None:
        judge = parse_events(text)
        if any(FLOW_COLON in problem.message for problem in judge.problems):
            return  # it reads a text only so often for the sake of its colons; the lane need not
        assert judge.problems == []
        assert same_trees(plain, judge)
        assert _places(plain.root) == _places(judge.root)


def skim(data: bytes) -> None:
    """What is skimmed is what the long way finds."""
    wrong = disagreement(data)
    _hold(wrong is None, str(wrong))


def _places(root: Node | None) -> list[tuple[int, int]]:
    """Return where the scalars stand."""
    places, work = [], [root]
    while work:
        node = work.pop()
        if isinstance(node, Scalar):
            places.append((node.start, node.end))
        elif isinstance(node, Mapping):
            work += [side for pair in node.pairs for side in pair]
        elif node is not None:
            work += node.items
    return places


def policy(data: bytes) -> None:
    """A policy is one that judges, or there is one error with its place."""
    source = Source("imagelint.yaml", data)
    try:
        parsed = parse_policy(source, RULES)
    except ImagelintError as error:
        _hold(str(error).isprintable(), str(error))
        return
    result = Linter(parsed, RULES, _catalogue()).lint(Source("a.yaml", POD), "a.yaml")
    assert len(result.images) == 2


def rule(data: bytes) -> None:
    """A rule file is a rule, or there is one error with its place."""
    try:
        load_rules([Source("rule.yaml", data)])
    except ImagelintError as error:
        _hold(str(error).isprintable(), str(error))


def comments(data: bytes) -> None:
    """A comment has its place and stands in no other; what excuses nothing says why."""
    source = Source("a.yaml", data)
    done = 0
    for one in find_ignores(source).found:
        assert done <= one.span.start < one.span.end <= len(data)
        done = one.span.end
        assert one.problem is not None or one.rules
        assert one.line is None or one.line >= source.line_number(one.span.start)


TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    target.__name__: target
    for target in (reference, manifest, fix, lane, skim, policy, rule, comments)
}
