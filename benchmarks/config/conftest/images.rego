# The one rule that conftest is measured with: an image needs a tag other than latest.
package main

import rego.v1

deny contains message if {
	some container in input.spec.template.spec.containers
	endswith(container.image, ":latest")
	message := sprintf("%s: the tag latest moves", [container.image])
}
