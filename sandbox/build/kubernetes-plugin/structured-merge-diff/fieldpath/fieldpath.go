// Package fieldpath gives the plugin, which imports version 4, the types of version 6, which Kubernetes 1.36 returns.
package fieldpath

import "sigs.k8s.io/structured-merge-diff/v6/fieldpath"

type (
	Path = fieldpath.Path
	Set  = fieldpath.Set
)

// MakePath constructs a Path.
func MakePath(parts ...any) (Path, error) { return fieldpath.MakePath(parts...) }
