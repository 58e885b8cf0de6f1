"""Images that a reader of text, or of another YAML, does not see where Kubernetes does.

Each twin is what makes the attack work, with an image that may run.
"""

from __future__ import annotations

import base64
import codecs

import pytest

from tests.bypass.cases import (
    DROPPED,
    EVIL,
    GOOD,
    INVALID,
    UNAPPROVED,
    UNPARSABLE,
    Bypass,
    both,
    custom,
    json_pod,
    lint,
    pod,
    utf_16,
)

HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"
C = HEAD + "spec:\n  containers:\n  - name: main\n"
CONTAINER = "{name: main, image: %s}"
POD = "{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [" + CONTAINER + "]}}"
ITEM = "\n- " + POD + "\n"


def in_base64(text: str) -> str:
    """Encode as base64, for `!!binary`."""
    return base64.b64encode(text.encode()).decode()


FIELDS = [
    both("init container", pod(extra="  initContainers: [" + CONTAINER + "]\n"), UNAPPROVED, ""),
    both("ephemeral", pod(extra="  ephemeralContainers: [" + CONTAINER + "]\n"), UNAPPROVED,
         "kustomize and harbor-container-webhook leave them out"),
    both("image volume", pod(extra="  volumes: [{name: v, image: {reference: %s}}]\n"),
         UNAPPROVED, "Kyverno's extractors leave them out"),
    both("second container", pod(extra="  - " + CONTAINER + "\n"), UNAPPROVED, ""),
    both("CronJob", "apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: web}\nspec:"
         " {jobTemplate: {spec: {template: {spec: {containers: [" + CONTAINER + "]}}}}}\n",
         UNAPPROVED, ""),
    both("PodTemplate", "apiVersion: v1\nkind: PodTemplate\nmetadata: {name: web}\ntemplate:"
         " {spec: {containers: [" + CONTAINER + "]}}\n", UNAPPROVED, "no spec above the template"),
    both("newName", "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages:\n"
         "- {name: nginx, newName: %s}\n", UNAPPROVED, "kustomize puts it in",
         evil="evil.example/miner")._replace(
        twin="apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nimages:\n"
        "- {name: evil.example/miner, newName: harbor.myco.com/miner}\n"),
    both("custom resource", custom("{template: {spec: {containers: [" + CONTAINER + "]}}}"),
         UNAPPROVED, "lists of known kinds"),
    both("custom resource, init alone", custom("{initContainers: [" + CONTAINER + "]}"),
         UNAPPROVED, ""),
    both("custom resource, volume alone",
         custom("{containers: [{name: a}], volumes: [{name: v, image: {reference: %s}}]}"),
         UNAPPROVED, "containers need no image in many kinds"),
    both("core kind, other group", "apiVersion: evil.example/v1\nkind: ConfigMap\n"
         "metadata: {name: web}\nspec: {containers: [" + CONTAINER + "]}\n", UNAPPROVED,
         "only core's ConfigMap holds no images"),
    both("core kind, other case", "apiVersion: apps/v1\nkind: deployment\nmetadata: {name: web}\n"
         "spec: {template: {spec: {containers: [" + CONTAINER + "]}}}\n", UNAPPROVED,
         "a kind of its own, which a definition may make real"),
    both("kind of tomorrow", "apiVersion: apps/v99\nkind: Deployment\nmetadata: {name: web}\n"
         "spec: {template: {spec: {containers: [" + CONTAINER + "]}}}\n", UNAPPROVED, ""),
]  # fmt: skip

LISTS = [
    both("List", "apiVersion: v1\nkind: List\nitems:" + ITEM, UNAPPROVED, ""),
    both("typed list", "apiVersion: v1\nkind: PodList\nitems:\n- {metadata: {name: web}, spec:"
         " {containers: [" + CONTAINER + "]}}\n", UNAPPROVED, "kubectl infers the items' kind"),
    both("list of a kind without images", "apiVersion: v1\nkind: ConfigMapList\nitems:" + ITEM,
         UNAPPROVED, "items say themselves what they are"),
    both("items of a ConfigMap", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\nitems:"
         + ITEM, UNAPPROVED, "kubectl takes apart whatever has items"),
    both("items as JSON key", 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"items":'
         + ITEM, UNAPPROVED, "the same, with the key in quotes"),
    both("items by a merge", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n<<: {items: ["
         + POD + "]}\n", UNAPPROVED, "the same, with the key elsewhere"),
    both("items beside a spec", pod(extra="items: []\n").replace(GOOD, "%s"), UNAPPROVED,
         "kubectl drops the Pod, kustomize reads it"),
    both("items by an alias", "apiVersion: v1\nkind: List\nx: &x" + ITEM + "items: *x\n",
         UNAPPROVED, "kubectl reads it, kustomize drops all"),
    Bypass("List in List", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: List,"
           f" items: [{POD % EVIL}]}}\n", "apiVersion: v1\nkind: List\nitems:" + ITEM % GOOD,
           (UNAPPROVED, UNPARSABLE), "kustomize reads it, kubectl refuses it"),
]  # fmt: skip

KEYS = [
    both("flow", POD, UNAPPROVED, "Renovate's regex is for lines"),
    both("quoted key", C + '    "image": %s\n', UNAPPROVED, "Renovate's regex"),
    both("blank in front of the colon", C + "    image : %s\n", UNAPPROVED, "Renovate's regex"),
    both("explicit key", C + "    ? image\n    : %s\n", UNAPPROVED, ""),
    both("explicit key, literal", C + "    ? |-\n      image\n    : %s\n", UNAPPROVED, ""),
    both("escaped key", C + '    "\\x69mage": %s\n', UNAPPROVED, "a search for the word"),
    both("escaped key, long", C + '    "\\U00000069mage": %s\n', UNAPPROVED, "the same"),
    both("folded key", C + '    ? "im\\\n       age"\n    : %s\n', UNAPPROVED, "the same"),
    Bypass("key in base64", f"{C}    !!binary {in_base64('image')} : {EVIL}\n",
           f"{C}    image: {GOOD}\n", (UNAPPROVED, UNPARSABLE), "the same; an error in itself"),
    Bypass("key in base64, tag escaped", f"{C}    !<tag:yaml.org,2002:%62inary> "
           f"{in_base64('image')} : {EVIL}\n", f"{C}    image: {GOOD}\n",
           (UNAPPROVED, UNPARSABLE), "the same"),
    both("tagged key", C + "    !!str image: %s\n", UNAPPROVED, ""),
    both("anchored key", C + "    &k image: %s\n", UNAPPROVED, ""),
    both("key by alias", HEAD + "x: &k image\nspec: {containers: [{name: a, *k : %s}]}\n",
         UNAPPROVED, "the word stands elsewhere"),
    both("kind in base64", pod("%s").replace("Pod", "!!binary UG9k"), UNAPPROVED, ""),
    both("kind by alias", "apiVersion: v1\nx: &k Pod\nkind: *k\nmetadata: {name: web}\nspec:"
         " {containers: [" + CONTAINER + "]}\n", UNAPPROVED, ""),
    both("kind escaped", pod("%s").replace("kind:", '"k\\x69nd":'), UNAPPROVED, ""),
    both("shape escaped", custom('{"c\\x6fntainers": [' + CONTAINER + "]}"), UNAPPROVED, ""),
    both("huge indentation", HEAD + "spec:\n" + " " * 5000 + "containers:\n" + " " * 5000
         + "- image: %s\n", UNAPPROVED, "readers with a buffer"),
]  # fmt: skip

VALUES = [
    both("tag", C + "    image: !!str %s\n", UNAPPROVED, ""),
    both("unknown tag", C + "    image: !secret %s\n", UNAPPROVED, "go-yaml passes it over"),
    both("tag !", C + "    image: ! %s\n", UNAPPROVED, "no tag to go-yaml"),
    Bypass("base64", f"{C}    image: !!binary {in_base64(EVIL)}\n",
           f"{C}    image: !!binary {in_base64(GOOD)}\n", (UNAPPROVED,), "decoded by go-yaml"),
    Bypass("base64 that looks good", f"{C}    image: !!binary {in_base64(EVIL)} # {GOOD}\n",
           f"{C}    image: !!binary {in_base64(GOOD)} # {EVIL}\n", (UNAPPROVED,), ""),
    Bypass("escapes", f'{C}    image: "evil\\x2eexample\\u002fminer:1"\n',
           f'{C}    image: "harbor\\x2emyco.com\\u002fminer:1"\n', (UNAPPROVED,), ""),
    Bypass("folded", f"{C}    image: >-\n      {EVIL}\n", f"{C}    image: >-\n      {GOOD}\n",
           (UNAPPROVED,), "readers of one line"),
    Bypass("literal", f"{C}    image: |-\n      {EVIL}\n", f"{C}    image: |-\n      {GOOD}\n",
           (UNAPPROVED,), "readers of one line"),
    Bypass("literal with its line feed", f"{C}    image: |\n      {GOOD}\n",
           f"{C}    image: |-\n      {GOOD}\n", (INVALID,), "refused when its Pod is made"),
    Bypass("on the next line", f"{C}    image:\n      {EVIL}\n", f"{C}    image:\n      {GOOD}\n",
           (UNAPPROVED,), "readers of one line"),
    Bypass("joined lines", f'{C}    image: "harbor.myco.com\\\n      .evil.example/a"\n',
           f'{C}    image: "harbor.myco.com\\\n      /a"\n', (UNAPPROVED,), "readers of one line"),
    Bypass("lines joined by a blank", f"{C}    image: harbor.myco.com/a\n      evil.example/b\n",
           f"{C}    image:\n      harbor.myco.com/a\n", (INVALID,), "readers of one line"),
    both("anchor", HEAD + "x: &i %s\nspec: {containers: [{name: a, image: *i}]}\n", UNAPPROVED, ""),
    both("anchor redefined", HEAD + f"x: &i {GOOD}\ny: &i %s\nspec: {{containers: [{{name: a,"
         " image: *i}]}\n", UNAPPROVED, "the last one in front of the alias counts"),
    Bypass("anchor redefined too late", HEAD + f"x: &i {EVIL}\nspec: {{containers: [{{name: a,"
           f" image: *i}}]}}\ny: &i {GOOD}\n", HEAD + f"x: &i {GOOD}\nspec: {{containers: [{{name:"
           f" a, image: *i}}]}}\ny: &i {EVIL}\n", (UNAPPROVED,), "the same"),
]  # fmt: skip

TWICE = [
    Bypass("key twice", f"{C}    image: {GOOD}\n    image: {EVIL}\n",
           f"{C}    image: {EVIL}\n    image: {GOOD}\n", (UNAPPROVED,), "kubectl takes the last"),
    Bypass("key twice, in JSON", json_pod(f'{GOOD}", "image": "{EVIL}'),
           json_pod(f'{EVIL}", "image": "{GOOD}'), (UNAPPROVED,), "the same"),
    Bypass("key twice, escaped", json_pod(f'{GOOD}", "im\\u0061ge": "{EVIL}'),
           json_pod(f'{EVIL}", "im\\u0061ge": "{GOOD}'), (UNAPPROVED,), "the same"),
    Bypass("key twice, base64", f"{C}    image: {GOOD}\n    !!binary aW1hZ2U= : {EVIL}\n",
           f"{C}    image: {GOOD}\n", (UNAPPROVED, UNPARSABLE), "the same"),
    Bypass("spec twice", pod() + f"spec: {{containers: [{{image: {EVIL}}}]}}\n",
           pod(EVIL) + f"spec: {{containers: [{{image: {GOOD}}}]}}\n", (UNAPPROVED,), "the same"),
    Bypass("kind twice", pod(EVIL).replace("kind:", "kind: ConfigMap\nkind:"),
           pod(EVIL).replace("kind: Pod", "kind: Pod\nkind: ConfigMap"), (UNAPPROVED,), "the same"),
    both("merge", C + "    <<: {image: %s}\n", UNAPPROVED, ""),
    both("merge behind the key", C + f"    image: {GOOD}\n    <<: {{image: %s}}\n", UNAPPROVED,
         "kubectl lets the merge win"),
    both("merge behind the key, the other", C + f"    image: %s\n    <<: {{image: {GOOD}}}\n",
         UNAPPROVED, "kustomize lets the key win"),
    both("merge behind the containers", pod(extra="  <<: {containers: [" + CONTAINER + "]}\n"),
         UNAPPROVED, "the same, higher up"),
    Bypass("merge in front of the key", f"{C}    <<: {{image: {GOOD}}}\n    image: {EVIL}\n",
           f"{C}    <<: {{image: {EVIL}}}\n    image: {GOOD}\n", (UNAPPROVED,), "the key wins"),
    Bypass("merge that brings the kind", pod(EVIL).replace("kind: Pod", "<<: {kind: Pod}"),
           pod(GOOD).replace("kind: Pod", "<<: {kind: Pod}"), (UNAPPROVED,), ""),
    Bypass("merge that hides the kind", pod(EVIL).replace("Pod", "Pod\n<<: {kind: ConfigMap}"),
           pod(GOOD).replace("Pod", "Pod\n<<: {kind: ConfigMap}"), (UNAPPROVED,),
           "kustomize lets the key win"),
    Bypass("merge of a list", f"{C}    <<: [{{image: {EVIL}}}, {{image: {GOOD}}}]\n",
           f"{C}    <<: [{{image: {GOOD}}}, {{image: {EVIL}}}]\n", (UNAPPROVED,), "the first wins"),
    Bypass("two merges", f"{C}    <<: {{image: {GOOD}}}\n    <<: {{image: {EVIL}}}\n",
           f"{C}    <<: {{image: {GOOD}}}\n", (UNAPPROVED, UNPARSABLE),
           "kubectl takes the last, kustomize refuses the file unless both lose"),
    both("merge by tag", C + f"    image: {GOOD}\n    !!merge <<: {{image: %s}}\n", UNAPPROVED, ""),
    Bypass("merge key by alias",
           HEAD + f"x: &m <<\nspec: {{containers: [{{*m : {{image: {EVIL}}}}}]}}\n",
           f"{C}    <<: {{image: {GOOD}}}\n", (UNAPPROVED, UNPARSABLE),
           "a merge key to kustomize alone"),
    Bypass("key twice in a merge that loses", pod(EVIL) + "<<: {spec: {containers: [{name: a,"
           f" image: {GOOD}, image: {GOOD}}}]}}}}\n", pod(GOOD), (UNAPPROVED, UNPARSABLE),
           "kubectl lets the merge win, kustomize the key"),
    Bypass("key with the merge's tag", HEAD + "spec: {!!merge containers: [{name: a,"
           f" image: {EVIL}, <<: {{image: {GOOD}}}}}]}}\n", pod(GOOD), (UNAPPROVED, UNPARSABLE),
           "a merge key to kustomize, and a key as well"),
    both("quotes around the merge key", pod(extra='    "<<": {image: evil.example/a}\n')
         .replace(GOOD, "%s"), UNAPPROVED, "a key like any other"),
]  # fmt: skip

BREAKS = {"NEL": "\x85", "LS": "\u2028", "PS": "\u2029", "CR": "\r"}
LINES = [
    *(both(f"comment ended by {name}", pod(extra=f"  # a{char}  initContainers: [{CONTAINER}]\n"),
           UNAPPROVED, "YAML 1.1 breaks the line") for name, char in BREAKS.items()),
    *(Bypass(f"kind behind {name}", f"apiVersion: v1\nkind: ConfigMap{char}" + pod(EVIL)[15:],
             f"apiVersion: v1\nkind: ConfigMap{char}" + pod(GOOD)[15:], (UNAPPROVED,),
             "the same") for name, char in BREAKS.items()),
    both("CRLF", pod("%s").replace("\n", "\r\n"), UNAPPROVED, ""),
    both("CR alone", pod("%s").replace("\n", "\r"), UNAPPROVED, "one line to most"),
    both("tab behind the colon", C + "    image:\t%s\n", UNAPPROVED, ""),
    both("second document", pod() + "---\n" + pod("%s"), UNAPPROVED, ""),
    both("separator with a comment", pod() + "---#a\n" + pod("%s"), UNAPPROVED, ""),
    both("separator with NBSP", pod() + "---\u00a0\n" + pod("%s"), UNAPPROVED, ""),
    both("separator with NEL", pod() + "---\x85\n" + pod("%s"), UNAPPROVED, ""),
    both("separator behind a literal", pod(extra="  x: |\n   a\n---\n") + pod("%s"),
         UNAPPROVED, ""),
    both("separator behind dots", pod() + "...\n---\n" + pod("%s"), UNAPPROVED, ""),
    Bypass("separator in a string", 'x: "\n---\n"\n' + pod(EVIL), "x: |\n ---\n" + pod(GOOD),
           (UNAPPROVED, UNPARSABLE), "kubectl splits lines, not YAML"),
    Bypass("content behind the separator", "--- " + POD % EVIL, "---\n" + POD % GOOD,
           (UNAPPROVED, UNPARSABLE), "kustomize reads it, kubectl refuses it"),
    Bypass("content behind dots", pod() + "...\n" + pod(EVIL), pod() + "...\n---\n" + pod(),
           (DROPPED,), "both drop it in silence: nobody may believe that it was checked"),
    Bypass("dots, then a directive", pod() + "...\n%YAML 1.1\n---\n" + pod(EVIL),
           pod() + "...\n---\n" + pod(), (DROPPED, UNAPPROVED), "the directive is dropped"),
    Bypass("content behind a flow root", POD % GOOD + "\n" + pod(EVIL),
           POD % GOOD + "\n---\n" + pod(), (DROPPED,), "both drop it in silence"),
    Bypass("control character", pod(EVIL) + "# \x01\n", pod(GOOD) + "# \\x01\n",
           (UNAPPROVED, UNPARSABLE), "refused as a whole, and seen all the same"),
    Bypass("template action", pod(EVIL) + "{{ end }}\n", pod(GOOD) + "# {{ end }}\n",
           (UNAPPROVED, "unrendered-template"), "no YAML, and seen all the same"),
    Bypass("unclosed", pod(EVIL) + "  x: [\n", pod(GOOD) + "  x: []\n", (UNAPPROVED, UNPARSABLE),
           "a syntax error hides nothing"),
]  # fmt: skip

ENCODINGS = [
    both("byte order mark", "\ufeff" + pod("%s"), UNAPPROVED, ""),
    both("mark behind a separator", pod() + "---\n\ufeff" + pod("%s"), UNAPPROVED, ""),
    *(Bypass(f"UTF-16 {name}", bom + pod(EVIL).encode(codec), bom + pod(GOOD).encode(codec),
             (UNAPPROVED,), "no ASCII in it") for name, bom, codec in (
        ("LE", codecs.BOM_UTF16_LE, "utf-16-le"), ("BE", codecs.BOM_UTF16_BE, "utf-16-be"))),
    Bypass("UTF-16, second document", utf_16(pod() + "---\n" + pod(EVIL)),
           utf_16(pod() + "---\n" + pod()), (UNAPPROVED,), "kustomize reads the first alone"),
    Bypass("UTF-16 JSON", utf_16(json_pod(EVIL)), utf_16(json_pod()), (UNAPPROVED,), ""),
    Bypass("ill-formed byte", pod(EVIL).encode() + b"# \xff\n", pod(EVIL).encode().replace(
           EVIL.encode(), GOOD.encode()) + b"# \xc3\xbf\n", (UNAPPROVED, UNPARSABLE),
           "kubectl reads on, kustomize refuses the file"),
    Bypass("surrogate in UTF-8", pod(EVIL).encode() + b"# \xed\xa0\x80\n",
           pod().encode() + b"# \xf0\x9f\x98\x80\n", (UNAPPROVED, UNPARSABLE), "the same"),
]  # fmt: skip

JSON = [
    both("JSON", json_pod("%s"), UNAPPROVED, "kubectl tries JSON first"),
    both("JSON objects", json_pod() + json_pod("%s"), UNAPPROVED, "a stream needs no separator"),
    both("YAML behind JSON", json_pod() + "\n" + pod("%s"), UNAPPROVED, "kubectl reads both"),
    both("JSON behind YAML", pod() + "---\n" + json_pod("%s"), UNAPPROVED, ""),
    both("JSON with surrogates", json_pod('%s", "name": "\\ud83d\\ude00'), UNAPPROVED,
         "no YAML to libyaml"),
    both("JSON with a long key", json_pod('%s", "' + "a" * 1100 + '": "'), UNAPPROVED,
         "no YAML to libyaml"),
    both("JSON far down", " " * 5000 + json_pod("%s"), UNAPPROVED, "kubectl looks at 4,096 bytes"),
    Bypass("JSON with an escaped image", json_pod("evil.example\\/miner"),
           json_pod("harbor.myco.com\\/miner"), (UNAPPROVED,), "no YAML to go-yaml"),
    Bypass("YAML behind two JSON objects", json_pod() * 2 + "\n---\n" + pod(EVIL),
           json_pod() * 2, (UNAPPROVED, UNPARSABLE), "kubectl stops, kustomize reads on"),
]  # fmt: skip


EVERY = (*FIELDS, *LISTS, *KEYS, *VALUES, *TWICE, *LINES, *ENCODINGS, *JSON)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in EVERY])
def test_document(case: Bypass) -> None:
    attacked, harmless = lint(case.attack, case.path), lint(case.twin, case.path)
    assert tuple(sorted({finding.rule for finding in attacked.findings})) == case.rules, case.why
    assert harmless.findings == (), case.why
