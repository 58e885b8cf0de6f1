"""What operators ship, of any size: definitions with their schemas, bundles, catalogue entries."""

from __future__ import annotations

from functools import cache
from textwrap import wrap
from typing import Final

from benchmarks.manifests import Manifest, deployment, rbac
from benchmarks.words import APPS, NOUNS, Dice, description

__all__ = ["cluster_service_version", "definition", "operator"]

_DEPTH: Final = 18
"""How far in the properties of ``spec`` stand in a CustomResourceDefinition."""
_BLOCKS: Final = 400
"""Different properties that definitions are put together of."""
_POD: Final = """\
{0}podTemplate:
{0}  description: The template of the pods that run this component.
{0}  properties:
{0}    containers:
{0}      items:
{0}        properties:
{0}          image:
{0}            description: |-
{0}              Container image name.
{0}              More info: https://kubernetes.io/docs/concepts/containers/images
{0}              This field is optional to allow higher level config management to default or
{0}              override container images in workload controllers like Deployments.
{0}            type: string
{0}          imagePullPolicy:
{0}            type: string
{0}          name:
{0}            type: string
{0}        required:
{0}        - name
{0}        type: object
{0}      type: array
{0}    imagePullSecrets:
{0}      items:
{0}        properties:
{0}          name:
{0}            type: string
{0}        type: object
{0}      type: array
{0}  type: object
""".format(" " * _DEPTH)


def _prose(dice: Dice, indent: str) -> str:
    """Return a description as controller-gen writes it: a literal, or a plain scalar, folded."""
    text = description(dice, dice.between(1, 3))
    lines = wrap(text, 76)
    if dice.chance(0.6) or ": " in text or " #" in text:
        return f"{indent}description: |-\n" + "".join(f"{indent}  {line}\n" for line in lines)
    return f"{indent}description: {lines[0]}\n" + "".join(
        f"{indent}  {line}\n" for line in lines[1:]
    )


def _schema(dice: Dice, depth: int, nested: int) -> str:
    """Return what stands below a property's name, ``depth`` columns in."""
    indent = " " * depth
    prose = _prose(dice, indent)
    kind = dice.below(8) if nested else dice.below(4)
    if kind == 0:
        return f"{prose}{indent}enum:\n{indent}- Always\n{indent}- Never\n{indent}type: string\n"
    if kind == 1:
        return f"{prose}{indent}format: int32\n{indent}minimum: 0\n{indent}type: integer\n"
    if kind == 2:
        pattern = "'^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'"
        return f"{prose}{indent}maxLength: 253\n{indent}pattern: {pattern}\n{indent}type: string\n"
    if kind == 3:
        return (
            f"{prose}{indent}additionalProperties:\n{indent}  type: string\n{indent}type: object\n"
        )
    names = dict.fromkeys(_name(dice) for _ in range(dice.between(2, 5)))
    inside = depth if kind < 7 else depth + 2
    below = "".join(
        f"{' ' * (inside + 2)}{name}:\n{_schema(dice, inside + 4, nested - 1)}" for name in names
    )
    if kind < 7:
        return f"{prose}{indent}properties:\n{below}{indent}type: object\n"
    return (
        f"{prose}{indent}items:\n{indent}  properties:\n{below}{indent}  type: object\n"
        f"{indent}type: array\n"
    )


def _name(dice: Dice) -> str:
    first = dice.one(NOUNS)
    return first[0].lower() + first[1:] + dice.one(NOUNS)


@cache
def _blocks() -> tuple[str, ...]:
    dice = Dice("blocks")
    return tuple(_schema(dice, _DEPTH + 2, 4) for _ in range(_BLOCKS))


def definition(dice: Dice, operator_name: str, number: int, size: int) -> Manifest:
    """Return a CustomResourceDefinition of at least ``size`` bytes."""
    kind = f"{dice.one(NOUNS)}{dice.one(NOUNS)}{number}"
    group = f"{operator_name}.example.com"
    plural = f"{kind.lower()}s"
    parts = [
        (
            "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata:\n"
            "  annotations:\n    controller-gen.kubebuilder.io/version: v0.16.1\n"
            f"  name: {plural}.{group}\nspec:\n  group: {group}\n  names:\n    kind: {kind}\n"
            f"    listKind: {kind}List\n    plural: {plural}\n    singular: {kind.lower()}\n"
            "  scope: Namespaced\n  versions:\n    - name: v1\n      schema:\n"
            "        openAPIV3Schema:\n          properties:\n            apiVersion:\n"
            "              type: string\n            kind:\n              type: string\n"
            "            metadata:\n              type: object\n            spec:\n"
            "              properties:\n"
        )
    ]
    if dice.chance(0.5):
        parts.append(_POD)
    length, names, blocks = len(parts[0]), {"podTemplate"}, _blocks()
    while length < size:
        name = _name(dice)
        if name in names:
            name += str(len(names))
        names.add(name)
        part = f"{' ' * _DEPTH}{name}:\n{dice.one(blocks)}"
        parts.append(part)
        length += len(part)
    parts.append(
        "              type: object\n          type: object\n      served: true\n"
        "      storage: true\n      subresources:\n        status: {}\n"
    )
    return Manifest("".join(parts))


def operator(dice: Dice, name: str, wrong: float) -> list[Manifest]:
    """Return the manifests that install an operator."""
    namespace = f"{name}-system"
    head = f"apiVersion: v1\nkind: Namespace\nmetadata:\n  name: {namespace}\n"
    account = f"apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: {name}\n"
    return [
        Manifest(head),
        Manifest(f"{account}  namespace: {namespace}\n"),
        *(rbac(dice, f"{name}-{role}", namespace) for role in ("manager", "leader", "metrics")),
        deployment(dice, name, namespace, wrong),
    ]


def cluster_service_version(dice: Dice, name: str, wrong: float) -> Manifest:
    """Return a catalogue entry of OLM: long prose, examples in JSON, an icon, one Deployment."""
    deployed = deployment(dice, name, f"{name}-system", wrong)
    spec = deployed.text.partition("\nspec:\n")[2]
    indented = "".join(f"          {line}\n" for line in spec.splitlines())
    example = f'{{"apiVersion": "{name}.example.com/v1", "spec": {{"image": "{dice.one(APPS)}"}}}}'
    examples = ",\n        ".join([example] * dice.between(2, 9))
    prose = "".join(f"    {line}\n" for line in wrap(description(dice, dice.between(40, 120)), 90))
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    icon = "".join(dice.one(alphabet) for _ in range(dice.between(8, 32) * 100))
    return deployed._replace(
        text="apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\nmetadata:\n"
        f"  annotations:\n    alm-examples: |-\n      [\n        {examples}\n      ]\n"
        f"    capabilities: Basic Install\n  name: {name}.v1.0.0\n  namespace: placeholder\n"
        f"spec:\n  description: |\n{prose}  displayName: {name}\n  icon:\n"
        f"  - base64data: {icon}\n    mediatype: image/png\n  install:\n    spec:\n"
        f"      deployments:\n      - name: {name}\n        spec:\n{indented}"
        "    strategy: deployment\n  version: 1.0.0\n"
    )
