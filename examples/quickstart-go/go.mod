module quickstart

go 1.25

require (
	github.com/danielscholl-osdu/istio-ambient/sdk/go v0.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.259.0
)

replace github.com/danielscholl-osdu/istio-ambient/sdk/go => ./sdks/istio-ambient
