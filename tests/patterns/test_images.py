"""Tables for patterns of images."""

from __future__ import annotations

import pytest

from imagelint.model.reference import ImageReference
from imagelint.patterns.images import InvalidPattern, RegistryPattern

DIGEST = "sha256:" + "a" * 64

MATCHES = [
    ("*", "nginx"),
    ("*", "ex_ample.com/app"),
    ("quay.io", "quay.io/a"),
    ("quay.io", "quay.io/a/b/c:1"),
    ("quay.io/**", "quay.io/a/b"),
    ("quay.io/*", "quay.io/a"),
    ("quay.io/a", "quay.io/a"),
    ("quay.io/a", f"quay.io/a:1@{DIGEST}"),
    ("quay.io/a/*", "quay.io/a/b"),
    ("quay.io/a/**", "quay.io/a/b"),
    ("quay.io/a/**", "quay.io/a/b/c"),
    ("docker.io", "nginx"),
    ("docker.io", "index.docker.io/a/b"),
    ("index.docker.io", "nginx"),
    ("docker.io/nginx", "nginx:1"),
    ("docker.io/nginx", "library/nginx"),
    ("docker.io/nginx", "docker.io/library/nginx"),
    ("docker.io/library/nginx", "nginx"),
    ("index.docker.io/nginx", "nginx"),
    ("docker.io/library/*", "nginx"),
    ("docker.io/*", "nginx"),
    ("docker.io/**", "velero/velero"),
    ("docker.io/velero/velero", "velero/velero"),
    ("localhost", "localhost/a"),
    ("localhost:5000", "localhost:5000/a"),
    ("registry:5000", "registry:5000/a"),
    ("10.0.0.1", "10.0.0.1/a"),
    ("[::1]:5000", "[::1]:5000/a"),
    ("*.example.com", "a.example.com/x"),
    ("*.example.com", "a.b.example.com/x"),
    ("*.example.com:5000", "a.example.com:5000/x"),
    ("*.example.com/team/**", "a.example.com/team/x"),
]

NO_MATCHES = [
    ("harbor.myco.com", "harbor.myco.com.evil.io/a"),
    ("harbor.myco.com", "evilharbor.myco.com/a"),
    ("harbor.myco.com", "evil.harbor.myco.com/a"),
    ("harbor.myco.com", "harbor.myco.com:443/a"),
    ("harbor.myco.com", "HARBOR.myco.com/a"),
    ("harbor.myco.com", "harbor-myco.com/a"),
    ("harbor.myco.com", "harbor.myco.com"),
    ("harbor.myco.com", "harbor.myco.com:1.0"),
    ("harbor.myco.com", "evil.io/harbor.myco.com/a"),
    ("registry:5000", "registry/a"),
    ("docker.io", "Docker.io/nginx"),
    ("docker.io", "registry-1.docker.io/a"),
    ("docker.io", "docker.io:443/a"),
    ("docker.io", "ex_ample.com/app"),
    ("docker.io/nginx", "nginx/nginx"),
    ("docker.io/nginx", "velero/nginx"),
    ("docker.io/*", "velero/velero"),
    ("quay.io/a", "quay.io/a/b"),
    ("quay.io/a", "quay.io/ab"),
    ("quay.io/a/*", "quay.io/a"),
    ("quay.io/a/*", "quay.io/ab/c"),
    ("quay.io/a/*", "quay.io/a/b/c"),
    ("quay.io/a/**", "quay.io/a"),
    ("quay.io/*", "quay.io/a/b"),
    ("*.example.com", "example.com/a"),
    ("*.example.com", "evilexample.com/a"),
    ("*.example.com", "a.example.com:443/a"),
    ("*.example.com", "a.example.com.evil.io/a"),
    ("*.example.com", "A.example.com/a"),
    ("*.example.com", "a.example.com"),
    ("*.docker.io", "index.docker.io/a"),
]


@pytest.mark.parametrize(("pattern", "image"), MATCHES)
def test_match(pattern: str, image: str) -> None:
    """The pattern covers the image."""
    assert RegistryPattern.parse(pattern).matches(ImageReference.parse(image))


@pytest.mark.parametrize(("pattern", "image"), NO_MATCHES)
def test_no_match(pattern: str, image: str) -> None:
    """The pattern does not cover the image."""
    assert not RegistryPattern.parse(pattern).matches(ImageReference.parse(image))


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "empty"),
        (" quay.io", "write quay.io"),
        ("https://quay.io/a/", "write quay.io/a"),
        ("https://", "write a registry"),
        ("quay.io/", "write quay.io"),
        ("quay.io/a/", "write quay.io/a"),
        ("GCR.IO", "write gcr.io"),
        ("quay.io/A", "write a"),
        ("quay.io/a:v1", "write {registry: quay.io, repository: a, tag: v1}"),
        (f"quay.io/a@{DIGEST}", "write {registry: quay.io, repository: a, digest: required}"),
        ("nginx", "write docker.io/nginx"),
        ("velero/velero", "no registry host"),
        ("nginx:latest", "no registry host"),
        ("quay.io/*/a", "only at the end"),
        ("quay.io/a*", "only at the end"),
        ("quay.io/**/a", "only at the end"),
        ("quay.io/a/***", "only at the end"),
        ("quay.*", "alone for any registry"),
        ("*.*.com", "alone for any registry"),
        ("*example.com", "alone for any registry"),
        ("*.", "alone for any registry"),
        ("*:5000", "alone for any registry"),
        ("**", "alone for any registry"),
        ("*/a", 'write {registry: "*", repository: a}'),
        ("quay.io//a", "no repository"),
        ("quay.io/a/../b", "no repository"),
        ("quay.io.", "no registry host"),
        ("quay..io", "no registry host"),
        ("quay.io:", "no registry host"),
        ("q\u00fcay.io", "no registry host"),
        ("quay.io/a b", "no repository"),
        ("/a", "no registry host"),
    ],
)
def test_refused(text: str, advice: str) -> None:
    """A bad pattern is an error that says what to write."""
    with pytest.raises(InvalidPattern) as raised:
        RegistryPattern.parse(text)
    assert advice in str(raised.value)


class TestParts:
    """The mapping form."""

    @pytest.mark.parametrize(
        ("parts", "image", "expected"),
        [
            ({"registry": "quay.io"}, "quay.io/a", True),
            ({"registry": "*"}, "nginx", True),
            ({"registry": "*", "repository": "team/**"}, "quay.io/team/x", True),
            ({"registry": "*", "repository": "team/**"}, "quay.io/x/team", False),
            ({"registry": "docker.io", "repository": "nginx"}, "nginx", True),
            ({"registry": "quay.io", "tag": "v1"}, "quay.io/a:v1", True),
            ({"registry": "quay.io", "tag": "v1"}, f"quay.io/a:v1@{DIGEST}", True),
            ({"registry": "quay.io", "tag": "v1"}, "quay.io/a:v10", False),
            ({"registry": "quay.io", "tag": "v1.*"}, "quay.io/a:v1.2", True),
            ({"registry": "quay.io", "tag": "v1.*"}, "quay.io/a:v1x2", False),
            ({"registry": "quay.io", "tag": "latest"}, "quay.io/a", True),
            ({"registry": "quay.io", "tag": "latest"}, f"quay.io/a@{DIGEST}", False),
            ({"registry": "quay.io", "tag": "*"}, f"quay.io/a@{DIGEST}", True),
            ({"registry": "quay.io", "digest": "required"}, f"quay.io/a@{DIGEST}", True),
            ({"registry": "quay.io", "digest": "required"}, "quay.io/a:1", False),
        ],
    )
    def test_match(self, parts: dict[str, str], image: str, *, expected: bool) -> None:
        """Every part has to fit."""
        pattern = RegistryPattern.from_parts(parts)
        assert pattern.matches(ImageReference.parse(image)) is expected

    @pytest.mark.parametrize(
        ("parts", "advice"),
        [
            ({}, "registry is missing"),
            ({"registry": "quay.io/a"}, "use repository:"),
            ({"registry": "nginx"}, "no registry host"),
            ({"registry": ""}, "empty"),
            ({"registry": "quay.io", "repository": ""}, "empty"),
            ({"registry": "quay.io", "repository": "a:v1"}, "no repository"),
            ({"registry": "quay.io", "tag": ""}, "no tag"),
            ({"registry": "quay.io", "tag": "-v1"}, "no tag"),
            ({"registry": "quay.io", "digest": DIGEST}, "only be required"),
        ],
    )
    def test_refused(self, parts: dict[str, str], advice: str) -> None:
        """A bad part is an error that says what to write."""
        with pytest.raises(InvalidPattern, match=advice):
            RegistryPattern.from_parts(parts)

    def test_shown(self) -> None:
        """Messages show all of it."""
        parts = {"registry": "quay.io", "repository": "a/*", "tag": "v1", "digest": "required"}
        assert str(RegistryPattern.from_parts(parts)) == "quay.io/a/* (tag v1, digest required)"
        assert str(RegistryPattern.parse("quay.io/a")) == "quay.io/a"


def test_everything() -> None:
    """Only a pattern without any condition covers everything."""
    assert RegistryPattern.parse("*").is_everything
    assert RegistryPattern.from_parts({"registry": "*", "repository": "**"}).is_everything
    assert not RegistryPattern.parse("quay.io").is_everything
    assert not RegistryPattern.from_parts({"registry": "*", "tag": "*"}).is_everything
    assert not RegistryPattern.from_parts({"registry": "*", "digest": "required"}).is_everything
