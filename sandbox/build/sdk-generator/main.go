// Writes the SDK of a package for another language, by Pulumi's own generators, which its language hosts call as well:
// `sdk-generator python schema.json folder`. The hosts themselves are on no registry.
package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"

	"github.com/pulumi/pulumi/pkg/v3/codegen/dotnet"
	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

func generate(language string, pkg *schema.Package) (map[string][]byte, error) {
	// As `pulumi package add` has it, which makes a package for one project.
	pkg.SupportPack = true
	switch language {
	case "python":
		return python.GeneratePackage("pulumi", pkg, nil, nil)
	case "go":
		return gogen.GeneratePackage("pulumi", pkg, nil)
	case "dotnet":
		if err := pkg.ImportLanguages(map[string]schema.Language{"csharp": dotnet.Importer}); err != nil {
			return nil, err
		}
		// The generator downloads a logo for the package, which nothing here needs.
		logo := httptest.NewServer(http.NotFoundHandler())
		defer logo.Close()
		pkg.LogoURL = logo.URL
		return dotnet.GeneratePackage("pulumi", pkg, nil, nil)
	default:
		return nil, fmt.Errorf("there is no generator for %q", language)
	}
}

func run(language, source, folder string) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	pkg, diagnostics, err := schema.BindSpec(spec, nil, schema.ValidationOptions{})
	if err != nil {
		return err
	}
	if diagnostics.HasErrors() {
		return diagnostics
	}
	files, err := generate(language, pkg)
	if err != nil {
		return err
	}
	for name, content := range files {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "sdk-generator LANGUAGE SCHEMA FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
