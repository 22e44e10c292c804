// Package azureblob is in place of the driver for Azure Blob Storage, whose libraries take long to compile.
package azureblob

import (
	"context"
	"errors"
	"net/url"

	"gocloud.dev/blob"
)

// Scheme is that of its buckets' URLs.
const Scheme = "azblob"

// ServiceURLOptions has no settings.
type ServiceURLOptions struct{}

// NewDefaultServiceURLOptions gives none.
func NewDefaultServiceURLOptions() *ServiceURLOptions { return &ServiceURLOptions{} }

// NewDefaultClient connects to nothing.
func NewDefaultClient() {}

// URLOpener opens no bucket.
type URLOpener struct {
	MakeClient        func()
	ServiceURLOptions ServiceURLOptions
}

// OpenBucketURL fails.
func (*URLOpener) OpenBucketURL(context.Context, *url.URL) (*blob.Bucket, error) {
	return nil, errors.New("the sandbox's pulumi is built without Azure Blob Storage")
}
