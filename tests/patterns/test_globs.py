"""Tables for wildcards over names and paths."""

from __future__ import annotations

import pytest

from imagelint.patterns.globs import InvalidPattern, NamePattern, PathPattern, PathPatterns


class TestNames:
    """``*`` is any run, ``?`` one character, the rest stands for itself."""

    @pytest.mark.parametrize(
        ("pattern", "name"),
        [
            ("dev", "dev"),
            ("dev-*", "dev-a"),
            ("dev-*", "dev-"),
            ("*", "anything"),
            ("*", ""),
            ("d?v", "dev"),
            ("*-dev-*", "a-dev-b"),
            ("a**b", "ab"),
            ("v1.2", "v1.2"),
            ("*", "a/b"),
        ],
    )
    def test_match(self, pattern: str, name: str) -> None:
        """Fits."""
        assert NamePattern.parse(pattern).matches(name)

    @pytest.mark.parametrize(
        ("pattern", "name"),
        [
            ("dev", "Dev"),
            ("dev", "dev-a"),
            ("dev", "a-dev"),
            ("dev", "dev\n"),
            ("dev-*", "dev"),
            ("d?v", "dv"),
            ("v1.2", "v1x2"),
            ("[ab]", "a"),
        ],
    )
    def test_no_match(self, pattern: str, name: str) -> None:
        """Does not fit."""
        assert not NamePattern.parse(pattern).matches(name)

    def test_empty(self) -> None:
        """An empty pattern is a mistake."""
        with pytest.raises(InvalidPattern, match="empty"):
            NamePattern.parse("")

    def test_many_stars_take_no_time(self) -> None:
        """A run of stars is one star."""
        assert not NamePattern.parse("*" * 50 + "b").matches("a" * 5000)


class TestPaths:
    """Globs for relative paths."""

    @pytest.mark.parametrize(
        ("glob", "path"),
        [
            ("**/prod/**", "prod/a.yaml"),
            ("**/prod/**", "a/prod/b.yaml"),
            ("**/prod/**", "a/b/prod/c/d.yaml"),
            ("**/prod/**", "../prod/a.yaml"),
            ("prod/**", "prod/a/b.yaml"),
            ("prod/", "prod/a/b.yaml"),
            ("**", "a.yaml"),
            ("**", "a/b.yaml"),
            ("*.yaml", "a.yaml"),
            ("**/*.yaml", "a.yaml"),
            ("**/*.yaml", "a/b/c.yaml"),
            ("a/*/c.yaml", "a/b/c.yaml"),
            ("a/**/c.yaml", "a/c.yaml"),
            ("a/**/c.yaml", "a/b/b/c.yaml"),
            ("a/**/**/c.yaml", "a/c.yaml"),
            ("a?.yaml", "ab.yaml"),
            ("a[1].yaml", "a[1].yaml"),
            ("**/.tekton/**", ".tekton/a.yaml"),
        ],
    )
    def test_match(self, glob: str, path: str) -> None:
        """Fits."""
        assert PathPattern.parse(glob).matches(path)

    @pytest.mark.parametrize(
        ("glob", "path"),
        [
            ("**/prod/**", "prod"),
            ("**/prod/**", "preprod/a.yaml"),
            ("**/prod/**", "prod-eu/a.yaml"),
            ("**/prod/**", "Prod/a.yaml"),
            ("prod/**", "a/prod/b.yaml"),
            ("prod/**", "prod"),
            ("*.yaml", "a/b.yaml"),
            ("*.yaml", "a.yaml\n"),
            ("a/*", "a/b/c.yaml"),
            ("a?b", "a/b"),
            ("a.yaml", "axyaml"),
        ],
    )
    def test_no_match(self, glob: str, path: str) -> None:
        """Does not fit."""
        assert not PathPattern.parse(glob).matches(path)

    @pytest.mark.parametrize(
        ("glob", "message"),
        [
            ("", 'write "\\*\\*"'),
            ("/", "no relative path"),
            ("/prod/**", "write prod/\\*\\*"),
            ("./prod/**", "write prod/\\*\\*"),
            ("a//b", "write a/b"),
            ("a/./b", "write a/b"),
            ("a**/b", "stands alone"),
            ("***", "stands alone"),
        ],
    )
    def test_refused(self, glob: str, message: str) -> None:
        """What could never match is a mistake, and the message says what to write."""
        with pytest.raises(InvalidPattern, match=message):
            PathPattern.parse(glob)

    def test_several(self) -> None:
        """The first that fits is named."""
        patterns = PathPatterns.parse(["a/**", "**/*.json"])
        assert patterns.first_match("b/c.json") == "**/*.json"
        assert patterns.matches("a/b.yaml")
        assert not patterns.matches("b/c.yaml")
        assert not PathPatterns().matches("a")
