"""Hypothesis strategies for policies: valid by construction, and mutated.

A policy is generated as data (dicts, lists, texts, whole numbers, booleans, None) and written
as JSON, which is YAML. Fractions are left out: the loader reads what is written (``1.10``),
a schema sees only a number. So are lone surrogates and what is beyond the BMP, which libyaml
refuses in JSON's escapes.
"""

from __future__ import annotations

import copy
from string import ascii_lowercase, digits
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from tests.properties.strategies import domains, paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hypothesis.strategies import SearchStrategy

__all__ = [
    "harbor_configs",
    "hosts",
    "mutated",
    "mutated_policies",
    "patterns",
    "policies",
    "project_names",
]

_SEVERITIES = ("error", "warning", "note", "off")
_RULES = (
    *("dropped-content", "floating-tag", "invalid-reference", "missing-digest"),
    *("unapproved-registry", "unparsable-document", "unrendered-template"),
    *("unresolved-reference", "wrong-type", "unused-ignore", "unused-exception"),
    *("expired-exception", "retired-registry"),
)
_ENVIRONMENTS = ("dev", "staging", "prod", "1", "a.b-c_d")
# Texts that are almost right somewhere, or mean something to YAML, a regex or a path.
_TELLING = (
    *("", "*", "**", "*.example.com", "*.docker.io:80", "quay.io/*", "quay.io/a/**", "quay.io/a*"),
    *("quay.io/", "quay.io/a:1", "quay.io\n", "\n", "QUAY.io", "[::1]", "[::1]:80", "[a]", "[A]"),
    *("nginx", "localhost", "localhost:5000", "h:80", "h:", "a..b", "a__b", "a___b", "a--b", "-a"),
    *("docker.io", "index.docker.io", "docker.io/nginx", "MYHOST", "https://quay.io", " quay.io"),
    *(
        "a/",
        "/a",
        "./a",
        "a//b",
        "a/./b",
        ".",
        "./",
        "..",
        "../a",
        "a**",
        "***",
        "**/",
        ".\n",
        "a\n",
    ),
    *("2027-02-31", "2027-13-01", "a/b", "a/b/c", "rules.x", "environments.x", " ", "*/"),
    *(
        "off",
        "error",
        "keep",
        "flatten",
        "required",
        "1",
        "1.0",
        "null",
        "~",
        "true",
        "<<",
        "v1.*",
        "-v1",
    ),
    *("a" * 129, "a" * 256, "\u212a", "\u00e9", "\x00", "\x85", "\u2028", "\ufeff", "{{", "# a"),
)
_plain_texts = st.text(
    st.characters(max_codepoint=0xFFFF, exclude_categories=["Cs"]), min_size=1, max_size=6
)


def hosts() -> SearchStrategy[str]:
    """Give hosts as a pattern may name them: lower case, at times with a port."""
    return domains().map(str.lower).filter(_is_host)


def _is_host(text: str) -> bool:
    return text == "localhost" or any(character in text for character in ".:")


def project_names() -> SearchStrategy[str]:
    """Give names that Harbor accepts for a project."""
    words = st.text(ascii_lowercase + digits, min_size=1, max_size=4)
    return st.lists(words, min_size=1, max_size=3).map(".".join)


def patterns() -> SearchStrategy[str]:
    """Give patterns for images, in one line."""
    repositories = st.one_of(
        st.just(""),
        paths().map(lambda path: f"/{path}"),
        paths().map(lambda path: f"/{path}/*"),
        paths().map(lambda path: f"/{path}/**"),
        st.sampled_from(("/*", "/**")),
    )
    subdomains = hosts().filter(lambda host: host[0] != "[").map(lambda host: f"*.{host}")
    with_host = st.tuples(st.one_of(hosts(), subdomains), repositories).map("".join)
    return st.one_of(st.just("*"), with_host)


def _pattern_mappings() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"registry": st.one_of(st.just("*"), hosts())},
        optional={
            "repository": st.one_of(paths(), st.just("**"), st.integers(0, 9)),
            "tag": st.one_of(st.sampled_from(("v1", "v1.*", "*")), st.integers(0, 9)),
            "digest": st.just("required"),
        },
    )


def _projects() -> SearchStrategy[Any]:
    """Give projects: a proxy cache by its name, or in parts."""
    in_parts = st.fixed_dictionaries(
        {"name": project_names()}, optional={"replication": st.just("flatten")}
    )
    return st.one_of(project_names(), in_parts)


def harbor_configs() -> SearchStrategy[dict[str, Any]]:
    """Give one entry of ``harbor:``; upstreams may repeat, and projects too."""
    upstreams = st.one_of(
        domains(), st.tuples(domains(), paths()).map("/".join), st.sampled_from(("docker.io",))
    )
    return st.fixed_dictionaries(
        {
            "host": st.one_of(
                hosts().filter(lambda host: host not in {"docker.io", "index.docker.io"}),
                st.sampled_from(("harbor.myco.com", "h.io:80")),
            ),
            "projects": st.dictionaries(upstreams, _projects(), max_size=4),
        },
        optional={"library": st.sampled_from(("keep", "add"))},
    )


def _globs() -> SearchStrategy[str]:
    segments = st.sampled_from(("**", "*", "a", "b?", "*.yaml", "[x]", "..", "a.b"))
    return st.lists(segments, min_size=1, max_size=4).map("/".join)


def _settings() -> SearchStrategy[dict[str, Any]]:
    severities = st.sampled_from(_SEVERITIES)
    mappings = st.fixed_dictionaries({}, optional={"severity": severities})
    floating = st.fixed_dictionaries(
        {}, optional={"severity": severities, "tags": st.lists(_names(), max_size=2)}
    )
    retired = st.fixed_dictionaries(
        {}, optional={"severity": severities, "registries": _retired_registries()}
    )
    own = {"floating-tag": floating, "retired-registry": retired}
    return st.fixed_dictionaries(
        {}, optional={name: st.one_of(severities, own.get(name, mappings)) for name in _RULES}
    )


def _retired_registries() -> SearchStrategy[dict[str, Any]]:
    """Give registries with a successor, none, or a mapping that says more."""
    places = st.one_of(domains(), st.tuples(domains(), paths()).map("/".join))
    successors = st.one_of(st.just("none"), places)
    repositories = st.lists(paths(), max_size=2)
    tags = st.lists(_names(), max_size=2)
    mappings = st.fixed_dictionaries(
        {"successor": successors},
        optional={
            "state": st.sampled_from(("gone", "frozen", "moved", "login")),
            "since": st.sampled_from(("2023-04-03", "2023-04", "2023", 2023)),
            "differs": st.lists(st.sampled_from(("names", "tags", "digests")), max_size=2),
            "repositories": repositories,
            "except-repositories": repositories,
            "tags": tags,
            "except-tags": tags,
            "source": st.just("https://example.com/a"),
        },
    )
    return st.dictionaries(places, st.one_of(successors, mappings), max_size=2)


def _names() -> SearchStrategy[Any]:
    return st.one_of(st.sampled_from(("dev-*", "prod", "?")), st.booleans(), st.integers())


def _environments() -> SearchStrategy[dict[str, Any]]:
    allow = st.lists(st.one_of(patterns(), _pattern_mappings()), max_size=3)
    match = st.fixed_dictionaries(
        {},
        optional={
            "namespaces": st.lists(_names(), max_size=2),
            "paths": st.lists(_globs(), max_size=2),
            "labels": st.dictionaries(_plain_texts, _names(), max_size=2),
        },
    )
    return st.fixed_dictionaries(
        {"allow": allow},
        optional={
            "deny": allow,
            "match": match,
            "rules": _settings(),
            "unsuppressible": st.lists(st.sampled_from((*_RULES, "*")), min_size=1, max_size=3),
        },
    )


def _exceptions() -> SearchStrategy[dict[str, Any]]:
    rules = st.lists(st.sampled_from(_RULES), min_size=1, max_size=2)
    objects = st.one_of(
        st.sampled_from(("Deployment/web", "*/x?")),
        st.dictionaries(st.sampled_from(("kind", "name", "namespace")), _names(), min_size=1),
    )
    images = st.one_of(patterns(), _pattern_mappings())
    narrowing = {
        "images": st.lists(images, min_size=1, max_size=2),
        "paths": st.lists(_globs(), min_size=1, max_size=2),
        "objects": st.lists(objects, min_size=1, max_size=2),
        "containers": st.lists(_names(), min_size=1, max_size=2),
    }
    entry = st.fixed_dictionaries(
        {"rules": rules, "reason": st.sampled_from(("because", "1", " x"))},
        optional={
            **narrowing,
            "environments": st.lists(st.sampled_from(_ENVIRONMENTS), min_size=1, max_size=2),
            "until": st.sampled_from(("2027-01-31", "2027-02-30", "0000-01-01", "2028-02-29")),
        },
    )
    return entry.filter(lambda one: any(key in one for key in narrowing))


def _locks() -> SearchStrategy[str]:
    names = ("*", "harbor", "default", "exclude", "exceptions", "baseline", "rules")
    return st.one_of(
        st.sampled_from((*names, "environments", "ignore-fields", "rules.floating-tag")),
        st.sampled_from(_ENVIRONMENTS).map("environments.{}".format),
    )


_FIELD_PATHS = ("a", "a.b", "a[].b", "a{}", "[]", 'a["b.c/d"].e', "a[][]", 1, True)
_KEYS = ("a", "a.b", "newName", '["a.b/c"]', "/a.b", 1)
_API_GROUPS = ("", "g", "example.com", 1)
_KINDS = ("K", "Widget", 1)


def _fields() -> SearchStrategy[Any]:
    """Give fields of a kind, as paths and as mappings."""
    paths_ = st.sampled_from(_FIELD_PATHS)
    shapes = st.sampled_from(("<pod-spec>", "<object>", "a.<pod-template>", "a[].<container>"))
    keys: SearchStrategy[Any] = st.sampled_from(_KEYS)
    keys |= st.lists(keys, min_size=1, max_size=2)
    parts = dict.fromkeys(("tag", "digest", "sha256"), keys)
    prefixes = st.sampled_from(("oci://", ["docker://"], ["oci://", ""]))
    registries = st.sampled_from(("quay.io", "elsewhere", ["docker.io/istio", "a.b:5000"]))
    names = st.lists(_names(), min_size=1)
    known = {"default-registry": registries, "of": names, "source": _plain_texts}
    more = {"prefix": prefixes, "only": st.just("kind=DockerImage"), **known}
    forms = st.sampled_from(("image", "untagged", "pairs"))
    loose = {"prefix": prefixes, "form": forms, **known}
    return st.one_of(
        paths_,
        shapes,
        st.fixed_dictionaries({"at": paths_}, optional=loose),
        st.just({"at": 'a["b.c/d"]', "tag-beside": "b.c/e"}),
        st.fixed_dictionaries(
            {"at": paths_ | st.just("."), "repository": keys},
            optional={"registry": keys, **parts, **more},
        ),
        st.fixed_dictionaries(
            {"at": paths_, "registry": keys, "default": st.sampled_from(("pilot", 1))},
            optional={"image": keys, **parts, **more},
        ),
        st.fixed_dictionaries(
            {"at": paths_, "flags": st.lists(st.sampled_from(("--a", "-b", -1)), min_size=1)},
            optional=loose,
        ),
        st.fixed_dictionaries({"at": paths_, "named": names}, optional=loose),
        st.fixed_dictionaries({"at": paths_, "keys": names}, optional=loose),
    )


def _workloads() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "groups": st.lists(st.sampled_from(_API_GROUPS), max_size=2),
            "kinds": st.lists(st.sampled_from(_KINDS), max_size=2),
            "source": _plain_texts,
            "fields": st.lists(_fields(), max_size=3),
        }
    )


def _ignored_fields() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "groups": st.lists(st.sampled_from(_API_GROUPS), max_size=2),
            "kinds": st.lists(st.sampled_from(_KINDS), max_size=2),
            "fields": st.lists(st.sampled_from(_FIELD_PATHS), max_size=2),
            "reason": st.sampled_from(("a disk image", 1)),
        }
    )


def _embedded() -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {
            "kind": st.sampled_from(("ConfigMap", "Secret")),
            "keys": st.lists(_names(), min_size=1, max_size=2),
        }
    )


def policies() -> SearchStrategy[dict[str, Any]]:
    """Give policies whose parts are well-formed; they need not go together."""
    harbor = harbor_configs()
    return st.fixed_dictionaries(
        {
            "version": st.sampled_from((1, "1")),
            "environments": st.dictionaries(
                st.sampled_from(_ENVIRONMENTS), _environments(), min_size=1, max_size=3
            ),
            "default": st.sampled_from(_ENVIRONMENTS),
        },
        optional={
            "harbor": st.one_of(harbor, st.lists(harbor, max_size=3)),
            "rules": _settings(),
            "exclude": st.lists(_globs(), max_size=2),
            "workloads": st.lists(_workloads(), max_size=2),
            "ignore-fields": st.lists(_ignored_fields(), max_size=2),
            "embedded": st.lists(_embedded(), max_size=2),
            "exceptions": st.lists(_exceptions(), max_size=2),
            "locked": st.lists(_locks(), max_size=2),
            "ignores": st.sampled_from(({"require-reason": True}, {"require-reason": "false"})),
        },
    )


def _places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Give the path to every node but the root."""
    if isinstance(node, dict):
        pairs: Any = node.items()
    else:
        pairs = enumerate(node) if isinstance(node, list) else ()
    for key, value in pairs:
        yield (*at, key)
        yield from _places(value, (*at, key))


def _odd_values() -> SearchStrategy[Any]:
    scalars = st.one_of(
        st.none(), st.booleans(), st.integers(-2, 3), st.sampled_from(_TELLING), _plain_texts
    )
    return st.one_of(
        scalars,
        st.lists(scalars, max_size=2),
        st.dictionaries(
            st.sampled_from((*_TELLING, "tags", "severity", "kind", "keys", "name", "replication")),
            scalars,
            max_size=2,
        ),
    )


@st.composite
def mutated_policies(draw: st.DrawFn) -> dict[str, Any]:
    """Give policies with some values or keys that are odd."""
    return draw(mutated(draw(policies())))


@st.composite
def mutated(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """Give ``data`` with one to three values replaced, or keys renamed, added or taken away."""
    policy = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(policy))
        if not places:
            break
        *way, last = draw(st.sampled_from(places))
        parent: Any = policy
        for step in way:
            parent = parent[step]
        action = draw(st.sampled_from(("replace", "replace", "remove", "add", "rename")))
        if action == "remove":
            del parent[last]
        elif action == "replace" or isinstance(parent, list):
            parent[last] = draw(_odd_values())
        else:
            key = draw(st.one_of(st.sampled_from(_TELLING), _plain_texts))
            value = parent.pop(last) if action == "rename" else draw(_odd_values())
            parent[key] = value
    return policy
