"""Laws of policies: schema and loader agree, no host confusion, the Harbor map is injective."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from imagelint.model.errors import PolicyError
from imagelint.model.reference import ImageReference
from imagelint.model.source import Source
from imagelint.patterns.harbor import Gate, Harbor, HarborMap, Library, Project, Refusal, Upstream
from imagelint.patterns.images import RegistryPattern
from imagelint.policy.policy import Inconsistency, InconsistentPolicy, parse_policy
from imagelint.rules.checks.references import DOCUMENT
from imagelint.rules.rule import load_rules
from imagelint.yaml.mistakes import mistakes
from tests.properties.policy_strategies import hosts, mutated, mutated_policies, patterns, policies
from tests.properties.strategies import domains, look_alike_hosts, paths, references

if TYPE_CHECKING:
    from imagelint.policy.policy import Policy

FOLDER = Path(__file__).parents[2] / "rules"
RULES = load_rules(Source(path.name, path.read_bytes()) for path in sorted(FOLDER.glob("*.yaml")))
SCHEMA: dict[str, Any] = json.loads((FOLDER / "policy" / "schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
RULE_SCHEMA: dict[str, Any] = json.loads(
    (FOLDER / "policy" / "rule.schema.json").read_text("utf-8")
)
RULE_VALIDATOR = Draft202012Validator(RULE_SCHEMA)
_AS_WRITTEN = [YAML(typ="safe", pure=True).load(path) for path in sorted(FOLDER.glob("*.yaml"))]
OWN_RULES: list[dict[str, Any]] = [
    json.loads(json.dumps(rule, default=str)) for rule in _AS_WRITTEN if rule["check"] != DOCUMENT
]
ONLY_THE_READER_KNOWS = ("examples.fixed: a fixable rule needs one for each",)
OPEN = Gate((RegistryPattern.parse("*"),))


def load(policy: object) -> Policy:
    """Read a policy that is given as data."""
    return parse_policy(Source("p.json", json.dumps(policy).encode()), RULES)


class TestSchema:
    """``rules/policy/schema.json`` says what the loader says."""

    def test_is_a_schema(self) -> None:
        """And describes every key."""
        Draft202012Validator.check_schema(SCHEMA)
        assert set(SCHEMA["$defs"]["rules"]["properties"]) == set(RULES)

    @given(policies())
    def test_valid_policies(self, policy: dict[str, Any]) -> None:
        """What is built by the rules is accepted by both."""
        VALIDATOR.validate(policy)
        self._check_loader(policy)

    @pytest.mark.slow
    @given(mutated_policies())
    def test_mutated_policies(self, policy: dict[str, Any]) -> None:
        """What is accepted by one is accepted by the other."""
        if VALIDATOR.is_valid(policy):
            self._check_loader(policy)
        else:
            # An inconsistency may be found before the slip that the schema sees.
            with pytest.raises(PolicyError) as raised:
                load(policy)
            self._check_mistakes(raised.value)

    @given(policies())
    def test_no_mistake_is_made_up(self, policy: dict[str, Any]) -> None:
        """Of a policy that is in order but for one key no more than that is told."""
        with pytest.raises(PolicyError) as raised:
            load({"x": None, **policy})
        assert mistakes(raised.value, SCHEMA) == ()

    @staticmethod
    def _check_mistakes(first: PolicyError) -> None:
        """Each of them has a place of its own in the file, a line each."""
        assert first.source is not None
        end = len(first.source.data) + 1
        for error in mistakes(first, SCHEMA):
            assert (error.path, error.line) == ("p.json", 1)
            assert 0 < (error.column or 0) <= end
            assert str(error).isprintable()

    @given(st.sampled_from(("allow", "namespaces", "paths", "host", "project", "tag")), st.data())
    def test_single_texts(self, place: str, data: st.DataObject) -> None:
        """The schema's regexes are the loader's grammar."""
        text = data.draw(
            st.one_of(
                st.text(st.sampled_from("aA0.:/*-_[]?\n @,"), max_size=12),
                patterns(),
                domains(),
            )
        )
        environment: dict[str, Any] = {"allow": []}
        policy = {"version": 1, "environments": {"a": environment}, "default": "a"}
        if place in {"namespaces", "paths"}:
            environment["match"] = {place: [text]}
        elif place == "allow":
            environment["allow"] = [text, {"registry": "*", "repository": "a"}]
        elif place == "tag":
            environment["allow"] = [{"registry": "*", "tag": text}]
        else:
            projects = {text: "a"} if place == "host" else {"quay.io": text}
            policy["harbor"] = {"host": "h.co", "projects": projects}
        if VALIDATOR.is_valid(policy):
            self._check_loader(policy)
        else:
            with pytest.raises(PolicyError):
                load(policy)

    @staticmethod
    def _check_loader(policy: dict[str, Any]) -> None:
        """A policy that the schema accepts loads, or its parts do not go together."""
        expected = inconsistencies(policy)
        if not expected:
            load(policy)
            return
        with pytest.raises(InconsistentPolicy) as raised:
            load(policy)
        assert raised.value.reason in expected


def refused(rule: dict[str, Any]) -> PolicyError | None:
    """Return what the reader of rule files has against a rule that is given as data."""
    try:
        load_rules([Source("r.json", json.dumps(rule).encode())])
    except PolicyError as error:
        return error
    return None


class TestRuleSchema:
    """``rules/policy/rule.schema.json`` says what the reader of rule files says."""

    @settings(max_examples=200)
    @given(st.sampled_from(OWN_RULES).flatmap(mutated))
    def test_mutated_rules(self, rule: dict[str, Any]) -> None:
        """What one accepts the other accepts, but for what only the reader can tell."""
        refusal = refused(rule)
        if refusal is None:
            RULE_VALIDATOR.validate(rule)
            return
        known = any(text in refusal.message for text in ONLY_THE_READER_KNOWS)
        assert known or not RULE_VALIDATOR.is_valid(rule)
        assert all(error.line for error in mistakes(refusal, RULE_SCHEMA))

    @pytest.mark.parametrize("rule", OWN_RULES, ids=lambda rule: rule["id"])
    def test_own_rules(self, rule: dict[str, Any]) -> None:
        RULE_VALIDATOR.validate(rule)


def inconsistencies(policy: dict[str, Any]) -> set[Inconsistency]:
    """What a schema cannot express, worked out from the data another way."""
    found: set[Inconsistency] = set()
    default = policy["default"]
    if _as_text(default) not in policy["environments"]:
        found.add(Inconsistency.UNKNOWN_DEFAULT)
    named = {name for one in policy.get("exceptions", []) for name in one.get("environments", [])}
    locks = {name for name in policy.get("locked", []) if name.startswith("environments.")}
    named |= {name.partition(".")[2] for name in locks}
    if {_as_text(name) for name in named} - set(policy["environments"]):
        found.add(Inconsistency.UNKNOWN_ENVIRONMENT)
    if not all(_is_day(one.get("until", "2027-01-31")) for one in policy.get("exceptions", [])):
        found.add(Inconsistency.IMPOSSIBLE_DAY)
    entries = policy.get("harbor", [])
    entries = [entries] if isinstance(entries, dict) else entries
    own = [entry["host"] for entry in entries]
    if len(set(own)) < len(own):
        found.add(Inconsistency.REPEATED_HARBOR)
    for entry in entries:
        upstreams = [_folded(key) for key in entry["projects"]]
        if len(set(upstreams)) < len(upstreams):
            found.add(Inconsistency.REPEATED_UPSTREAM)
        if _are_shared(entry["projects"]):
            found.add(Inconsistency.SHARED_PROJECT)
        if any(key.partition("/")[0] in own for key in upstreams):
            found.add(Inconsistency.HARBOR_AS_UPSTREAM)
    return found


def _are_shared(projects: dict[str, Any]) -> bool:
    """Whether a project would hold the images of two keys under the same names."""
    by_name: dict[str, list[tuple[str, bool]]] = {}
    for key, value in projects.items():
        parts = value if isinstance(value, dict) else {"name": value}
        registry = _folded(key).partition("/")[0]
        by_name.setdefault(_as_text(parts["name"]), []).append((registry, "replication" in parts))
    return any(
        len(users) > 1 and (any(flat for _, flat in users) or len({one for one, _ in users}) > 1)
        for users in by_name.values()
    )


def _is_day(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _as_text(value: object) -> str:
    return json.dumps(value) if isinstance(value, (bool, int)) else str(value)


def _folded(upstream: str) -> str:
    host, slash, path = upstream.partition("/")
    return ("docker.io" if host == "index.docker.io" else host) + slash + path


@st.composite
def allowed_hosts_and_others(draw: st.DrawFn) -> tuple[str, str]:
    """Give a host and another one that looks like it."""
    host = draw(
        st.one_of(hosts(), st.sampled_from(("harbor.myco.com", "gcr.io", "docker.io", "quay.io")))
    )
    named = host.count(".") > 0 and ":" not in host
    mutations = st.one_of(
        st.text("abz09.-:AZ", min_size=1, max_size=3).map(lambda text: host + text),
        st.text("abz09.-", min_size=1, max_size=3).map(lambda text: text + host),
        st.just(host.upper()),
        st.just(host.title()),
        st.just(host + "."),
        st.just(host + ":443"),
        st.just(host.replace(".", "-", 1)),
        st.just(host.replace(".", "", 1)),
    )
    other = draw(st.one_of(mutations, look_alike_hosts(host)) if named else mutations)
    assume(other != host)
    return host, other


class TestNoHostConfusion:
    """Law 4: what is allowed for a host is never allowed for another that looks like it."""

    @given(allowed_hosts_and_others(), paths())
    def test_allow(self, pair: tuple[str, str], path: str) -> None:
        """Nothing but exactly that host gets through."""
        host, other = pair
        gate = Gate((RegistryPattern.parse(host),))
        reference = _parse(f"{other}/{path}")
        assume(reference is not None)
        assert reference is not None
        implied = reference.registry == "docker.io" and host in {"docker.io", "index.docker.io"}
        assert gate.decide(reference).allowed is implied

    @given(allowed_hosts_and_others(), paths())
    def test_no_slash(self, pair: tuple[str, str], path: str) -> None:
        """A host without a path is an image on Docker Hub, and no image of that host."""
        host, _ = pair
        assume(host not in {"docker.io", "index.docker.io", "evil.io"})
        gate = Gate((RegistryPattern.parse(host),))
        for text in (host, f"team/{path}/{host}", f"evil.io/{host}/{path}"):
            reference = _parse(text)
            assert reference is None or not gate.decide(reference).allowed

    @given(hosts(), paths())
    def test_empty_registry(self, host: str, path: str) -> None:
        """The registry that cannot be read is covered by no pattern that names a host."""
        reference = _parse(f"ex_ample.com/{path}")
        assume(reference is not None)
        assert reference is not None
        assert reference.registry == ""
        assert not Gate((RegistryPattern.parse(host),)).decide(reference).allowed
        assert OPEN.decide(reference).allowed

    @given(patterns(), domains(), paths())
    def test_other_case(self, pattern: str, host: str, path: str) -> None:
        """A pattern that names a host allows no host in upper case, not below a domain either."""
        reference = ImageReference.parse(f"A{host.upper()}/{path}" if host[0] != "[" else "[A::]/a")
        assert reference.registry != reference.registry.lower()
        if pattern != "*":
            assert not Gate((RegistryPattern.parse(pattern),)).decide(reference).allowed


@given(st.lists(patterns(), max_size=3), patterns(), references())
def test_deny_beats_allow(allow: list[str], deny: str, text: str) -> None:
    """Whatever is allowed, what is denied is not, and denying allows nothing more."""
    reference = ImageReference.parse(text)
    allowed = tuple(map(RegistryPattern.parse, allow))
    denied = RegistryPattern.parse(deny)
    with_deny = Gate(allowed, (denied,)).decide(reference)
    if denied.matches(reference):
        assert not with_deny.allowed
    assert with_deny.allowed <= Gate(allowed).decide(reference).allowed


def _parse(text: str) -> ImageReference | None:
    try:
        return ImageReference.parse(text)
    except ValueError:
        return None


UPSTREAMS = (
    *("docker.io", "docker.io/library", "docker.io/a", "gcr.io", "gcr.io/a", "gcr.io/a/b"),
    *("quay.io", "localhost", "localhost:5000", "[::1]:5000", "GCR.IO", "MYHOST"),
)
HOSTS = ("harbor.myco.com", "harbor.myco.com:443", "10.0.0.1", "[::2]:80")


@st.composite
def harbor_maps(draw: st.DrawFn) -> HarborMap:
    """Give maps as the loader makes them: distinct hosts, upstreams and projects."""
    harbors = []
    for host in draw(st.lists(st.sampled_from(HOSTS), unique=True, max_size=3)):
        upstreams = draw(st.lists(st.sampled_from(UPSTREAMS), unique=True, max_size=6))
        names = st.sampled_from(("a", "b", "c", "docker.io", "gcr.io", "gke", "library"))
        projects = draw(
            st.lists(names, unique=True, min_size=len(upstreams), max_size=len(upstreams))
        )
        harbors.append(
            Harbor(
                host,
                tuple(
                    Project(Upstream.parse(upstream), name, draw(st.booleans()))
                    for upstream, name in zip(upstreams, projects, strict=True)
                ),
                draw(st.sampled_from(Library)),
            )
        )
    return HarborMap(tuple(harbors))


def images() -> st.SearchStrategy[ImageReference]:
    """Give images of which many have a project, and of which many are almost the same."""
    near = st.tuples(
        st.sampled_from(("", *(f"{one}/" for one in (*UPSTREAMS, *HOSTS, "index.docker.io")))),
        st.sampled_from(("", "a/", "b/", "a/b/", "library/", "docker.io/")),
        st.sampled_from(("a", "b", "nginx")),
        st.sampled_from(("", ":1", "@sha256:" + "0" * 64, ":1@sha256:" + "0" * 64)),
    ).map("".join)
    return st.one_of(near, references()).map(ImageReference.parse)


class TestRewrite:
    """Law 2 and 3, as far as references go."""

    @given(harbor_maps(), images())
    def test_keeps_tag_and_digest(self, harbors: HarborMap, image: ImageReference) -> None:
        """The result is an image on Harbor with the same tag and digest."""
        result = harbors.rewrite(image, OPEN)
        if isinstance(result, Refusal):
            assert result.reason
            return
        assert harbors.is_harbor(result.registry)
        assert (result.tag, result.digest) == (image.tag, image.digest)
        assert ImageReference.parse(str(result)) == result

    @given(harbor_maps(), images(), images())
    def test_is_injective(
        self, harbors: HarborMap, one: ImageReference, other: ImageReference
    ) -> None:
        """Two images stay two."""
        first, second = harbors.rewrite(one, OPEN), harbors.rewrite(other, OPEN)
        if isinstance(first, Refusal) or isinstance(second, Refusal):
            return
        if (first.registry, first.repository) == (second.registry, second.repository):
            assert (one.registry, one.repository) == (other.registry, other.repository)

    @given(harbor_maps(), images())
    def test_origin_is_the_inverse(self, harbors: HarborMap, image: ImageReference) -> None:
        """What an image on Harbor stands for is the image that went there."""
        result = harbors.rewrite(image, OPEN)
        if isinstance(result, ImageReference):
            origin = harbors.origin(result)
            assert origin is not None
            assert (origin.registry, origin.repository) == (image.registry, image.repository)

    @given(harbor_maps(), images(), patterns())
    def test_what_is_denied_is_not_written(
        self, harbors: HarborMap, image: ImageReference, deny: str
    ) -> None:
        """A deny with a repository holds through every Harbor."""
        pattern = RegistryPattern.parse(deny)
        if pattern.names_repository and pattern.matches(image):
            gate = Gate((RegistryPattern.parse("*"),), (pattern,), harbors)
            assert isinstance(harbors.rewrite(image, gate), Refusal)

    @given(harbor_maps(), images())
    def test_spellings_are_of_one_image(self, harbors: HarborMap, image: ImageReference) -> None:
        """Each spelling has the same spellings, and the same image upstream."""
        for one in harbors.spellings(image):
            assert set(harbors.spellings(one)) == set(harbors.spellings(image))
            found, expected = harbors.origin(one), harbors.origin(image)
            assert (found and found.repository) == (expected and expected.repository)

    @given(harbor_maps(), images())
    def test_is_done_once(self, harbors: HarborMap, image: ImageReference) -> None:
        """What is on Harbor stays where it is."""
        result = harbors.rewrite(image, OPEN)
        if isinstance(result, ImageReference):
            assert isinstance(harbors.rewrite(result, OPEN), Refusal)

    @given(harbor_maps(), images(), st.lists(st.one_of(patterns(), st.sampled_from(HOSTS))))
    def test_result_is_allowed(
        self, harbors: HarborMap, image: ImageReference, allow: list[str]
    ) -> None:
        """Nothing is proposed that the gate would refuse."""
        gate = Gate(tuple(map(RegistryPattern.parse, allow)))
        result = harbors.rewrite(image, gate)
        if isinstance(result, ImageReference):
            assert gate.decide(result).allowed

    @given(harbor_maps(), images())
    def test_registry_that_cannot_be_read(self, harbors: HarborMap, image: ImageReference) -> None:
        """What names no registry is never touched."""
        if not image.registry:
            assert isinstance(harbors.rewrite(image, OPEN), Refusal)
