"""Streams that kubectl and kustomize read in ways of their own, with what each reads in them.

The columns are facts, proven by their decoders where Go is at hand; the verdict follows from
them by the law. The images are ``x/a``, ``x/b``, ... so that a twin that complies can be made.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["CASES", "Case"]


class Case(NamedTuple):
    """One stream and the images that are read in it, each as words of a text.

    ``refused``: kubectl refuses a document; ``dropped``: content that nobody reads, without a
    word. ``also`` are images that we hold to the policy and neither reads, ``why`` the reason
    (a key of ``law.STRICTER``) for that or for a report without a refusal of kubectl's.
    """

    name: str
    text: str
    kubectl: str = ""
    kustomize: str = ""
    refused: bool = False
    dropped: bool = False
    also: str = ""
    why: str = "in a refused document"
    encoding: str = "utf-8"

    @property
    def data(self) -> bytes:
        """The bytes; what is no UTF-8 is written as Python escapes it."""
        return self.text.encode(self.encoding, "surrogateescape")


HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n"


def pod(image: str = "x/a", more: str = "", head: str = HEAD) -> str:
    """Return a Pod; ``more`` stands at the margin behind it."""
    return f"{head}spec:\n  containers:\n  - name: c\n    image: {image}\n{more}"


def flow(image: str = "x/a") -> str:
    """Return a Pod in one line of YAML."""
    spec = f"{{containers: [{{name: c, image: {image}}}]}}"
    return f"{{apiVersion: v1, kind: Pod, metadata: {{name: p}}, spec: {spec}}}"


def json(image: str = "x/a", more: str = "") -> str:
    """Return a Pod as JSON; ``more`` stands behind the image."""
    spec = f'{{"containers":[{{"name":"c","image":"{image}"{more}}}]}}'
    return f'{{"apiVersion":"v1","kind":"Pod","metadata":{{"name":"p"}},"spec":{spec}}}'


def merging(*lines: str) -> str:
    """Return a Pod whose container has these lines, ``*m`` being a mapping with ``x/m``."""
    container = "\n    ".join(("name: c", *lines))
    return f"{HEAD}x: &m {{image: x/m}}\nspec:\n  containers:\n  - {container}\n"


def listed(kind: str, *items: str) -> str:
    """Return an object with items, each in one line."""
    lines = "".join(f"- {item}\n" for item in items)
    return f"apiVersion: v1\nkind: {kind}\nmetadata: {{name: l}}\nitems:\n{lines}"


def parted(separator: str) -> str:
    """Return two Pods with a line between them."""
    return f"{pod('x/a')}{separator}\n{pod('x/b')}"


def meta(fields: str) -> str:
    """Return a Pod with more metadata."""
    return pod(head=HEAD.replace("name: p", fields))


BARE = "{metadata: {name: p}, spec: {containers: [{name: c, image: x/a}]}}"
BOXED = "containers: [{name: c, image: x/a}]"
IMAGE, SPEC = "!!binary aW1hZ2U=", "!!binary c3BlYw=="
ESCAPED_KEY = '    "\\x69mage": x/b\n'
MARGIN = f"kind: Pod\nmetadata: {{name: p}}\nspec: {{{BOXED}}}\n"
ONCE_SHORT = (
    pod().replace("\nkind", "\nxkind").replace("\nmeta", "\nxmeta").replace("\nspec", "\nxspec")
)

LISTS = (
    Case("a List", listed("List", flow("x/a"), flow("x/b")), "x/a x/b", "x/a x/b"),
    Case("items of a ConfigMap", listed("ConfigMap", flow()), "x/a"),
    Case("a Pod with `items: []`", pod(more="items: []\n"), "", "x/a"),
    Case("a Pod with `items: null`", pod(more="items: null\n"), "", "x/a"),
    Case("a Pod with `items: x`", pod(more="items: x\n"), "", "x/a", refused=True),
    Case(
        "a List whose separator was lost in `items`",
        f"apiVersion: v1\nkind: List\nitems: x\n ---\n{pod()}",
        refused=True,
        also="x/a",
    ),
    Case(
        "a List in a List",
        listed("List", f"{{apiVersion: v1, kind: List, items: [{flow('x/a')}]}}", flow("x/b")),
        kustomize="x/a x/b",
        refused=True,
    ),
    Case("a typed list without kinds", listed("PodList", BARE), "x/a"),
    Case("a null in a List", listed("List", "null", flow()), "x/a", "x/a", refused=True),
    Case("a null in a typed list", listed("PodList", "null", flow()), "x/a", "x/a"),
    Case(
        "a null in a typed list without an apiVersion",
        listed("PodList", "null", flow()).replace("apiVersion: v1\n", "", 1),
        "x/a",
        "x/a",
        refused=True,
    ),
    Case(
        "items by alias",
        f"x: &i [{flow()}]\napiVersion: v1\nkind: List\nmetadata: {{name: l}}\nitems: *i\n",
        "x/a",
    ),
    Case(
        "two `items` in a List alone in its file",
        f"apiVersion: v1\nkind: List\nitems: [{flow('x/a')}]\nitems: [{flow('x/b')}]\n",
        "x/b",
        "x/a",
        why="odd keys",
    ),
    Case(
        "an item whose items are no list",
        listed("List", "{apiVersion: v1, kind: Foo, metadata: {name: f}, items: x}", flow()),
        "x/a",
        "x/a",
    ),
    Case(
        "an item whose kind is a boolean",
        listed("List", "{apiVersion: v1, kind: n, metadata: {name: f}}", flow()),
        "x/a",
        "x/a",
        refused=True,
    ),
    Case(
        "an item whose apiVersion is a number",
        listed("List", "{apiVersion: 1, kind: Pod, metadata: {name: f}}", flow()),
        "x/a",
        "x/a",
        refused=True,
    ),
)

MERGES = (
    Case("behind the key", merging("image: x/e", "<<: *m"), "x/m", "x/e"),
    Case("before the key", merging("<<: *m", "image: x/e"), "x/e", "x/e"),
    Case("without the key", merging("<<: *m"), "x/m", "x/m"),
    Case("two", merging("<<: *m", "<<: {image: x/n}"), "x/n", also="x/m", why="odd keys"),
    Case("a list", merging("<<: [{image: x/n}, *m]"), "x/n", "x/n"),
    Case("in a merge", merging("<<: {<<: {image: x/n}}"), "x/n", "x/n"),
    Case("quoted", merging("image: x/e", '"<<": *m'), "x/e", "x/e"),
    Case(
        "quoted beside a merge",
        merging("image: x/e", "<<: {image: x/n}", '"<<": {a: b}'),
        "x/n",
        "x/e",
    ),
    Case(
        "a key with the merge's tag",
        merging("!!merge a: {image: x/n}"),
        "",
        "x/n",
        why="odd keys",
    ),
    Case(
        "bringing `kind`",
        f"x: &m {{kind: Pod}}\napiVersion: v1\nkind: ConfigMap\n<<: *m\n"
        f"metadata: {{name: p}}\nspec: {{{BOXED}}}\n",
        "x/a",
    ),
    Case(
        "taking `kind` away",
        f"x: &m {{kind: ConfigMap}}\napiVersion: v1\nkind: Pod\n<<: *m\n"
        f"metadata: {{name: p}}\nspec: {{{BOXED}}}\n",
        "",
        "x/a",
    ),
    Case(
        "bringing `containers`",
        f"{HEAD}x: &m {{containers: [{{name: c, image: x/m}}]}}\nspec:\n  {BOXED}\n  <<: *m\n",
        "x/m",
        "x/a",
    ),
    Case("of a text", merging("<<: x", "image: x/e"), refused=True, also="x/e"),
    Case(
        "of an alias to a list",
        f"x: &l [{{image: x/m}}]\n{merging('<<: *l', 'image: x/e')}",
        refused=True,
        also="x/e",
    ),
    Case(
        "over `.inf`",
        merging("image: .inf", "<<: *m"),
        "x/m",
        why="values that lose",
    ),
    Case("an anchor redefined", f"x: &m x/1\ny: &m x/2\n{pod('*m')}", "x/2", "x/2"),
    Case(
        "an anchor of another document",
        f"{pod('&a x/a')}---\n{pod('*a')}",
        "x/a",
        refused=True,
    ),
    Case(
        "an anchor that holds itself",
        pod(more="x: &a [*a]\n"),
        refused=True,
        also="x/a",
    ),
)

DUPLICATES = (
    Case("image", pod(more="    image: x/b\n"), "x/b"),
    Case("image, quoted", pod(more='    "image": x/b\n'), "x/b"),
    Case("image, escaped", pod(more=ESCAPED_KEY), "x/b"),
    Case("containers", f"{pod()}  containers: [{{name: c, image: x/b}}]\n", "x/b"),
    Case("spec", pod(more="spec: {containers: [{name: c, image: x/b}]}\n"), "x/b"),
    Case("kind, the last a Pod", f"kind: ConfigMap\n{pod()}", "x/a"),
    Case("kind, the first a Pod", pod(more="kind: ConfigMap\n")),
    Case("image, in JSON", json("x/a", ',"image":"x/b"'), "x/b"),
)

SPEC_B = "{containers: [{name: c, image: x/b}]}"
TWICE_B = "{containers: [{name: c, image: x/b, image: x/b}]}"


def odd(name: str, text: str, kubectl: str = "", kustomize: str = "", also: str = "") -> Case:
    """Return a stream that kubectl reads, and of which its keys make an error all the same."""
    return Case(name, text, kubectl, kustomize, also=also, why="odd keys")


ODD_KEYS = (
    odd(
        "twice in a merge that loses",
        f"{HEAD}spec: {{{BOXED}}}\n<<: {{spec: {TWICE_B}}}\n",
        "x/b",
        "x/a",
    ),
    odd(
        "twice in a merge that loses, in a List twice",
        f"apiVersion: v1\nkind: List\nitems: [{{apiVersion: v1, kind: Pod, metadata: {{name: p}},"
        f" spec: {{<<: {TWICE_B}, {BOXED}}}}}]\nitems: []\n",
        "",
        "x/a",
    ),
    odd(
        "twice in a merge that loses, spelled otherwise",
        merging("image: x/a", '<<: {image: x/b, "im\\u0061ge": x/c}'),
        "x/c",
        "x/a",
    ),
    odd("twice in a merge", merging("<<: {image: x/a, image: x/b}"), "x/b", "x/a"),
    odd("twice in a merge in base64", merging(f"<<: {{image: x/a, {IMAGE}: x/b}}"), "x/b"),
    odd(
        "two merges in a merge that loses",
        merging("image: x/a", "<<: {<<: {a: b}, <<: {c: d}, image: x/b}"),
        "x/b",
        "x/a",
    ),
    odd(
        "twice beside a merge", merging("image: x/a", "image: x/b", "<<: {a: b}"), "x/b", "", "x/a"
    ),
    odd(
        "tagged as a merge and a field",
        f"{HEAD}spec: {{!!merge containers: [{{name: c, image: x/a, <<: {{image: x/b}}}}]}}\n",
        "x/b",
        "x/a",
    ),
    odd("tagged as a merge, verbatim", merging("!<!!merge> a: {image: x/a}"), "", "x/a"),
    Case("tagged as a merge, quoted", merging('!!merge "<<": *m'), "x/m", "x/m"),
    odd("a merge by `!`, quoted", merging("image: x/a", '! "<<": {image: x/b}'), "x/b", "x/a"),
    odd("a merge by alias", f"m: &n <<\n{merging('*n : {image: x/a}')}", "", "x/a"),
    odd(
        "an alias beside a merge", f"k: &k image\n{merging('*k : x/a', '<<: {a: b}')}", "x/a", "x/a"
    ),
    Case("an alias", f"k: &k image\n{pod().replace('image:', '*k :')}", "x/a", "x/a"),
    odd("in base64", pod().replace("image", IMAGE), "x/a"),
    odd("in base64 beside its text", pod(more=f"    {IMAGE}: x/b\n"), "x/b"),
    odd("in base64, at the root", pod(more=f"{SPEC}: {SPEC_B}\n"), "x/b", "x/b"),
    odd(
        "in base64 in a merge", f"{HEAD}<<: {{{SPEC}: {SPEC_B}}}\nspec: {{{BOXED}}}\n", "x/a", "x/b"
    ),
    odd("in base64, verbatim", f"{HEAD}!<!!binary> c3BlYw==: {SPEC_B}\n", "", "x/b"),
    odd(
        "items in base64 in a List alone in its file",
        f"{listed('List', flow())}!!binary aXRlbXM=: []\n",
        "",
        "x/a",
    ),
    odd(
        "items in base64 in a List beside another document",
        f"{listed('List', flow('x/a'))}!!binary aXRlbXM=: [{flow('x/b')}]\n---\n{pod('x/c')}",
        "x/b x/c",
        "x/b x/c",
        "x/a",
    ),
    Case(
        "an alias to a list in a merge in a merge",
        f"l: &l [{{image: x/a}}]\n{merging('<<: {<<: *l}')}",
        "",
        "x/a",
        refused=True,
    ),
    *(
        Case(f"spelled {key}", pod().replace("image", key), "x/a", "x/a")
        for key in ('"im\\u0061ge"', "!!str image", "! image", "? image\n    ", "&k image")
    ),
)

JSON = (
    Case("one object", json(), "x/a", "x/a"),
    Case("two objects", json("x/a") + json("x/b"), "x/a x/b", "x/a"),
    Case("YAML behind it", f"{json()}\n{pod('x/b')}", "x/a x/b", "x/a"),
    Case("`---` behind it", f"{json()}\n---\n{pod('x/b')}", "x/a x/b", "x/a x/b"),
    Case(
        "`---` behind two objects",
        f"{json('x/a')}{json('x/b')}\n---\n{pod('x/c')}",
        "x/a x/b",
        "x/a x/c",
        refused=True,
    ),
    Case("`---#c` behind it", f"{json()}\n---#c\n{pod('x/b')}", "x/a", "x/a x/b", refused=True),
    Case("a surrogate pair", json(more=r',"b":"\ud83d\ude00"'), "x/a"),
    Case("half a surrogate pair", json(more=r',"b":"\ud83d"'), "x/a"),
    Case("a colon on a line of its own", json().replace('"spec":', '"spec"\n:'), "x/a"),
    Case("a key over 1,024 characters", json(more=f',"{"k" * 1100}":1'), "x/a"),
    Case("a raw DEL", json(more=',"b":"\x7f"'), "x/a"),
    Case("an escaped slash", json(r"x\/a"), "x/a"),
    Case("an escaped slash in YAML", pod(r'"x\/a"'), refused=True, also="x/a"),
    Case("a comma too many: YAML after all", json(more=","), "x/a", "x/a"),
    Case("a list of objects", f"[{json()}]"),
)

ALIKE = {"x/a x/b": ("--- # c", "---#c", "---\u00a0", "---\u0085", "---\r", "---\t", "...\n---")}
SEPARATORS = (
    *(
        Case(f"{separator!r} between documents", parted(separator), images, images)
        for images, separators in ALIKE.items()
        for separator in separators
    ),
    *(
        Case(f"{separator!r} between documents", parted(separator), refused=True, also="x/a x/b")
        for separator in ("---x: y", "----", "--- !!map")
    ),
    Case("`--- # c` on the first line", f"--- # c\n{pod()}", "x/a", "x/a"),
    Case("`---#c` on the first line", f"---#c\n{pod()}", refused=True, also="x/a"),
    Case("NBSP on the first line", f"---\u00a0\n{pod()}", refused=True, also="x/a"),
    Case("NEL on the first line", f"---\u0085\n{pod()}", "x/a", "x/a"),
    Case("a document on the first line", f"--- {flow()}\n", "", "x/a", refused=True),
    Case("a document on the second", f"---\n--- {flow()}\n", refused=True, also="x/a"),
    Case("a tag at the end", f"{pod()}--- !!map\n", refused=True, also="x/a"),
    Case("in a literal", pod(more="b: |\n  ---\n  b\n"), "x/a", "x/a"),
    Case("in a literal, at the margin", f"{pod()}b: |\n---\n{pod('x/b')}", "x/a x/b", "x/a x/b"),
    Case("CRLF", parted("---").replace("\n", "\r\n"), "x/a x/b", "x/a x/b"),
    Case("CR", parted("---").replace("\n", "\r"), "x/a", "x/a", dropped=True),
    Case("between two NEL", parted("\u0085---\u0085"), "x/a", "x/a", dropped=True),
)

DIRECTIVES = (
    *(
        Case(f"{line} first", f"{line}\n---\n{pod()}", refused=True, also="x/a")
        for line in ("%YAML 1.1", "%YAML 1.2", "%TAG !e! tag:e,2000:")
    ),
    Case("between documents", parted("---\n%YAML 1.1\n---"), "x/a", refused=True, also="x/b"),
    Case("behind `---` on the first line", f"---\n%YAML 1.1\n---\n{pod()}", "x/a", "x/a"),
    Case("at the end", f"{pod()}---\n%YAML 1.1\n", "x/a", refused=True),
    Case("behind `...`", f"{pod()}...\n%YAML 1.1\n", "x/a", "x/a", dropped=True),
)

DROPPED = (
    Case("behind `...`", parted("..."), "x/a", "x/a", dropped=True),
    Case("behind a flow root", f"{flow('x/a')}\n{flow('x/b')}\n", "x/a", "x/a", dropped=True),
    Case(
        "behind a dedent",
        f"  apiVersion: v1\n  kind: Pod\n  metadata: {{name: p}}\n  spec: {{{BOXED}}}\n"
        "spec: {containers: [{name: c, image: x/b}]}\n",
        "x/a",
        "x/a",
        dropped=True,
    ),
    Case("behind a quoted word", f'"image":nginx\n{pod()}', also="x/a", why="no objects"),
    Case("behind a quoted word, no object", '"image":nginx\nkind: Pod\n', dropped=True),
    Case(
        "a colon without a space",
        '"apiVersion":v1\n"kind":Pod\nspec:\n  containers:\n  - image: x/a\n',
        also="x/a",
        why="no objects",
    ),
)

LINE_BREAKS = (
    *(
        Case(
            f"U+{ord(char):04X} ends a comment",
            pod().replace("c\n ", f"c # see{char} "),
            "x/a",
            "x/a",
        )
        for char in "\r\u0085\u2028\u2029"
    ),
    Case("NEL ends a literal", f"apiVersion: v1\nb: |\n  text\u0085{MARGIN}", "x/a", "x/a"),
    Case("NEL ends a comment in front of another kind", pod("h.io/x", "# c\u0085kind: Foo\n")),
)

ENCODINGS = (
    Case("UTF-16", f"\ufeff{parted('---')}", "x/a x/b", "x/a", encoding="utf-16-le"),
    Case("UTF-16, big end", f"\ufeff{parted('---')}", "x/a x/b", "x/a", encoding="utf-16-be"),
    Case("a byte order mark", f"\ufeff{pod()}", "x/a", "x/a"),
    Case(
        "one behind `---`",
        parted("---\n\ufeff").replace("\ufeff\n", "\ufeff"),
        "x/a x/b",
        "x/a x/b",
    ),
    Case("two", f"\ufeff\ufeff{pod()}", "x/a", why="byte order marks"),
    Case("two, and keys too long", f"\ufeff\ufeff{ONCE_SHORT}", "", "x/a", why="byte order marks"),
    Case(
        "three, and keys too long", f"\ufeff\ufeff\ufeff{ONCE_SHORT}", "x/a", why="byte order marks"
    ),
    Case("one in a key", pod(head=HEAD + "\ufeff")),
    Case("Latin-1", pod(more="# caf\udce9\n"), "x/a", why="ill-formed text"),
    Case("a NUL", pod(more="b: \0\n"), refused=True, also="x/a"),
    Case("a bell", pod(more="b: \a\n"), refused=True, also="x/a"),
)

REFUSED_METADATA = (
    *("name: n", "name: 1", "name: p, namespace: y", "name: p, labels: {a: 1}"),
    *("name: p, annotations: {a: yes}", "name: p, generation: x", "name: p, generation: 1.5"),
    *("name: p, creationTimestamp: 2024-01-01", "name: p, finalizers: [1]"),
    *("name: p, ownerReferences: [{name: 1}]", "name: p, managedFields: [{time: x}]"),
)
READ_METADATA = (
    *("name: p, namespace: 'y'", "name: p, annotations: {a: 'yes'}", "name: p, generation: 1"),
    *("name: p, creationTimestamp: 2024-01-01T00:00:00Z", "name: p, creationTimestamp: null"),
    *("name: p, finalizers: [a/b, null]", "name: p, ownerReferences: [{name: a, more: 1}]"),
)
TYPES = (
    *(Case(fields, meta(fields), "", "x/a", refused=True) for fields in REFUSED_METADATA),
    *(Case(fields, meta(fields), "x/a", "x/a") for fields in READ_METADATA),
    Case("no name", meta("generateName: p-"), "x/a"),
    Case("no metadata", pod(head="apiVersion: v1\nkind: Pod\n"), "x/a"),
    Case("no apiVersion", pod(head=HEAD.partition("\n")[2]), refused=True, also="x/a"),
    Case("a number for apiVersion", pod(head=HEAD.replace("v1", "1")), refused=True, also="x/a"),
    Case("a boolean key", pod(more="y: n\n"), "x/a", "x/a"),
    Case("a null key", pod(more="~: b\n"), refused=True, also="x/a"),
    Case("a mapping as a key", pod(more="? {a: b}\n: c\n"), refused=True, also="x/a"),
    Case("`.inf`", pod(more="b: .inf\n"), refused=True, also="x/a"),
    Case("`!!int b`", pod(more="b: !!int b\n"), refused=True, also="x/a"),
    Case("`!!binary`", pod("!!binary eC9h"), "x/a", "x/a"),
    Case("an unknown tag", pod("!foo x/a"), "x/a", "x/a"),
    Case("a colon in flow", flow("x/a:1"), "x/a:1", "x/a:1"),
    Case("a quote and a colon in flow", flow('x/a, b: d"e:f'), "x/a", "x/a"),
)

SYNTAX = (
    Case("a template's action", pod(more="b: c: d\n"), refused=True, also="x/a"),
    Case("a tab", pod(more="\tb: c\n"), refused=True, also="x/a"),
    Case("an open bracket", pod(more="b: [\n"), refused=True, also="x/a"),
    Case(
        "behind a broken document",
        f"{pod('x/a')}---\n{pod('x/b', 'b: [')}\n---\n{pod('x/c')}",
        "x/a",
        refused=True,
        also="x/b x/c",
    ),
    Case(
        "a broken document without images",
        f"{pod('x/a')}---\nb: [\n---\n{pod('x/c')}",
        "x/a",
        also="x/c",
        why="documents without images",
    ),
)

CASES = {
    "lists": LISTS,
    "merges": MERGES,
    "duplicate keys": DUPLICATES,
    "odd keys": ODD_KEYS,
    "JSON": JSON,
    "separators": SEPARATORS,
    "directives": DIRECTIVES,
    "dropped": DROPPED,
    "line breaks": LINE_BREAKS,
    "encodings": ENCODINGS,
    "types": TYPES,
    "syntax": SYNTAX,
}
