"""Streams made to break the reading: seeded, so that each can be made again from its number.

Objects are built as small trees and written in random styles, with merges, anchors, aliases,
duplicate keys, lists in lists, JSON between YAML, odd separators, line breaks and encodings.
Most stay readable, for a stream that every reader refuses tells nothing.
"""

from __future__ import annotations

import json
import random
from typing import Any

from tests.differential.keys import OddKeys
from tests.differential.trees import Alias, List, Map, Node, Pair, Text, Writer

__all__ = ["stream"]


_KINDS = {
    "Pod": ("v1", "spec"),
    "PodTemplate": ("v1", "template.spec"),
    "Deployment": ("apps/v1", "spec.template.spec"),
    "StatefulSet": ("apps/v1", "spec.template.spec"),
    "Job": ("batch/v1", "spec.template.spec"),
    "CronJob": ("batch/v1", "spec.jobTemplate.spec.template.spec"),
}
_METADATA = {
    "generation": ("1", "x", "1.5", "'1'", "-1", "1e3", "9223372036854775808"),
    "creationTimestamp": ("null", "x", "2024-01-01", "'2024-01-01T00:00:00Z'", "''"),
    "deletionTimestamp": ("2024-01-01T00:00:00Z", "1", "2024-01-01t0:00:00.5+25:00"),
    "deletionGracePeriodSeconds": ("1", "y", "1.5", "0x10"),
    "finalizers": ("[a]", "[1]", "[]", "x", "[null]", "[y]", "{}"),
    "ownerReferences": ("[]", "[{name: a}]", "[{name: 1}]", "[a]", "[{controller: y}]"),
    "managedFields": ("[]", "[{manager: 1}]", "[{time: x}]", "[{fieldsV1: 1}]"),
    "uid": ("1", "u"),
    "generateName": ("g-", "1"),
}
_ODD_VALUES = (
    *("yes", "y", "on", "1.25", "2024-01-01", "null", "~", "0x10", "0o7", "010", "1e3", "12:30:45"),
    *("1_000", "+1", ".5", "22:22", "1.", "-0", "2024-01-01T00:00:00Z", "9007199254740993", "''"),
    *("!!str 1", "!!binary bmdpbng=", "! 12", "!foo x", "!!str", "!!float 1", "'it''s'", "<<"),
    *('"\\x6eginx"', '"\\ud83d\\ude00"', '"q\\u0020r"', "nginx:", "a b", "{a: b}", "[a]", '"<<"'),
    *("x:y", "a,b", "a]b", "'$(X)'", "é/x", "nginx\u2028", "a\u0085      b", "a\ufeffb", "x # c"),
    *("x\t# c", "&b {x: y}", "!", "x\\ny", 'a"b:c', "a'b:c", "-1", "0b11", "1e400", "&n", "! ''"),
)
_REFUSED_VALUES = (
    *(".inf", "!!int x", "!!null x", '"a\\/b"', "x: y", "@x", "%x", "{{ x }}", "- a", "? a", "#x"),
    *("&", "*", "*nobody", "|", ">", "---", "...", "!!binary x", "{a: }}", "[", "'", "\tx", "`x"),
)
_BLOCK_VALUES = ("|\n{}nginx", "|-\n{}nginx\n", ">-\n{}nginx\n\n", "|+\n{}a\n{}---", '"a\\\n{}b"')
_SEPARATORS = (
    *("---\n",) * 60,
    *("--- # c\n", "---#c\n", "--- \n", "---\t\n", "---\u00a0\n", "---\u0085\n", "---\r\n"),
    *("--- {a: b}\n", "---x: y\n", "----\n", "--- |\n", "--- !!map\n", " ---\n", "--- &d\n"),
    *("...\n---\n", "...\n", "... # c\n---\n", "\n---\n---\n", "---\n\ufeff", "---\n---\n"),
    *("%YAML 1.1\n---\n", "---\n%YAML 1.1\n---\n", "...\n%YAML 1.1\n---\n", "%TAG ! !x\n---\n"),
    *("\r---\r", "\u0085---\u0085", "# c\u0085", "# c\r", "\u2028---\n", "", "---\n# c\n---\n"),
)
_TAILS = (
    *(
        "extra\n",
        "  dedent: x\n",
        "\tx: y\n",
        "...\nimage: root\n",
        "# c\u0085image: x\n",
        "\x07\n",
    ),
    *("# c\rspec: {containers: [{image: cr}]}\n", "? [a]\n: b\n", "? {a: b}\n: c\n", "~: x\n"),
    *("y: n\n", "1: 2\n", "<<: {kind: Foo}\n", "image: root\n", "kind: Job\n", "...\n", "# end"),
    *("<<: *t\n", "items: []\n", "items: [{kind: Pod}]\n", "<<: [*t, {spec: x}]\n", "} \n", "? \n"),
)
_SLIPS = "\t \n'\"{}[]:#-\\,|!%@&*?\u0085\r"


def stream(seed: int) -> bytes:
    """Return the stream of a number."""
    return _Maker(random.Random(seed)).stream()  # noqa: S311 - no secret


class _Maker:
    def __init__(self, source: random.Random) -> None:
        self._random = source
        self._writer = Writer(source)
        self._count = 0
        self._anchors: list[str] = []

    def _chance(self, percent: int) -> bool:
        return self._random.random() * 100 < percent

    # --- streams ------------------------------------------------------------------------

    def stream(self) -> bytes:
        pick = self._random.choice
        parts = [pick((*_SEPARATORS, "\ufeff", "\n\n", "# c\n", "  "))] if self._chance(30) else []
        for _ in range(self._random.choice((1, 1, 2, 2, 3, 4))):
            parts.append(self._document())
            if self._chance(15):
                parts.append(pick(_TAILS))
            if self._chance(90):
                parts.append(pick(_SEPARATORS))
        text = "".join(parts)
        if self._chance(8):
            at = self._random.randrange(len(text) + 1)
            text = text[:at] + pick(_SLIPS) + text[at + self._random.randint(0, 2) :]
        return self._encoded(text)

    def _encoded(self, text: str) -> bytes:
        if self._chance(10):
            text = text.replace("\n", "\r\n")
        elif self._chance(3):
            text = text.replace("\n", "\r")
        marks = "\ufeff" * self._random.choice((0,) * 60 + (1, 1, 2, 3))
        if self._chance(4):
            order = self._random.choice(("utf-16-le", "utf-16-be"))
            return ("\ufeff" + marks + text).encode(order)
        data = (marks + text).encode()
        if self._chance(3):
            at = self._random.randrange(len(data) + 1)
            data = data[:at] + self._random.choice((b"\xff", b"\xc3", b"\xed\xa0\x80")) + data[at:]
        return data

    def _document(self) -> str:
        self._anchors = []
        if self._chance(10):
            return self._json()
        item = OddKeys(self._random, self._image).object() if self._chance(20) else self._object()
        if self._chance(7):
            return self._writer.flow(item) + "\n"
        lines = self._writer.block(item, 0)
        return f"{lines}\n"

    def _json(self) -> str:
        """Write one to three objects as JSON, or nearly so."""
        pick = self._random.choice
        text = ""
        for _ in range(pick((1, 1, 1, 2, 3))):
            image = pick((self._image(), "q\ud800", "a/b", "\u00e9", "nginx\u007f", "x" * 1100))
            container = {
                "name": "c",
                "image": image,
                **({"y" * 1100: 1} if self._chance(10) else {}),
            }
            pod: dict[str, Any] = {
                "apiVersion": "v1",
                "kind": pick(("Pod", "Pod", "Pod", "ConfigMap")),
                "metadata": {"name": pick(("p", "y")), **self._json_extra()},
                **({"items": []} if self._chance(5) else {}),
                "spec": {"containers": [container]},
            }
            one = json.dumps(pod, ensure_ascii=self._chance(50), indent=pick((None, None, 1)))
            one = one.encode("utf-8", "replace").decode()
            if self._chance(20):
                one = one.replace("a/b", "a\\/b").replace('"spec":', '"spec"\n:')
            if self._chance(10):
                one = one.replace('"image"', '"image":"first", "image"')
            if self._chance(10):
                one = one.replace("}]", pick(("},]", "}\t]", "}#\n]")))
            text += one + pick(("", "\n", " \n", "\n\n", ","))
        return text

    def _json_extra(self) -> dict[str, Any]:
        if not self._chance(20):
            return {}
        return self._random.choice(
            (
                {"namespace": "ns"},
                {"labels": {"a": "b"}},
                {"labels": {"a": 1}},
                {"generation": 1.5},
                {"creationTimestamp": None},
                {"finalizers": ["a", None]},
            )
        )

    # --- objects ------------------------------------------------------------------------

    def _object(self, depth: int = 0) -> Map:
        if depth < 2 and self._chance(20):
            return self._list(depth)
        if self._chance(6):
            data = Map([(Text("image"), Text("x"))])
            return Map([*self._head("v1", "ConfigMap"), (Text("data"), data)])
        kind = self._random.choice(list(_KINDS))
        api_version, path = _KINDS[kind]
        spec: Node = self._pod_spec()
        for key in reversed(path.split(".")[1:]):
            spec = Map([(Text(key), spec)])
        pairs = [*self._head(api_version, kind), (Text(path.partition(".")[0]), spec)]
        if self._chance(8):
            shared = Map([(Text("containers"), List([self._container()]))], self._anchor("t"))
            pairs.insert(self._random.randrange(len(pairs)), (Text("x-t"), shared))
        if self._chance(5):
            other: list[Pair] = [
                (Text("kind"), Text("Job")),
                (Text("metadata"), Map([self._name()])),
            ]
            pairs.insert(self._random.randrange(len(pairs) + 1), (Text("<<"), Map(other)))
        return Map(self._spoiled(pairs))

    def _head(self, api_version: str, kind: str) -> list[Pair]:
        pick = self._random.choice
        head: list[Pair] = [
            (Text("apiVersion"), Text(pick((*(api_version,) * 30, f'"{api_version}"', "1")))),
            (Text("kind"), Text(pick((*(kind,) * 30, f'"{kind}"', "n", "!!str " + kind)))),
        ]
        if self._chance(97):
            head.append((Text("metadata"), self._metadata()))
        return head

    def _name(self) -> Pair:
        return Text("name"), Text(self._random.choice((*("p",) * 40, "y", "1", "'1'", "~")))

    def _metadata(self) -> Map:
        pick = self._random.choice
        pairs: list[Pair] = [self._name()]
        if self._chance(15):
            pairs.append((Text("namespace"), Text(pick(("prod", "dev", "dev", "y", "1")))))
        if self._chance(10):
            label = Text(pick(("b", "b", "1", "true", "y", "null")))
            pairs.append((Text("labels"), Map([(Text(pick(("a", "b", "1"))), label)])))
        if self._chance(8):
            note = pick(("x", "'yes'", "yes", "|\n      kind: Foo\n      ---\n"))
            pairs.append((Text("annotations"), Map([(Text("n"), Text(note, block=True))])))
        if self._chance(6):
            merged = Map([(Text("namespace"), Text("merged")), (Text("x"), Text("y"))])
            pairs.append((Text("<<"), merged))
        if self._chance(6):
            key = pick(list(_METADATA))
            pairs.append((Text(key), Text(pick(_METADATA[key]))))
        self._random.shuffle(pairs)
        return Map(pairs)

    def _list(self, depth: int) -> Map:
        pick = self._random.choice
        items: list[Any] = []
        for _ in range(self._random.randint(0, 3)):
            item: Node = self._object(depth + 1)
            if self._chance(10) and isinstance(item, Map):
                item = Map(
                    [pair for pair in item.pairs if pair[0].text not in ("kind", "apiVersion")]
                )
            items.append(Text(pick(("null", "x", ""))) if self._chance(6) else item)
        value: Node = List(items)
        if self._chance(6):
            value = Text(pick(("[]", "null", "x", "{}", "[a]", "*t", "")))
        kind = pick(("List", "List", "List", "PodList", "DeploymentList", "Foo", "ConfigMap"))
        pairs = [*self._head("v1", kind), (Text("items"), value)]
        if self._chance(10):
            pairs.append((Text("spec"), self._pod_spec()))
        return Map(self._spoiled(pairs))

    def _spoiled(self, pairs: list[Pair]) -> list[Pair]:
        """Return the pairs in another order, or with one of them doubled, now and then."""
        pairs = list(pairs)
        if self._chance(20):
            self._random.shuffle(pairs)
        if pairs and self._chance(4):
            key, value = self._random.choice(pairs)
            again = self._random.choice((value, Text("x"), Text("null")))
            pairs.insert(self._random.randrange(len(pairs) + 1), (key, again))
        return pairs

    # --- pods ---------------------------------------------------------------------------

    def _pod_spec(self) -> Map:
        pairs: list[Pair] = []
        for name, percent in (
            ("initContainers", 20),
            ("containers", 92),
            ("ephemeralContainers", 8),
        ):
            if self._chance(percent):
                items = [self._container() for _ in range(self._random.choice((1, 1, 2, 3)))]
                pairs.append((Text(name), List(items)))
        if self._chance(12):
            reference = Map([(Text("reference"), self._value())])
            volume = Map([(Text("name"), Text("v")), (Text("image"), reference)])
            pairs.append((Text("volumes"), List([volume])))
        if self._chance(8):
            pairs.append(self._merge())
        return Map(self._spoiled(pairs), self._anchor("s") if self._chance(5) else "")

    def _container(self) -> Node:
        if self._anchors and self._chance(12):
            return Alias(self._random.choice(self._anchors))
        if self._chance(3):
            return Text(self._random.choice(("null", "x", "")))
        pairs: list[Pair] = [
            (Text("name"), Text("c")),
            (Text("image"), self._value()),
        ]
        if self._chance(25):
            pairs.append(self._merge())
            if self._chance(15):
                pairs.append(self._merge())
        if self._chance(6):
            pairs.append((Text("image"), self._value()))
        if self._chance(4):
            pairs.append(
                (Text(self._random.choice(("Image", "imagePullPolicy", "y"))), Text("Always"))
            )
        self._random.shuffle(pairs)
        return Map(pairs, self._anchor("c") if self._chance(20) else "")

    def _merge(self) -> Pair:
        def source() -> Node:
            if self._anchors and self._chance(60):
                return Alias(self._random.choice(self._anchors))
            if self._chance(8):
                return Text("x")
            inner = [(Text("image"), self._value())]
            if self._chance(15):
                inner.append((Text("<<"), Map([(Text("image"), self._value())])))
            self._random.shuffle(inner)
            return Map(inner, self._anchor("m") if self._chance(20) else "")

        key = self._random.choice((*("<<",) * 20, '"<<"', "!!merge <<", "! <<", "!!merge x"))
        if self._chance(25):
            return Text(key), List([source() for _ in range(self._random.randint(0, 3))])
        return Text(key), source()

    def _anchor(self, letter: str) -> str:
        """Return a name; anchors of a name may follow one another."""
        name = f"{letter}{self._random.randrange(3)}"
        self._anchors.append(name)
        return name

    def _image(self) -> str:
        self._count += 1
        return f"r{self._count}.io/x:{self._count}"

    def _value(self) -> Node:
        if self._chance(16):
            value = self._random.choice(_REFUSED_VALUES if self._chance(8) else _ODD_VALUES)
            return Text(value, block="\u0085" in value)
        if self._chance(4):
            return Text(self._random.choice(_BLOCK_VALUES), block=True)
        text = self._random.choice(("{}",) * 8 + ('"{}"', "'{}'", "{} # c", "&i {}", "!!str {}"))
        return Text(text.format(self._image()))
