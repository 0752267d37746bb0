"""The lab as a graph: every task with what has to hold before it. `inv --list` tells what each one brings about."""

from invoke import Collection, Task, task

from engine.commands import COMMANDS
from engine.step import step
from engine.words import Telling
from steps import (
    beginning,
    certificates,
    checks,
    federation,
    foundation,
    health,
    images,
    ingress,
    pipelines,
    records,
    rehearsal,
    sample,
    teardown,
    toolbox,
    verification,
    world,
)
from steps import cluster as aks

# here
tools = step(toolbox.tools)
sandbox = step(world.sandbox, tools)
preflight = step(checks.preflight, sandbox)
admin_group = step(checks.admin_group, preflight)

# without a cluster
registry = step(foundation.registry, preflight)
identities = step(foundation.identities, preflight)
network = step(foundation.network, preflight)
frontend_image = step(images.frontend_image, registry)
backend_image = step(images.backend_image, registry)
defaultbackend_image = step(images.defaultbackend_image, registry)
images_ = step(images.images, frontend_image, backend_image, defaultbackend_image)
certmanager_role = step(certificates.certmanager_role, identities)
externaldns_role = step(records.externaldns_role, identities)
workload_role = step(sample.workload_role, identities)
subnet_role = step(aks.subnet_role, identities, network)

# the cluster
cluster = step(aks.cluster, subnet_role, admin_group)
credentials = step(aks.credentials, cluster)
acrpull = step(aks.acrpull, cluster, registry)
infra_credential = step(federation.infra_credential, cluster)
certmanager_credential = step(federation.certmanager_credential, cluster)
externaldns_credential = step(federation.externaldns_credential, cluster)
workload_credential = step(federation.workload_credential, cluster)

# in the cluster
infra_account = step(federation.infra_account, credentials, infra_credential)
ingress_controller = step(ingress.ingress_controller, credentials)
ingress_ = step(ingress.ingress, ingress_controller, defaultbackend_image, acrpull)
externaldns = step(records.externaldns, credentials, externaldns_credential, externaldns_role)
certmanager_release = step(certificates.certmanager_release, credentials, certmanager_credential)
certmanager = step(certificates.certmanager, certmanager_release, certmanager_role)
workload_namespace = step(sample.workload_namespace, credentials)
certificate = step(certificates.certificate, certmanager, workload_namespace)
workload = step(
    sample.workload,
    workload_namespace, ingress_controller, images_, acrpull, workload_credential, workload_role,
)  # fmt: skip


# proven
verify_record = step(verification.verify_record, externaldns, workload)
verify_certificate = step(verification.verify_certificate, certificate, ingress_, workload)
verify_page = step(verification.verify_page, verify_record, verify_certificate)
verify = step(verification.verify, verify_record, verify_certificate, verify_page)

lab = step(sample.lab, infra_account, verify)
doctor = step(health.doctor, sandbox)
destroy = step(teardown.destroy, sandbox, destroys=True)

# with faults
rehearse = task(rehearsal.rehearse, help=rehearsal.OPTIONS)

# for another subscription
init = task(beginning.init, klass=Telling, auto_shortflags=False, help=beginning.OPTIONS)

# on other machines
pipeline = task(pipelines.pipeline, help=pipelines.OPTIONS)
environments = task(pipelines.environments, help={"file": "the list, such as config/class.example.yaml"})

ns = Collection(*COMMANDS, *(one for one in list(globals().values()) if isinstance(one, Task) and one is not sandbox))
ns.add_collection(Collection("sandbox", start=sandbox, **{name: task(getattr(world, name)) for name in world.COMMANDS}))
