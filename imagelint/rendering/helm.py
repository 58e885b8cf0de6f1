"""Rendering a staged chart with Helm 3 or 4: the manifests, and the values that made them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from imagelint.model.namedtuple import NamedTuple
from imagelint.rendering.tools import LIMITS, RenderingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from imagelint.rendering.staging import Part
    from imagelint.rendering.tools import Limits, Tool

__all__ = ["KUBE_VERSION", "NAMESPACE", "NO_SETTING", "Rendered", "Setting", "Values", "render"]

Values: TypeAlias = "Mapping[str, Any]"
"""Values as Helm merges them: JSON."""

KUBE_VERSION: Final = "v1.33.0"
"""Of the cluster, if nothing else is said; a Helm built without it takes an old one."""
NAMESPACE: Final = "release-namespace"
"""Of the release, if nothing else is said: no environment should match it by chance."""
_PROBE: Final = "templates/imagelint-probe.yaml"
_KEY: Final = "imagelintProbe: "
_TEMPLATE: Final = f"{_KEY}{{{{ .Values | toJson }}}}\n"


class Setting(NamedTuple):
    """How a chart is rendered, besides its own values."""

    values: tuple[str, ...] = ()
    """Values files, absolute; later ones win."""
    sets: tuple[str, ...] = ()
    """Arguments of ``--set``."""
    namespace: str | None = None
    kube_version: str | None = None
    api_versions: tuple[str, ...] = ()
    release: str | None = None


NO_SETTING: Final = Setting()


class Rendered(NamedTuple):
    """The manifests, without the template that prints the values; and these."""

    text: bytes
    values: Values


def render(  # noqa: PLR0913, PLR0917 - everything about a call
    helm: Tool,
    part: Part,
    setting: Setting,
    home: str,
    overlay: Values | None = None,
    limits: Limits = LIMITS,
) -> Rendered:
    """Render a staged chart; raises ``RenderingError`` with Helm's own message.

    ``overlay`` are values that win over those of files; with them no schema is asked, because they
    are an experiment. ``home`` is a folder for Helm's own files.
    """
    probe = os.path.join(part.folder, *_PROBE.split("/"))
    os.makedirs(os.path.dirname(probe), exist_ok=True)
    with open(probe, "w", encoding="utf-8") as file:
        file.write(_TEMPLATE)
    arguments = ["template", f"--namespace={setting.namespace or NAMESPACE}"]
    arguments += [f"--kube-version={setting.kube_version or KUBE_VERSION}"]
    arguments += (f"--api-versions={one}" for one in setting.api_versions)
    arguments += (f"--values={one}" for one in setting.values)
    arguments += (f"--set={one}" for one in setting.sets)
    if overlay is not None:
        place = os.path.join(home, "overlay.json")
        with open(place, "w", encoding="utf-8") as file:
            json.dump(overlay, file)
        arguments += (f"--values={place}", "--skip-schema-validation")
    # A name comes from the checkout: behind -- it is no option.
    release = () if setting.release is None else (setting.release,)
    output = helm.run([*arguments, "--", *release, part.folder], home, home, limits)
    return _taken_apart(output)


def _taken_apart(output: bytes) -> Rendered:
    """Separate the values from the manifests."""
    mark = b"\n" + _KEY.encode()
    at = output.find(mark)
    if at < 0:
        message = "helm did not print the values of the chart"
        raise RenderingError(message)
    end = output.index(b"\n", at + len(mark))
    try:
        values = json.loads(output[at + len(mark) : end])
    except (ValueError, RecursionError) as error:
        message = "helm printed values that cannot be read"
        raise RenderingError(message) from error
    start = output.rfind(b"---\n", 0, at)
    return Rendered(output[:start] + output[end + 1 :], values if isinstance(values, dict) else {})
