"""The pages about deploying name files, units and commands that are there, in a shell's own grammar."""

import re
import subprocess

import pytest
from django.core.management import get_commands

from scripts.node import ROOT

PAGES = {path.stem: path for path in sorted((ROOT / "docs" / "how-to").glob("deploy-*.md"))}
PAGES["scale"] = ROOT / "docs" / "scale.md"


def scripts(path):
    return re.findall(r"^```sh\n(.*?)^```", path.read_text(), re.MULTILINE | re.DOTALL)


@pytest.fixture(params=PAGES)
def page(request):
    return PAGES[request.param]


def test_a_shell_can_read_what_is_to_be_typed(page):
    assert scripts(page)
    for script in scripts(page):
        read = subprocess.run(["sh", "-n"], input=script, capture_output=True, text=True, check=False)
        assert (read.returncode, read.stderr) == (0, "")


def test_the_files_that_are_named_are_there(page):
    named = set(re.findall(r"(?<![\w/.])((?:deploy|requirements)/[\w./*-]+)", page.read_text()))
    named = {name.rstrip(".,:") for name in named}
    assert named
    # Copies of a sample that the reader makes.
    made = {"deploy/compose/keyturn.env", "deploy/compose/postgres.env", "deploy/compose/certificates"}
    for name in named - made:
        assert list(ROOT.glob(name)), name


def test_the_units_and_files_that_are_named_in_their_places_are_those_of_deploy():
    text = PAGES["deploy-systemd"].read_text()
    there = {path.name for path in (ROOT / "deploy").rglob("*")}
    assert set(re.findall(r"keyturn[\w-]*\.(?:service|timer)", text)) <= there
    manifests = set(re.findall(r"`([\w.-]+\.yaml)`", PAGES["deploy-kubernetes"].read_text()))
    assert {path.name for path in (ROOT / "deploy" / "kubernetes").glob("*.yaml")} <= manifests
    assert manifests <= there


def test_the_commands_of_keyturn_are_commands(page):
    script = "\n".join(scripts(page))
    called = re.findall(r"(?:/opt/keyturn/bin/|-- |exec keyturn )keyturn (\w+)", script)
    assert set(called) <= {"serve", "demo", *get_commands()}
    if page.stem.startswith("deploy-"):
        assert "createsuperuser" in called


def test_the_connections_that_are_counted_are_those_of_the_samples():
    import yaml

    deployment = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "deployment.yaml").read_text())["spec"]
    settings = yaml.safe_load((ROOT / "deploy" / "kubernetes" / "configmap.yaml").read_text())["data"]
    arguments = deployment["template"]["spec"]["containers"][0]["args"]
    workers = int(arguments[arguments.index("--workers") + 1])
    each = int(settings["KEYTURN_DB_POOL_SIZE"]) + 1
    said = re.search(r"(\d+) \S (\d+) \S\s+(\d+) \+ (\d+) = (\d+)", PAGES["deploy-kubernetes"].read_text())
    assert said is not None
    pods, of_each, connections, more, together = map(int, said.groups())
    assert (pods, of_each, connections) == (deployment["replicas"], workers, each)
    assert together == pods * of_each * connections + more
