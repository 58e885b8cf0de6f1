"""Tables for the checks: what each one says of which image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from imagelint.model.reference import ImageReference
from imagelint.patterns.globs import NamePattern
from imagelint.rules.checks.placeholders import placeholder_in
from imagelint.rules.checks.references import (
    CHECKS,
    HasDigest,
    PinnedTag,
    ResolvedReference,
    StringType,
    ValidReference,
)
from imagelint.rules.checks.registry import ApprovedRegistry
from imagelint.rules.checks.subject import Subject
from tests.properties.strategies import references
from tests.support.subjects import DIGEST, HARBORS, gate, messages, subject

if TYPE_CHECKING:
    from imagelint.patterns.harbor import Gate
    from imagelint.yaml.nodes import ValueType


class TestApprovedRegistry:
    """unapproved-registry."""

    @pytest.mark.parametrize(
        ("image", "by", "message", "rewrite"),
        [
            (
                "nginx",
                gate("h.co"),
                (
                    "nginx comes from docker.io, which prod does not allow (allowed: h.co);"
                    " use h.co/hub/nginx"
                ),
                "h.co/hub/nginx",
            ),
            (
                "quay.io/a:1",
                gate("h.co"),
                (
                    "quay.io/a:1 comes from quay.io, which prod does not allow (allowed: h.co); no"
                    " Harbor project caches quay.io (h.co has projects for docker.io); use an"
                    " image from there, or add a project to the policy"
                ),
                None,
            ),
            (
                "mysql:8",
                gate("h.co", deny=("docker.io/library/mysql",))._replace(harbors=HARBORS),
                (
                    "mysql:8 is denied in prod (deny: docker.io/library/mysql);"
                    " h.co/hub/mysql:8 is not allowed either"
                ),
                None,
            ),
            (
                "h.co/hub/mysql:8",
                gate("h.co", deny=("docker.io/library/mysql",))._replace(harbors=HARBORS),
                (
                    "h.co/hub/mysql:8 is denied in prod (deny: docker.io/library/mysql);"
                    " it is on Harbor already; use a project that is allowed"
                ),
                None,
            ),
            (
                "mysql:8",
                gate("h.co", deny=("docker.io",))._replace(harbors=HARBORS),
                (
                    "mysql:8 comes from docker.io, which prod denies (deny: docker.io);"
                    " use h.co/hub/mysql:8"
                ),
                "h.co/hub/mysql:8",
            ),
            (
                "quay.io/b",
                gate("h.co", "quay.io/a/**"),
                (
                    "quay.io/b is not allowed in prod (allowed: h.co, quay.io/a/**); no"
                    " Harbor project caches quay.io (h.co has projects for docker.io); use an"
                    " image from there, or add a project to the policy"
                ),
                None,
            ),
            (
                "ex_ample.com/app",
                gate("h.co"),
                (
                    "ex_ample.com/app is not allowed in prod (allowed: h.co); no registry"
                    " can be read in it; write it as REGISTRY/REPOSITORY"
                ),
                None,
            ),
            (
                "evil/app",
                gate("*", deny=("docker.io/evil/**",)),
                "evil/app is denied in prod (deny: docker.io/evil/**); use h.co/hub/evil/app",
                "h.co/hub/evil/app",
            ),
            (
                "nginx",
                gate(),
                (
                    "nginx comes from docker.io, which prod does not allow (allowed: nothing);"
                    " h.co/hub/nginx is not allowed either"
                ),
                None,
            ),
        ],
    )
    def test_problem(self, image: str, by: Gate, message: str, rewrite: str | None) -> None:
        """The message says what is wrong and what to type."""
        (problem,) = ApprovedRegistry()(subject(image, by=by))
        assert problem.message == message
        assert problem.rewrite == rewrite

    @pytest.mark.parametrize("image", ["h.co/hub/nginx", "", "${IMAGE}", "NGINX"])
    def test_silent(self, image: str) -> None:
        """What is allowed, and what cannot be read, is no business of this check."""
        assert messages(ApprovedRegistry(), subject(image)) == []


class TestValidReference:
    """invalid-reference."""

    @pytest.mark.parametrize(
        ("image", "message"),
        [
            ("", "is empty"),
            (" ", "whitespace around it"),
            (" nginx", "write nginx"),
            ("nginx\n", "write nginx"),
            ("nginx\u00a0", "write nginx"),
            ("Nginx", "nginx"),
            ("NGINX:V1", "nginx:V1"),
            ("nginx:", "tag"),
            ("a" * 64, "not an image reference"),
        ],
    )
    def test_problem(self, image: str, message: str) -> None:
        """Text that nobody can pull."""
        (said,) = messages(ValidReference(), subject(image))
        assert message in said

    def test_white_space_around_a_parsed_reference(self) -> None:
        """White space counts also where somebody trimmed it before parsing."""
        trimmed = Subject(
            "nginx\n",
            "string",
            ImageReference.parse("nginx"),
            None,
            None,
            "prod",
            gate("*"),
            HARBORS,
        )
        assert len(messages(ValidReference(), trimmed)) == 1

    @pytest.mark.parametrize("image", ["nginx", "ex_ample.com/app", "$(IMAGE)", "ko://a/b"])
    def test_silent(self, image: str) -> None:
        """What can be pulled, and what is yet to be filled in."""
        assert messages(ValidReference(), subject(image)) == []

    def test_no_string(self) -> None:
        """Null and numbers are another rule's."""
        assert messages(ValidReference(), subject(None, value_type="null")) == []
        assert messages(ValidReference(), subject("1.25", value_type="number")) == []


class TestResolvedReference:
    """unresolved-reference."""

    def test_problem(self) -> None:
        """The message names the piece."""
        (said,) = messages(ResolvedReference(), subject("${REG}/app:1"))
        assert said.startswith("${REG}/app:1 has the placeholder ${REG}, so")
        (said,) = messages(ResolvedReference(), subject("REPLACE_ME"))
        assert said.startswith("REPLACE_ME is a placeholder, so")

    def test_silent(self) -> None:
        """Nothing to fill in."""
        assert messages(ResolvedReference(), subject("nginx")) == []


class TestPlaceholders:
    """What counts as a placeholder: ``corpus/weird/synthetic/placeholders.yaml`` and more."""

    @pytest.mark.parametrize(
        ("text", "piece"),
        [
            ("{{ .Values.image }}", "{{ .Values.image }}"),
            ("{{ .Values.a }}:{{ .Values.b }}", "{{ .Values.a }}"),
            ("{{ .Values.image", "{{ .Values.image"),
            ("nginx:{{ $tag }}", "{{ $tag }}"),
            ("$(IMAGE)", "$(IMAGE)"),
            ("nginx:$(params.tag)", "$(params.tag)"),
            ("${IMAGE}", "${IMAGE}"),
            ("${REGISTRY}/app:${TAG:-latest}", "${REGISTRY}"),
            ("$IMAGE", "$IMAGE"),
            ("ko://github.com/a/b/cmd/c", "ko://"),
            ("REPLACE_ME", "REPLACE_ME"),
            ("CHANGEME", "CHANGEME"),
            ("registry.io/REPLACE_ME:tag", "REPLACE_ME"),
            ("gcr.io/PROJECT_ID/app:v1", "PROJECT_ID"),
            ("gcr.io/YOUR-PROJECT/app", "YOUR-PROJECT"),
            ("<your-image>", "<your-image>"),
            ("gcr.io/<PROJECT>/app", "<PROJECT>"),
            ("@@IMAGE@@", "@@IMAGE@@"),
            ("@IMAGE@:1", "@IMAGE@"),
            ("%IMAGE%", "%IMAGE%"),
            ("__IMAGE__", "__IMAGE__"),
            ("{IMAGE}", "{IMAGE}"),
            ("gcr.io/{project}/app", "{project}"),
            ("[IMAGE]", "[IMAGE]"),
            ("((image))", "((image))"),
            ("#IMAGE#", "#IMAGE#"),
            ("${{ env.IMAGE }}", "${{ env.IMAGE }}"),
            ("IMAGE:TAG", "IMAGE"),
            ("IMAGE_NAME", "IMAGE_NAME"),
            ("IMAGE", "IMAGE"),
            ("quay.io/__MY_IMAGE__:1", "__MY_IMAGE__"),
        ],
    )
    def test_found(self, text: str, piece: str) -> None:
        """The first piece to fill in."""
        assert placeholder_in(text) == piece

    @pytest.mark.parametrize(
        "text",
        [
            "",
            " ",
            "image",
            "NGINX:1.25",
            "EXAMPLE/App",
            "your-registry/app",
            "change_me/replace__me:1",
            "nginx:REPLACE_ME",
            "nginx:__TAG__",
            "REPLACEME/app",
            f"a/b:1@{DIGEST}",
            "nginx:1 2",
            "Nginx",
            "a__b",
            "100%",
            "https://gcr.io/x",
            "STAGE/APP",
            "[::1]:5000/app",
            "nginx#1",
        ],
    )
    def test_none(self, text: str) -> None:
        """A valid reference is what it says; an invalid one is not always a placeholder."""
        assert placeholder_in(text) is None

    @pytest.mark.parametrize(
        "text", ["{{" * 50_000, "$(" * 50_000, "<" * 100_000, "__a" * 40_000, "A_" * 60_000 + "a"]
    )
    def test_linear(self, text: str) -> None:
        """Hostile text takes no longer than any other."""
        placeholder_in(text)


class TestStringType:
    """wrong-type."""

    @pytest.mark.parametrize(
        ("image", "value_type", "message"),
        [
            (None, "null", "the image is null, not a string; write an image or remove the key"),
            ("1.25", "number", "the image is a number (1.25), not a string; write"),
            ("true", "boolean", "the image is a boolean (true), not a string; write"),
            (None, "mapping", "the image is a mapping, not a string; write"),
            (None, "sequence", "the image is a sequence, not a string; write"),
        ],
    )
    def test_problem(self, image: str | None, value_type: ValueType, message: str) -> None:
        """Whatever is no string."""
        (said,) = messages(StringType(), subject(image, value_type=value_type))
        assert said.startswith(message)

    def test_silent(self) -> None:
        """Any string."""
        assert messages(StringType(), subject("")) == []


class TestPinnedTag:
    """floating-tag."""

    @pytest.mark.parametrize(
        ("image", "message"),
        [
            ("nginx", "nginx has no tag, which means latest; pin a version or a digest"),
            (
                "quay.io/a:latest",
                "quay.io/a:latest has the tag latest, which can change; pin a version or a digest",
            ),
            (
                "a:edge-1",
                "a:edge-1 has the tag edge-1, which can change; pin a version or a digest",
            ),
        ],
    )
    def test_problem(self, image: str, message: str) -> None:
        """No tag, or one that is known to move."""
        tags = (NamePattern.parse("latest"), NamePattern.parse("edge-*"))
        assert messages(PinnedTag(tags), subject(image)) == [message]

    @pytest.mark.parametrize(
        "image",
        ["nginx:1", "nginx:latest-1", f"nginx@{DIGEST}", f"nginx:latest@{DIGEST}", "$X", ""],
    )
    def test_silent(self, image: str) -> None:
        """A version, a digest, or nothing to read."""
        assert messages(PinnedTag(), subject(image)) == []

    def test_tag_elsewhere(self) -> None:
        """A Kustomization with only newName keeps the manifest's tag."""
        assert messages(PinnedTag(), subject("nginx", has_separate_tag=True)) == []
        assert messages(HasDigest(), subject("nginx", has_separate_tag=True)) == []

    def test_no_tag_is_latest(self) -> None:
        """Where latest does not count as floating, no tag does not either."""
        assert messages(PinnedTag((NamePattern.parse("edge"),)), subject("nginx")) == []


class TestHasDigest:
    """missing-digest."""

    def test_problem(self) -> None:
        """The message shows what to type."""
        (said,) = messages(HasDigest(), subject("nginx:1"))
        assert said.startswith("nginx:1 has no digest; write nginx:1@sha256:")

    @pytest.mark.parametrize("image", [f"nginx@{DIGEST}", f"nginx:1@{DIGEST}", "$X"])
    def test_silent(self, image: str) -> None:
        """A digest, or nothing to read."""
        assert messages(HasDigest(), subject(image)) == []


@pytest.mark.parametrize("name", CHECKS)
def test_messages_are_fit_for_a_terminal(name: str) -> None:
    """No image can move the cursor, nor flood the report."""
    check = CHECKS[name]()
    for image in ("\x1b[31m${X}", "a\u202eb", "a" * 5000 + ":", "x.io/" + "a" * 200 + ":latest"):
        for said in messages(check, subject(image)):
            assert said.isprintable()
            assert len(said) < 1000


IDLE = [one for one in CHECKS.values() if not getattr(one, "about_references", True)]


@given(references())
def test_a_reference_is_not_held_to_checks_that_are_about_other_values(image: str) -> None:
    """What the judge leaves out would find nothing."""
    assert {one.__name__ for one in IDLE} == {"ValidReference", "ResolvedReference", "StringType"}
    given_one = subject(image)
    if given_one.reference is not None:
        assert all(messages(one(), given_one) == [] for one in IDLE)
