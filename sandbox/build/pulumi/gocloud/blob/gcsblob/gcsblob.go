// Package gcsblob is in place of the driver for Google Cloud Storage, whose libraries take long to compile.
package gcsblob

// Scheme is that of its buckets' URLs.
const Scheme = "gs"
