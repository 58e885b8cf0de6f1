"""Tables for gates and for the map from upstream registries to Harbor."""

from __future__ import annotations

import pytest

from imagelint.model.reference import ImageReference
from imagelint.patterns.harbor import (
    Gate,
    Harbor,
    HarborMap,
    InvalidPattern,
    Library,
    Project,
    Refusal,
    RegistryPattern,
    Upstream,
    listed,
    parse_harbor_host,
    parse_project_name,
)

HEX = "0123456789abcdef" * 4
HARBOR = "harbor.myco.com"
PROJECTS = {
    "docker.io": "docker.io",
    "gcr.io": "gcr.io",
    "gcr.io/google-containers": "gke",
    "gcr.io/google-containers/deep": "deep",
    "ghcr.io": "ghcr.io",
    "quay.io": "quay.io",
    "localhost:5000": "local-mirror",
    "[::1]:5000": "v6",
    "MYHOST": "myhost",
    "192.168.0.1": "192.168.0.1",
}


def gate(*allow: str, deny: tuple[str, ...] = ()) -> Gate:
    """Make a gate of patterns."""
    return Gate(tuple(map(RegistryPattern.parse, allow)), tuple(map(RegistryPattern.parse, deny)))


def harbor(
    host: str = HARBOR,
    projects: dict[str, str] | None = None,
    library: Library = Library.KEEP,
) -> Harbor:
    """Make a Harbor."""
    items = (PROJECTS if projects is None else projects).items()
    return Harbor(host, tuple(Project(Upstream.parse(key), name) for key, name in items), library)


def rewritten(image: str, harbors: HarborMap, by: Gate) -> str:
    """Return what the map makes of an image, or the reason why it makes nothing of it."""
    result = harbors.rewrite(ImageReference.parse(image), by)
    return result.reason if isinstance(result, Refusal) else str(result)


class TestGate:
    """``deny`` beats ``allow``, what is not allowed is not."""

    @pytest.mark.parametrize(
        ("allow", "deny", "image", "allowed", "pattern"),
        [
            (("*",), (), "nginx", True, "*"),
            (("*",), (), "ex_ample.com/app", True, "*"),
            ((HARBOR,), (), "nginx", False, None),
            ((HARBOR, "gcr.io"), (), "gcr.io/a", True, "gcr.io"),
            ((HARBOR,), (), "ex_ample.com/app", False, None),
            ((), (), "nginx", False, None),
            (("*",), ("docker.io/evil/**",), "evil/app", False, "docker.io/evil/**"),
            (("docker.io/evil/app",), ("docker.io",), "evil/app", False, "docker.io"),
            (("*",), ("gcr.io",), "GCR.IO/a", False, "gcr.io"),
            (("*",), ("docker.io/nginx",), "Docker.io/nginx", False, "docker.io/nginx"),
            (("*",), ("gcr.io",), "gcr.io:443/a", False, "gcr.io"),
            (("*",), ("gcr.io",), "gcr.io:0443/a", False, "gcr.io"),
            (("*",), ("gcr.io:443",), "gcr.io/a", False, "gcr.io:443"),
            (("*",), ("gcr.io",), "gcr.io:5000/a", True, "*"),
            (("*",), ("gcr.io:5000",), "gcr.io/a", True, "*"),
            (("gcr.io",), (), "gcr.io:443/a", False, None),
            (("gcr.io",), (), "GCR.IO/a", False, None),
            (("*",), ("*",), "ex_ample.com/app", False, "*"),
        ],
    )
    def test_decide(
        self,
        allow: tuple[str, ...],
        deny: tuple[str, ...],
        image: str,
        allowed: bool,
        pattern: str | None,
    ) -> None:
        """The decision and the pattern that made it."""
        decision = gate(*allow, deny=deny).decide(ImageReference.parse(image))
        assert decision.allowed is allowed
        assert (decision.pattern and decision.pattern.text) == pattern

    def test_is_open(self) -> None:
        """Only a gate that lets everything through is open."""
        assert gate("quay.io", "*").is_open
        assert not gate("quay.io").is_open
        assert not gate("*", deny=("quay.io",)).is_open
        assert not gate().is_open


class TestSpellings:
    """One image of Harbor has one verdict, however it is written; Docker Hub's alone have two."""

    HUB = (
        Project(Upstream.parse("docker.io"), "hub"),
        Project(Upstream.parse("docker.io/bitnami"), "part"),
        Project(Upstream.parse("docker.io/library"), "flat", True),
        Project(Upstream.parse("quay.io"), "quay"),
    )
    HARBORS = HarborMap((Harbor(HARBOR, HUB),))

    def decide(self, image: str, allow: str, *deny: str) -> bool:
        """Return whether an image is allowed."""
        by = gate(allow, deny=deny)._replace(harbors=self.HARBORS)
        return by.decide(ImageReference.parse(image)).allowed

    @pytest.mark.parametrize(
        ("one", "other", "are_one"),
        [
            ("hub/mysql", "hub/library/mysql", True),
            ("part/mysql", "part/library/mysql", True),
            ("flat/mysql", "flat/library/mysql", False),
            ("quay/mysql", "quay/library/mysql", False),
            ("else/mysql", "else/library/mysql", False),
            ("hub/a/mysql", "hub/a/library/mysql", False),
            ("hub/mysql", "hub/library/library/mysql", False),
            ("hub/mysql", "hub/mysql/library", False),
            ("hub/mysql", "quay/library/mysql", False),
        ],
    )
    def test_library(self, one: str, other: str, are_one: bool) -> None:
        """What a pattern for one says of the other."""
        one, other = f"{HARBOR}/{one}", f"{HARBOR}/{other}"
        for pattern, image in ((one, other), (other, one)):
            assert self.decide(f"{image}:8", pattern) is are_one
            assert self.decide(f"{image}:8", "*", pattern) is not are_one

    @pytest.mark.parametrize("host", [f"{HARBOR}:443", f"{HARBOR}.evil.io", "evil.io"])
    def test_another_host(self, host: str) -> None:
        """A project of that name elsewhere is none of ours."""
        assert not self.decide(f"{host}/hub/mysql", f"{host}/hub/library/mysql")

    @pytest.mark.parametrize(
        ("deny", "image", "allowed"),
        [
            ("docker.io/library/mysql", "hub/mysql", False),
            ("docker.io/mysql", "hub/library/mysql", False),
            ("docker.io/mysql", "part/mysql", False),
            ("docker.io/mysql", "flat/mysql", False),
            ("docker.io/mysql", "quay/library/mysql", True),
            ("docker.io/mysql", "hub/postgres", True),
            ("docker.io/mysql", "hub/a/mysql", True),
            ("docker.io/**", "hub/a/b", False),
            ("docker.io/**", "quay/a/b", True),
            ("docker.io/bitnami/**", "part/bitnami/redis", False),
            ("docker.io/bitnami/**", "part/other/redis", True),
            ("docker.io", "hub/mysql", True),
            ("*.quay.io/**", "quay/a", True),
        ],
    )
    def test_deny_through_a_project(self, deny: str, image: str, allowed: bool) -> None:
        """A deny with a repository holds through Harbor; a bare host is that host alone."""
        assert self.decide(f"{HARBOR}/{image}:1", HARBOR, deny) is allowed

    @pytest.mark.parametrize("host", [f"{HARBOR}:443", f"{HARBOR.upper()}:443", f"{HARBOR}:0443"])
    def test_deny_through_the_port_of_https(self, host: str) -> None:
        """The same Harbor, which HTTPS has there anyway; another port is another server."""
        for deny in ("docker.io/library/mysql", "docker.io:443/library/mysql"):
            assert not self.decide(f"{host}/hub/mysql:8", "*", deny)
            assert self.decide(f"{host}/hub/postgres:8", "*", deny)
            assert self.decide(f"{HARBOR}:5000/hub/mysql:8", "*", deny)
        with_port = HarborMap((Harbor(f"{HARBOR}:443", self.HUB),))
        by = gate("*", deny=("docker.io/library/mysql",))._replace(harbors=with_port)
        assert not by.decide(ImageReference.parse(f"{HARBOR}/hub/mysql")).allowed

    def test_deny_in_parts(self) -> None:
        """The tag and the digest of a deny count as they do straight from there."""
        parts = {"registry": "*", "repository": "library/mysql", "tag": "5.*"}
        by = Gate((RegistryPattern.parse("*"),), (RegistryPattern.from_parts(parts),), self.HARBORS)
        for image, allowed in (("hub/mysql:5.7", False), ("hub/mysql:8", True)):
            assert by.decide(ImageReference.parse(f"{HARBOR}/{image}")).allowed is allowed
        assert not by.decide(ImageReference.parse("HARBOR.myco.com/hub/mysql:5.7")).allowed

    def test_an_upstream_in_upper_case(self) -> None:
        """The same server to DNS, on Harbor as well."""
        harbors = HarborMap((harbor(projects={"GCR.IO": "g"}),))
        by = gate(HARBOR, deny=("gcr.io/evil/**",))._replace(harbors=harbors)
        assert not by.decide(ImageReference.parse(f"{HARBOR}/g/evil/a")).allowed
        assert by.decide(ImageReference.parse(f"{HARBOR}/g/good/a")).allowed

    def test_fix_never_writes_what_deny_names(self) -> None:
        """The image through Harbor is the same image; others go there all the same."""
        by = gate(HARBOR, deny=("docker.io/library/mysql",))._replace(harbors=self.HARBORS)
        assert "not allowed either" in rewritten("mysql:8", self.HARBORS, by)
        assert rewritten("postgres", self.HARBORS, by) == f"{HARBOR}/flat/postgres"
        straight = gate(HARBOR, deny=("docker.io",))._replace(harbors=self.HARBORS)
        assert rewritten("a/mysql:8", self.HARBORS, straight) == f"{HARBOR}/hub/a/mysql:8"


class TestRewrite:
    """An old reference → one on Harbor."""

    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            ("gcr.io/heptio-images/eventrouter:v0.3", "gcr.io/heptio-images/eventrouter:v0.3"),
            ("ghcr.io/jvanzyl/nginx:latest", "ghcr.io/jvanzyl/nginx:latest"),
            ("quay.io/jetstack/cert-manager:v1.4.1", "quay.io/jetstack/cert-manager:v1.4.1"),
            ("docker.io/nirmata/kyverno:lastest", "docker.io/nirmata/kyverno:lastest"),
            ("velero/velero:v1.6.2", "docker.io/velero/velero:v1.6.2"),
            ("nginx:latest", "docker.io/nginx:latest"),
            ("nginx", "docker.io/nginx"),
            ("docker.io/nginx", "docker.io/nginx"),
            ("library/nginx", "docker.io/library/nginx"),
            ("docker.io/library/nginx", "docker.io/library/nginx"),
            ("index.docker.io/nginx", "docker.io/nginx"),
            ("index.docker.io/a/b", "docker.io/a/b"),
            (f"nginx@sha256:{HEX}", f"docker.io/nginx@sha256:{HEX}"),
            (f"gcr.io/p/i:1@sha256:{HEX}", f"gcr.io/p/i:1@sha256:{HEX}"),
            ("gcr.io/google-containers/x", "gke/google-containers/x"),
            ("gcr.io/google-containers/deep/x", "deep/google-containers/deep/x"),
            ("gcr.io/google-containers/deep", "gke/google-containers/deep"),
            ("gcr.io/google-containers", "gcr.io/google-containers"),
            ("gcr.io/google-containersx/y", "gcr.io/google-containersx/y"),
            ("localhost:5000/x", "local-mirror/x"),
            ("[::1]:5000/x", "v6/x"),
            ("MYHOST/x", "myhost/x"),
            ("192.168.0.1/x/y", "192.168.0.1/x/y"),
            ("example.com", "docker.io/example.com"),
        ],
    )
    def test_keep(self, image: str, expected: str) -> None:
        """``library: keep`` writes an insertion wherever there is one."""
        assert rewritten(image, HarborMap((harbor(),)), gate(HARBOR)) == f"{HARBOR}/{expected}"

    @pytest.mark.parametrize(
        ("image", "expected"),
        [
            ("nginx", "docker.io/library/nginx"),
            ("docker.io/nginx:1", "docker.io/library/nginx:1"),
            ("library/nginx", "docker.io/library/nginx"),
            ("velero/velero", "docker.io/velero/velero"),
            ("quay.io/x", "quay.io/x"),
        ],
    )
    def test_add(self, image: str, expected: str) -> None:
        """``library: add`` spells official images out."""
        harbors = HarborMap((harbor(library=Library.ADD),))
        assert rewritten(image, harbors, gate(HARBOR)) == f"{HARBOR}/{expected}"

    def test_path_on_docker_hub(self) -> None:
        """A proxy cache asks Docker Hub for all that stands behind the project."""
        projects = {"docker.io/library": "official", "docker.io/bitnami": "bitnami"}
        for library, official in ((Library.KEEP, "nginx"), (Library.ADD, "library/nginx")):
            harbors = HarborMap((harbor(projects=projects, library=library),))
            assert rewritten("nginx", harbors, gate(HARBOR)) == f"{HARBOR}/official/{official}"
            written = rewritten("library/nginx", harbors, gate(HARBOR))
            assert written == f"{HARBOR}/official/library/nginx"
            redis = rewritten("bitnami/redis:7.4", harbors, gate(HARBOR))
            assert redis == f"{HARBOR}/bitnami/bitnami/redis:7.4"
            assert "no Harbor project" in rewritten("a/b", harbors, gate(HARBOR))

    @pytest.mark.parametrize("library", Library)
    def test_flattening_replication(self, library: Library) -> None:
        """What a replication copied stands there without the key's path, and only so."""
        keys = {"docker.io/library": "official", "gcr.io/a/b": "flat", "quay.io": "whole"}
        projects = tuple(Project(Upstream.parse(key), name, True) for key, name in keys.items())
        harbors = HarborMap((Harbor(HARBOR, projects, library),))
        assert rewritten("nginx", harbors, gate(HARBOR)) == f"{HARBOR}/official/nginx"
        assert rewritten("library/nginx", harbors, gate(HARBOR)) == f"{HARBOR}/official/nginx"
        assert rewritten("gcr.io/a/b/c/d:1", harbors, gate(HARBOR)) == f"{HARBOR}/flat/c/d:1"
        assert rewritten("quay.io/a/b", harbors, gate(HARBOR)) == f"{HARBOR}/whole/a/b"
        assert "no Harbor project" in rewritten("gcr.io/a/c", harbors, gate(HARBOR))

    def test_origin(self) -> None:
        """What is behind a proxy cache is its registry's, whatever part of that is the key."""
        flat = Project(Upstream.parse("docker.io/bitnami"), "flat", True)
        proxy = Project(Upstream.parse("docker.io/bitnami"), "proxy")
        harbors = HarborMap((Harbor(HARBOR, (flat, proxy)),))
        for image, expected in (
            ("flat/redis:1", "docker.io/bitnami/redis:1"),
            ("proxy/bitnami/redis", "docker.io/bitnami/redis"),
            ("proxy/redis", "docker.io/redis"),
        ):
            origin = harbors.origin(ImageReference.parse(f"{HARBOR}/{image}"))
            assert str(origin) == expected
        assert harbors.origin(ImageReference.parse(f"{HARBOR}/other/redis")) is None

    @pytest.mark.parametrize("host", ["harbor:8443", "10.0.0.5", "10.0.0.5:80", "[::1]:80"])
    def test_hosts(self, host: str) -> None:
        """A Harbor may have a port or be an address."""
        result = rewritten("nginx:1", HarborMap((harbor(host),)), gate(host))
        assert result == f"{host}/docker.io/nginx:1"

    @pytest.mark.parametrize(
        ("image", "reason"),
        [
            ("registry.k8s.io/pause:3.9", "no Harbor project caches registry.k8s.io"),
            ("localhost:5001/x", "no Harbor project caches localhost:5001"),
            (f"{HARBOR}:443/x", f"no Harbor project caches {HARBOR}:443"),
            (f"{HARBOR}.evil.io/x", f"no Harbor project caches {HARBOR}.evil.io"),
            ("GCR.IO/x", "write gcr.io in lower case"),
            ("HARBOR.myco.com/x", f"write {HARBOR} in lower case"),
            ("ex_ample.com/app", "no registry can be read"),
            (f"{HARBOR}/docker.io/nginx", "on Harbor already"),
            ("a" * 247, "no reference on"),
        ],
    )
    def test_refused(self, image: str, reason: str) -> None:
        """What has no project is not rewritten, and the reason says what there is."""
        assert reason in rewritten(image, HarborMap((harbor(),)), gate(HARBOR))

    def test_names_projects(self) -> None:
        """The refusal names the projects that exist."""
        harbors = HarborMap((harbor(projects={"gcr.io": "g"}), harbor("h.b", {})))
        reason = rewritten("quay.io/x", harbors, gate("*"))
        assert f"{HARBOR} has projects for gcr.io; h.b has projects for nothing" in reason
        assert "names no Harbor" in rewritten("quay.io/x", HarborMap(), gate("*"))

    def test_first_that_is_allowed(self) -> None:
        """Of several Harbors the first with a project whose result the gate allows."""
        first, second = harbor("one.io", {"quay.io": "q"}), harbor("two.io")
        harbors = HarborMap((first, second))
        assert rewritten("quay.io/x", harbors, gate("*")) == "one.io/q/x"
        assert rewritten("quay.io/x", harbors, gate("two.io")) == "two.io/quay.io/x"
        assert rewritten("gcr.io/x", harbors, gate("*")) == "two.io/gcr.io/x"
        assert "on Harbor already" in rewritten("two.io/quay.io/x", harbors, gate("one.io"))
        refused = rewritten("quay.io/x", harbors, gate("three.io"))
        assert refused == "one.io/q/x is not allowed either"

    def test_result_denied(self) -> None:
        """A result that the gate denies is not proposed."""
        by = gate(HARBOR, deny=(f"{HARBOR}/quay.io/**",))
        assert "not allowed" in rewritten("quay.io/x", HarborMap((harbor(),)), by)


@pytest.mark.parametrize(
    "name", ["docker.io", "us-docker.pkg.dev", "a", "0", "a_b", "192.168.0.1", "a" * 255]
)
def test_project_names(name: str) -> None:
    """Harbor's rule for project names (dossier, §3)."""
    assert parse_project_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", "A", "a--b", "a__b", "a..b", "-a", "a.", "a/b", "a:1", "xn--a", "a b", "a\n", "a" * 256],
)
def test_bad_project_names(name: str) -> None:
    """What Harbor does not accept as a project."""
    with pytest.raises(InvalidPattern, match="cannot be the name"):
        parse_project_name(name)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        ("", "empty"),
        ("harbor", "no registry host"),
        ("Harbor.myco.com", "write harbor.myco.com"),
        ("https://harbor.myco.com", "write harbor.myco.com"),
        ("harbor.myco.com/", "write harbor.myco.com"),
        ("harbor.myco.com/x", "no registry host"),
        ("docker.io", "is Docker Hub"),
        ("index.docker.io", "is Docker Hub"),
    ],
)
def test_bad_harbor_hosts(text: str, advice: str) -> None:
    """A Harbor's host is one that a reference reads as a registry."""
    with pytest.raises(InvalidPattern, match=advice):
        parse_harbor_host(text)


@pytest.mark.parametrize(
    ("text", "registry", "path"),
    [
        ("docker.io", "docker.io", ""),
        ("index.docker.io", "docker.io", ""),
        ("docker.io/bitnami", "docker.io", "bitnami"),
        ("localhost:5000", "localhost:5000", ""),
        ("GCR.IO", "GCR.IO", ""),
        ("gcr.io/a/b", "gcr.io", "a/b"),
    ],
)
def test_upstreams(text: str, registry: str, path: str) -> None:
    """The keys of ``projects``."""
    assert Upstream.parse(text) == Upstream(registry, path)


@pytest.mark.parametrize("text", ["", "quay", "quay.io/", "quay.io/A", "*", "quay.io/*", "/a"])
def test_bad_upstreams(text: str) -> None:
    """No patterns, no short names."""
    with pytest.raises(InvalidPattern):
        Upstream.parse(text)


def test_listed() -> None:
    """Long lists are cut, and nothing invisible gets through."""
    assert listed(["a", "b\x1b"]) == "a, b\\x1b"
    assert listed(str(number) for number in range(10)) == "0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
