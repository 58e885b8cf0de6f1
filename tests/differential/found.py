"""Streams that the fuzzer found against the law, each made as small as it still breaks it.

The columns are those of :mod:`tests.differential.cases`.
"""

from __future__ import annotations

from tests.differential.cases import BOXED, HEAD, IMAGE, Case, flow, json, listed, merging, odd, pod

__all__ = ["FOUND"]

_FILLED = "# filled\n" * 300
"""More than a decoder's buffer, so that it never comes to what is behind."""
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16")
UNSEEN = pod().replace("kind", "\u200bkind")
UNSEEN_ITEM = flow().replace("apiVersion", "\u200bapiVersion").replace("kind", "\u200bkind")

FOUND = (
    Case(
        "a byte order mark and two objects in JSON, the second with `items`",
        f'\ufeff{json("x/a")}{json("x/b")[:-1]},"items":[]}}',
        "x/a",
        "x/a",
        also="x/b",
        why="kustomize's reading",
    ),
    Case(
        "a byte order mark, JSON, and YAML with a merge",
        f"\ufeff{json('x/a')}\n{merging('image: x/e', '<<: *m')}",
        "x/a x/m",
        "x/a",
        also="x/e",
        why="kustomize's reading",
    ),
    Case(
        "LS in front of a separator behind JSON",
        f"\ufeff{json('x/a')}\n{merging('image: x/e', '<<: *m')}\u2028---\n{pod('x/b')}",
        "x/a x/m",
        "x/a",
        dropped=True,
        also="x/e",
        why="kustomize's reading",
    ),
    Case(
        "NEL in the name of an object in JSON, which is a blank to kustomize",
        f"{json('x/a')}{json('x/b')}".replace('"p"', '"p\u0085"'),
        "x/a x/b",
        "x/a",
    ),
    Case(
        "a merge twice, and a control character out of sight",
        f"{merging('<<: [*m]', 'image: x/e', '<<: *m')}...\nb: c\n{_FILLED}\x7f\n",
        "x/m",
        dropped=True,
        also="x/e",
        why="control characters",
    ),
    Case(
        "the escape of a single quote, which libyaml does not know",
        pod('"x/a"').replace("name: p", 'name: "p\\\'s"')
        + "---\n"
        + pod('"x/b"', more="o: \"\\'\\'\"\n"),
        "x/a x/b",
        "x/a x/b",
    ),
    Case(
        "an empty namespace, which is none",
        pod(head="apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  namespace: |1\n")
        + "---\n"
        + pod("x/b", head='apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: ""}\n'),
        "x/a x/b",
        "x/a x/b",
    ),
    odd(
        "a merge by alias, behind others, and in base64",
        f"m: &n <<\n{merging('image: x/a', '<<: {image: x/d}', f'*n : {{{IMAGE}: x/b}}')}",
        "x/d",
        "x/a",
    ),
    odd(
        "a merge by alias in a merge, beside the key",
        f"m: &n <<\n{merging('<<: {*n : {' + IMAGE + ': x/b}, image: x/a}', 'image: x/c')}",
        "x/c",
        "x/c",
    ),
    Case(
        "NEL ends a comment in front of what a directive is behind",
        f"# c\u0085{flow()}\n%YAML 1.1\n",
        "x/a",
        "x/a",
        dropped=True,
    ),
    Case(
        "LS ends a comment in front of a directive",
        f"{pod()}---\n# c\u2028%YAML 1.1\n",
        "x/a",
        refused=True,
    ),
    Case(
        "a colon that ends an anchor's name, and one in flow",
        f"x:\n  &k:kind: Job\n{HEAD}spec: {{{BOXED.replace('x/a', 'x/a:1')}}}\n",
        "x/a:1",
        "x/a:1",
    ),
    *(
        Case(
            f"a document of {name}, in {encoding}",
            f"{pod()}---\n{blank}",
            "x/a",
            why="documents without images",
            encoding=encoding,
        )
        for encoding in ENCODINGS
        for name, blank in (("a tab", "\t\n"), ("a blank and a tab", " \t"))
    ),
    *(
        Case(f"a document of blanks, in {one}", f"{pod()}---\n  \n", "x/a", "x/a", encoding=one)
        for one in ENCODINGS
    ),
    *(
        Case(f"an invisible character before `kind`, {name}", text, kubectl, kustomize)
        for name, text, kubectl, kustomize in (
            ("which a merge brings", f"{UNSEEN}<<: {{kind: Pod}}\n", "x/a", "x/a"),
            ("which stands there, too, in a tag", f"{UNSEEN}!!str kind: Pod\n", "x/a", "x/a"),
            ("an item of a typed list", listed("PodList", UNSEEN_ITEM), "x/a", ""),
        )
    ),
    Case("an invisible character before `kind`", UNSEEN, refused=True, also="x/a"),
    Case(
        "an invisible character before `kind`, an item of a List",
        listed("List", UNSEEN_ITEM),
        refused=True,
        also="x/a",
    ),
)
