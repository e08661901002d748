// Writes the SDKs of a package from its schema, with Pulumi's own code generators, as `pulumi package gen-sdk` does.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	gogen "github.com/pulumi/pulumi/pkg/v3/codegen/go"
	"github.com/pulumi/pulumi/pkg/v3/codegen/nodejs"
	"github.com/pulumi/pulumi/pkg/v3/codegen/python"
	"github.com/pulumi/pulumi/pkg/v3/codegen/schema"
)

const tool = "pulumi"

// What `pulumi package add` puts beside the generated files, which are in a package below.
const goModule = `module example.com/edge-router/sdk/go

go 1.25

require github.com/pulumi/pulumi/sdk/v3 v3.256.0
`

// packages would load the packages that a schema refers to. This one refers to none.
type packages struct{ schema.ReferenceLoader }

type files = map[string][]byte

var generators = map[string]func(*schema.Package) (files, error){
	"nodejs": func(bound *schema.Package) (files, error) {
		return nodejs.GeneratePackage(tool, bound, nil, nil, true, packages{})
	},
	"go": func(bound *schema.Package) (files, error) { return gogen.GeneratePackage(tool, bound, nil) },
	"python": func(bound *schema.Package) (files, error) {
		return python.GeneratePackage(tool, bound, nil, packages{})
	},
}

func main() {
	if len(os.Args) != 3 {
		fail(fmt.Errorf("usage: sdkgen SCHEMA.json FOLDER"))
	}
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		fail(err)
	}
	for language, generate := range generators {
		if err := write(filepath.Join(os.Args[2], language), text, generate); err != nil {
			fail(fmt.Errorf("%s: %w", language, err))
		}
	}
}

// write generates the SDK of one language. Each has the schema bound anew, for a generator leaves its own notes in it.
func write(folder string, text []byte, generate func(*schema.Package) (files, error)) error {
	var spec schema.PackageSpec
	if err := json.Unmarshal(text, &spec); err != nil {
		return err
	}
	bound, diagnostics, err := schema.BindSpec(spec, packages{}, schema.ValidationOptions{})
	if err != nil {
		return err
	}
	if diagnostics.HasErrors() {
		return diagnostics
	}
	written, err := generate(bound)
	if err != nil {
		return err
	}
	if _, ok := written["go.mod"]; !ok && filepath.Base(folder) == "go" {
		written["go.mod"] = []byte(goModule)
	}
	for name, content := range written {
		path := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
