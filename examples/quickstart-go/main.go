// A mesh, and two versions of an application in it.
package main

import (
	istio "github.com/danielscholl-osdu/istio-ambient/sdk/go/istioambient"
	appsv1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	corev1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	metav1 "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
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
				Stable:    istio.RouteVersionArgs{Service: web.Metadata.Name().Elem(), Port: pulumi.Float64(80)},
				Candidate: istio.RouteVersionArgs{Service: next.Metadata.Name().Elem(), Port: pulumi.Float64(80)},
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

// newVersion makes one version of the application: its Deployment and its Service.
func newVersion(ctx *pulumi.Context, name string, namespace *istio.AmbientNamespace) (*corev1.Service, error) {
	labels := pulumi.StringMap{"app": pulumi.String(name)}
	metadata := &metav1.ObjectMetaArgs{Name: pulumi.String(name), Namespace: namespace.Name}
	pods, err := appsv1.NewDeployment(ctx, name+"-pods", &appsv1.DeploymentArgs{
		Metadata: metadata,
		Spec: &appsv1.DeploymentSpecArgs{
			Selector: &metav1.LabelSelectorArgs{MatchLabels: labels},
			Template: &corev1.PodTemplateSpecArgs{
				Metadata: &metav1.ObjectMetaArgs{Labels: labels},
				Spec: &corev1.PodSpecArgs{
					Containers: corev1.ContainerArray{&corev1.ContainerArgs{
						Name:  pulumi.String("web"),
						Image: pulumi.String("registry.k8s.io/e2e-test-images/agnhost:2.53"),
						Args:  pulumi.StringArray{pulumi.String("netexec"), pulumi.String("--http-port=8080")},
						Ports: corev1.ContainerPortArray{&corev1.ContainerPortArgs{ContainerPort: pulumi.Int(8080)}},
					}},
				},
			},
		},
	})
	if err != nil {
		return nil, err
	}
	return corev1.NewService(ctx, name, &corev1.ServiceArgs{
		Metadata: metadata,
		Spec: &corev1.ServiceSpecArgs{
			Selector: labels,
			Ports: corev1.ServicePortArray{&corev1.ServicePortArgs{
				Name: pulumi.String("http"), Port: pulumi.Int(80), TargetPort: pulumi.Int(8080),
			}},
		},
	}, pulumi.DependsOn([]pulumi.Resource{pods}))
}
