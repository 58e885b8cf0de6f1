"""Tables and laws for what looks like something else."""

from __future__ import annotations

from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagelint.patterns.images import RegistryPattern
from imagelint.rules.built_in import RULES
from imagelint.rules.checks.lookalikes import PlausibleReference, is_slip_of
from tests.support.subjects import DIGEST, gate, messages, subject

SHIPPED = RULES["suspicious-reference"]
HEX = DIGEST.partition(":")[2]


def said(image: str, *allow: str) -> str:
    """Return what the rule says of an image, as it is shipped."""
    check = SHIPPED.make_check()
    assert check is not None
    return "".join(messages(check, subject(image, by=gate(*(allow or ("*",))))))


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (
            "localhost",
            "localhost looks like a registry, but without a path it is",
        ),
        ("localhost:5000", "docker.io/library/localhost with the tag 5000; write localhost:5000/"),
        ("192.168.0.1:80", "docker.io/library/192.168.0.1 with the tag 80"),
        ("example.com", "docker.io/library/example.com; write example.com/REPOSITORY"),
        ("docker.io", "docker.io looks like a registry"),
        ("docker.io/example.com", "example.com looks like a registry"),
        ("library/localhost:5000", "localhost:5000 looks like a registry"),
        ("h.co/hub/localhost:5000", "localhost:5000 looks like a registry"),
        (f"h.co/hub/sha256:{HEX}", f"the image sha256 on Docker Hub; write REPOSITORY@{DIGEST}"),
        (
            f"sha256:{HEX}",
            f"the image sha256 on Docker Hub; write REPOSITORY@{DIGEST}",
        ),
        (f"a:sha256-{HEX}", f"write a@{DIGEST} to pull by digest"),
        (f"a:sha256-{HEX}.sig", "has a digest as its tag"),
        ("dokcer.io/a", "differs from docker.io by one character"),
        ("qauy.io/a", "differs from quay.io by one character"),
        ("quay.i0/a", "differs from quay.io by one character"),
        ("gcr.oi/a", "differs from gcr.io by one character"),
        ("ghcrr.io/a", "differs from ghcr.io by one character"),
        ("registry.k8s.oi/a", "differs from registry.k8s.io by one character"),
        ("GCR.io/a", "the registry GCR.io is not gcr.io: hosts are compared as written"),
        ("h.co:443/a", "the registry h.co:443 is not h.co"),
        ("H.CO:443/a", "the registry H.CO:443 is not h.co"),
        ("MYHOST/a", "is read as a registry because of its capitals; write myhost"),
        ("h.co.evil.io/a", "only starts with h.co and is another host"),
        ("h.co-evil.io/a", "only starts with h.co and is another host"),
        ("evilh.co/a", "only ends with h.co and is another host"),
    ],
)
def test_suspicious(image: str, message: str) -> None:
    assert message in said(image)


@pytest.mark.parametrize(
    "image",
    [
        *("nginx", "nginx:5000", "registry:5000", "sha256", "sha256:1", "app:sha256-1", "1.10"),
        *("localhost/a", "localhost:5000/a", "localhost:5001/a", "127.0.0.1:5000/a", "a.b-/c"),
        *("gcr.io/a", "us.gcr.io/a", "eu-docker.pkg.dev/a/b", "ghcr.io/a", "lscr.io/a", "icr.io/a"),
        *("cr.io/a", "xcr.io/a", "mycr.azurecr.io/a", "1.dkr.ecr.eu-west-1.amazonaws.com/a"),
        *("index.docker.io/a", "registry-1.docker.io/a", "docker.io.mirror.example.com/a"),
        *("h.co/hub/nginx", "h.co/example.com", "h.co/hub/a/example.com", "a/example.com"),
        *("registry2.k8s.io/a", "a.h.co/b", "h.co/a", "h.co:8443/a", "ex_ample.com/app"),
        *("registry.example.com/a", "Registry.Example.com/a", "$(REGISTRY)/a", "a..b"),
    ],
)
def test_not_suspicious(image: str) -> None:
    assert said(image) == ""


def test_what_a_policy_names_is_known() -> None:
    assert "differs" in said("qay.io/a")
    assert said("qay.io/a", "qay.io/b") == ""
    assert said("dev.registry.co/a", "*.registry.co") == ""
    assert "differs from registry.myco.com" in said("registy.myco.com/a", "registry.myco.com")
    own = PlausibleReference(own=(RegistryPattern.parse("registry.our.io"),))
    assert "differs from registry.our.io" in "".join(messages(own, subject("regisrty.our.io/a")))


@pytest.mark.parametrize(
    ("host", "other", "is_slip"),
    [
        ("abcdefg", "abcdefg", False),
        ("abcdefh", "abcdefg", True),
        ("bacdefg", "abcdefg", True),
        ("xbcdefg", "abcdefg", True),
        ("bcdefg", "abcdefg", True),
        ("abcdef", "abcdefg", True),
        ("abcdefgh", "abcdefg", True),
        ("abcdegf", "abcdefg", True),
        ("abcdxyg", "abcdefg", False),
        ("bcdefga", "abcdefg", False),
        ("badcefg", "abcdefg", False),
        ("abcdefg1", "abcdefg", False),
        ("abcdef1", "abcdef2", False),
        ("abcdef1", "abcdefl", True),
        ("xcr.io", "gcr.io", False),
        ("cr.io", "gcr.io", False),
        ("cgr.io", "gcr.io", True),
        ("gr.io", "gcr.io", True),
        ("", "a", False),
    ],
)
def test_slips(host: str, other: str, *, is_slip: bool) -> None:
    assert is_slip_of(host, other) is is_slip


@given(st.text(ascii_lowercase, min_size=8, max_size=12), st.data())
def test_every_slip_is_seen(host: str, data: st.DataObject) -> None:
    """One character inserted, left out, changed, or swapped with the next; in both directions."""
    at = data.draw(st.integers(0, len(host) - 2))
    other = data.draw(st.sampled_from(ascii_lowercase))
    slips = {
        host[:at] + other + host[at:],
        host[:at] + host[at + 1 :],
        host[:at] + other + host[at + 1 :],
        host[:at] + host[at + 1] + host[at] + host[at + 2 :],
    }
    for slip in slips - {host}:
        assert is_slip_of(slip, host)
        assert is_slip_of(host, slip)
