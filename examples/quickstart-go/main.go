// A mesh, and two versions of an application in it.
package main

import (
	istio "github.com/danielscholl-osdu/istio-ambient/sdk/go/istioambient"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		// A kind cluster; any other one works the same without Platform.
		platform := istio.PlatformKind
		mesh, err := istio.NewAmbientMesh(ctx, "mesh", &istio.AmbientMeshArgs{
			Platform: &platform,
		})
		if err != nil {
			return err
		}

		shop, err := istio.NewAmbientNamespace(ctx, "shop", &istio.AmbientNamespaceArgs{
			Stack: pulumi.String("quickstart"),
		}, pulumi.DependsOn([]pulumi.Resource{mesh}))
		if err != nil {
			return err
		}

		web, err := newVersion(ctx, "web", shop)
		if err != nil {
			return err
		}
		next, err := newVersion(ctx, "web-next", shop)
		if err != nil {
			return err
		}

		// One of ten requests goes to the next version.
		_, err = istio.NewHttpRoute(ctx, "route", &istio.HttpRouteArgs{
			Namespace: shop.Name,
			Parent:    mesh.Gateway,
			Hostnames: pulumi.StringArray{pulumi.String("shop.hostk8s.local")},
			Canary: &istio.CanaryArgs{
				Stable:    istio.RouteVersionArgs{Service: web.name(), Port: pulumi.Float64(80)},
				Candidate: istio.RouteVersionArgs{Service: next.name(), Port: pulumi.Float64(80)},
				Percent:   pulumi.Float64(10),
			},
		})
		if err != nil {
			return err
		}

		waypoint, err := istio.NewWaypoint(ctx, "waypoint", &istio.WaypointArgs{
			Namespace: shop.Name,
			For:       []istio.WaypointUserArgs{{Namespace: shop.Name}},
		})
		if err != nil {
			return err
		}

		// Requests from the ingress gateway are let in, and only those that read.
		_, err = istio.NewAccessPolicy(ctx, "readers", &istio.AccessPolicyArgs{
			Namespace: shop.Name,
			Http: &istio.HttpAccessArgs{
				Waypoint: waypoint.Reference,
				Allow: []istio.HttpAccessRuleArgs{
					{Gateway: mesh.Gateway, Methods: pulumi.StringArray{pulumi.String("GET")}},
				},
			},
		})
		if err != nil {
			return err
		}

		ctx.Export("url", mesh.HttpsUrl)
		ctx.Export("gateway", mesh.Gateway)
		ctx.Export("caCertificate", mesh.CaCertificate)
		return nil
	})
}

// The plugin of the mesh's own resources: without a version Pulumi may choose another provider in each run.
var kubernetes = pulumi.Version("4.34.2")

// object is a resource of Kubernetes. Pulumi's SDK for Kubernetes has a type for each kind, and takes minutes to compile.
type object struct {
	pulumi.CustomResourceState
	Metadata pulumi.MapOutput `pulumi:"metadata"`
}

func (o *object) name() pulumi.StringOutput {
	return o.Metadata.ApplyT(func(metadata map[string]any) string {
		return metadata["name"].(string)
	}).(pulumi.StringOutput)
}

// newVersion makes one version of the application: its Deployment and its Service.
func newVersion(ctx *pulumi.Context, name string, namespace *istio.AmbientNamespace) (*object, error) {
	labels := pulumi.StringMap{"app": pulumi.String(name)}
	metadata := pulumi.Map{"name": pulumi.String(name), "namespace": namespace.Name}
	container := pulumi.Map{
		"name":  pulumi.String("web"),
		"image": pulumi.String("registry.k8s.io/e2e-test-images/agnhost:2.53"),
		"args":  pulumi.ToStringArray([]string{"netexec", "--http-port=8080"}),
		"ports": pulumi.Array{pulumi.Map{"containerPort": pulumi.Int(8080)}},
	}
	var pods, service object
	err := ctx.RegisterResource("kubernetes:apps/v1:Deployment", name+"-pods", pulumi.Map{
		"apiVersion": pulumi.String("apps/v1"),
		"kind":       pulumi.String("Deployment"),
		"metadata":   metadata,
		"spec": pulumi.Map{
			"selector": pulumi.Map{"matchLabels": labels},
			"template": pulumi.Map{
				"metadata": pulumi.Map{"labels": labels},
				"spec":     pulumi.Map{"containers": pulumi.Array{container}},
			},
		},
	}, &pods, kubernetes)
	if err != nil {
		return nil, err
	}
	port := pulumi.Map{"name": pulumi.String("http"), "port": pulumi.Int(80), "targetPort": pulumi.Int(8080)}
	err = ctx.RegisterResource("kubernetes:core/v1:Service", name, pulumi.Map{
		"apiVersion": pulumi.String("v1"),
		"kind":       pulumi.String("Service"),
		"metadata":   metadata,
		"spec":       pulumi.Map{"selector": labels, "ports": pulumi.Array{port}},
	}, &service, kubernetes, pulumi.DependsOn([]pulumi.Resource{&pods}))
	return &service, err
}
