"""Look-alikes of the allowed registry, and what is no reference at all."""

from __future__ import annotations

import pytest

from tests.bypass.cases import (
    GOOD,
    INVALID,
    MISTYPED,
    UNAPPROVED,
    UNRESOLVED,
    lint,
    pod,
)

H = "harbor.myco.com"
SHA = "@sha256:" + "a" * 64

# Each row: an image, the image that it wants to be taken for, the rule it breaks, why.
IMAGES = [
    # --- hosts that begin or end like the allowed one
    (
        f"{H}.evil.io/a:1",
        f"{H}/a:1",
        UNAPPROVED,
        "prefix tests: Gatekeeper K8sAllowedRepos",
    ),
    (f"evil{H}/a:1", f"{H}/evil/a:1", UNAPPROVED, "suffix tests"),
    (f"evil.{H}/a:1", f"{H}/evil/a:1", UNAPPROVED, "a sub-domain may be anybody's"),
    (f"evil-{H}/a:1", f"{H}/evil-a:1", UNAPPROVED, "regexes with a word boundary in front"),
    (f"{H}-evil.io/a:1", f"{H}/evil.io/a:1", UNAPPROVED, "regexes with a word boundary behind"),
    ("harborxmyco.com/a:1", f"{H}/a:1", UNAPPROVED, "regexes with an unescaped dot: kustomize"),
    (f"evil.io/{H}/a:1", f"{H}/evil.io/a:1", UNAPPROVED, "searches anywhere in the text"),
    (f"evil.io/a:{H}", f"{H}/a:evil.io", UNAPPROVED, "searches anywhere: the host as a tag"),
    (f"evil:{H}", f"{H}/evil:1", UNAPPROVED, "the host as a tag on Docker Hub"),
    (f"evil.io/{H}{SHA}", f"{H}/evil.io{SHA}", UNAPPROVED, "digests said to be safe as such"),
    # --- the same host, spelled otherwise
    (f"{H}:443/a:1", f"{H}/a:1", UNAPPROVED, "another registry to every parser"),
    (f"{H}:8443/a:1", f"{H}/a:8443", UNAPPROVED, "hosts compared without their port"),
    ("Harbor.myco.com/a:1", f"{H}/a:1", UNAPPROVED, "case folded: distribution/reference doesn't"),
    ("HARBOR.MYCO.COM/a:1", f"{H}/a:1", UNAPPROVED, "ggcr and containers/image split otherwise"),
    ("harbor/a:1", f"{H}/a:1", UNAPPROVED, "no dot, no port: an organisation on Docker Hub"),
    (f"{H}", f"{H}/a", UNAPPROVED, "no slash: docker.io/library/harbor.myco.com"),
    (f"{H}:5000", f"{H}/a:5000", UNAPPROVED, "no slash: the port is a tag on Docker Hub"),
    ("xn--harbor-myco.com/a:1", f"{H}/xn-harbor:1", UNAPPROVED, "punycode is a host like any"),
    ("harbor_x.myco.com/a:1", f"{H}/harbor_x.myco.com/a:1", UNAPPROVED, "no host: a Hub path"),
    (f"{H}./a:1", f"{H}/a:1", INVALID, "a trailing dot: the same host to DNS"),
    (f"{H}.:443/a:1", f"{H}/a:1", INVALID, "a trailing dot and a port"),
    # --- what URL parsers and Unicode make of it
    (f"{H}@evil.io/a:1", f"{H}/evil.io/a:1", INVALID, "userinfo: containerd parses an URL"),
    (f'"{H}:x@evil.io/a:1"', f'"{H}/a:x"', INVALID, "userinfo with a password"),
    (f"https://{H}/a:1", f"{H}/a:1", INVALID, "ggcr takes the scheme for a host"),
    (f"docker://{H}/a:1", f"{H}/a:1", INVALID, "skopeo's transports"),
    (f"evil.io#{H}/a:1", f"{H}/a:1", INVALID, "fragments"),
    (f"evil.io?{H}/a:1", f"{H}/a:1", INVALID, "queries"),
    (f"evil.io\\{H}/a:1", f"{H}/a:1", INVALID, "backslashes: browsers' slashes"),
    (f"//evil.io/{H}:1", f"{H}/evil.io:1", INVALID, "an authority without a scheme"),
    (f"{H}/../evil.io/a:1", f"{H}/evil.io/a:1", INVALID, "ggcr's path is a set of characters"),
    (f"{H}//a:1", f"{H}/a:1", INVALID, "the same"),
    (f"/{H}/a:1", f"{H}/a:1", INVALID, "the same"),
    (f"{H}%2eevil.io/a:1", f"{H}/a:1", INVALID, "percent escapes"),
    (f"evil.io%2f{H}/a:1", f"{H}/a:1", INVALID, "percent escapes"),
    ("\uff48arbor.myco.com/a:1", f"{H}/a:1", INVALID, "full width: IDNA folds it"),
    ("harbor。myco.com/a:1", f"{H}/a:1", INVALID, "an ideographic full stop: IDNA folds it"),
    ("h\u0430rbor.myco.com/a:1", f"{H}/a:1", INVALID, "a Cyrillic a"),
    ('"harbor.myco.\u212aom/a:1"', f"{H}/a:1", INVALID, "the Kelvin sign is a k in lower case"),
    (f'"\u0130.{H}/a:1"', f"{H}/a:1", INVALID, "a dotted I, which two lower cases differ on"),
    (f"{H}\u200b/a:1", f"{H}/a:1", INVALID, "a zero-width space"),
    ("har\u200dbor.myco.com/a:1", f"{H}/a:1", INVALID, "a zero-width joiner"),
    ("harbor\u00ad.myco.com/a:1", f"{H}/a:1", INVALID, "a soft hyphen, which IDNA drops"),
    (f'"\\u202e{H}/a:1"', '"\\u0068arbor.myco.com/a:1"', INVALID, "right-to-left override"),
    (f'"{H}\u0661/a:1"', f'"{H}/a:1"', INVALID, "Arabic digits: \\d in a regex"),
    # --- addresses
    ("192.168.0.1/a:1", f"{H}/192.168.0.1/a:1", UNAPPROVED, "IPv4"),
    ("127.1/a:1", f"{H}/127.1/a:1", UNAPPROVED, "short IPv4"),
    ("3232235521/a:1", f"{H}/3232235521/a:1", UNAPPROVED, "an IPv4 number: a Hub organisation"),
    ('"[::1]:5000/a:1"', f"{H}/a:5000", UNAPPROVED, "IPv6"),
    ('"[::ffff:10.0.0.1]/a:1"', f"{H}/a:1", INVALID, "IPv4 in IPv6"),
    ('"[fe80::1%eth0]/a:1"', f"{H}/a:1", INVALID, "a zone"),
    ("localhost/a:1", f"{H}/localhost/a:1", UNAPPROVED, "the node itself"),
    ("localhost:5000/a:1", f"{H}/a:5000", UNAPPROVED, "read as tagged"),
    # --- Docker Hub by its other names
    ("nginx", f"{H}/docker.io/nginx:1", UNAPPROVED, "short names escape a rule on docker.io"),
    ("nginx:1.25", f"{H}/docker.io/nginx:1.25", UNAPPROVED, "the same with a tag"),
    ("evil/a:1", f"{H}/docker.io/evil/a:1", UNAPPROVED, "an organisation read as a host"),
    ("docker.io/nginx:1", f"{H}/docker.io/nginx:1", UNAPPROVED, "the long name"),
    ("index.docker.io/nginx:1", f"{H}/nginx:1", UNAPPROVED, "folded by distribution/reference"),
    ("registry-1.docker.io/library/nginx:1", f"{H}/nginx:1", UNAPPROVED, "the API's own host"),
    ("registry.hub.docker.com/library/nginx:1", f"{H}/nginx:1", UNAPPROVED, "an alias"),
    ("sha256:" + "a" * 64, f"{H}/a{SHA}", UNAPPROVED, "a repository on Docker Hub, not a digest"),
    ("a" * 64, f"{H}/{'a' * 63}:1", INVALID, "an image ID"),
    # --- not for a parser to decide
    (f'"{H}/{{{{ .Values.image }}}}"', f'"{H}/a"', UNRESOLVED, "Helm fills it in"),
    ("$(IMAGE)", GOOD, UNRESOLVED, "Tekton, make"),
    (f"{H}/${{IMAGE}}", GOOD, UNRESOLVED, "envsubst, Flux; may hold `../` or `@`"),
    ("ko://evil.io/a", GOOD, UNRESOLVED, "built and filled in by ko"),
    ('"%IMAGE%"', GOOD, UNRESOLVED, "sed"),
    ('""', GOOD, INVALID, "nothing"),
    ('" "', GOOD, INVALID, "OpenShift's placeholder, without its trigger"),
    ('"\u00a0"', GOOD, INVALID, "a no-break space"),
    ("auto", GOOD, UNAPPROVED, "Istio's placeholder, without its injector"),
    (f'" {H}/a:1"', f'"{H}/a:1"', INVALID, "templates may have it, Pods not"),
    (f'"{H}/a:1\\n"', f'"{H}/a:1"', INVALID, "$ in a regex matches in front of a line feed"),
    (f'"{H}/a:1\\nevil.io/a"', f'"{H}/a:1"', INVALID, "^ and $ by line"),
    (f'"evil.io/a\\n{H}/a:1"', f'"{H}/a:1"', INVALID, "the same, the other way round"),
    (f'"{H}/a\\0.evil.io/x"', f'"{H}/a"', INVALID, "NUL ends a string in C"),
    ("null", GOOD, MISTYPED, "null is no image"),
    ("1.25", GOOD, MISTYPED, "a number"),
    ("[evil.io/a]", GOOD, MISTYPED, "a list, which a text search finds nothing in"),
    ("{repository: evil.io/a}", GOOD, MISTYPED, "a mapping"),
]


@pytest.mark.parametrize(
    ("attack", "twin", "rule", "why"),
    [pytest.param(*row, id=f"{number}-{row[3]}") for number, row in enumerate(IMAGES)],
)
def test_image(attack: str, twin: str, rule: str, why: str) -> None:
    for path in ("app.yaml", "prod/app.yaml"):
        assert {finding.rule for finding in lint(pod(attack), path).findings} == {rule}, why
        assert lint(pod(twin), path).findings == (), why


@pytest.mark.parametrize("attack", [row[0] for row in IMAGES if row[2] == UNAPPROVED])
def test_image_is_judged_by_what_it_says(attack: str) -> None:
    """The twin of every registry that is not allowed: the same image where any is."""
    assert lint(pod(attack), "dev/app.yaml").findings == ()


@pytest.mark.parametrize(
    ("attack", "twin"),
    [
        ("${IMAGE:-evil.io/a}", f"${{IMAGE:-{H}/a}}"),
        ("evil.io/${IMAGE}", f"{H}/${{IMAGE}}"),
        ("evil.io/a:$(TAG)", f"{H}/a:$(TAG)"),
        (f"evil.io/${{X}}/{H}/a:1", f"{H}/${{X}}/evil.io/a:1"),
    ],
)
def test_what_is_known_in_spite_of_a_placeholder_is_judged(attack: str, twin: str) -> None:
    """The placeholder itself is a note of both."""
    told = {(one.rule, one.severity.value) for one in lint(pod(attack)).findings}
    note = (UNRESOLVED, "note")
    assert told == {(UNAPPROVED, "error"), note}
    assert {(one.rule, one.severity.value) for one in lint(pod(twin)).findings} == {note}
