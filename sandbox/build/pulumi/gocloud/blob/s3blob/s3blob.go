// Package s3blob is in place of the driver for S3, whose libraries take long to compile.
package s3blob
