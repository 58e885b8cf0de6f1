package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v3"
	"sigs.k8s.io/kustomize/api/provider"
)

// readAsKustomize reads as `kustomize build` reads a file under `resources`, up to the JSON that
// it would print. Any error refuses the file as a whole.
func readAsKustomize(data []byte, reading *Reading) {
	objects, err := resources(data)
	if err != nil {
		reading.end(0, err.Error())
		return
	}
	reading.Objects = objects
}

func resources(data []byte) ([]Object, error) {
	if expandsTooFar(data) {
		return nil, errors.New("aliases would expand without end: kustomize dies of it")
	}
	found, err := provider.NewDefaultDepProvider().GetResourceFactory().SliceFromBytes(data)
	if err != nil {
		return nil, err
	}
	objects := []Object{}
	for _, one := range found {
		text, err := one.MarshalJSON()
		if err != nil {
			return nil, err
		}
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.UseNumber()
		var fields map[string]any
		if err := decoder.Decode(&fields); err != nil {
			return nil, err
		}
		objects = append(objects, objectOf(fields))
	}
	return objects, nil
}

// largest is the number of nodes from which on a document counts as a bomb.
const largest = 2_000_000

var separator = regexp.MustCompile(`(?m)^---.*$`)

// expandsTooFar tells documents on which kustomize runs out of memory or of stack. It looks at the
// stream as a whole and at its pieces, for kustomize splits it at lines before it parses.
func expandsTooFar(data []byte) bool {
	if !bytes.ContainsRune(data, '*') {
		return false
	}
	for _, piece := range append(separator.Split(string(data), -1), string(data)) {
		decoder := yaml.NewDecoder(strings.NewReader(piece))
		for err := error(nil); err == nil; {
			var document yaml.Node
			err = decoder.Decode(&document)
			if expanded(&document, map[*yaml.Node]int{}) > largest {
				return true
			}
		}
	}
	return false
}

// expanded counts the nodes below a node with aliases expanded, up to a bit above largest; what
// holds itself is as large as can be.
func expanded(node *yaml.Node, known map[*yaml.Node]int) int {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if size, ok := known[node]; ok {
		return size
	}
	known[node] = largest + 1
	size := 1
	for _, child := range node.Content {
		size = min(size+expanded(child, known), largest+1)
	}
	known[node] = size
	return size
}
