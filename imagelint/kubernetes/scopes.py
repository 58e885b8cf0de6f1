"""Cluster-scoped kinds: a namespace in their metadata is ignored.

Source: ``scope: Cluster`` in the kinds' definitions. A kind that is not listed is namespaced.
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
    "apps.kubeblocks.io": (
        "ComponentDefinition",
        "ComponentVersion",
        "ConfigConstraint",
        "ShardingDefinition",
        "SidecarDefinition",
    ),
    "argoproj.io": ("ClusterWorkflowTemplate",),
    "cdi.kubevirt.io": ("CDI",),
    "data.fluid.io": ("CacheRuntimeClass", "ThinRuntimeProfile"),
    "dataprotection.kubeblocks.io": ("ActionSet",),
    "deviceplugin.intel.com": (
        "DlbDevicePlugin",
        "DsaDevicePlugin",
        "FpgaDevicePlugin",
        "GpuDevicePlugin",
        "IaaDevicePlugin",
        "NpuDevicePlugin",
        "QatDevicePlugin",
        "SgxDevicePlugin",
    ),
    "extensions.kubeblocks.io": ("Addon",),
    "hub.kmm.sigs.x-k8s.io": ("ManagedClusterModule",),
    "image.openshift.io": ("Image",),
    "kmm.sigs.x-k8s.io": ("NodeModulesConfig",),
    "kpack.io": ("ClusterBuildpack", "ClusterLifecycle", "ClusterStack", "ClusterStore"),
    "kubernetes.crossplane.io": ("Object", "ObservedObjectCollection"),
    "logging.banzaicloud.io": ("FluentbitAgent", "Logging", "NodeAgent"),
    "mellanox.com": ("NicClusterPolicy", "NicNodePolicy"),
    "meta.pkg.crossplane.io": ("Configuration", "Function", "Provider"),
    "nvidia.com": ("ClusterPolicy", "NVIDIADriver"),
    "operations.kubeblocks.io": ("OpsDefinition",),
    "operator.open-cluster-management.io": ("ClusterManager", "Klusterlet"),
    "operator.tigera.io": ("ImageSet",),
    "parameters.kubeblocks.io": ("ParametersDefinition",),
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
    "policies.kubewarden.io": (
        "ClusterAdmissionPolicy",
        "ClusterAdmissionPolicyGroup",
        "PolicyServer",
    ),
    "postgresql.cnpg.io": ("ClusterImageCatalog",),
    "postgresql.k8s.enterprisedb.io": ("ClusterImageCatalog",),
    "rbac.authorization.k8s.io": ("ClusterRole", "ClusterRoleBinding"),
    "sailoperator.io": ("Istio", "IstioCNI", "IstioRevision", "ZTunnel"),
    "scylla.scylladb.com": ("ScyllaOperatorConfig",),
    "serving.kserve.io": ("ClusterServingRuntime", "ClusterStorageContainer"),
    "shipwright.io": ("ClusterBuildStrategy",),
    "tailscale.com": ("DNSConfig", "ProxyClass", "Recorder"),
    "tekton.dev": ("ClusterTask",),
    "trainer.kubeflow.org": ("ClusterTrainingRuntime",),
}


def is_cluster_scoped(item: KubeObject) -> bool:
    """Whether an object's kind is cluster-scoped."""
    return item.kind in _KINDS.get(item.group, ())
