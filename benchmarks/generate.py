"""Writes manifests to measure with: ``python -m benchmarks.generate KIND FOLDER --size N``.

KIND is one of ``KINDS``, and what ``--size`` counts depends on it. The same arguments make the
same bytes, on every machine and with every Python. What was written is printed as JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from benchmarks.manifests import (
    PLAIN_KINDS,
    WORKLOADS,
    Manifest,
    deployment,
    kustomization,
    service,
    values,
)
from benchmarks.operators import cluster_service_version, definition, operator
from benchmarks.words import APPS, NAMESPACES, OPERATORS, Dice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["KINDS", "POLICY", "Tally", "generate", "open_policy", "without_exclude"]

_ROOT: Final = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FIXTURES: Final = ("anchors", "environments", "kustomize", "lists", "styles")
"""Golden cases with odd spellings that are no errors; their images are known."""
POLICY: Final = os.path.join(_ROOT, "rules", "policy", "default.yaml")
"""What ``imagelint init --harbor harbor.myco.com`` writes, but for the first comment."""
_EXCLUDE: Final = re.compile(r"^exclude:.*\n(?:[ \-].*\n)*", re.MULTILINE)
"""The key with its value, in one line or in a list below it."""
_RENDERED: Final = 850_000
"""Bytes after which rendered charts go on in another file."""


@dataclass(slots=True)
class Tally:
    """What was written; ``images`` is what imagelint is to find, ``wrong`` what fix repairs.

    ``wrong`` counts what was generated alone: in files copied out of ``fixtures/`` it is unknown.
    """

    files: int = 0
    bytes: int = 0
    documents: int = 0
    images: int = 0
    wrong: int = 0
    largest: int = 0


class File(NamedTuple):
    """A file of a tree, by its path below it; a path once more goes on with the same file."""

    path: str
    documents: list[Manifest]


def generate(kind: str, folder: str, *, size: int, wrong: float, seed: int) -> Tally:
    """Fill an empty folder with manifests of a kind, and a policy; ``wrong`` is a share."""
    tally = Tally()
    _append(os.path.join(folder, "imagelint.yaml"), open_policy())
    path, length = "", 0
    for file in KINDS[kind](Dice(f"{kind} {seed}"), size, wrong):
        if file.path != path:
            path, length = file.path, 0
            tally.files += 1
        written = _append(os.path.join(folder, *path.split("/")), _text(file.documents))
        length += written
        tally.bytes += written
        tally.largest = max(tally.largest, length)
        tally.documents += len(file.documents)
        tally.images += sum(document.images for document in file.documents)
        tally.wrong += sum(document.wrong for document in file.documents)
    return tally


def open_policy() -> str:
    """Return the built-in policy without its ``exclude``: the peers read every file, too."""
    with open(POLICY, encoding="utf-8") as source:
        return without_exclude(source.read())


def without_exclude(policy: str) -> str:
    """Return a policy without the one ``exclude`` that it has; raises ``ValueError`` otherwise."""
    kept, removed = _EXCLUDE.subn("", policy)
    if removed != 1:
        message = f"a policy has one `exclude`, not {removed}"
        raise ValueError(message)
    return kept


def _text(documents: Sequence[Manifest]) -> str:
    return "---\n".join(document.text for document in documents)


def _append(place: str, text: str) -> int:
    """Write to the end of a file, made if need be; return how many bytes."""
    os.makedirs(os.path.dirname(place), exist_ok=True)
    with open(place, "ab") as out:
        return out.write(text.encode())


def _place(dice: Dice, number: int) -> tuple[str, str]:
    """Return an application's name and its namespace."""
    return f"{dice.one(APPS)}-{number}", dice.one(NAMESPACES)


def _clean(dice: Dice, size: int, wrong: float) -> Iterator[File]:
    """Yield ``size`` files of one Deployment each."""
    for number in range(size):
        name, namespace = _place(dice, number)
        yield File(f"{name}.yaml", [deployment(dice, name, namespace, wrong, small=True)])


def _workloads(dice: Dice, size: int, wrong: float) -> Iterator[File]:
    """Yield ``size`` files of a small Deployment and its Service each."""
    for number in range(size):
        name, namespace = _place(dice, number)
        documents = [
            deployment(dice, name, namespace, wrong, small=True),
            service(dice, name, namespace),
        ]
        yield File(f"teams/{namespace}/{name}/app.yaml", documents)


def _catalogue(dice: Dice, size: int, wrong: float) -> Iterator[File]:
    """Yield large definitions and operators until ``size`` bytes are reached."""
    written = number = 0
    while written < size:
        name = f"{dice.one(OPERATORS)}-operator-{number}"
        files = [
            File(f"{crd}.crd.yaml", [definition(dice, name, crd, _definition_size(dice))])
            for crd in range(dice.between(3, 8))
        ]
        files.append(File("operator.yaml", operator(dice, name, wrong)))
        if dice.chance(0.1):
            entry = cluster_service_version(dice, name, wrong)
            files.append(File(f"{name}.clusterserviceversion.yaml", [entry]))
        for file in files:
            written += len(_text(file.documents))
            yield file._replace(path=f"operators/{name}/v1.0.{dice.below(9)}/{file.path}")
        number += 1


def _definition_size(dice: Dice) -> int:
    """Return how large a definition gets: 5 to 400 kB, 70 on average, few large ones."""
    share = dice.below(1000) / 1000
    return 5_000 + int(395_000 * share**5)


def _mixed(dice: Dice, size: int, wrong: float) -> Iterator[File]:
    """Yield ``size`` files of a platform's repository: components, and definitions of others."""
    written = number = 0
    while written < size:
        name, namespace = _place(dice, number)
        base = f"components/{namespace}/{name}"
        if number % 100 == 0:
            files = list(_from_fixtures(f"examples/{number:05}"))
        elif number % 7 == 0:
            group = f"{name}-operator"
            files = [
                File(
                    f"{base}/crds/{crd}.yaml",
                    [definition(dice, group, crd, _definition_size(dice))],
                )
                for crd in range(dice.between(1, 4))
            ]
            files.append(File(f"{base}/operator.yaml", operator(dice, group, wrong)))
        else:
            files = list(_component(dice, name, namespace, base, wrong))
        number += 1
        yield from files[: size - written]
        written += len(files)


def _component(dice: Dice, name: str, namespace: str, base: str, wrong: float) -> Iterator[File]:
    workload = dice.one(WORKLOADS)(dice, name, namespace, wrong)
    yield File(f"{base}/base/workload.yaml", [workload])
    names = ["workload.yaml"]
    for number in range(dice.between(1, 5)):
        make = dice.one(PLAIN_KINDS)
        names.append(f"{make.__name__}-{number}.yaml")
        yield File(f"{base}/base/{names[-1]}", [make(dice, f"{name}-{number}", namespace)])
    yield File(f"{base}/base/kustomization.yaml", [kustomization(names)])
    if dice.chance(0.1):
        yield File(f"{base}/values.yaml", [values(dice, name)])


def _from_fixtures(base: str) -> Iterator[File]:
    """Yield the manifests of the project's golden cases, with the images that are known of them."""
    for case in _FIXTURES:
        folder = os.path.join(_ROOT, "fixtures", case)
        with open(os.path.join(folder, "images.json"), encoding="utf-8") as source:
            golden, _ = json.JSONDecoder().raw_decode(source.read())
        for path in sorted({image["path"] for image in golden["images"]}):
            images = sum(image["path"] == path for image in golden["images"])
            with open(os.path.join(folder, "input", *path.split("/")), encoding="utf-8") as source:
                # Its own documents stay one here: the tally counts them as one.
                yield File(f"{base}/{case}/{path}", [Manifest(source.read(), images)])


def _stream(dice: Dice, size: int, wrong: float) -> Iterator[File]:
    """Yield what ``helm template`` prints of many charts, up to ``size`` bytes."""
    written = number = 0
    while written < size:
        name, namespace = _place(dice, number)
        chart: list[tuple[str, Manifest]] = []
        if dice.chance(0.05):
            crd = definition(dice, f"{name}-operator", number, dice.between(5_000, 40_000))
            chart.append(("crds/crd.yaml", crd))
        for part in range(dice.between(2, 8)):
            make = dice.one(PLAIN_KINDS)
            chart.append((f"templates/{part}.yaml", make(dice, f"{name}-{part}", namespace)))
        for part in range(dice.between(2, 8)):
            workload = dice.one(WORKLOADS)(dice, f"{name}-w{part}", namespace, wrong)
            chart.append((f"templates/workload-{part}.yaml", workload))
        documents = [
            manifest._replace(text=f"# Source: {name}/{template}\n{manifest.text}")
            for template, manifest in chart
        ]
        documents[0] = documents[0]._replace(text=f"---\n{documents[0].text}")
        yield File("stream.yaml", documents)
        written += len(_text(documents))
        number += 1


def _rendered(dice: Dice, size: int, wrong: float) -> Iterator[File]:
    """Yield the same in files of somewhat less than a megabyte."""
    written = 0
    for file in _stream(dice, size, wrong):
        yield file._replace(path=f"rendered/{written // _RENDERED}.yaml")
        written += len(_text(file.documents))


KINDS: Final[dict[str, Callable[[Dice, int, float], Iterator[File]]]] = {
    "clean": _clean,
    "mixed": _mixed,
    "catalogue": _catalogue,
    "workloads": _workloads,
    "stream": _stream,
    "rendered": _rendered,
}
"""What ``size`` counts: files, but bytes of a catalogue and of what is rendered."""


def main() -> int:
    """Generate what the command line asks for."""
    parser = argparse.ArgumentParser(prog="benchmarks/generate", description=__doc__)
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("folder")
    parser.add_argument("--size", type=int, required=True, help="files, or bytes (README)")
    parser.add_argument("--wrong", type=float, default=0.1, help="share of images to be repaired")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if os.path.isdir(asked.folder) and os.listdir(asked.folder):
        parser.error(f"{asked.folder} is not empty")
    tally = generate(asked.kind, asked.folder, size=asked.size, wrong=asked.wrong, seed=asked.seed)
    json.dump(asdict(tally), sys.stdout)
    return 0


if __name__ == "__main__":
    sys.exit(main())
