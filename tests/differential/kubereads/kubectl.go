package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/cli-runtime/pkg/resource"
)

// bufferSize is the one with which cli-runtime makes its decoder; it decides how far kubectl
// looks for JSON.
const bufferSize = 4096

// readAsKubectl reads as `kubectl apply -f` does: the stream through cli-runtime's decoder, each
// document of it through cli-runtime's builder, so that it is known which one was refused.
func readAsKubectl(data []byte, reading *Reading) {
	plain := transform.NewReader(bytes.NewReader(data), unicode.BOMOverride(unicode.UTF8.NewDecoder()))
	decoder := yaml.NewYAMLOrJSONDecoder(plain, bufferSize)
	for document := 0; ; document++ {
		var raw runtime.RawExtension
		if err := decoder.Decode(&raw); err != nil {
			if !errors.Is(err, io.EOF) {
				reading.end(document, err.Error())
			}
			return
		}
		objects, err := build(raw.Raw)
		reading.Objects = append(reading.Objects, objects...)
		if err != nil {
			refusal := Error{document, false, err.Error(), textsBelow(raw.Raw)}
			reading.Errors = append(reading.Errors, refusal)
		}
	}
}

// build returns the objects of one document, lists taken apart.
func build(document []byte) ([]Object, error) {
	document = bytes.TrimSpace(document)
	if len(document) == 0 || bytes.Equal(document, []byte("null")) {
		return nil, nil
	}
	var objects []Object
	err := resource.NewLocalBuilder().
		Unstructured().
		ContinueOnError().
		Stream(bytes.NewReader(document), "document").
		Flatten().
		Do().
		Visit(func(info *resource.Info, err error) error {
			if err != nil {
				return err
			}
			fields, ok := info.Object.(*unstructured.Unstructured)
			if !ok {
				return nil
			}
			object := objectOf(fields.Object)
			if object.APIVersion == "" || strings.HasSuffix(object.APIVersion, "/") {
				// Said where the server is asked for the kind, which a local builder never does.
				return fmt.Errorf("no matches for kind %q in version %q", object.Kind, object.APIVersion)
			}
			objects = append(objects, object)
			return nil
		})
	return objects, err
}
