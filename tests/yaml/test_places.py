"""Where characters of a value are written; ``tests/engine/test_edits.py`` has the edits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from imagelint.yaml.places import places_of

if TYPE_CHECKING:
    from tests.support.project import Project

POD = """\
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec:
  containers:
  - name: c
    image: h.io/hub/nginx:1
    env:
    - {{name: STRIMZI_X_IMAGES, value: "{}"}}
"""


def test_a_value_with_many_images_is_looked_through_once_or_twice(work: Project) -> None:
    """However many they are: else time grows with their square."""
    work.write("a.yaml", POD.format("a=b " * 500))
    places_of.cache_clear()
    work.run("check", "a.yaml")
    assert places_of.cache_info().misses < 20
