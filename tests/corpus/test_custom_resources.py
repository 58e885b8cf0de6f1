"""Custom resources of the shared corpus: every image found at its place, nothing else claimed.

:data:`CLAIMED` has a row for each field in which the catalogue finds an image in the corpus, with
how many. That such a field holds an image is what the entry's ``source`` says, or its kind's own
documentation; a new row is to be held against it.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

import pytest

from imagelint.kubernetes.examine import examine
from imagelint.model.source import Source
from tests.corpus.oracle import CORE_GROUPS, SYNTHETIC, catalogue, files, read, rows
from tests.support.shared import needs_shared

if TYPE_CHECKING:
    from imagelint.kubernetes.search import ImageSite

CLAIMED = {
    ("argoproj.io", "ApplicationSource", "kustomize.images[]"): 5,
    (
        "argocd-image-updater.argoproj.io",
        "ImageUpdater",
        "spec.applicationRefs[].images[].imageName",
    ): 31,
    ("k8s.mariadb.com", "MariaDB", "spec.image.repository"): 6,
    ("mariadb.mmontes.io", "MariaDB", "spec.image.repository"): 6,
    ("solr.apache.org", "SolrCloud", "spec.busyBoxImage.repository"): 3,
    ("solr.apache.org", "SolrCloud", "spec.solrImage.repository"): 3,
    ("solr.apache.org", "SolrCloud", "spec.zookeeperRef.provided.image.repository"): 3,
    ("argoproj.io", "Application", "spec.source.kustomize.images[]"): 10,
    (
        "argoproj.io",
        "Rollout",
        "patches[].patch: spec.template.spec.containers[].image",
    ): 1,
    (
        "apps.kruise.io",
        "AdvancedCronJob",
        "spec.template.broadcastJobTemplate.spec.template.spec.containers[].image",
    ): 4,
    ("apps.kruise.io", "BroadcastJob", "spec.template.spec.containers[].image"): 4,
    ("apps.kruise.io", "CloneSet", "spec.template.spec.containers[].image"): 4,
    ("apps.kruise.io", "DaemonSet", "spec.template.spec.containers[].image"): 4,
    ("apps.kruise.io", "StatefulSet", "spec.template.spec.containers[].image"): 4,
    ("apps.openshift.io", "DeploymentConfig", "spec.template.spec.containers[].image"): 7,
    (
        "argoproj.io",
        "AnalysisRun",
        "spec.metrics[].provider.job.spec.template.spec.containers[].image",
    ): 4,
    (
        "argoproj.io",
        "AnalysisTemplate",
        "spec.metrics[].provider.job.spec.template.spec.containers[].image",
    ): 19,
    (
        "argoproj.io",
        "ClusterAnalysisTemplate",
        "spec.metrics[].provider.job.spec.template.spec.containers[].image",
    ): 2,
    ("argoproj.io", "ClusterWorkflowTemplate", "spec.templates[].container.image"): 10,
    (
        "argoproj.io",
        "ClusterWorkflowTemplate",
        "spec.templates[].dag.tasks[].inline.container.image",
    ): 1,
    ("argoproj.io", "CronWorkflow", "spec.workflowSpec.templates[].container.image"): 18,
    ("argoproj.io", "Experiment", "spec.templates[].template.spec.containers[].image"): 25,
    ("argoproj.io", "Rollout", "spec.template.spec.containers[].image"): 142,
    ("argoproj.io", "Rollout", "spec.template.spec.ephemeralContainers[].image"): 1,
    ("argoproj.io", "Workflow", "spec.executorPlugins[].spec.sidecar.container.image"): 2,
    ("argoproj.io", "Workflow", "spec.templateDefaults.container.image"): 1,
    ("argoproj.io", "Workflow", "spec.templateDefaults.script.image"): 1,
    ("argoproj.io", "Workflow", "spec.templates[].container.image"): 535,
    ("argoproj.io", "Workflow", "spec.templates[].containerSet.containers[].image"): 14,
    ("argoproj.io", "Workflow", "spec.templates[].dag.tasks[].inline.container.image"): 1,
    ("argoproj.io", "Workflow", "spec.templates[].initContainers[].image"): 2,
    ("argoproj.io", "Workflow", "spec.templates[].script.image"): 62,
    ("argoproj.io", "Workflow", "spec.templates[].sidecars[].image"): 8,
    ("argoproj.io", "Workflow", "spec.templates[].steps[][].arguments.parameters[].value"): 1,
    ("argoproj.io", "Workflow", "spec.templates[].steps[][].inline.container.image"): 1,
    ("argoproj.io", "Workflow", "spec.templates[].steps[][].withItems[].image"): 10,
    ("argoproj.io", "WorkflowTemplate", "spec.templates[].container.image"): 51,
    ("argoproj.io", "WorkflowTemplate", "spec.templates[].containerSet.containers[].image"): 6,
    ("argoproj.io", "WorkflowTemplate", "spec.templates[].dag.tasks[].inline.container.image"): 1,
    ("argoproj.io", "WorkflowTemplate", "spec.templates[].script.image"): 2,
    ("caching.internal.knative.dev", "Image", "spec.image"): 1,
    ("ceph.rook.io", "CephCluster", "spec.cephVersion.image"): 5,
    ("core.humio.com", "HumioCluster", "spec.image"): 8,
    ("core.spinkube.dev", "SpinApp", "spec.image"): 4,
    ("core.strimzi.io", "StrimziPodSet", "spec.pods[].spec.containers[].image"): 6,
    ("kafka.strimzi.io", "KafkaConnect", "spec.image"): 3,
    ("keda.sh", "ScaledJob", "spec.jobTargetRef.template.spec.containers[].image"): 8,
    ("kubevirt.io", "VirtualMachine", "spec.template.spec.volumes[].containerDisk.image"): 5,
    ("kubevirt.io", "VirtualMachineInstance", "items[].spec.volumes[].containerDisk.image"): 1,
    ("kubevirt.io", "VirtualMachineInstance", "spec.volumes[].containerDisk.image"): 4,
    ("kustomize.config.k8s.io", "Component", "images[].newName"): 12,
    ("kustomize.config.k8s.io", "Kustomization", "images[].newName"): 42,
    ("minio.min.io", "Tenant", "spec.image"): 12,
    ("monitoring.coreos.com", "Alertmanager", "spec.image"): 1,
    ("monitoring.coreos.com", "Prometheus", "spec.image"): 4,
    ("numaflow.numaproj.io", "MonoVertex", "spec.sink.udsink.container.image"): 12,
    ("numaflow.numaproj.io", "MonoVertex", "spec.source.transformer.container.image"): 12,
    ("numaflow.numaproj.io", "MonoVertex", "spec.source.udsource.container.image"): 12,
    (
        "numaplane.numaproj.io",
        "MonoVertexRollout",
        "spec.monoVertex.spec.sink.udsink.container.image",
    ): 11,
    (
        "numaplane.numaproj.io",
        "MonoVertexRollout",
        "spec.monoVertex.spec.source.transformer.container.image",
    ): 10,
    (
        "numaplane.numaproj.io",
        "MonoVertexRollout",
        "spec.monoVertex.spec.source.udsource.container.image",
    ): 11,
    (
        "numaplane.numaproj.io",
        "PipelineRollout",
        "spec.pipeline.spec.vertices[].udf.container.image",
    ): 1,
    ("openfaas.com", "Function", "spec.image"): 4,
    ("pkg.crossplane.io", "ConfigurationRevision", "spec.image"): 1,
    ("pkg.crossplane.io", "Provider", "spec.package"): 5,
    ("postgresql.cnpg.io", "Cluster", "spec.imageName"): 10,
    ("rabbitmq.com", "RabbitmqCluster", "spec.image"): 7,
    ("serving.knative.dev", "Configuration", "spec.template.spec.containers[].image"): 1,
    (
        "serving.knative.dev",
        "Service",
        "spec.runLatest.configuration.revisionTemplate.spec.container.image",
    ): 1,
    ("serving.knative.dev", "Service", "spec.template.spec.containers[].image"): 29,
    ("serving.knative.dev", "Service", "spec.template.spec.initContainers[].image"): 1,
    ("source.toolkit.fluxcd.io", "OCIRepository", "spec.url"): 13,
    ("tekton.dev", "Pipeline", "spec.finally[].taskSpec.steps[].image"): 4,
    ("tekton.dev", "Pipeline", "spec.tasks[].pipelineSpec.tasks[].taskSpec.steps[].image"): 1,
    ("tekton.dev", "Pipeline", "spec.tasks[].taskRef.params[].value"): 5,
    ("tekton.dev", "Pipeline", "spec.tasks[].taskSpec.steps[].image"): 14,
    ("tekton.dev", "PipelineRun", "spec.pipelineSpec.finally[].taskSpec.steps[].image"): 21,
    ("tekton.dev", "PipelineRun", "spec.pipelineSpec.tasks[].taskSpec.steps[].image"): 75,
    ("tekton.dev", "StepAction", "spec.image"): 7,
    ("tekton.dev", "Task", "spec.sidecars[].image"): 1,
    ("tekton.dev", "Task", "spec.steps[].image"): 92,
    ("tekton.dev", "TaskRun", "spec.taskRef.params[].value"): 1,
    ("tekton.dev", "TaskRun", "spec.params[].value"): 1,
    ("tekton.dev", "Task", "spec.params[].default"): 1,
    ("tekton.dev", "TaskRun", "spec.taskSpec.sidecars[].image"): 9,
    ("tekton.dev", "TaskRun", "spec.taskSpec.steps[].image"): 133,
    ("upgrade.cattle.io", "Plan", "spec.prepare.image"): 2,
}
NO_IMAGES = {
    ("pxc.percona.com", "PerconaXtraDBCluster", "status.pxc.image"): (6, "what an operator found"),
    ("apps.kruise.io", "DaemonSet", "spec.template.spec.containers.image"): (
        1,
        "no list of containers",
    ),
    ("ceph.rook.io", "CephCluster", "status.version.image"): (1, "what an operator has found"),
    ("kustomize.config.k8s.io", "Kustomization", "patches[].target.image"): (
        2,
        "a selector of a patch",
    ),
    ("opentelemetry.io", "OpenTelemetryCollector", "status.image"): (
        4,
        "what an operator has found",
    ),
    ("postgresql.cnpg.io", "Cluster", "status.image"): (5, "what an operator has found"),
    ("tekton.dev", "TaskRun", "spec.taskSpec.stepTemplate.image"): (
        1,
        "a parameter, whose value is found at its own place",
    ),
}
"""Rows of images.tsv in known kinds that are no image that is run, and why."""


def in_short(field: str) -> str:
    """Leave the indexes out of a field's path."""
    return re.sub(r"\[\d+\]", "[]", field)


@cache
def found() -> dict[tuple[str, int, int], ImageSite]:
    """Return the sites of the corpus by file, line and column."""
    sites = {}
    for file in files():
        source = Source(file, read(file))
        for item in examine(source, catalogue()):
            for site in item.extract.sites:
                place = source.position(item.document.byte_offset(site.node.start))
                sites[(file, place.line, place.column)] = site
    return sites


def is_known(group: str, kind: str) -> bool:
    """Whether the catalogue has fields for a kind that is not Kubernetes' own."""
    known = catalogue().lookup(group, kind)
    return group not in CORE_GROUPS and known is not None and not known.branch.is_bare


@pytest.mark.slow
@needs_shared
def test_every_row_of_a_known_kind_is_found() -> None:
    missing: Counter[tuple[str, str, str]] = Counter()
    count = 0
    for file, its_rows in rows().items():
        for row in its_rows:
            group = row.api_version.rpartition("/")[0]
            if file.startswith(SYNTHETIC) or not is_known(group, row.kind):
                continue
            site = found().get((file, row.line, row.column))
            if site is None:
                missing[group, row.kind, in_short(row.field)] += 1
            else:
                # A merged field is found where it is merged.
                field = site.field if "<<" in row.field else row.field
                # The value may be a part of an image whose tag is another value of a loop.
                image = str(site.value.value)
                part = image.rpartition(":")[0] if "withItems" in field else image
                assert (site.field, part) == (field, row.value)
                count += 1
    assert missing == {key: number for key, (number, _) in NO_IMAGES.items()}
    assert count > 1_300


@pytest.mark.slow
@needs_shared
def test_what_is_claimed_is_what_the_table_says() -> None:
    claimed: Counter[tuple[str, str, str]] = Counter()
    for (file, *_), site in found().items():
        group = site.object.api_version.rpartition("/")[0]
        known = is_known(group, site.object.kind) and site.field != "image"
        if known and not site.by_shape and not file.startswith(SYNTHETIC):
            claimed[group, site.object.kind, in_short(site.field)] += 1
    assert claimed == CLAIMED


@pytest.mark.slow
@needs_shared
def test_what_operators_are_told_to_run() -> None:
    """Flags and environment variables of core kinds."""
    claimed = Counter(
        re.split(r"[:@]", str(site.value.value))[0]
        for site in found().values()
        if re.search(r"\.(args|command|env)\[", site.field)
    )
    assert claimed["jimmidyson/configmap-reload"] == 14
    assert claimed["argoproj/argoexec"] == 1
    assert claimed["cgr.dev/chainguard/busybox"] == 1
    assert sum(claimed.values()) == sum(
        number for image, number in claimed.items() if "/" in image or image == "ko"
    )
