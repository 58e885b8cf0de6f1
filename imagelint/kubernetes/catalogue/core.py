"""The core of the catalogue of kinds, as the files under ``rules/`` say: read beforehand.

Made by ``python tools/built_in.py``; edit those files. A test holds this one to them.
To read them in every run would take milliseconds, a tenth of what a run over one clean file costs.
A cache would do that as well, but one on a user's disk can be poisoned.
"""
# ruff: noqa: E501 - a text is a line
# fmt: off

from __future__ import annotations

from typing import Final

from imagelint.kubernetes.catalogue.entries import Field, Form, Holder, Part, SplitNames, Workload

__all__ = ["CORE"]

CORE: Final = Part(
    (
        Workload(
            ("", "apps", "batch", "extensions"), ("Pod",),
            (Field((), Holder("pod-template"), "<pod-template>"),), "k8s.io/api core/v1 Pod",
            "rules/workloads/core.yaml:239",
        ),
        Workload(
            ("", "apps", "batch", "extensions"), ("PodTemplate",),
            (Field(("template",), Holder("pod-template"), "template.<pod-template>"),),
            "k8s.io/api core/v1 PodTemplate (the template has no spec above it)",
            "rules/workloads/core.yaml:243",
        ),
        Workload(
            ("", "apps", "batch", "extensions"), ("ReplicationController",),
            (Field(("spec", "template"), Holder("pod-template"), "spec.template.<pod-template>"),),
            "k8s.io/api core/v1 ReplicationController", "rules/workloads/core.yaml:247",
        ),
        Workload(
            ("", "apps", "batch", "extensions"),
            ("Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"),
            (Field(("spec", "template"), Holder("pod-template"), "spec.template.<pod-template>"),),
            "k8s.io/api apps/v1, v1beta1, v1beta2; extensions/v1beta1",
            "rules/workloads/core.yaml:251",
        ),
        Workload(
            ("", "apps", "batch", "extensions"), ("Job",),
            (Field(("spec", "template"), Holder("pod-template"), "spec.template.<pod-template>"),),
            "k8s.io/api batch/v1 Job", "rules/workloads/core.yaml:255",
        ),
        Workload(
            ("", "apps", "batch", "extensions"), ("CronJob",),
            (Field(("spec", "jobTemplate", "spec", "template"), Holder("pod-template"), "spec.jobTemplate.spec.template.<pod-template>"),),
            "k8s.io/api batch/v1, v1beta1, v2alpha1 CronJob", "rules/workloads/core.yaml:259",
        ),
        Workload(
            ("", "apps", "batch", "extensions"), ("JobTemplate",),
            (Field(("template", "spec", "template"), Holder("pod-template"), "template.spec.template.<pod-template>"),),
            "k8s.io/api batch/v2alpha1 JobTemplate (gone since v0.21)",
            "rules/workloads/core.yaml:263",
        ),
        Workload(
            ("",), ("DeploymentConfig",),
            (Field(("spec", "template"), Holder("pod-template"), "spec.template.<pod-template>"),),
            "openshift/api apps/v1/types.go", "rules/workloads/core.yaml:268",
        ),
        Workload(
            ("",), ("Template",),
            (Field(("objects", "[]"), Holder("object"), "objects[].<object>"),),
            "openshift/api template/v1/types.go", "rules/workloads/core.yaml:272",
        ),
        Workload(
            ("",), ("ConfigMap",),
            (Field(("data",), Holder(keys=("ROOK_CSI_*_IMAGE", "ROOK_CSIADDONS_IMAGE")), "data (ROOK_CSI_*_IMAGE, ROOK_CSIADDONS_IMAGE)"), Field(("data", "queue-sidecar-image"), Holder(of=("*config-deployment*",)), 'data["queue-sidecar-image"] in *config-deployment*'), Field(("data", "storageInitializer"), Holder(text="kserve-image", of=("*inferenceservice-config*",)), "data.storageInitializer: <kserve-image> in *inferenceservice-config*"), Field(("data", "logger"), Holder(text="kserve-image", of=("*inferenceservice-config*",)), "data.logger: <kserve-image> in *inferenceservice-config*"), Field(("data", "batcher"), Holder(text="kserve-image", of=("*inferenceservice-config*",)), "data.batcher: <kserve-image> in *inferenceservice-config*"), Field(("data", "agent"), Holder(text="kserve-image", of=("*inferenceservice-config*",)), "data.agent: <kserve-image> in *inferenceservice-config*"), Field(("data", "router"), Holder(text="kserve-image", of=("*inferenceservice-config*",)), "data.router: <kserve-image> in *inferenceservice-config*"), Field(("data", "explainers"), Holder(text="kserve-explainers", of=("*inferenceservice-config*",)), "data.explainers: <kserve-explainers> in *inferenceservice-config*"), Field(("data", "values"), Holder(text="istio-values", of=("*istio-sidecar-injector*",)), "data.values: <istio-values> in *istio-sidecar-injector*"), Field(("data", "values"), Holder(text="linkerd-values", of=("*linkerd-config*",)), "data.values: <linkerd-values> in *linkerd-config*"), Field(("data", "controller-config.yaml"), Holder(text="argo-events-settings", of=("*argo-events*",)), 'data["controller-config.yaml"]: <argo-events-settings> in *argo-events*'), Field(("data", "envoy-gateway.yaml"), Holder(text="envoy-gateway-settings", of=("*envoy-gateway-config*",)), 'data["envoy-gateway.yaml"]: <envoy-gateway-settings> in *envoy-gateway-config*'), Field(("data", "katib-config.yaml"), Holder(text="katib-settings", of=("*katib-config*",)), 'data["katib-config.yaml"]: <katib-settings> in *katib-config*'), Field(("data",), Holder(keys=("connection_pooler_image", "docker_image", "logical_backup_docker_image"), of=("*postgres-operator*",)), "data (connection_pooler_image, docker_image, logical_backup_docker_image) in *postgres-operator*"), Field(("data",), Holder(keys=("node.collector.imageRef", "trivy.imageRef")), "data (node.collector.imageRef, trivy.imageRef)")),
            "what reads them, as each field says", "rules/workloads/core.yaml:277",
        ),
        Workload(
            ("",), ("Namespace",),
            (Field(("metadata", "annotations", "config.linkerd.io/proxy-image"), Holder(tag_beside="config.linkerd.io/proxy-version"), 'metadata.annotations["config.linkerd.io/proxy-image"], config.linkerd.io/proxy-version'), Field(("metadata", "annotations", "config.linkerd.io/init-image"), Holder(tag_beside="config.linkerd.io/init-image-version"), 'metadata.annotations["config.linkerd.io/init-image"], config.linkerd.io/init-image-version'), Field(("metadata", "annotations", "config.linkerd.io/debug-image"), Holder(tag_beside="config.linkerd.io/debug-image-version"), 'metadata.annotations["config.linkerd.io/debug-image"], config.linkerd.io/debug-image-version')),
            "linkerd2 pkg/inject/inject.go", "rules/workloads/core.yaml:328",
        ),
        Workload(
            ("kustomize.config.k8s.io",), ("Kustomization", "Component"),
            (Field(("images", "[]"), Holder(split=SplitNames((("newName",),), (("newTag",),), (("digest",),))), "images[].(newName, newTag, digest)"), Field(("imageTags", "[]"), Holder(split=SplitNames((("newName",),), (("newTag",),), (("digest",),))), "imageTags[].(newName, newTag, digest)")),
            "sigs.k8s.io/kustomize/api types.Image; name is a match key and no image",
            "rules/workloads/core.yaml:338",
        ),
    ),
    frozenset({
        ("", "Binding"), ("", "Endpoints"), ("", "Event"), ("", "LimitRange"), ("", "Node"),
        ("", "PersistentVolume"), ("", "PersistentVolumeClaim"), ("", "ResourceQuota"),
        ("", "Secret"), ("", "Service"), ("", "ServiceAccount"),
        ("admissionregistration.k8s.io", "*"), ("apiextensions.k8s.io", "ConversionReview"),
        ("apiextensions.k8s.io", "CustomResourceDefinition"), ("apiregistration.k8s.io", "*"),
        ("authentication.k8s.io", "*"), ("authorization.k8s.io", "*"), ("autoscaling", "*"),
        ("certificates.k8s.io", "*"), ("chainsaw.kyverno.io", "*"), ("cli.kyverno.io", "*"),
        ("config.gatekeeper.sh", "*"), ("constraints.gatekeeper.sh", "*"),
        ("coordination.k8s.io", "*"), ("discovery.k8s.io", "*"), ("events.k8s.io", "*"),
        ("expansion.gatekeeper.sh", "*"), ("flowcontrol.apiserver.k8s.io", "*"),
        ("imagepolicy.k8s.io", "*"), ("json.kyverno.io", "*"), ("kyverno.io", "*"),
        ("metrics.k8s.io", "*"), ("mutations.gatekeeper.sh", "*"), ("networking.k8s.io", "*"),
        ("node.k8s.io", "*"), ("policies.kyverno.io", "*"), ("policy", "*"),
        ("rbac.authorization.k8s.io", "*"), ("reports.kyverno.io", "*"), ("scheduling.k8s.io", "*"),
        ("storage.k8s.io", "*"), ("templates.gatekeeper.sh", "*"), ("test.gatekeeper.sh", "*"),
        ("wgpolicyk8s.io", "*"),
    }),
    {
        "container": (
            Field(("image",), text="image"),
            Field(("args",), Holder(flags=frozenset({"config-reloader-image", "prometheus-config-reloader"})), "args (--config-reloader-image, --prometheus-config-reloader)"),
            Field(("args",), Holder(flags=frozenset({"alertmanager-default-base-image", "prometheus-default-base-image", "thanos-default-base-image"}), form=Form.UNTAGGED), "args (--alertmanager-default-base-image, --prometheus-default-base-image, --thanos-default-base-image)"),
            Field(("args",), Holder(flags=frozenset({"acme-http01-solver-image"})), "args (--acme-http01-solver-image)"),
            Field(("args",), Holder(flags=frozenset({"executor-image"})), "args (--executor-image)"),
            Field(("args",), Holder(flags=frozenset({"entrypoint-image", "git-image", "nop-image", "shell-image", "shell-image-win", "sidecarlogresults-image", "workingdirinit-image"})), "args (--entrypoint-image, --git-image, --nop-image, --shell-image, --shell-image-win, --sidecarlogresults-image, --workingdirinit-image)"),
            Field(("command",), Holder(flags=frozenset({"backing-image-manager-image", "engine-image", "instance-manager-image", "manager-image", "share-manager-image", "support-bundle-manager-image"})), "command (--backing-image-manager-image, --engine-image, --instance-manager-image, --manager-image, --share-manager-image, --support-bundle-manager-image)"),
            Field(("args",), Holder(flags=frozenset({"auto-instrumentation-apache-httpd-image", "auto-instrumentation-dotnet-image", "auto-instrumentation-go-image", "auto-instrumentation-java-image", "auto-instrumentation-nginx-image", "auto-instrumentation-nodejs-image", "auto-instrumentation-python-image", "clusterobservability-collector-image", "collector-image", "operator-opamp-bridge-image", "target-allocator-image"})), "args (--auto-instrumentation-apache-httpd-image, --auto-instrumentation-dotnet-image, --auto-instrumentation-go-image, --auto-instrumentation-java-image, --auto-instrumentation-nginx-image, --auto-instrumentation-nodejs-image, --auto-instrumentation-python-image, --clusterobservability-collector-image, --collector-image, --operator-opamp-bridge-image, --target-allocator-image)"),
            Field(("args",), Holder(flags=frozenset({"docker-image", "runner-image"})), "args (--docker-image, --runner-image)"),
            Field(("args",), Holder(flags=frozenset({"mpi-kubectl-delivery-image", "pytorch-init-container-image"})), "args (--mpi-kubectl-delivery-image, --pytorch-init-container-image)"),
            Field(("command",), Holder(flags=frozenset({"consul-dataplane-image", "consul-image", "consul-k8s-image", "envoy-image"})), "command (--consul-dataplane-image, --consul-image, --consul-k8s-image, --envoy-image)"),
            Field(("args",), Holder(flags=frozenset({"el-image"})), "args (--el-image)"),
            Field(("env",), Holder(named=("RELATED_IMAGE_*",)), "env (RELATED_IMAGE_*)"),
            Field(("env",), Holder(named=("STRIMZI_*_IMAGE",)), "env (STRIMZI_*_IMAGE)"),
            Field(("env",), Holder(named=("STRIMZI_*_IMAGES",), form=Form.PAIRS), "env (STRIMZI_*_IMAGES)"),
            Field(("env",), Holder(named=("CSI_ATTACHER_IMAGE", "CSI_LIVENESS_PROBE_IMAGE", "CSI_NODE_DRIVER_REGISTRAR_IMAGE", "CSI_PROVISIONER_IMAGE", "CSI_RESIZER_IMAGE", "CSI_SNAPSHOTTER_IMAGE")), "env (CSI_ATTACHER_IMAGE, CSI_LIVENESS_PROBE_IMAGE, CSI_NODE_DRIVER_REGISTRAR_IMAGE, CSI_PROVISIONER_IMAGE, CSI_RESIZER_IMAGE, CSI_SNAPSHOTTER_IMAGE)"),
            Field(("env",), Holder(named=("OPERATOR_IMAGE_NAME", "PGBOUNCER_IMAGE_NAME", "POSTGRES_IMAGE_NAME")), "env (OPERATOR_IMAGE_NAME, PGBOUNCER_IMAGE_NAME, POSTGRES_IMAGE_NAME)"),
            Field(("env",), Holder(named=("AGENT_INJECT_VAULT_IMAGE",)), "env (AGENT_INJECT_VAULT_IMAGE)"),
            Field(("env",), Holder(named=("CONTROLLER_MANAGER_CONTAINER_IMAGE",)), "env (CONTROLLER_MANAGER_CONTAINER_IMAGE)"),
            Field(("env",), Holder(named=("SIDECAR_IMAGE",)), "env (SIDECAR_IMAGE)"),
            Field(("env",), Holder(named=("ROOK_CSI_*_IMAGE", "ROOK_CSIADDONS_IMAGE")), "env (ROOK_CSI_*_IMAGE, ROOK_CSIADDONS_IMAGE)"),
            Field(("env",), Holder(named=("VIRT_*_IMAGE",)), "env (VIRT_*_IMAGE)"),
            Field(("env",), Holder(named=("APISERVER_IMAGE", "CLONER_IMAGE", "CONTROLLER_IMAGE", "IMPORTER_IMAGE", "OVIRT_POPULATOR_IMAGE", "UPLOAD_PROXY_IMAGE", "UPLOAD_SERVER_IMAGE")), "env (APISERVER_IMAGE, CLONER_IMAGE, CONTROLLER_IMAGE, IMPORTER_IMAGE, OVIRT_POPULATOR_IMAGE, UPLOAD_PROXY_IMAGE, UPLOAD_SERVER_IMAGE)"),
            Field(("env",), Holder(named=("DEFAULT_RABBITMQ_IMAGE", "DEFAULT_USER_UPDATER_IMAGE")), "env (DEFAULT_RABBITMQ_IMAGE, DEFAULT_USER_UPDATER_IMAGE)"),
            Field(("env",), Holder(named=("OPENEBS_IO_HELPER_IMAGE",)), "env (OPENEBS_IO_HELPER_IMAGE)"),
            Field(("env",), Holder(named=("ARGO_EVENTS_IMAGE",)), "env (ARGO_EVENTS_IMAGE)"),
            Field(("env",), Holder(named=("VM_*_IMAGE",), form=Form.UNTAGGED), "env (VM_*_IMAGE)"),
        ),
        "pod-spec": (
            Field(("containers", "[]"), Holder("container"), "containers[].<container>"),
            Field(("initContainers", "[]"), Holder("container"), "initContainers[].<container>"),
            Field(("ephemeralContainers", "[]", "image"), text="ephemeralContainers[].image"),
            Field(("volumes", "[]", "image", "reference"), text="volumes[].image.reference"),
        ),
        "pod-template": (
            Field(("spec",), Holder("pod-spec"), "spec.<pod-spec>"),
            Field(("metadata", "annotations", "sidecar.istio.io/proxyImage"), Holder(form=Form.SHORT, registries=("docker.io/istio",)), 'metadata.annotations["sidecar.istio.io/proxyImage"], by default in docker.io/istio'),
            Field(("metadata", "annotations", "config.linkerd.io/proxy-image"), Holder(tag_beside="config.linkerd.io/proxy-version"), 'metadata.annotations["config.linkerd.io/proxy-image"], config.linkerd.io/proxy-version'),
            Field(("metadata", "annotations", "config.linkerd.io/init-image"), Holder(tag_beside="config.linkerd.io/init-image-version"), 'metadata.annotations["config.linkerd.io/init-image"], config.linkerd.io/init-image-version'),
            Field(("metadata", "annotations", "config.linkerd.io/debug-image"), Holder(tag_beside="config.linkerd.io/debug-image-version"), 'metadata.annotations["config.linkerd.io/debug-image"], config.linkerd.io/debug-image-version'),
            Field(("metadata", "annotations", "dapr.io/sidecar-image"), text='metadata.annotations["dapr.io/sidecar-image"]'),
            Field(("metadata", "annotations", "vault.hashicorp.com/agent-image"), text='metadata.annotations["vault.hashicorp.com/agent-image"]'),
        ),
        "kserve-image": (Field(("image",), text="image"),),
        "kserve-explainers": (
            Field(("{}",), Holder(split=SplitNames((("image",),), (("defaultImageVersion",),))), "{}.(image, defaultImageVersion)"),
        ),
        "istio-values": (
            Field(("global",), Holder(split=SplitNames(tag=(("tag",),), registry=(("hub",),), image=(("proxy", "image"),)), registries=("docker.io/istio",)), "global.(hub, proxy.image, tag), by default in docker.io/istio"),
            Field(("global",), Holder(split=SplitNames(tag=(("tag",),), registry=(("hub",),), image=(("proxy_init", "image"),)), registries=("docker.io/istio",)), "global.(hub, proxy_init.image, tag), by default in docker.io/istio"),
        ),
        "linkerd-values": (
            Field(("proxy", "image"), Holder(split=SplitNames((("name",),), (("version",), ("/linkerdVersion",)))), "proxy.image.(name, version or /linkerdVersion)"),
            Field(("proxyInit", "image"), Holder(split=SplitNames((("name",),), (("version",),))), "proxyInit.image.(name, version)"),
            Field(("debugContainer", "image"), Holder(split=SplitNames((("name",),), (("version",), ("/linkerdVersion",)))), "debugContainer.image.(name, version or /linkerdVersion)"),
        ),
        "argo-events-settings": (
            Field(("eventBus", "nats", "versions", "[]", "natsStreamingImage"), text="eventBus.nats.versions[].natsStreamingImage"),
            Field(("eventBus", "nats", "versions", "[]", "metricsExporterImage"), text="eventBus.nats.versions[].metricsExporterImage"),
            Field(("eventBus", "jetstream", "versions", "[]", "natsImage"), text="eventBus.jetstream.versions[].natsImage"),
            Field(("eventBus", "jetstream", "versions", "[]", "configReloaderImage"), text="eventBus.jetstream.versions[].configReloaderImage"),
            Field(("eventBus", "jetstream", "versions", "[]", "metricsExporterImage"), text="eventBus.jetstream.versions[].metricsExporterImage"),
        ),
        "envoy-gateway-settings": (
            Field(("provider", "kubernetes", "rateLimitDeployment", "container", "image"), text="provider.kubernetes.rateLimitDeployment.container.image"),
            Field(("provider", "kubernetes", "rateLimitDeployment", "initContainers", "[]"), Holder("container"), "provider.kubernetes.rateLimitDeployment.initContainers[].<container>"),
            Field(("provider", "kubernetes", "rateLimitDeployment", "patch", "value", "spec", "template"), Holder("pod-template"), "provider.kubernetes.rateLimitDeployment.patch.value.spec.template.<pod-template>"),
            Field(("provider", "kubernetes", "shutdownManager", "image"), text="provider.kubernetes.shutdownManager.image"),
        ),
        "katib-settings": (
            Field(("runtime", "metricsCollectors", "[]", "image"), text="runtime.metricsCollectors[].image"),
            Field(("runtime", "suggestions", "[]"), Holder("container"), "runtime.suggestions[].<container>"),
            Field(("runtime", "earlyStoppings", "[]", "image"), text="runtime.earlyStoppings[].image"),
        ),
    },
    ("image", "IMAGE", "Image", "prometheus-config-reloader"),
    (
        "pkg.crossplane.io", "source.toolkit.fluxcd.io", "tekton.dev", "serving.kserve.io",
        "kubevirt.io", "kafka.strimzi.io", "operator.knative.dev", "install.istio.io",
        "sailoperator.io", "extensions.istio.io", "policies.kubewarden.io", "scylla.scylladb.com",
        "fluxcd.controlplane.io", "apps.nvidia.com",
    ),
)
