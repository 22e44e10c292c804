// In place of a file of the plugin's own SDK that has a case, and a generated type, for every kind that Kubernetes ever had:
// 25 MB of Go for components that make resources of any kind (ConfigGroup, Chart v4). Their resources need no type of Go.
package v2

import (
	"strings"

	"github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apiextensions"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// IsListKind tells whether objects of a kind are lists of others.
func IsListKind(_, kind string) bool {
	return strings.HasSuffix(kind, "List")
}

// RegisterResource registers an object as a resource of its kind.
func RegisterResource(ctx *pulumi.Context, apiVersion, kind, name string, props pulumi.Input,
	opts ...pulumi.ResourceOption) (pulumi.CustomResource, error) {
	resource := &apiextensions.CustomResource{}
	// The name of the core group, which an apiVersion leaves out.
	if !strings.Contains(apiVersion, "/") {
		apiVersion = "core/" + apiVersion
	}
	return resource, ctx.RegisterResource("kubernetes:"+apiVersion+":"+kind, name, props, resource, opts...)
}
