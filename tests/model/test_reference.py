"""Tables for the grammar of image references; each class quotes the clause that it checks."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import pytest

from imagelint.model.reference import ImageReference, InvalidReference, Reason, ReferenceSpans

HEX32 = "0123456789abcdef" * 2
HEX64 = HEX32 * 2
SHA256 = f"sha256:{HEX64}"
SHA384 = f"sha384:{HEX32 * 3}"
SHA512 = f"sha512:{HEX64 * 2}"


def refusal(text: str) -> InvalidReference:
    """Return the error that ``text`` is refused with."""
    with pytest.raises(InvalidReference) as caught:
        ImageReference.parse(text)
    assert caught.value.text == text
    assert ImageReference.parse_or_none(text) is None
    return caught.value


def reason(text: str) -> str:
    """Return the reason that ``text`` is refused for."""
    return refusal(text).reason.value


class TestParts:
    """``ImageReference.parse(text)`` gives domain, path, tag and digest as written."""

    @pytest.mark.parametrize(
        ("text", "domain", "path", "tag", "digest"),
        [
            ("nginx", None, "nginx", None, None),
            (f"nginx@{SHA256}", None, "nginx", None, SHA256),
            (f"nginx:1.25@{SHA256}", None, "nginx", "1.25", SHA256),
            ("velero/velero:v1.6.2", None, "velero/velero", "v1.6.2", None),
            ("index.docker.io/nginx", "index.docker.io", "nginx", None, None),
            ("gcr.io/p/i:v0.3", "gcr.io", "p/i", "v0.3", None),
            ("registry:5000/app:1", "registry:5000", "app", "1", None),
            ("[::1]:5000/app:1", "[::1]:5000", "app", "1", None),
            ("ex_ample.com/app:1", "", "ex_ample.com/app", "1", None),
            (f"sha256:{HEX64}", None, "sha256", HEX64, None),
        ],
    )
    def test_as_written(
        self, text: str, domain: str | None, path: str, tag: str | None, digest: str | None
    ) -> None:
        """The parts are those of the text, and their ``str()`` is the text."""
        reference = ImageReference.parse(text)
        assert reference == ImageReference(domain, path, tag, digest)
        assert ImageReference.parse_or_none(text) == reference
        assert str(reference) == text

    @pytest.mark.parametrize(
        ("text", "spans"),
        [
            ("nginx", (None, (0, 5), None, None)),
            ("a.b/c:1", ((0, 3), (4, 5), (6, 7), None)),
            (f"a.b:80/c/d:1@{SHA256}", ((0, 6), (7, 10), (11, 12), (13, 84))),
            ("a_b.c/d:1", (None, (0, 7), (8, 9), None)),
        ],
    )
    def test_spans(self, text: str, spans: tuple[Any, ...]) -> None:
        """Spans are character offsets, the end exclusive, None for what is not written."""
        assert ImageReference.parse(text).spans() == ReferenceSpans(*spans)

    def test_is_a_value(self) -> None:
        """A reference is frozen and slotted, hashable, and survives pickling."""
        reference = ImageReference.parse(f"gcr.io/a/b:1@{SHA256}")
        with pytest.raises(AttributeError):
            reference.path = "c"  # type: ignore[misc]
        assert not hasattr(reference, "__dict__")
        assert {reference} == {pickle.loads(pickle.dumps(reference))}  # noqa: S301 - our own


class TestFirstSegment:
    """A domain is ``localhost`` or holds ".", ":" or an upper-case letter (dossier 1.2, 1 and 2).

    Otherwise, and without any "/", the image is Docker Hub's.
    """

    @pytest.mark.parametrize("text", ["localhost", "localhost:5000", "a.com:80", "1.2.3.4"])
    def test_alone_is_a_repository(self, text: str) -> None:
        """A host without a path is an image on Docker Hub, its port a tag."""
        reference = ImageReference.parse(text)
        name = text.partition(":")[0]
        assert (reference.registry, reference.repository) == ("docker.io", f"library/{name}")

    @pytest.mark.parametrize("first", ["a", "gcr-io", "localhosts", "a-b", "a_b", "a__b", "0"])
    def test_organisations(self, first: str) -> None:
        """Anything else is the first component of a path on Docker Hub."""
        reference = ImageReference.parse(f"{first}/app")
        assert (reference.domain, reference.registry) == (None, "docker.io")
        assert reference.repository == f"{first}/app"

    @pytest.mark.parametrize("text", ["ex_ample.com/app", "a.b_c/d/e:1", "a__b.c/d"])
    def test_swallowed(self, text: str) -> None:
        """No valid domain but a valid component: the library reads an empty domain (1.2, 6)."""
        reference = ImageReference.parse(text)
        assert (reference.domain, reference.registry) == ("", "")
        assert reference.repository == text.partition(":")[0]
        assert reference.familiar == str(reference) == text


class TestNormalised:
    """``registry``, ``repository`` and ``familiar`` are the normalised views (dossier 1.2)."""

    @pytest.mark.parametrize(
        ("text", "repository", "familiar"),
        [
            ("nginx", "library/nginx", "nginx"),
            ("library/nginx", "library/nginx", "nginx"),
            ("docker.io/nginx:1", "library/nginx", "nginx:1"),
            ("docker.io/library/nginx", "library/nginx", "nginx"),
            ("index.docker.io/nginx", "library/nginx", "nginx"),
            ("index.docker.io/a/b", "a/b", "a/b"),
            ("library/a/b", "library/a/b", "library/a/b"),
            (f"nginx:1@{SHA256}", "library/nginx", f"nginx:1@{SHA256}"),
            ("docker.io/localhost/x", "localhost/x", "localhost/x"),
        ],
    )
    def test_docker_hub(self, text: str, repository: str, familiar: str) -> None:
        """Short names and the old host become docker.io."""
        reference = ImageReference.parse(text)
        assert (reference.registry, reference.repository) == ("docker.io", repository)
        assert reference.familiar == familiar

    @pytest.mark.parametrize(
        "host", ["Docker.io", "docker.io:443", "registry-1.docker.io", "hub.docker.com", "gcr.io"]
    )
    def test_other_hosts(self, host: str) -> None:
        """Nothing else is folded or gets ``library/``: case and port count."""
        reference = ImageReference.parse(f"{host}/nginx:1")
        assert (reference.registry, reference.repository) == (host, "nginx")
        assert reference.familiar == f"{host}/nginx:1"


class TestDomain:
    """``domain = ( host | ipv6 ) [ ":" port ]``."""

    @pytest.mark.parametrize(
        "domain",
        [
            *("localhost", "a.b", "a:1", "A", "aB", "1.2.3.4", "xn--bcher-kva.de", "A-1.B"),
            *("a-b.c", "a--b.c", "0.0", "a.b:0", "a.b:99999", "[::1]", "[aF:01]:443", "[:::]"),
        ],
    )
    def test_valid(self, domain: str) -> None:
        """Ports have no limit, and what stands in brackets need not be an address."""
        reference = ImageReference.parse(f"{domain}/x")
        assert (reference.domain, reference.registry) == (domain, domain)

    @pytest.mark.parametrize(
        "domain",
        [
            *("a..b", ".a", "a.", "-a.b", "a-.b", "a.-b", "a.b-", "a.b:", "a.b:x", "a.b:1:2", ":1"),
            *("a_b:1", "a+b.c", "a.b:٣", "::1", "[]:1", "[::1", "::1]", "[::g]", "[::1]a:1"),
            *("[::1%eth0]", "[::ffff:1.2.3.4]", "a.b@c", "a b.c", "é.com", "a.b:+1", "."),
        ],
    )
    def test_invalid(self, domain: str) -> None:
        """Labels end in letters or digits, a port is ASCII digits, IPv6 hex and colons."""
        assert reason(f"{domain}/x") == "format"


class TestPath:
    """``component = 1*LOWER *( separator 1*LOWER )``, ``separator = "." | "_" | "__" | 1*"-"``."""

    COMPONENTS = ("a", "0", "a.b", "a_b", "a__b", "a-b", "a---b", "a.b_c-d__e", "0-0")
    NO_COMPONENTS = (
        *("a..b", "a___b", "a._b", "a_.b", "a-_b", "a_-b", "a.-b", "a-.b", "a__.b", "a__-b"),
        *(".a", "_a", "__a", "-a", "a.", "a_", "a__", "a-", "a+b", "a~b", "é", "a\u0301", "a b"),
    )

    @pytest.mark.parametrize("component", COMPONENTS)
    def test_valid(self, component: str) -> None:
        """A component is as good in every place of the path."""
        for path in (component, f"a/{component}", f"a/{component}/b"):
            assert ImageReference.parse(f"x.y/{path}").path == path

    @pytest.mark.parametrize("component", NO_COMPONENTS)
    def test_invalid(self, component: str) -> None:
        """And as bad."""
        for path in (component, f"a/{component}", f"a/{component}/b"):
            assert reason(f"x.y/{path}") == "format"

    @pytest.mark.parametrize("text", ["/", "/a", "a/", "a//b", "a.b/", "a.b//c", "a.b/c/", "//"])
    def test_empty_component(self, text: str) -> None:
        """No component is empty."""
        assert reason(text) == "format"

    @pytest.mark.parametrize(
        ("prefix", "allowed"),
        [
            *(("", 247), ("docker.io/", 247), ("index.docker.io/", 247), ("library/", 247)),
            *(("a/", 253), ("gcr.io/", 255), ("a_b.c/", 249), ("a" * 300 + ".b/", 255)),
        ],
    )
    def test_length(self, prefix: str, allowed: int) -> None:
        """At most 255 characters without the domain, ``library/`` counted (dossier 1.1)."""
        assert ImageReference.parse(prefix + "a" * allowed + ":" + "t" * 128).tag
        too_long = prefix + "a" * (allowed + 1)
        assert reason(too_long) == reason(f"{too_long}@md5:{HEX32}") == "too-long"
        assert reason(f"{too_long}/") == "format"


class TestTag:
    """``tag = WORD *127( WORD | "." | "-" )``."""

    @pytest.mark.parametrize("tag", ["1", "_", "A", "v1.2-rc_3", "1..", "a--", "LATEST", "t" * 128])
    def test_valid(self, tag: str) -> None:
        """Upper case is legal here."""
        assert ImageReference.parse(f"nginx:{tag}").tag == tag

    @pytest.mark.parametrize(
        "tag", ["", ".a", "-a", "1+2", "a:b", "t" * 129, "é", "1 ", "1\n", "٣", "a[", "a/b"]
    )
    def test_invalid(self, tag: str) -> None:
        """128 characters at most; no "+", no dot or dash in front."""
        assert reason(f"a/nginx:{tag}") == "format"


class TestDigest:
    """``digest = algorithm ":" 32*HEX``, then algorithm, length and case, in this order."""

    @pytest.mark.parametrize("digest", [SHA256, SHA384, SHA512])
    def test_valid(self, digest: str) -> None:
        """All three algorithms that go-digest v1.0.0 registers are linked."""
        assert ImageReference.parse(f"nginx:1@{digest}").digest == digest

    REFUSED = (
        *(("format", f"{name}:{HEX64}") for name in ("", "9a", "a..b", "a+9", "a.", "sha256:")),
        *(("format", text) for text in ("", "sha256", "sha256:", HEX64, f"sha256:{'g' * 64}")),
        *(("format", text) for text in (f"md5:{HEX32[1:]}", f"{SHA256}@{SHA256}", f"{SHA256}:1")),
        *(("digest-length", f"{name}:{HEX32}") for name in ("sha256", "sha384", "sha512")),
        *(("digest-length", text) for text in (f"{SHA256}0", f"sha256:{HEX32.upper()}")),
        *(("digest-format", text) for text in (f"sha256:{HEX64.upper()}", f"SHA256:{HEX64}")),
        ("digest-format", f"Md5:{HEX32}"),
        *(("digest-algorithm", f"{name}:{HEX64}") for name in ("md5", "sha256+b64", "a.b-c_d+e")),
        ("digest-algorithm", f"blake3:{HEX64.upper()}"),
    )

    @pytest.mark.parametrize(("expected", "digest"), REFUSED)
    def test_refused(self, expected: str, digest: str) -> None:
        """The tag in front keeps the algorithm's case out of the check for upper case."""
        assert reason(f"nginx:1@{digest}") == expected


class TestUppercase:
    """Upper case before the first ":" of what follows the domain; or it parses when lowered."""

    @pytest.mark.parametrize(
        "text",
        [
            *("Nginx", "gcr.io/Foo/bar:1", "a/B", "A/B", "${IMAGE}", "nginx É", "a.b/C..d"),
            f"nginx@SHA256:{HEX64}",
            *("A_b/x", "a.B_c/x", "nginx:\u212a", "nginx:\u0130", "\u0130.com/x", "x/Σς"),
        ],
    )
    def test_uppercase(self, text: str) -> None:
        """The kelvin sign and the dotted capital I are lowered to ASCII by Go."""
        assert reason(text) == "uppercase"

    @pytest.mark.parametrize(
        "text", ["A+b/x", "É.com/x", "nginx:É", "ﬁ", "\u017f", "a.b:X/c", "nginx:A+"]
    )
    def test_format(self, text: str) -> None:
        """What lowering does not mend is malformed."""
        assert reason(text) == "format"


class TestIdentifier:
    """Sixty-four hexadecimal digits alone are an image ID and no name."""

    @pytest.mark.parametrize("text", [f"{HEX64}:1", f"library/{HEX64}", f"{HEX64}0", HEX64[1:]])
    def test_alone(self, text: str) -> None:
        """They are refused by a reason of their own; with anything beside them they are a name."""
        assert reason(HEX64) == "identifier"
        assert str(ImageReference.parse(text)) == text


class TestAdvice:
    """``str(error)`` says what to type instead, on one printable line."""

    @pytest.mark.parametrize(
        ("text", "advice"),
        [
            *((text, "it is empty, name an image such as") for text in ("", " \n")),
            ("nginx\n", 'remove the white space around it; write "nginx"'),
            (" Nginx:V1 ", 'remove the white space around it; write "nginx:V1"'),
            ("nginx :1", "remove the white space inside it"),
            ("https://gcr.io/a/b:1", 'drop the scheme "https://"; write "gcr.io/a/b:1"'),
            ("docker://nginx", 'drop the scheme "docker://"; write "nginx"'),
            ("{{ image }}", 'the character "{" cannot stand in a reference'),
            ("nginx\u202e", r'the character "\u202e" cannot stand in a reference'),
            ("\ud800", r'the character "\ud800" cannot stand in a reference'),
            (HEX64, "it is an image ID, put NAME@sha256: first"),
            ("gcr.io/Foo:V1", 'may have upper case; write "gcr.io/foo:V1"'),
            (f"a@SHA256:{HEX64}", f'may have upper case; write "a@{SHA256}"'),
            ("a" * 248, "its repository is 256 long, 255 fit (library/ counts)"),
            (f"a@md5:{HEX32}", '"md5" is none of the digests sha256, sha384, sha512'),
            (f"a@sha512:{HEX64}", "its sha512 digest has 64 hexadecimal digits, it must have 128"),
            ("a@sha256:abc", "its sha256 digest has 3 hexadecimal digits, it must have 64"),
            (f"a:1@sha256:{HEX64.upper()}", f'in lower case; write "a:1@{SHA256}"'),
            *(("a@", "no digest follows the @"), ("a@b@c", "only one @ is allowed")),
            ("a@latest", "a digest is written as sha256: and 64 digits, a tag with : and not @"),
            (f"a@:{HEX64}", "the digest has no algorithm, write sha256 in front"),
            ("a@sha256:", 'the digest has no hash behind "sha256:"'),
            (f"a@{SHA256}z", '"z" is no hexadecimal digit of a digest'),
            ("a@md5:abc", "its digest has 3 digits, sha256 has 64"),
            (f"a@a..b:{HEX64}", '"a..b" is none of the digests'),
            *(("a:", "no tag follows the colon"), ("a:1:2", "only one tag is allowed")),
            ("a::1", 'write one colon in front of the tag, not two; write "a:1"'),
            ("a:1.0+2", "a tag cannot hold +, write _ in its place"),
            *(("a:-1", 'a tag cannot begin with "-"'), ("a:a[", '"[" cannot stand in a tag')),
            ("a:" + "t" * 129, "its tag has 129 characters, 128 are allowed"),
            ("gcr.io:/x", "no port follows the registry's colon"),
            *((f"{host}:ab/x", 'port "ab" is no number') for host in ("a", "a.b", "[::1]")),
            ("::1/x", "IPv6 addresses stand in [ ]"),
            ("[::g]/x", "only an IPv6 address stands in [ ]"),
            *((text, 'name cannot hold "_"') for text in ("a_b:80/x", "A_b/x")),
            *((f"{host}/x", "a registry's labels begin and end") for host in ("a..b", "-a.b:80")),
            (f"a@{SHA256}/x", "a digest stands at the end, no / can follow it"),
            *((":1", "the repository is missing"), (":1/x", "write it as [REGISTRY/]REPOSITORY")),
            *((text, "a / stands between two names") for text in ("/a", "a/", "a//b")),
            ("a/b:1/c", "a port belongs to the registry and a tag to the end"),
            *(("a+b", '"+" cannot stand in'), ("a._b", '"._" cannot stand in a repository')),
            ("a/-b", "a repository's names begin and end with a-z or 0-9"),
        ],
    )
    def test_message(self, text: str, advice: str) -> None:
        """The first slip that is found is explained; what is mended is only shown if it parses."""
        error = refusal(text)
        assert advice in str(error)
        assert str(error).isprintable()

    def test_long_values_are_cut(self) -> None:
        """A value in a message has at most 200 characters, escapes counted."""
        assert f'"{"x" * 200}…" is not' in str(refusal("x" * 201 + "+"))
        assert f'"{"x" * 199}+" is not' in str(refusal("x" * 199 + "+"))
        assert str(refusal("\x00" * 1000)).startswith('"' + r"\x00" * 50 + "…")

    def test_survives_copying(self) -> None:
        """The error is one value: reason, text and message come through pickle and copy."""
        error = refusal("Nginx")
        for other in (copy.copy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301 - our own
            assert (other.reason, other.text, str(other)) == (error.reason, "Nginx", error.message)
        assert isinstance(error, ValueError)

    def test_reasons(self) -> None:
        """The set is closed, and a reason prints as its value on every Python."""
        assert " ".join(Reason) == (
            "format uppercase identifier too-long digest-algorithm digest-length digest-format"
        )
        assert f"{Reason.TOO_LONG} {Reason.FORMAT!s}" == "too-long format"


class TestReplace:
    """``replace`` gives a valid reference with just the parts asked for, or raises."""

    @pytest.mark.parametrize(
        ("text", "parts", "expected"),
        [
            ("nginx:1", {}, "nginx:1"),
            ("nginx:1", {"domain": "h.io", "path": "docker.io/nginx"}, "h.io/docker.io/nginx:1"),
            ("gcr.io/a@" + SHA256, {"domain": "h.io:80"}, "h.io:80/a@" + SHA256),
            ("docker.io/nginx:1", {"domain": None}, "nginx:1"),
            ("nginx:1@" + SHA256, {"digest": None}, "nginx:1"),
            ("nginx", {"tag": "2", "digest": SHA256}, "nginx:2@" + SHA256),
            ("ex_ample.com/app", {"domain": "h.io", "tag": "1"}, "h.io/ex_ample.com/app:1"),
        ],
    )
    def test_valid(self, text: str, parts: dict[str, Any], expected: str) -> None:
        """Parts that are not given stay."""
        assert str(ImageReference.parse(text).replace(**parts)) == expected

    @pytest.mark.parametrize(
        ("parts", "message"),
        [
            ({"path": "localhost:5000/x"}, "a port belongs to the registry"),
            ({"path": "GCR.IO/x"}, "only registry and tag may have upper case"),
            ({"path": "a" * 256}, "255 fit"),
            ({"digest": "md5:" + HEX32}, "none of the digests"),
            ({"domain": None, "tag": None, "path": HEX64}, "it is an image ID"),
            *(({"domain": host}, "would be read as") for host in ("harbor", "a_b.c", "", "h.io/a")),
            ({"domain": None, "path": "h.io/app"}, 'would be read as registry "h.io"'),
            ({"path": "nginx:1", "tag": None}, "would be read as"),
            ({"tag": "1@" + SHA256}, "would be read as"),
        ],
    )
    def test_invalid(self, parts: dict[str, Any], message: str) -> None:
        """The result must parse, and no part may slip into another one."""
        with pytest.raises(InvalidReference, match=message):
            ImageReference.parse("gcr.io/a/b:1").replace(**parts)
