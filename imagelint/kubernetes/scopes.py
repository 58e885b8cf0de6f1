"""Kinds that belong to no namespace: what their metadata says of one is dropped.

Read off ``scope: Cluster`` in the kinds' definitions. A kind that is not here counts as namespaced.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from imagelint.model.finding import KubeObject

__all__ = ["is_cluster_scoped"]

_KINDS: Final = {
    "": ("Namespace", "Node", "PersistentVolume"),
    "admissionregistration.k8s.io": (
        "MutatingAdmissionPolicy",
        "MutatingWebhookConfiguration",
        "ValidatingAdmissionPolicy",
        "ValidatingWebhookConfiguration",
    ),
    "apiextensions.k8s.io": ("CustomResourceDefinition",),
    "apps.kruise.io": ("NodeImage",),
    "argoproj.io": ("ClusterWorkflowTemplate",),
    "cdi.kubevirt.io": ("CDI",),
    "image.openshift.io": ("Image",),
    "meta.pkg.crossplane.io": ("Configuration", "Function", "Provider"),
    "nvidia.com": ("ClusterPolicy", "NVIDIADriver"),
    "pkg.crossplane.io": (
        "Configuration",
        "ConfigurationRevision",
        "ControllerConfig",
        "DeploymentRuntimeConfig",
        "Function",
        "FunctionRevision",
        "Provider",
        "ProviderRevision",
    ),
    "postgresql.cnpg.io": ("ClusterImageCatalog",),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding"),
    "sailoperator.io": ("Istio", "IstioCNI", "IstioRevision", "ZTunnel"),
    "serving.kserve.io": ("ClusterServingRuntime", "ClusterStorageContainer"),
    "shipwright.io": ("ClusterBuildStrategy",),
    "tekton.dev": ("ClusterTask",),
    "trainer.kubeflow.org": ("ClusterTrainingRuntime",),
}


def is_cluster_scoped(item: KubeObject) -> bool:
    """Whether an object's kind is one of those."""
    return item.kind in _KINDS.get(item.group, ())
