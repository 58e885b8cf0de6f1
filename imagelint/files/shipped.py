"""The data files that imagelint is shipped with: the catalogue of kinds, the default policy.

In a source tree (an editable install, an unpacked sdist) they are in the folder ``rules`` beside
the package; a wheel contains the same folder as ``imagelint/_rules``.
"""

from __future__ import annotations

import os
from functools import cache, partial

from imagelint.kubernetes.catalogue.core import CORE
from imagelint.kubernetes.catalogue.lookup import CatalogueFiles
from imagelint.model.errors import FileError
from imagelint.model.source import Source

__all__ = [
    "EXAMPLE_HARBOR",
    "catalogue_files",
    "default_policy_source",
    "rules_folder",
    "schema_text",
]

EXAMPLE_HARBOR = "harbor.myco.com"
"""The Harbor host in the default policy."""
_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
_FOLDERS = (
    os.path.join(_PACKAGE, "_rules"),
    os.path.join(os.path.dirname(_PACKAGE), "rules"),
)


def catalogue_files() -> CatalogueFiles:
    """Return the catalogue of kinds: its core, and the files ``rules/workloads/<group>.yaml``.

    The groups come from one listing of the folder: a name that is not in it opens no file, and
    each file is opened only when its group is needed.
    """
    names = (name for name in _names("workloads") if name != "core.yaml")
    return CatalogueFiles(
        CORE,
        {
            name.removesuffix(".yaml"): partial(_source, os.path.join("workloads", name))
            for name in names
        },
    )


def default_policy_source(harbor: str | None = None) -> Source:
    """Return the policy that applies if no ``imagelint.yaml`` is found.

    ``harbor`` is the host of a Harbor (``patterns.harbor.parse_harbor_host``) that replaces the
    example's.
    """
    source = _source(os.path.join("policy", "default.yaml"))
    if harbor is None:
        return source
    lines = source.data.decode().split("\n")
    text = "\n".join(_with_host(line, harbor) for line in lines)
    return Source(source.path, text.encode())


def _with_host(line: str, host: str) -> str:
    """Replace the example's host: in quotes, except in comments, if it has a colon."""
    value, mark, comment = line.partition("#")
    quoted = f'"{host}"' if ":" in host else host
    return value.replace(EXAMPLE_HARBOR, quoted) + mark + comment.replace(EXAMPLE_HARBOR, host)


def schema_text(name: str = "schema.json") -> str:
    """Return the JSON Schema of the policy file, or of a rule file (``rule.schema.json``)."""
    return _source(os.path.join("policy", name)).data.decode()


def rules_folder() -> str:
    """Return the folder of the rule files, for links to them."""
    return _folder().replace(os.sep, "/")


@cache
def _folder() -> str:
    for folder in _FOLDERS:
        if os.path.isdir(os.path.join(folder, "policy")):
            return folder
    raise FileError(_FOLDERS[0], "imagelint's own rules are missing: install it again")


def _names(folder: str) -> list[str]:
    found = os.path.join(_folder(), folder)
    names = sorted(name for name in os.listdir(found) if name.endswith(".yaml"))
    if not names:
        raise FileError(found, "imagelint's own rules are missing: install it again")
    return names


def _source(name: str) -> Source:
    path = os.path.join(_folder(), name)
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        message = f"imagelint's own data cannot be read: {error.strerror}"
        raise FileError(path, message) from error
    return Source("rules/" + name.replace(os.sep, "/"), data)
