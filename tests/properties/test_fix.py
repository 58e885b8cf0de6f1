"""Laws 2, 3, 6 and 7 of fix, over generated streams and the demo's policy."""

from __future__ import annotations

from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from imagelint.engine.linter import Linter
from imagelint.engine.run_rules import conclude
from imagelint.kubernetes.injection import INJECTED
from imagelint.model.finding import Severity
from imagelint.model.reference import ImageReference
from imagelint.model.source import Source, shown
from imagelint.policy.policy import parse_policy
from imagelint.repair.fixer import FixError
from imagelint.rules.built_in import RULES
from tests.properties.manifest_strategies import manifests, nasty_streams
from tests.support.fixing import repaired
from tests.support.project import ROOT
from tests.support.trees import catalogue

if TYPE_CHECKING:
    from imagelint.model.report import FileResult

HARBOR = "harbor.myco.com"
PATHS = ("prod/a.yaml", "staging/a.yaml", "dev/a.yaml", "dev/prod/a.yaml", "kustomization.yaml")


@cache
def linter() -> Linter:
    """Return a linter by the demo's policy."""
    rules = RULES
    path = ROOT / "fixtures" / "demo" / "imagelint.yaml"
    return Linter(
        parse_policy(Source("imagelint.yaml", path.read_bytes()), rules), rules, catalogue()
    )


def _pod(image: str) -> bytes:
    return f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{image}'}}]}}\n".encode()


def lint(data: bytes, path: str) -> FileResult:
    """Judge a stream."""
    return linter().lint(Source(path, data), path)


def fix(data: bytes, path: str) -> bytes:
    """Fix a stream."""
    result = lint(data, path)
    return repaired(linter(), result.source, result)


def outside_of_images(result: FileResult) -> bytes:
    """Return the bytes of a source without those of its image scalars."""
    data, done = b"", 0
    for start, end in sorted({record.span for record in result.images}):
        data += result.source.data[done:start] + b"\0"
        done = max(done, end)
    return data + result.source.data[done:]


def weighed(result: FileResult) -> Counter[tuple[str, str, str | None, str | None]]:
    """Count findings by all but their places, which move, and texts, which name images."""
    return Counter(
        (finding.rule, finding.severity.value, finding.environment, finding.field)
        for finding in result.findings
    )


@cache
def strict_linter() -> Linter:
    """Return a linter by the demo's policy with every rule on that a fix cannot break.

    ``missing-pull-secret`` is left out: an image that has come to Harbor may well need one.
    """
    rules = {
        name: rule._replace(severity=Severity.ERROR, severity_if_open=None)
        for name, rule in RULES.items()
        if name != "missing-pull-secret"
    }
    path = ROOT / "fixtures" / "demo" / "imagelint.yaml"
    text = path.read_text().replace(
        "docker.io: docker.io", "docker.io: docker.io\n    k8s.gcr.io: k"
    )
    assert "k8s.gcr.io" in text
    return Linter(parse_policy(Source("imagelint.yaml", text.encode()), rules), rules, catalogue())


streams = st.one_of(manifests(), nasty_streams())
paths = st.sampled_from(PATHS)


@settings(max_examples=200)
@given(manifests(), paths)
def test_only_bytes_inside_of_image_scalars_change(data: bytes, path: str) -> None:
    """Law 2: the rest is copied; every image keeps its place in the tree, tag and digest."""
    before = lint(data, path)
    after = lint(fix(data, path), path)
    assert outside_of_images(before) == outside_of_images(after)
    assert len(before.images) == len(after.images)
    for old, new in zip(before.images, after.images, strict=True):
        assert (old.field, old.container, old.object) == (new.field, new.container, new.object)
        if old.image == new.image:
            continue
        assert old.reference is not None
        assert new.reference is not None
        assert (old.reference.tag, old.reference.digest) == (
            new.reference.tag,
            new.reference.digest,
        )
        assert new.reference.registry == HARBOR
        assert new.reference.path.startswith(f"{old.reference.registry}/")
        assert new.image == old.rewrite


@settings(max_examples=100)
@given(manifests(), paths)
def test_what_has_a_fix_is_fixed(data: bytes, path: str) -> None:
    """Law 3, its other half: nothing fixable is left, and no finding is new."""
    before = lint(data, path)
    after = lint(fix(data, path), path)
    assert not [finding for finding in after.findings if finding.fix is not None]
    assert weighed(after) <= weighed(before)
    fixable = Counter(finding.fix is not None for finding in before.findings)
    assert len(after.findings) == len(before.findings) - fixable[True]


@settings(max_examples=100)
@given(streams, paths)
def test_fix_is_idempotent(data: bytes, path: str) -> None:
    """Law 3, byte for byte; and law 6 for fix: edits are never such that they fail the proof."""
    once = fix(data, path)
    assert fix(once, path) == once
    assert weighed(lint(once, path)) <= weighed(lint(data, path))


MOVED = ("k8s.gcr.io/pause:3.9", "harbor.myco.com/k/pause:3.9", "docker.pkg.github.com/a/b/c:1")
SLIPS = ("localhost:5000", "dokcer.io/a:1", "GCR.io/a:1", "nginx", "team/app:1", "gcr.io/a:1")


@settings(max_examples=100)
@given(st.one_of(streams, st.sampled_from(MOVED + SLIPS).map(_pod)), paths)
def test_fix_with_every_rule_on(data: bytes, path: str) -> None:
    """Law 3 with all rules: one pass repairs all that can be, and brings nothing new."""
    linter = strict_linter()
    before = linter.lint(Source(path, data), path)
    once = repaired(linter, before.source, before)
    after = linter.lint(Source(path, once), path)
    assert weighed(after) <= weighed(before)
    assert not [finding for finding in after.findings if finding.fix is not None]
    assert repaired(linter, after.source, after) == once


@settings(max_examples=200)
@given(streams, paths)
def test_what_cannot_be_analysed_is_reported(data: bytes, path: str) -> None:
    """Law 7: what is not known to be allowed has a finding where it stands."""
    result = lint(data, path)
    told = {finding.span for finding in result.findings}
    for record in result.images:
        is_istio = record.image == "auto" and record.container in INJECTED
        is_filled_in = is_istio or record.image == " "
        if record.allowed is not True and not is_filled_in and record.environments != ("dev",):
            assert record.span in told


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=300), nasty_streams()), paths)
def test_any_bytes_give_findings_or_none(data: bytes, path: str) -> None:
    """Law 6: no exception, and every place is in the file and can be shown."""
    (result,) = conclude([lint(data, path)])
    assert list(result.findings) == sorted(result.findings, key=lambda item: item.span)
    for finding in result.findings:
        assert 0 <= finding.span.start <= finding.span.end <= len(data)
        line, column = result.source.position(finding.span.start)
        assert column <= len(result.source.line(line)) + 2
        assert shown(finding.message, 10_000).isprintable()
        assert finding.fix is None or finding.unfixable is None
    for record in result.images:
        assert 0 <= record.span.start <= record.span.end <= len(data)


@settings(max_examples=50)
@given(st.lists(st.tuples(manifests(), paths), min_size=2, max_size=4))
def test_edits_of_a_run_stay_in_their_files(files: list[tuple[bytes, str]]) -> None:
    """A fix that cannot be proven is refused for its file alone."""
    for result in conclude(lint(data, path) for data, path in files):
        try:
            fixed = repaired(linter(), result.source, result)
        except FixError as error:
            message = f"refused: {error}"
            raise AssertionError(message) from error
        edits = [edit for finding in result.findings if finding.fix for edit in finding.fix.edits]
        assert (fixed == result.source.data) is (not edits)


@given(st.sampled_from(["nginx", "library/nginx", "docker.io/nginx", "index.docker.io/nginx"]))
def test_one_repository_has_one_name_in_harbor(image: str) -> None:
    """Law 2: different repositories never meet; one repository keeps to how it was written."""
    data = f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{image: '{image}'}}]}}\n".encode()
    (record,) = lint(data, "prod/a.yaml").images
    assert record.rewrite is not None
    new = ImageReference.parse(record.rewrite)
    assert new.path in ("docker.io/nginx", "docker.io/library/nginx")
