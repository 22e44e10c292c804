// Package cloud is in place of a file for keys of AWS, Azure, Google Cloud and Vault, whose libraries take long to compile.
package cloud

import (
	"encoding/json"
	"errors"

	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Type is what a stack's state calls such a key.
const Type = "cloud"

var errUnavailable = errors.New("the sandbox's pulumi is built without secrets providers other than passphrase")

// EditProjectStack writes the key into a stack's settings.
func EditProjectStack(*workspace.ProjectStack, json.RawMessage) error { return errUnavailable }

// NewCloudSecretsManagerFromState opens the key of a stack's state.
func NewCloudSecretsManagerFromState(json.RawMessage) (secrets.Manager, error) {
	return nil, errUnavailable
}

// NewCloudSecretsManager opens the key of a stack's settings.
func NewCloudSecretsManager(*workspace.ProjectStack, string, bool) (secrets.Manager, error) {
	return nil, errUnavailable
}
