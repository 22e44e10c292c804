// A mesh, and two versions of an application in it.
using System.Collections.Generic;
using Pulumi;
using Pulumi.IstioAmbient;
using Pulumi.IstioAmbient.Inputs;
using Pulumi.Kubernetes.Types.Inputs.Apps.V1;
using Pulumi.Kubernetes.Types.Inputs.Core.V1;
using Pulumi.Kubernetes.Types.Inputs.Meta.V1;
using Deployment = Pulumi.Kubernetes.Apps.V1.Deployment;
using Service = Pulumi.Kubernetes.Core.V1.Service;

return await Pulumi.Deployment.RunAsync(() =>
{
    // A kind cluster; any other one works the same without Platform.
    var mesh = new AmbientMesh("mesh", new AmbientMeshArgs
    {
        Platform = Platform.Kind,
    });

    var shop = new AmbientNamespace("shop", new AmbientNamespaceArgs { Stack = "quickstart" },
        new ComponentResourceOptions { DependsOn = { mesh } });

    var web = Version("web", shop);
    var next = Version("web-next", shop);
    var gateway = mesh.Gateway.Apply(given => new GatewayReferenceArgs
    {
        Name = given.Name,
        Namespace = given.Namespace!,
        ServiceAccount = given.ServiceAccount!,
    });

    // One of ten requests goes to the next version.
    _ = new HttpRoute("route", new HttpRouteArgs
    {
        Namespace = shop.Name,
        Parent = gateway,
        Hostnames = { "shop.hostk8s.local" },
        Canary = new CanaryArgs
        {
            Stable = new RouteVersionArgs { Service = web.Metadata.Apply(m => m.Name), Port = 80 },
            Candidate = new RouteVersionArgs { Service = next.Metadata.Apply(m => m.Name), Port = 80 },
            Percent = 10,
        },
    });

    var waypoint = new Waypoint("waypoint", new WaypointArgs
    {
        Namespace = shop.Name,
        For = { new WaypointUserArgs { Namespace = shop.Name } },
    });

    // Requests from the ingress gateway are let in, and only those that read.
    _ = new AccessPolicy("readers", new AccessPolicyArgs
    {
        Namespace = shop.Name,
        Http = new HttpAccessArgs
        {
            Waypoint = waypoint.Reference.Apply(given => new WaypointReferenceArgs
            {
                Name = given.Name,
                Namespace = given.Namespace,
                ServiceAccount = given.ServiceAccount!,
            }),
            Allow = { new HttpAccessRuleArgs { Gateway = gateway, Methods = { "GET" } } },
        },
    });

    return new Dictionary<string, object?>
    {
        ["url"] = mesh.HttpsUrl,
        ["gateway"] = mesh.Gateway,
        ["caCertificate"] = mesh.CaCertificate,
    };
});

// One version of the application: its Deployment and its Service.
static Service Version(string name, AmbientNamespace @namespace)
{
    var labels = new InputMap<string> { ["app"] = name };
    var metadata = new ObjectMetaArgs { Name = name, Namespace = @namespace.Name };
    var pods = new Deployment($"{name}-pods", new DeploymentArgs
    {
        Metadata = metadata,
        Spec = new DeploymentSpecArgs
        {
            Selector = new LabelSelectorArgs { MatchLabels = labels },
            Template = new PodTemplateSpecArgs
            {
                Metadata = new ObjectMetaArgs { Labels = labels },
                Spec = new PodSpecArgs
                {
                    Containers =
                    {
                        new ContainerArgs
                        {
                            Name = "web",
                            Image = "registry.k8s.io/e2e-test-images/agnhost:2.53",
                            Args = { "netexec", "--http-port=8080" },
                            Ports = { new ContainerPortArgs { ContainerPortValue = 8080 } },
                        },
                    },
                },
            },
        },
    });
    return new Service(name, new ServiceArgs
    {
        Metadata = metadata,
        Spec = new ServiceSpecArgs
        {
            Selector = labels,
            Ports = { new ServicePortArgs { Name = "http", Port = 80, TargetPort = 8080 } },
        },
    }, new CustomResourceOptions { DependsOn = { pods } });
}
