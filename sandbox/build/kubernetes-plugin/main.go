// The official Kubernetes plugin from its provider's public package. Its own main embeds two files that are generated when
// it is released, and its module lacks them: the schema with a version in it, and a shorter mapping.
package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"os"

	"github.com/pulumi/pulumi-kubernetes/provider/v4/pkg/provider"
)

//go:embed schema.json
var schema []byte

//go:embed terraform-mapping.json
var mapping []byte

func main() {
	// The engine warns of a plugin that is older than the SDK that asks for it, so whoever starts this says which that is.
	version := os.Getenv("PLUGIN_VERSION")
	name := []byte(`"name": "kubernetes",`)
	versioned := fmt.Appendf(nil, `%s "version": %q,`, name, version)
	provider.Serve("kubernetes", version, bytes.Replace(schema, name, versioned, 1), mapping)
}
