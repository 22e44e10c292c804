// Downloads and compiles the SDK that a Pulumi program in Go needs, so that one is compiled where no registry answers.
package main

import _ "github.com/pulumi/pulumi/sdk/v3/go/pulumi"

func main() {}
