package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// Object is one API object with the images that Kubernetes would pull for it. Mistyped says that
// a name or label is no string, which kubectl passes on in lists, for the server to refuse.
type Object struct {
	APIVersion string            `json:"apiVersion"`
	Kind       string            `json:"kind"`
	Name       string            `json:"name"`
	Namespace  string            `json:"namespace"`
	Labels     map[string]string `json:"labels"`
	Mistyped   bool              `json:"mistyped"`
	Images     []Image           `json:"images"`
}

// Image is a value where an image belongs: text or, wrongly, anything else.
type Image struct {
	Field     string `json:"field"`
	Container string `json:"container"`
	Value     any    `json:"value"`
}

// podSpecs leads to the pod spec of each kind of Kubernetes itself that has one.
var podSpecs = map[string]string{
	"Pod":                   "spec",
	"PodTemplate":           "template.spec",
	"CronJob":               "spec.jobTemplate.spec.template.spec",
	"DaemonSet":             "spec.template.spec",
	"Deployment":            "spec.template.spec",
	"Job":                   "spec.template.spec",
	"ReplicaSet":            "spec.template.spec",
	"ReplicationController": "spec.template.spec",
	"StatefulSet":           "spec.template.spec",
}

var groups = []string{"", "apps", "batch", "extensions"}

func objectOf(fields map[string]any) Object {
	metadata, _ := fields["metadata"].(map[string]any)
	object := Object{
		APIVersion: text(fields["apiVersion"]),
		Kind:       text(fields["kind"]),
		Name:       text(metadata["name"]),
		Namespace:  text(metadata["namespace"]),
		Labels:     map[string]string{},
		Images:     []Image{},
	}
	if object.Name == "" {
		object.Name = text(metadata["generateName"])
	}
	labels, _ := metadata["labels"].(map[string]any)
	for key, value := range labels {
		if label, ok := value.(string); ok {
			object.Labels[key] = label
		}
		object.Mistyped = object.Mistyped || isMistyped(value)
	}
	for _, key := range []string{"name", "generateName"} {
		object.Mistyped = object.Mistyped || isMistyped(metadata[key])
	}
	group, _, grouped := strings.Cut(object.APIVersion, "/")
	if !grouped {
		group = ""
	}
	path, known := podSpecs[object.Kind]
	if known && object.APIVersion != "" && slices.Contains(groups, group) {
		object.Images = append(object.Images, imagesOf(fields, path)...)
	}
	return object
}

func imagesOf(fields map[string]any, path string) (found []Image) {
	var node any = fields
	for _, key := range strings.Split(path, ".") {
		parent, _ := node.(map[string]any)
		node = parent[key]
	}
	spec, _ := node.(map[string]any)
	for _, list := range []string{"initContainers", "containers", "ephemeralContainers"} {
		found = append(found, inList(spec[list], path+"."+list, "image")...)
	}
	return append(found, inList(spec["volumes"], path+".volumes", "image", "reference")...)
}

// inList returns what stands at a path of keys in each item of a list.
func inList(list any, path string, keys ...string) (found []Image) {
	items, _ := list.([]any)
	for index, item := range items {
		container, _ := item.(map[string]any)
		node, exists := any(container), true
		for _, key := range keys {
			parent, _ := node.(map[string]any)
			node, exists = parent[key]
		}
		if exists {
			field := fmt.Sprintf("%s[%d].%s", path, index, strings.Join(keys, "."))
			found = append(found, Image{field, text(container["name"]), node})
		}
	}
	return found
}

// textsBelow returns the images, written as text, of the objects in a JSON document that need not
// be one that Kubernetes accepts, those in its lists included.
func textsBelow(document []byte) []string {
	found := []string{}
	var root any
	if json.Unmarshal(document, &root) != nil {
		return found
	}
	for work := []any{root}; len(work) > 0; work = work[1:] {
		fields, _ := work[0].(map[string]any)
		object := objectOf(fields)
		if object.Kind == "" {
			continue
		}
		if items, isList := fields["items"].([]any); isList {
			work = append(work, items...)
			continue
		}
		for _, image := range object.Images {
			if written, ok := image.Value.(string); ok {
				found = append(found, written)
			}
		}
	}
	return found
}

func isMistyped(value any) bool {
	_, ok := value.(string)
	return value != nil && !ok
}

func text(value any) string {
	written, _ := value.(string)
	return written
}
