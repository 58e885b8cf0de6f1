"""Every field of every entry of the catalogue leads to its image, wherever the entry stands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from imagelint.files.shipped import catalogue_files
from imagelint.kubernetes.catalogue.entries import (
    OBJECT,
    Field,
    Form,
    SplitNames,
    Workload,
    words_of,
)
from imagelint.kubernetes.catalogue.lookup import load_catalogue
from imagelint.kubernetes.examine import examine
from imagelint.kubernetes.prefilter import can_hold_image
from imagelint.kubernetes.sites import path_of
from imagelint.model.source import Source
from tests.support.trees import Seen, catalogue, seen

if TYPE_CHECKING:
    from collections.abc import Iterator

    from imagelint.kubernetes.catalogue.entries import Holder, Ways

ENTRIES = catalogue().entries()
POD = {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [{"image": "a/b:1"}]}}


def groups_without_files() -> set[str]:
    """Return the groups that core.yaml alone speaks of."""
    return {group for entry in ENTRIES for group in entry.groups} - set(catalogue_files().groups)


def leaves(fields: tuple[Field, ...], inside: tuple[str, ...] = ()) -> Iterator[Leaf]:
    """Yield the ends of fields, with shapes written out, each once on a path."""
    shapes = catalogue().shapes()
    for field in fields:
        name = field.holder.shape
        if field.holder.text:
            for leaf in leaves(shapes[field.holder.text]):
                yield Leaf(field.path, leaf.holder, field.holder.of, leaf.path)
        elif not name or name == OBJECT:
            yield from (Leaf(field.path, holder, holder.of) for holder in ways_of(field.holder))
        elif name not in inside:
            for leaf in leaves(shapes[name], (*inside, name)):
                yield leaf._replace(path=(*field.path, *leaf.path))


class Leaf(NamedTuple):
    """The end of a field."""

    path: tuple[str, ...]
    holder: Holder
    of: tuple[str, ...] = ()
    in_text: tuple[str, ...] | None = None
    """The path in a text that stands there, where the holder is there."""


def ways_of(holder: Holder) -> Iterator[Holder]:
    """Yield a holder for every way to write the parts of an image, and for every prefix."""
    for prefix in holder.prefixes or ("",):
        one = holder._replace(prefixes=(prefix,) if prefix else ())
        if holder.split is None:
            yield one
            continue
        split = holder.split
        parts = {name: getattr(split, name) for name in SplitNames._fields if name != "default"}
        for number in range(max(map(len, parts.values()))):
            picked: Any = {name: pick(part, number) for name, part in parts.items()}
            yield one._replace(split=split._replace(**picked))


def pick(ways: Ways, number: int) -> Ways:
    """Return one of the ways, the last one where there are fewer."""
    return ways[min(number, len(ways) - 1) :][:1]


class Written(NamedTuple):
    """What to write for a holder: at its place, at the object's root, and what comes of it."""

    value: Any
    at_root: dict[str, Any]
    at: tuple[str | int, ...]
    """Where the scalar with the image stands."""
    images: list[str]


def put(where: dict[str, Any], root: dict[str, Any], way: tuple[str, ...], text: str) -> None:
    """Write a part of an image."""
    if way[0].startswith("/"):
        where, way = root, (way[0][1:], *way[1:])
    *keys, last = way
    for key in keys:
        where = where.setdefault(key, {})
    where[last] = text


def written(holder: Holder) -> Written:
    """Return what to write for a holder, all of whose parts have one way."""
    prefix = "".join(holder.prefixes)
    if holder.shape:
        return Written(POD, {}, ("spec", "containers", 0, "image"), ["a/b:1"])
    if holder.split is not None:
        split = holder.split
        value: dict[str, Any] = {} if holder.only is None else dict([holder.only])
        root: dict[str, Any] = {}
        names = split.repository or split.image
        (at,) = split.registry or names
        for ways, text in (
            (split.registry, "r.io"),
            (names, "r.io/b"[5 if split.registry else 0 :]),
            (split.tag, "1"),
        ):
            for way in ways:
                put(value, root, way, text if way != at else prefix + text)
        is_whole = bool(split.image) and not split.registry
        image = "r.io/" + ("b" if names else split.default)
        return Written(value, root, at, [image + (":1" if split.tag and not is_whole else "")])
    if holder.form is Form.TRACKED:
        text, images = "r.io/a/b:~1", ["r.io/a/b"]
    elif holder.form is Form.PAIRS:
        text, images = "1=a/b:1\n2=a/b:2\n", ["a/b:1", "a/b:2"]
    else:
        text, images = f"{prefix}r.io/a/b:1", ["r.io/a/b:1"]
    if holder.flags:
        flag = min(holder.flags)
        return Written([f"--{flag}={text}", f"-{flag}", text], {}, (0,), images)
    if holder.keys:
        name = holder.keys[0].replace("*", "X")
        return Written({name: text}, {}, (name,), images)
    if holder.named:
        name = holder.named[0].replace("*", "X")
        return Written([{"name": name, "value": text}], {}, (0, "value"), images)
    return Written(text, {}, (), images)


def merge(into: dict[str, Any], more: dict[str, Any]) -> None:
    """Add what is in mappings to mappings."""
    for key, value in more.items():
        if isinstance(value, dict) and key in into:
            merge(into[key], value)
        else:
            into[key] = value


def document(group: str, kind: str, leaf: Leaf) -> tuple[str, str, list[str]]:
    """Write an object with an image at a leaf; return it with the field and the images."""
    value, at_root, inside, images = written(leaf.holder)
    end = ""
    if leaf.in_text is not None:
        value, steps = around(value, leaf.in_text)
        merge(value, at_root)
        at_root = {}
        value, end, inside = json.dumps(value), f": {path_of((*steps, *inside))}", ()
    value, steps = around(value, leaf.path)
    if str(inside[:1]).startswith("('/"):
        steps, inside = [], (str(inside[0])[1:], *inside[1:])
    merge(value, at_root)
    head: dict[str, Any] = {"apiVersion": f"{group}/v1" if group else "v1", "kind": kind}
    if leaf.of:
        head["metadata"] = {"name": leaf.of[0].strip("*")}
    return json.dumps({**head, **value}), path_of((*steps, *inside)) + end, images


def around(value: Any, path: tuple[str, ...]) -> tuple[Any, list[str | int]]:
    """Return a value below a path, and the steps to it."""
    for segment in reversed(path):
        key = "some" if segment == "{}" else segment
        value = [value] if segment == "[]" else {key: value}
    return value, [0 if one == "[]" else "some" if one == "{}" else one for one in path]


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.groups[0]}-{entry.kinds[0]}")
def test_every_field_leads_to_its_image(entry: Workload) -> None:
    """And the proof that a document holds no image does not leave it out."""
    for leaf in leaves(entry.fields):
        for group in entry.groups:
            for kind in entry.kinds:
                text, field, images = document(group, kind, leaf)
                found = seen(text)
                for image in images:
                    assert Seen(field, image) in found, text
                block = examine(Source("a.yaml", text.encode()), catalogue(), prove=True)
                assert block, text


@pytest.mark.parametrize("group", sorted(catalogue_files().groups))
def test_every_file_is_for_its_group(group: str) -> None:
    """And for it alone; a file that nothing can find would be a hole."""
    entries = [entry for entry in ENTRIES if entry.origin.startswith(f"rules/workloads/{group}.y")]
    free = [pair for pair in catalogue().without_images() if pair[0] == group]
    assert all(entry.groups == (group,) for entry in entries)
    assert entries or free


def test_the_words_of_core_stand_for_every_file() -> None:
    """A document of a group whose fields have other words has the group in its apiVersion."""
    words = load_catalogue(catalogue_files()).words
    anywhere, groups = ([one.decode() for one in some] for some in words)
    for entry in ENTRIES:
        if any(words_of(entry, anywhere)):
            assert all(any(one in group for one in groups) for group in entry.groups), entry


def test_a_group_in_the_key_of_a_policys_own_field_is_a_word_like_others() -> None:
    """That of the catalogue counts in an apiVersion alone."""
    field = Field(("spec", "tekton.dev/ref"), text="spec.tekton.dev/ref")
    own = Workload(("example.com",), ("Kind",), (field,), "ours", "imagelint.yaml:1")
    words = load_catalogue(catalogue_files()).with_entries([own]).words
    assert can_hold_image(b"apiVersion: example.com/v1\ntekton.dev/ref: a\n", words)


def test_every_entry_names_its_source() -> None:
    assert all(len(entry.source) > len("kserve") and entry.fields for entry in ENTRIES)
    assert groups_without_files() == {"", "apps", "batch", "extensions", "kustomize.config.k8s.io"}


POD_SPEC = "containers: [{name: c, image: a}]"


LOOK_ALIKES = [
    ("actions.summerwind.dev", "HorizontalRunnerAutoscaler", "spec: {image: a}"),
    (
        "app.redislabs.com",
        "RedisEnterpriseCluster",
        "spec: {redisEnterpriseImageSpec: {versionTag: a}}",
    ),
    ("apps.emqx.io", "EMQX", "spec: {imagePullSecrets: [{name: a}], imagePullPolicy: Always}"),
    ("apps.kubeblocks.io", "ClusterDefinition", "spec: {image: a}"),
    ("apps.nvidia.com", "NIMService", "spec: {image: {tag: a, pullSecrets: [b]}}"),
    (
        "argocd-image-updater.argoproj.io",
        "ImageUpdater",
        "spec: {applicationRefs: [{images: [{alias: a}]}]}",
    ),
    ("argoproj.io", "ArgoCD", "spec: {version: a, server: {host: b}}"),
    ("argoproj.io", "ArgoCDExport", "spec: {argocd: a}"),
    ("awx.ansible.com", "AWX", "spec: {image_version: a, image_pull_policy: Always}"),
    (
        "cdi.kubevirt.io",
        "DataVolume",
        "spec: {source: {vddk: {url: 'https://a'}, http: {url: 'https://b'}}}",
    ),
    ("ceph.rook.io", "CephBlockPool", "spec: {image: a}"),
    ("clickhouse.com", "ClickHouseCluster", "spec: {containerTemplate: {image: {tag: a}}}"),
    (
        "controlplane.cluster.x-k8s.io",
        "KamajiControlPlane",
        "spec: {version: v1, addons: {coreDNS: {imageRepository: a}}}",
    ),
    (
        "controlplane.cluster.x-k8s.io",
        "KubeadmControlPlane",
        "spec: {kubeadmConfigSpec: {clusterConfiguration: {imageRepository: a}}}",
    ),
    ("controlplane.cluster.x-k8s.io", "AWSManagedControlPlane", "spec: {imageLookupOrg: a}"),
    (
        "core.oam.dev",
        "Application",
        "spec: {components: [{name: a, type: helm, properties: {chart: b}}]}",
    ),
    (
        "core.oam.dev",
        "Application",
        "spec: {workflow: {steps: [{type: build-push-image, properties: {image: a}}]}}",
    ),
    ("coroot.com", "Coroot", "spec: {nodeAgent: {image: {pullPolicy: a}}}"),
    ("cr.kanister.io", "Profile", "spec: {image: a}"),
    ("data.fluid.io", "Dataset", "spec: {image: a}"),
    ("data.fluid.io", "JindoRuntime", "spec: {fuse: {imageTag: a, imagePullPolicy: b}}"),
    ("databases.spotahome.com", "RedisFailover", "spec: {redis: {imagePullPolicy: a}}"),
    (
        "datadoghq.com",
        "DatadogAgent",
        "spec: {override: {nodeAgent: {image: {tag: a, jmxEnabled: true}}}}",
    ),
    ("datadoghq.com", "DatadogMonitor", "spec: {image: a}"),
    ("dbaas.percona.com", "DatabaseEngine", "spec: {image: a}"),
    ("deviceplugin.intel.com", "GpuDevicePlugin", "spec: {sharedDevNum: 1}"),
    ("dynatrace.com", "EdgeConnect", "spec: {imageRef: {tag: a}, apiServer: b}"),
    ("executor.testkube.io", "Executor", "spec: {types: [a/b], content_types: [c]}"),
    ("extensions.istio.io", "WasmPlugin", "spec: {url: 'file:///opt/a', sha256: b}"),
    ("flink.apache.org", "FlinkSessionJob", "spec: {image: a}"),
    ("fluentbit.fluent.io", "ClusterOutput", "spec: {image: a}"),
    ("fluentd.fluent.io", "ClusterOutput", "spec: {image: a}"),
    ("fluxcd.controlplane.io", "FluxInstance", "spec: {distribution: {version: 2.x}}"),
    (
        "gateway.envoyproxy.io",
        "EnvoyExtensionPolicy",
        "spec: {wasm: [{code: {http: {url: 'https://a'}}}]}",
    ),
    (
        "gateway.kgateway.dev",
        "GatewayParameters",
        "spec: {kube: {envoyContainer: {image: {tag: a}}}}",
    ),
    ("helm.cattle.io", "HelmChart", "spec: {chart: 'oci://a/b', repo: c}"),
    ("hivemq.com", "HiveMQCluster", "spec: {hivemqVersion: a}"),
    ("jaegertracing.io", "Jaeger", "spec: {query: {options: {log-level: a}}}"),
    ("k6.io", "TestRun", "spec: {script: {configMap: {name: a}}}"),
    ("k8s.keycloak.org", "KeycloakRealmImport", "spec: {image: a}"),
    ("k8s.mariadb.com", "Connection", "spec: {image: a}"),
    ("kafka.banzaicloud.io", "KafkaTopic", "spec: {image: a}"),
    (
        "kafka.strimzi.io",
        "KafkaNodePool",
        "spec: {template: {pod: {volumes: [{name: a, secret: {secretName: b}}]}}}",
    ),
    ("kagent.dev", "Agent", "spec: {declarative: {deployment: {imageRegistry: a}}}"),
    ("kaito.sh", "Workspace", "tuning: {output: {image: a}}"),
    ("kmm.sigs.x-k8s.io", "Module", "spec: {imageRepoSecret: {name: a}}"),
    ("kpack.io", "Image", "spec: {tag: a/b, builder: {name: c}}"),
    ("kpack.io", "Builder", "spec: {tag: a/b}"),
    (
        "kubernetes.crossplane.io",
        "Object",
        "spec: {forProvider: {manifest: {apiVersion: v1, kind: Secret, image: a}}}",
    ),
    (
        "kubevirt.io",
        "VirtualMachineInstancePreset",
        "spec: {domain: {firmware: {kernelBoot: {kernelArgs: a}}}}",
    ),
    ("logging.banzaicloud.io", "Output", "spec: {image: {repository: a}}"),
    ("longhorn.io", "BackingImage", "spec: {sourceType: a, image: b}"),
    ("longhorn.io", "Volume", "spec: {backingImage: a}"),
    (
        "mellanox.com",
        "NicClusterPolicy",
        "spec: {nicFeatureDiscovery: {repository: a, version: b}}",
    ),
    ("minio.min.io", "Tenant", "spec: {additionalVolumes: [{name: a}]}"),
    ("monitoring.grafana.com", "LogsInstance", "spec: {image: a}"),
    ("networking.gke.io", "GCPWasmPlugin", "spec: {versions: [{name: a}]}"),
    ("opensearch.org", "OpenSearchCluster", "spec: {general: {version: a}}"),
    ("opentelemetry.io", "Instrumentation", "spec: {exporter: {endpoint: 'http://a'}}"),
    (
        "operator.cluster.x-k8s.io",
        "CoreProvider",
        "spec: {deployment: {containers: [{name: a, image: {tag: b}}]}}",
    ),
    ("operator.karmada.io", "Karmada", "spec: {components: {karmadaSearch: {imageTag: a}}}"),
    ("operator.kubearmor.com", "KubeArmorConfig", "spec: {kubearmorImage: {imagePullPolicy: a}}"),
    ("operator.open-cluster-management.io", "Klusterlet", "spec: {clusterName: a}"),
    ("operator.tigera.io", "ImageSet", "spec: {images: [{digest: a}]}"),
    ("operator.victoriametrics.com", "VMRule", "spec: {image: {repository: a}}"),
    ("operator.victoriametrics.com", "VMAgent", "spec: {image: {pullPolicy: a}}"),
    ("pg.percona.com", "PerconaPGBackup", "spec: {image: a}"),
    ("pingcap.com", "TidbCluster", "spec: {version: a, tikv: {version: b}}"),
    ("pkg.crossplane.io", "ImageConfig", "spec: {matchImages: [{prefix: a}]}"),
    ("planetscale.com", "VitessCluster", "spec: {imagePullPolicies: {vtgate: Always}}"),
    ("platform.confluent.io", "KafkaTopic", "spec: {image: a}"),
    ("policies.kubewarden.io", "ClusterAdmissionPolicy", "spec: {module: 'https://a/b.wasm'}"),
    (
        "postgres-operator.crunchydata.com",
        "PostgresCluster",
        "spec: {imagePullSecrets: [{name: a}]}",
    ),
    (
        "postgresql.cnpg.io",
        "Cluster",
        "spec: {imageCatalogRef: {kind: ImageCatalog, name: a, major: 17}}",
    ),
    ("ps.percona.com", "PerconaServerMySQLBackup", "spec: {image: a}"),
    ("psmdb.percona.com", "PerconaServerMongoDBBackup", "spec: {image: a}"),
    ("pxc.percona.com", "PerconaXtraDBClusterBackup", "spec: {image: a}"),
    ("rabbitmq.com", "RabbitmqCluster", "spec: {secretBackend: {vault: {role: a}}}"),
    ("redis.redis.opstreelabs.in", "Redis", "spec: {kubernetesConfig: {imagePullPolicy: a}}"),
    ("repo-manager.pulpproject.org", "Pulp", "spec: {image_version: a, image_pull_policy: b}"),
    ("scylla.scylladb.com", "ScyllaCluster", "spec: {version: a, agentVersion: b}"),
    ("shipwright.io", "Build", "spec: {output: {image: a}}"),
    ("solr.apache.org", "SolrCloud", "spec: {solrImage: {tag: a}}"),
    (
        "spark.apache.org",
        "SparkApplication",
        "spec: {sparkConf: {spark.kubernetes.container.image.pullPolicy: a}}",
    ),
    (
        "starrocks.com",
        "StarRocksCluster",
        "spec: {starRocksFeSpec: {imagePullSecrets: [{name: a}]}}",
    ),
    ("tailscale.com", "Connector", "spec: {image: a}"),
    ("temporal.io", "TemporalCluster", "spec: {version: a}"),
    ("tempo.grafana.com", "TempoStack", "spec: {images: {}, storage: {secret: {name: a}}}"),
    ("tests.testkube.io", "TestSource", "spec: {image: a}"),
    ("testworkflows.testkube.io", "TestWorkflow", "spec: {container: {workingDir: a}}"),
    ("upgrade.cattle.io", "Plan", "spec: {version: a, channel: 'https://b'}"),
    ("valkey.io", "ValkeyCluster", "spec: {imagePullSecrets: [{name: a}]}"),
    ("work.karmada.io", "ResourceBinding", "spec: {image: a}"),
    (
        "workspace.devfile.io",
        "DevWorkspace",
        "spec: {template: {components: [{image: {imageName: a}}]}}",
    ),
    ("agentgateway.dev", "AgentgatewayParameters", "spec: {image: {repository: a, tag: b}}"),
    ("aigateway.envoyproxy.io", "GatewayConfig", "spec: {extProc: {kubernetes: {env: []}}}"),
    ("ais.nvidia.com", "AIStore", "spec: {imagePullSecrets: [{name: a}]}"),
    ("apps.gitlab.com", "Runner", "spec: {imagePullPolicy: a}"),
    ("authzed.com", "SpiceDBCluster", "spec: {version: a}"),
    ("chisel-operator.io", "ExitNode", "spec: {host: a}"),
    (
        "cloudsql.cloud.google.com",
        "AuthProxyWorkload",
        "spec: {instances: [{connectionString: a}]}",
    ),
    ("cluster.redpanda.com", "Redpanda", "spec: {clusterSpec: {image: {tag: a}}}"),
    ("csi.ceph.io", "Driver", "spec: {imageSet: {name: a}}"),
    ("druid.apache.org", "Druid", "spec: {imagePullPolicy: a}"),
    (
        "gateway.nginx.org",
        "NginxProxy",
        "spec: {kubernetes: {deployment: {container: {image: {tag: a}}}}}",
    ),
    (
        "gateway.solo.io",
        "Gateway",
        "spec: {httpGateway: {options: {wasm: {filters: [{name: a}]}}}}",
    ),
    ("infra.contrib.fluxcd.io", "Terraform", "spec: {runnerPodTemplate: {metadata: {name: a}}}"),
    ("job.min.io", "MinIOJob", "spec: {serviceAccountName: a}"),
    ("k0smotron.io", "Cluster", "spec: {version: a}"),
    ("kubefledged.io", "ImageCache", "spec: {imagePullSecrets: [{name: a}]}"),
    ("logging-extensions.banzaicloud.io", "EventTailer", "spec: {image: {tag: a}}"),
    ("mysql.oracle.com", "InnoDBCluster", "spec: {version: a, imagePullPolicy: b}"),
    ("mysql.presslabs.org", "MysqlCluster", "spec: {mysqlVersion: a}"),
    ("renovate-operator.mogenius.com", "RenovateJob", "spec: {schedule: a}"),
    ("seaweed.seaweedfs.com", "Seaweed", "spec: {imagePullPolicy: a}"),
    ("stunner.l7mp.io", "Dataplane", "spec: {imagePullSecrets: [{name: a}]}"),
    ("tuppr.home-operations.com", "TalosUpgrade", "spec: {talosctl: {image: {tag: a}}}"),
    ("twingate.com", "TwingateConnector", "spec: {image: {tag: a}}"),
    ("vault.banzaicloud.com", "Vault", "spec: {vaultImagePullSecrets: [a]}"),
    ("zookeeper.pravega.io", "ZookeeperCluster", "spec: {image: {tag: a}}"),
]


@pytest.mark.parametrize(
    ("group", "kind", "body"),
    [
        ("kafka.strimzi.io", "KafkaConnect", "spec: {build: {output: {image: a}}}"),
        ("kops.k8s.io", "InstanceGroup", "spec: {image: a}"),
        ("image.toolkit.fluxcd.io", "ImageRepository", f"spec: {{image: a, {POD_SPEC}}}"),
        ("networking.istio.io", "ProxyConfig", "spec: {image: {imageType: debug}}"),
        ("apps.kruise.io", "NodeImage", "spec: {images: {nginx: {tags: [{tag: a}]}}}"),
        ("kyverno.io", "ClusterPolicy", f"spec: {{rules: [{{validate: {{{POD_SPEC}}}}}]}}"),
        ("constraints.gatekeeper.sh", "K8sAllowedRepos", f"spec: {{{POD_SPEC}}}"),
        ("argoproj.io", "Rollout", f"status: {{{POD_SPEC}}}"),
        ("ceph.rook.io", "CephCluster", "status: {version: {image: a}}"),
        (
            "build.openshift.io",
            "BuildConfig",
            "spec: {strategy: {dockerStrategy: {from: {kind: ImageStreamTag, name: a}}}}",
        ),
        (
            "build.openshift.io",
            "BuildConfig",
            "spec: {output: {to: {kind: DockerImage, name: a}}}",
        ),
        ("source.toolkit.fluxcd.io", "OCIRepository", "spec: {url: 'https://a'}"),
        ("kustomize.toolkit.fluxcd.io", "Kustomization", "spec: {images: [{name: a}]}"),
        ("tekton.dev", "TaskRun", "spec: {params: [{name: bundle, value: a}]}"),
        ("install.istio.io", "IstioOperator", "spec: {tag: a}"),
        *LOOK_ALIKES,
    ],
)
def test_what_must_not_be_claimed(group: str, kind: str, body: str) -> None:
    assert seen(f"apiVersion: {group}/v1\nkind: {kind}\n{body}\n") == []


CONTAINER = "apiVersion: v1\nkind: Pod\nspec: {containers: [{name: c, "


@pytest.mark.parametrize(
    ("body", "images"),
    [
        ("args: [--executor-image=a]", ["a"]),
        ("args: [-executor-image=a]", ["a"]),
        ("args: [--executor-image, a]", ["a"]),
        ("args: [--executor-image, a, b]", ["a"]),
        ("args: ['--executor-image=']", []),
        ("args: [--executor-image]", []),
        ("args: ['--executor-image=$(IMAGE)']", ["$(IMAGE)"]),
        ("args: [executor-image=a]", []),
        ("args: [--executor-images=a]", []),
        ("args: [1, null, [], --executor-image=a]", ["a"]),
        ("args: --executor-image=a", []),
        ("command: [longhorn-manager, --engine-image, a]", ["a"]),
        ("args: [-el-image, a]", ["a"]),
        ("args: [--el-images, a]", []),
        ("args: [--collector-image=a, --auto-instrumentation-java-image=b]", ["a", "b"]),
        ("args: [--collector-images=a]", []),
        ("args: [--runner-image=a, --docker-image=b, --runner-image-pull-secret=c]", ["a", "b"]),
        ("command: [consul-k8s, -consul-dataplane-image=a, -consul-api-timeout=5s]", ["a"]),
        ("env: [{name: OPERATOR_IMAGE_NAME, value: a}]", ["a"]),
        ("env: [{name: OPERATOR_IMAGE, value: a}]", []),
        ("env: [{name: AGENT_INJECT_VAULT_IMAGE, value: a}]", ["a"]),
        ("env: [{name: AGENT_INJECT_VAULT_AUTH_PATH, value: a}]", []),
        ("env: [{name: CONTROLLER_MANAGER_CONTAINER_IMAGE, value: a}]", ["a"]),
        (
            "env: [{name: SIDECAR_IMAGE, value: a}, {name: SIDECAR_IMAGE_PULL_POLICY, value: b}]",
            ["a"],
        ),
        ("env: [{name: ROOK_CSI_CEPH_IMAGE, value: a}]", ["a"]),
        ("env: [{name: ROOK_CSI_IMAGE_PULL_POLICY, value: a}]", []),
        (
            "env: [{name: VIRT_LAUNCHER_IMAGE, value: a}, {name: VIRT_LAUNCHER_SHASUM, value: b}]",
            ["a"],
        ),
        ("env: [{name: VM_VMAGENTDEFAULT_IMAGE, value: a}]", ["a"]),
        ("env: [{name: VM_VMAGENTDEFAULT_VERSION, value: a}]", []),
        ("env: [{name: RELATED_IMAGE_A, value: a}]", ["a"]),
        ("env: [{name: RELATED_IMAGE_A, value: ''}]", []),
        ("env: [{name: RELATED_IMAGE_A, value: null}]", []),
        ("env: [{name: RELATED_IMAGE_A}]", []),
        ("env: [{name: RELATED_IMAGE_A, value: 1}]", [1]),
        ("env: [{name: related_image_a, value: a}]", []),
        ("env: [{name: MY_RELATED_IMAGE_A, value: a}]", []),
        ("env: [{value: a}, x, {name: 1, value: b}]", []),
        ("env: [{name: STRIMZI_KAFKA_IMAGES, value: '1=a 2=b'}]", ["a", "b"]),
        ("env: [{name: STRIMZI_KAFKA_IMAGES, value: '1=a=b'}]", ["a=b"]),
        ("env: [{name: STRIMZI_KAFKA_IMAGES, value: nothing}]", []),
        ("env: [{name: STRIMZI_DEFAULT_KAFKA_INIT_IMAGE, value: a}]", ["a"]),
    ],
)
def test_flags_and_environment(body: str, images: list[object]) -> None:
    assert [site.image for site in seen(f"{CONTAINER}{body}}}]}}\n")] == images


LINKERD = "config.linkerd.io/"


@pytest.mark.parametrize(
    ("annotations", "images"),
    [
        (f"{LINKERD}proxy-image: a, {LINKERD}proxy-version: v2", ["a:v2"]),
        (f"{LINKERD}proxy-image: a", ["a"]),
        (f"{LINKERD}proxy-version: v2", []),
        (f"{LINKERD}debug-image: a, {LINKERD}debug-image-version: v2", ["a:v2"]),
        (f"{LINKERD}init-image: a, {LINKERD}proxy-version: v2", ["a"]),
        (f"{LINKERD}image-pull-policy: Always", []),
        ("dapr.io/sidecar-image: a", ["a"]),
        ("dapr.io/sidecar-image-pull-policy: Always", []),
        ("vault.hashicorp.com/agent-image: a", ["a"]),
        ("vault.hashicorp.com/agent-inject: 'true'", []),
        ("sidecar.istio.io/proxyImage: a", ["docker.io/istio/a"]),
        ("sidecar.istio.io/proxyImage: 'a/b:1'", ["a/b:1"]),
        ("sidecar.istio.io/proxyImageType: debug", []),
        ("example.com/image: a", []),
    ],
)
def test_annotations_of_pods(annotations: str, images: list[str]) -> None:
    """In pods and templates; of a namespace, those that linkerd reads there."""
    metadata = f"metadata: {{name: x, annotations: {{{annotations}}}}}"
    assert [one.image for one in seen(f"apiVersion: v1\nkind: Pod\n{metadata}\n")] == images
    spec = f"spec: {{template: {{{metadata}}}}}"
    assert [one.image for one in seen(f"apiVersion: apps/v1\nkind: Deployment\n{spec}\n")] == images
    of_namespace = [one.image for one in seen(f"apiVersion: v1\nkind: Namespace\n{metadata}\n")]
    assert of_namespace == (images if LINKERD in annotations else [])
    deployment = seen(f"apiVersion: apps/v1\nkind: Deployment\n{metadata}\nspec: {{}}\n")
    assert deployment == []


PROMETHEUS = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nspec: "
SAIL = "apiVersion: sailoperator.io/v1\nkind: Istio\nspec: "
ISTIO = "apiVersion: install.istio.io/v1alpha1\nkind: IstioOperator\nspec: "
CNI = "apiVersion: sailoperator.io/v1\nkind: IstioCNI\nspec: "
DATADOG = "apiVersion: datadoghq.com/v2alpha1\nkind: DatadogAgent\nspec: "
NIC = "apiVersion: mellanox.com/v1alpha1\nkind: NicClusterPolicy\nspec: "


@pytest.mark.parametrize(
    ("text", "images"),
    [
        (PROMETHEUS + "{baseImage: a, tag: v1}", ["a:v1"]),
        (PROMETHEUS + "{baseImage: a, tag: v1, sha: abc}", ["a@sha256:abc"]),
        (PROMETHEUS + "{baseImage: a}", ["a"]),
        (PROMETHEUS + "{tag: v1}", []),
        (SAIL + "{values: {global: {hub: h, tag: t, proxy: {image: p}}}}", ["h/p:t", "h/pilot:t"]),
        (
            SAIL + "{values: {global: {hub: h, tag: t, proxy: {image: q/p:1}}}}",
            ["h/pilot:t", "q/p:1"],
        ),
        (SAIL + "{values: {global: {hub: h, tag: t}}}", ["h/proxyv2:t", "h/pilot:t"]),
        (SAIL + "{values: {pilot: {hub: h, tag: t}}}", ["h/pilot:t"]),
        (SAIL + "{values: {global: {tag: t, proxy: {image: p}}}}", ["docker.io/istio/p:t"]),
        (
            SAIL + "{values: {global: {hub: h, tag: 'sha256:abc'}}}",
            ["h/proxyv2@sha256:abc", "h/pilot@sha256:abc"],
        ),
        (SAIL + "{values: {global: {hub: '', tag: t}}}", []),
        (CNI + "{values: {cni: {image: i}, global: {tag: t}}}", ["docker.io/istio/i:t"]),
        (CNI + "{values: {cni: {hub: c, image: i}, global: {hub: h, tag: t}}}", ["c/i:t"]),
        (ISTIO + "{hub: h, tag: t}", ["h/pilot:t", "h/proxyv2:t"]),
        (ISTIO + "{hub: h, values: {global: {hub: v}}}", ["v/pilot", "v/proxyv2"]),
        (
            ISTIO + "{hub: h, tag: t, components: {pilot: {hub: p, tag: u}}}",
            ["h/proxyv2:t", "p/pilot:u"],
        ),
        (ISTIO + "{hub: h, values: {pilot: {image: x/y:1}}}", ["h/proxyv2", "x/y:1"]),
        (ISTIO + "{components: {ztunnel: {hub: z, tag: t}}}", ["z/ztunnel:t"]),
        (ISTIO + "{components: {cni: {hub: c}}, tag: t}", ["c/install-cni:t"]),
        (ISTIO + "{components: {cni: {enabled: true}}, tag: t}", []),
        (
            DATADOG + "{override: {nodeAgent: {image: {name: agent, tag: '7'}}}}",
            ["gcr.io/datadoghq/agent:7", "registry.datadoghq.com/agent:7"],
        ),
        (
            DATADOG + "{global: {registry: r}, override: {x: {image: {name: agent, tag: '7'}}}}",
            ["r/agent:7"],
        ),
        (DATADOG + "{override: {nodeAgent: {image: {name: a/b:1}}}}", ["a/b:1"]),
        (NIC + "{ofedDriver: {image: doca, repository: r.io/x, version: v}}", ["r.io/x/doca:v"]),
    ],
)
def test_images_in_parts(text: str, images: list[str]) -> None:
    assert [site.image for site in seen(text)] == images


PROVIDER = "apiVersion: pkg.crossplane.io/v1\nkind: Provider\nspec: "
IMAGE_SET = "apiVersion: operator.tigera.io/v1\nkind: ImageSet\nspec: "
UPDATER = (
    "apiVersion: argocd-image-updater.argoproj.io/v1alpha1\nkind: ImageUpdater\n"
    "spec: {applicationRefs: [{"
)
WASM = "apiVersion: extensions.istio.io/v1alpha1\nkind: WasmPlugin\nspec: "


@pytest.mark.parametrize(
    ("text", "images"),
    [
        (PROVIDER + "{package: 'a/b:1'}", ["xpkg.upbound.io/a/b:1", "xpkg.crossplane.io/a/b:1"]),
        (PROVIDER + "{package: b}", ["xpkg.upbound.io/b", "xpkg.crossplane.io/b"]),
        (PROVIDER + "{package: 'r.io/a/b:1'}", ["r.io/a/b:1"]),
        (PROVIDER + "{package: 'localhost:5000/b'}", ["localhost:5000/b"]),
        (PROVIDER + "{package: '{{ .Values.registry }}/b'}", ["{{ .Values.registry }}/b"]),
        (PROVIDER + "{package: 1}", [1]),
        (PROVIDER + "{package: ''}", []),
        (IMAGE_SET + "{images: [{image: calico/node, digest: 'sha256:a'}]}", []),
        (
            IMAGE_SET + "{images: [{image: r.io/calico/node, digest: 'sha256:a'}]}",
            ["r.io/calico/node@sha256:a"],
        ),
        (UPDATER + "images: [{imageName: 'r.io/a:~1.0'}]}]}", ["r.io/a"]),
        (UPDATER + "images: [{imageName: 'r.io:5000/a'}]}]}", ["r.io:5000/a"]),
        (WASM + "{url: 'oci://r.io/a:1'}", ["r.io/a:1"]),
        (WASM + "{url: 'r.io/a:1'}", ["r.io/a:1"]),
        (WASM + "{url: 'https://r.io/a.wasm'}", []),
        (WASM + "{url: 'file:///a.wasm'}", []),
    ],
)
def test_registries_of_an_operators_own(text: str, images: list[object]) -> None:
    """Every registry that a version takes is read; what names one is left alone."""
    assert [site.image for site in seen(text)] == images


UNKNOWN = "apiVersion: example.com/v1\nkind: Widget\nspec: "


@pytest.mark.parametrize(
    ("body", "found"),
    [
        ("{repository: a/b, tag: '1'}", [("image.repository", "a/b:1")]),
        ("{registry: r.io, repository: b, tag: '1'}", [("image.registry", "r.io/b:1")]),
        ("{name: r.io/b, version: '1'}", [("image.name", "r.io/b:1")]),
        ("{pullPolicy: Always}", []),
        ("a/b:1", [("image", "a/b:1")]),
        ("'r.io/*'", []),
        ("'*:latest'", []),
    ],
)
def test_mappings_and_patterns_where_a_pod_has_an_image(
    body: str, found: list[tuple[str, str]]
) -> None:
    """A kind whose schema wants a mapping there is no pod, nor is one with a pattern."""
    sites = seen(f"{UNKNOWN}{{containers: [{{name: c, image: {body}}}]}}\n")
    assert sites == [Seen(f"spec.containers[0].{field}", image) for field, image in found]
    mariadb = f"apiVersion: k8s.mariadb.com/v1alpha1\nkind: MariaDB\nspec: {{image: {body}}}\n"
    fields = [f"spec.{field}" for field, _ in found] or ["spec.image"]
    if "*" not in body:
        assert [site.field for site in seen(mariadb)] == fields
    pod = f"apiVersion: v1\nkind: Pod\nspec: {{containers: [{{name: c, image: {body}}}]}}\n"
    assert [site.field for site in seen(pod)] == ["spec.containers[0].image"]


def config_map(name: str, data: str) -> str:
    """Write a ConfigMap."""
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\ndata: {{{data}}}\n"


ISTIOS = '{"global": {"hub": "h", "tag": "t", "proxy": {"image": "p"}}}'


@pytest.mark.parametrize(
    ("name", "data", "images"),
    [
        ("rook-ceph-operator-config", "ROOK_CSI_CEPH_IMAGE: a", ["a"]),
        ("rook-ceph-operator-config", "ROOK_CSI_IMAGE_PULL_POLICY: Always", []),
        ("rook-ceph-operator-config", "ROOK_CSI_CEPH_IMAGE: ''", []),
        ("config-deployment", "queue-sidecar-image: a", ["a"]),
        ("other", "queue-sidecar-image: a", []),
        ("inferenceservice-config", """agent: '{"image": "a"}'""", ["a"]),
        ("prefix-inferenceservice-config", """agent: '{"image": "a"}'""", ["a"]),
        ("inferenceservice-config", """_example: '{"image": "a"}'""", []),
        ("inferenceservice-config", """agent: '{"imagePullPolicy": "a"}'""", []),
        ("inferenceservice-config", "agent: 'no mapping'", []),
        ("inferenceservice-config", "agent: {image: a}", []),
        (
            "inferenceservice-config",
            """explainers: '{"art": {"image": "a", "defaultImageVersion": "1"}}'""",
            ["a:1"],
        ),
        ("other", """agent: '{"image": "a"}'""", []),
        (
            "linkerd-config",
            "values: '{proxy: {image: {name: a}}, linkerdVersion: l}'",
            ["a:l"],
        ),
        (
            "linkerd-config",
            "values: '{debugContainer: {image: {name: b, version: v}}, linkerdVersion: l}'",
            ["b:v"],
        ),
        ("argo-events-config", "controller-config.yaml: 'eventBus: {nats: {versions: []}}'", []),
        (
            "envoy-gateway-config",
            "envoy-gateway.yaml: 'provider: {kubernetes: {shutdownManager: {image: a}}}'",
            ["a"],
        ),
        ("katib-config", "katib-config.yaml: 'runtime: {suggestions: [{image: a}]}'", ["a"]),
        ("postgres-operator", "docker_image: a, docker_image_tag: b", ["a"]),
        ("any", "trivy.imageRef: a, trivy.mode: Standalone", ["a"]),
        ("istio-sidecar-injector-canary", f"values: '{ISTIOS}'", ["h/p:t"]),
        ("other", f"values: '{ISTIOS}'", []),
        ("other", "image: a, Dockerfile: 'FROM a'", []),
    ],
)
def test_settings_of_operators_in_config_maps(name: str, data: str, images: list[str]) -> None:
    """And no ConfigMap without an image is parsed for them."""
    text = config_map(name, data)
    assert [one.image for one in seen(text)] == images
    if images:
        assert examine(Source("a.yaml", text.encode()), catalogue(), prove=True)
    if name == "other":
        block = "".join(f"  k{number}: image\n" for number in range(500))
        text = f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: other}}\ndata:\n{block}"
        assert not examine(Source("a.yaml", text.encode()), catalogue(), prove=True)


def test_what_cannot_be_read_in_a_config_map_is_said() -> None:
    """Nothing is skipped in silence."""
    text = config_map("inferenceservice-config", """agent: '{"image": "a'""")
    found = examine(Source("a.yaml", text.encode()), catalogue(), prove=True)
    assert [refusal.message for item in found for refusal in item.refusals]


TEMPLATE = "apiVersion: template.openshift.io/v1\nkind: Template\nmetadata: {namespace: ns}\n"


@pytest.mark.parametrize(
    ("objects", "found"),
    [
        (f"[{json.dumps(POD)}]", [("objects[0].spec.containers[0].image", "Pod", "ns")]),
        (
            f"[{{apiVersion: v1, kind: List, items: [{json.dumps(POD)}]}}]",
            [("objects[0].items[0].spec.containers[0].image", "Pod", "ns")],
        ),
        ("[{apiVersion: v1, kind: ConfigMap, data: {containers: [{image: a}]}}]", []),
        (
            "[{spec: {containers: [{image: a}]}}]",
            [("objects[0].spec.containers[0].image", "Template", "ns")],
        ),
        (
            f"[{json.dumps({**POD, 'metadata': {'namespace': 'm'}})}]",
            [("objects[0].spec.containers[0].image", "Pod", "m")],
        ),
        (
            f"[{{apiVersion: v1, kind: Template, objects: [{json.dumps(POD)}]}}]",
            [("objects[0].objects[0].spec.containers[0].image", "Pod", "ns")],
        ),
        ("[x, null, [1]]", []),
        ("{a: {spec: {containers: [{image: a}]}}}", [("objects.a.spec.containers[0].image",) * 3]),
    ],
)
def test_objects_inside_of_objects(objects: str, found: list[tuple[str, ...]]) -> None:
    """Each is of its own kind; what is none is found by its shape; the namespace is inherited."""
    source = Source("a.yaml", f"{TEMPLATE}objects: {objects}\n".encode())
    sites = [site for item in examine(source, catalogue()) for site in item.extract.sites]
    assert [site.field for site in sites] == [one[0] for one in found]
    for site, one in zip(sites, found, strict=True):
        if len(set(one)) > 1:
            assert (site.object.kind, site.object.namespace) == one[1:]


def test_known_kinds_are_searched_by_shape_too() -> None:
    """A field that an entry has missed is no hole, and one that it has is not told twice."""
    text = (
        "{apiVersion: argoproj.io/v1alpha1, kind: Rollout,"
        " spec: {template: {spec: {containers: [{image: a}]}}, new: {containers: [{image: b}]}}}"
    )
    assert seen(text) == [
        Seen("spec.template.spec.containers[0].image", "a"),
        Seen("spec.new.containers[0].image", "b"),
    ]


def test_deep_nesting_ends() -> None:
    """Law 6: recursive shapes do not recurse in Python."""
    text = '{"container": {"image": "a"}}'
    for _ in range(2_000):
        text = '{"steps": [[{"inline": ' + text + "}]]}"
    head = '{"apiVersion": "argoproj.io/v1alpha1", "kind": "Workflow", "spec": {"templates": ['
    assert [site.image for site in seen(f"{head}{text}]}}}}")] == ["a"]


def test_bombs_of_known_kinds_end() -> None:
    """Law 6: what is refused for its aliases is searched once."""
    lines = [
        "apiVersion: argoproj.io/v1alpha1",
        "kind: Workflow",
        "a0: &a0 {container: {image: x}}",
    ]
    for i in range(1, 25):
        steps = ", ".join([f"{{inline: *a{i - 1}}}"] * 9)
        lines.append(f"a{i}: &a{i} {{steps: [[{steps}]]}}")
    lines.append("spec: {templates: [*a24]}")
    (item,) = examine(Source("a.yaml", "\n".join(lines).encode()), catalogue())
    assert item.refusals
    assert len(item.extract.sites) == 1
