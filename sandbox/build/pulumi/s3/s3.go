// Package s3 is in place of the client for S3, of which pulumi itself uses one type.
package s3

// CopyObjectInput is what a driver for S3 would copy from.
type CopyObjectInput struct{ CopySource *string }
