"""A mesh, and two versions of an application in it."""

import pulumi
import pulumi_istio_ambient as istio
import pulumi_kubernetes as k8s

# A kind cluster; any other one works the same without `platform`.
mesh = istio.AmbientMesh(
    "mesh",
    platform="kind",
)

shop = istio.AmbientNamespace("shop", stack="quickstart", opts=pulumi.ResourceOptions(depends_on=[mesh]))


def version(name: str) -> k8s.core.v1.Service:
    """One version of the application: its Deployment and its Service."""
    labels = {"app": name}
    metadata = {"name": name, "namespace": shop.name}
    container = {
        "name": "web",
        "image": "registry.k8s.io/e2e-test-images/agnhost:2.53",
        "args": ["netexec", "--http-port=8080"],
        "ports": [{"container_port": 8080}],
    }
    template = {"metadata": {"labels": labels}, "spec": {"containers": [container]}}
    pods = k8s.apps.v1.Deployment(
        f"{name}-pods", metadata=metadata, spec={"selector": {"match_labels": labels}, "template": template}
    )
    ports = [{"name": "http", "port": 80, "target_port": 8080}]
    options = pulumi.ResourceOptions(depends_on=[pods])
    return k8s.core.v1.Service(name, metadata=metadata, spec={"selector": labels, "ports": ports}, opts=options)


web = version("web")
web_next = version("web-next")

# One of ten requests goes to the next version.
route = istio.HttpRoute(
    "route",
    namespace=shop.name,
    parent=mesh.gateway,
    hostnames=["shop.hostk8s.local"],
    canary={
        "stable": {"service": web.metadata.name, "port": 80},
        "candidate": {"service": web_next.metadata.name, "port": 80},
        "percent": 10,
    },
)

waypoint = istio.Waypoint("waypoint", namespace=shop.name, for_=[{"namespace": shop.name}])

# Requests from the ingress gateway are let in, and only those that read.
istio.AccessPolicy(
    "readers",
    namespace=shop.name,
    http={"waypoint": waypoint.reference, "allow": [{"gateway": mesh.gateway, "methods": ["GET"]}]},
)

pulumi.export("url", mesh.https_url)
pulumi.export("gateway", mesh.gateway)
pulumi.export("caCertificate", mesh.ca_certificate)
