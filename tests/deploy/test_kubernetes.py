"""The manifests for Kubernetes: its schemas take them, and they fit together and to the server."""

import subprocess
from typing import Any

import kubernetes_validate
import pytest
from django.core.management import get_commands
from django.urls import resolve

from tests.deploy.manifests import DEPLOY, documents, filled_in, judged

MANIFESTS = DEPLOY / "kubernetes"
FILES = [path for path in sorted(MANIFESTS.rglob("*.yaml")) if path.name != "kustomization.yaml"]
# The oldest that its makers and the clouds still look after, and the newest that there are schemas for.
VERSIONS = ("1.32", "1.37")


def read(name: str) -> dict[str, Any]:
    (document,) = documents(MANIFESTS / name)
    return document


def pods():
    """Each pod that is made, by the name of its file."""
    job = read("migrate/job.yaml")["spec"]["template"]
    prune = read("cronjob.yaml")["spec"]["jobTemplate"]["spec"]["template"]
    return {"deployment": read("deployment.yaml")["spec"]["template"], "job": job, "cronjob": prune}


def containers(pod):
    return [*pod["spec"].get("initContainers", ()), *pod["spec"]["containers"]]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_schema_of_kubernetes_takes_it(path, version):
    for document in documents(path):
        kubernetes_validate.validate(document, version, strict=True)


def test_a_schema_that_takes_all_would_be_noticed():
    broken = read("deployment.yaml")
    broken["spec"]["template"]["spec"]["containers"][0]["livenessProbes"] = {}
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(broken, VERSIONS[-1], strict=True)


def test_the_kustomizations_name_every_manifest_but_the_template_of_the_secret():
    named = set(read("kustomization.yaml")["resources"])
    named |= {f"migrate/{name}" for name in read("migrate/kustomization.yaml")["resources"]}
    there = {str(path.relative_to(MANIFESTS)) for path in FILES}
    assert there - named == {"secret.example.yaml"}
    assert named <= there


def test_both_kustomizations_run_the_same_image():
    assert read("kustomization.yaml")["images"] == read("migrate/kustomization.yaml")["images"]


@pytest.mark.needs("kubectl")
@pytest.mark.parametrize("directory", [".", "migrate"])
def test_kubectl_builds_the_kustomization(directory):
    built = subprocess.run(
        ["kubectl", "kustomize", MANIFESTS / directory], capture_output=True, text=True, check=False, timeout=60
    )
    assert built.returncode == 0, built.stderr
    assert "image: registry.example.com/keyturn:0.1.0" in built.stdout
    assert "namespace: keyturn" in built.stdout


def test_every_container_has_no_rights_and_a_read_only_root():
    for pod in pods().values():
        assert pod["spec"]["automountServiceAccountToken"] is False
        assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
        assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in containers(pod):
            own = container["securityContext"]
            assert own["allowPrivilegeEscalation"] is False
            assert own["readOnlyRootFilesystem"] is True
            assert own["capabilities"] == {"drop": ["ALL"]}
            assert "memory" in container["resources"]["limits"]
            assert "/tmp" in {mount["mountPath"] for mount in container["volumeMounts"]}


def test_the_probes_ask_for_addresses_of_the_server():
    (server,) = pods()["deployment"]["spec"]["containers"]
    asked = {kind: server[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: probe["path"] for kind, probe in asked.items()} == {
        "startup": "/livez",
        "liveness": "/livez",
        "readiness": "/readyz",
    }
    for probe in asked.values():
        assert resolve(probe["path"], urlconf="keyturn_server.urls").url_name
        assert probe["port"] in {port["name"] for port in server["ports"]}


def test_what_they_run_are_commands_of_keyturn():
    started = [container["args"][0] for pod in pods().values() for container in containers(pod)]
    assert sorted(started) == ["check", "migrate", "prune_sessions", "prune_sign_ups", "prune_trail", "serve"]
    assert set(started) <= {"serve", *get_commands()}


def test_everything_that_selects_the_servers_pods_selects_them_and_no_others():
    labels = {name: pod["metadata"]["labels"] for name, pod in pods().items()}
    for selector in (
        read("service.yaml")["spec"]["selector"],
        read("poddisruptionbudget.yaml")["spec"]["selector"]["matchLabels"],
        read("deployment.yaml")["spec"]["selector"]["matchLabels"],
    ):
        assert [name for name, own in labels.items() if selector.items() <= own.items()] == ["deployment"]
    policed = read("networkpolicy.yaml")["spec"]["podSelector"]["matchLabels"]
    assert all(policed.items() <= own.items() for own in labels.values())


def test_a_disruption_leaves_a_pod_and_a_deployment_takes_none_away_too_early():
    deployment = read("deployment.yaml")["spec"]
    budget = read("poddisruptionbudget.yaml")["spec"]
    assert 1 <= budget["minAvailable"] < deployment["replicas"]
    assert budget["unhealthyPodEvictionPolicy"] == "AlwaysAllow"
    assert deployment["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_a_pod_is_given_more_time_to_stop_than_it_takes():
    from keyturn_server import serve

    pod = pods()["deployment"]["spec"]
    _, seconds = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert pod["terminationGracePeriodSeconds"] > int(seconds) + serve._STOP_TIMEOUT


def test_the_ingress_leads_to_the_service_and_the_service_to_the_pods():
    (rule,) = read("ingress.yaml")["spec"]["rules"]
    backend = rule["http"]["paths"][0]["backend"]["service"]
    service = read("service.yaml")
    assert backend["name"] == service["metadata"]["name"]
    assert backend["port"]["name"] in {port["name"] for port in service["spec"]["ports"]}
    (server,) = pods()["deployment"]["spec"]["containers"]
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= {port["name"] for port in server["ports"]}


def test_the_server_starts_with_the_samples_of_its_environment(monkeypatch):
    variables = read("configmap.yaml")["data"] | read("secret.example.yaml")["stringData"]
    environment = judged(filled_in(variables), monkeypatch)
    assert f"https://{read('ingress.yaml')['spec']['rules'][0]['host']}" == environment.url
    for pod in pods().values():
        for container in containers(pod):
            assert container["envFrom"] == [{"configMapRef": {"name": "keyturn"}}, {"secretRef": {"name": "keyturn"}}]
