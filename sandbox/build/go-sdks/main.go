// Downloads and compiles the SDKs that a Pulumi program in Go needs, so that one is compiled where no registry answers.
package main

import (
	_ "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/apps/v1"
	_ "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/core/v1"
	_ "github.com/pulumi/pulumi-kubernetes/sdk/v4/go/kubernetes/meta/v1"
	_ "github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {}
