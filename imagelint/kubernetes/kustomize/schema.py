"""The fields of a kustomization and of kustomize's plugins, with their types. Data only.

Source: sigs.k8s.io/kustomize/api, ``types`` and ``internal/builtins``, v0.20.1 (kustomize 5.7.1),
and the fields that v0.21.2 (5.8) adds.
"""

from __future__ import annotations

from typing import Final, TypeAlias

from imagelint.model.namedtuple import NamedTuple

__all__ = ["ANY", "CONFIGURATION", "IMAGE", "KUSTOMIZATION", "PATCH", "PLUGINS", "REPLACEMENT"]
__all__ += ["ListOf", "MapOf", "Schema", "Struct"]

STRING: Final = "string"
BOOL: Final = "boolean"
INT: Final = "number"
ANY: Final = "any"


class ListOf(NamedTuple):
    """A list of values of one type."""

    of: Schema


class MapOf(NamedTuple):
    """A map from names to values of one type (``string``, ``boolean`` or ``any``)."""

    of: str


Schema: TypeAlias = "str | ListOf | MapOf | dict[str, Schema]"
"""A scalar's JSON type, or a list, a map or a struct by its fields."""
Struct: TypeAlias = "dict[str, Schema]"

_TEXTS: Final = ListOf(STRING)
_PAIRS: Final = MapOf(STRING)
_GVK: Final[Struct] = {"group": STRING, "version": STRING, "kind": STRING}
_ID: Final[Struct] = {**_GVK, "name": STRING, "namespace": STRING}
_SELECTOR: Final[Struct] = {**_ID, "annotationSelector": STRING, "labelSelector": STRING}
_FIELD_SPEC: Final[Struct] = {**_GVK, "path": STRING, "create": BOOL}
_FIELD_SPECS: Final = ListOf(_FIELD_SPEC)
_METADATA: Final[Struct] = {
    "name": STRING,
    "namespace": STRING,
    "labels": _PAIRS,
    "annotations": _PAIRS,
}
IMAGE: Final[Struct] = {
    "name": STRING,
    "newName": STRING,
    "tagSuffix": STRING,
    "newTag": STRING,
    "digest": STRING,
}
PATCH: Final[Struct] = {
    "path": STRING,
    "patch": STRING,
    "target": _SELECTOR,
    "options": MapOf(BOOL),
}
_OPTIONS: Final[Struct] = {"delimiter": STRING, "index": INT, "encoding": STRING, "create": BOOL}
REPLACEMENT: Final[Struct] = {
    "source": {**_ID, "fieldPath": STRING, "options": _OPTIONS},
    "targets": ListOf(
        {
            "select": _SELECTOR,
            "reject": ListOf(_SELECTOR),
            "fieldPaths": _TEXTS,
            "options": _OPTIONS,
        }
    ),
    "sourceValue": STRING,
}
_REPLACEMENTS: Final = ListOf({**REPLACEMENT, "path": STRING})
_LABELS: Final = ListOf(
    {
        "pairs": _PAIRS,
        "includeSelectors": BOOL,
        "includeTemplates": BOOL,
        "includeVolumeClaimTemplates": BOOL,
        "fields": _FIELD_SPECS,
    }
)
_GENERATOR_OPTIONS: Final[Struct] = {
    "labels": _PAIRS,
    "annotations": _PAIRS,
    "disableNameSuffixHash": BOOL,
    "immutable": BOOL,
}
_CONFIG_MAP: Final[Struct] = {
    "namespace": STRING,
    "name": STRING,
    "behavior": STRING,
    "literals": _TEXTS,
    "files": _TEXTS,
    "envs": _TEXTS,
    "env": STRING,
    "options": _GENERATOR_OPTIONS,
}
_SECRET: Final[Struct] = {**_CONFIG_MAP, "type": STRING}
_HELM_GLOBALS: Final[Struct] = {"chartHome": STRING, "configHome": STRING}
_HELM_CHART: Final[Struct] = {
    "name": STRING,
    "version": STRING,
    "repo": STRING,
    "releaseName": STRING,
    "namespace": STRING,
    "additionalValuesFiles": _TEXTS,
    "valuesFile": STRING,
    "valuesInline": MapOf(ANY),
    "valuesMerge": STRING,
    "includeCRDs": BOOL,
    "skipHooks": BOOL,
    "apiVersions": _TEXTS,
    "kubeVersion": STRING,
    "nameTemplate": STRING,
    "skipTests": BOOL,
    "debug": BOOL,
    "devel": BOOL,
}
_OLD_HELM_CHART: Final[Struct] = {
    "chartName": STRING,
    "chartVersion": STRING,
    "chartRepoUrl": STRING,
    "chartHome": STRING,
    "chartRepoName": STRING,
    "helmBin": STRING,
    "helmHome": STRING,
    "values": STRING,
    "valuesLocal": MapOf(ANY),
    "valuesMerge": STRING,
    "releaseName": STRING,
    "releaseNamespace": STRING,
    "extraArgs": _TEXTS,
}
_VAR: Final[Struct] = {
    "name": STRING,
    "objref": {"apiVersion": STRING, **_ID},
    "fieldref": {"fieldPath": STRING},
}
_REPLICA: Final[Struct] = {"name": STRING, "count": INT}
_SORT: Final[Struct] = {
    "order": STRING,
    "legacySortOptions": {"orderFirst": _TEXTS, "orderLast": _TEXTS},
}

KUSTOMIZATION: Final[Struct] = {
    "kind": STRING,
    "apiVersion": STRING,
    "metadata": _METADATA,
    "openapi": _PAIRS,
    "namePrefix": STRING,
    "nameSuffix": STRING,
    "namespace": STRING,
    "commonLabels": _PAIRS,
    "labels": _LABELS,
    "commonAnnotations": _PAIRS,
    "patchesStrategicMerge": _TEXTS,
    "patchesJson6902": ListOf(PATCH),
    "patches": ListOf(PATCH),
    "images": ListOf(IMAGE),
    "imageTags": ListOf(IMAGE),
    "replacements": _REPLACEMENTS,
    "replicas": ListOf(_REPLICA),
    "vars": ListOf(_VAR),
    "sortOptions": _SORT,
    "resources": _TEXTS,
    "components": _TEXTS,
    "crds": _TEXTS,
    "bases": _TEXTS,
    "configMapGenerator": ListOf(_CONFIG_MAP),
    "secretGenerator": ListOf(_SECRET),
    "helmGlobals": _HELM_GLOBALS,
    "helmCharts": ListOf(_HELM_CHART),
    "helmChartInflationGenerator": ListOf(_OLD_HELM_CHART),
    "generatorOptions": _GENERATOR_OPTIONS,
    "configurations": _TEXTS,
    "generators": _TEXTS,
    "transformers": _TEXTS,
    "validators": _TEXTS,
    "buildMetadata": _TEXTS,
}
"""``types.Kustomization``."""

CONFIGURATION: Final[Struct] = {
    "namePrefix": _FIELD_SPECS,
    "nameSuffix": _FIELD_SPECS,
    "namespace": _FIELD_SPECS,
    "commonLabels": _FIELD_SPECS,
    "labels": _FIELD_SPECS,
    "templateLabels": _FIELD_SPECS,
    "commonAnnotations": _FIELD_SPECS,
    "nameReference": ListOf({**_GVK, "fieldSpecs": _FIELD_SPECS}),
    "varReference": _FIELD_SPECS,
    "images": _FIELD_SPECS,
    "replicas": _FIELD_SPECS,
}
"""``builtinconfig.TransformerConfig``: a file of ``configurations``."""

PLUGINS: Final[dict[str, Struct]] = {
    "AnnotationsTransformer": {"annotations": _PAIRS, "fieldSpecs": _FIELD_SPECS},
    "ConfigMapGenerator": _CONFIG_MAP,
    "HashTransformer": {},
    "HelmChartInflationGenerator": {**_HELM_GLOBALS, **_HELM_CHART},
    "IAMPolicyGenerator": {},
    "ImageTagTransformer": {"imageTag": IMAGE, "fieldSpecs": _FIELD_SPECS},
    "LabelTransformer": {"labels": _PAIRS, "fieldSpecs": _FIELD_SPECS},
    "NamespaceTransformer": {"fieldSpecs": _FIELD_SPECS},
    "PatchJson6902Transformer": {"target": _SELECTOR, "path": STRING, "jsonOp": STRING},
    "PatchStrategicMergeTransformer": {"paths": _TEXTS, "patches": STRING},
    "PatchTransformer": PATCH,
    "PrefixTransformer": {"prefix": STRING, "fieldSpecs": _FIELD_SPECS},
    "ReplacementTransformer": {"replacements": _REPLACEMENTS},
    "ReplicaCountTransformer": {"replica": _REPLICA, "fieldSpecs": _FIELD_SPECS},
    "SecretGenerator": _SECRET,
    "SortOrderTransformer": {},
    "SuffixTransformer": {"suffix": STRING, "fieldSpecs": _FIELD_SPECS},
    "ValueAddTransformer": {
        "value": STRING,
        "targets": ListOf({"selector": _SELECTOR, "fieldPath": STRING, "filePathPosition": INT}),
        "targetFilePath": STRING,
    },
}
"""The plugins of ``apiVersion: builtin``, by kind: the fields that matter here."""
