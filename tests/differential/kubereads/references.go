package main

import (
	"bufio"
	_ "crypto/sha512" // sha384 and sha512 are digests where, as in the kubelet, they are linked
	"encoding/json"
	"io"

	"github.com/distribution/reference"
)

// Verdict is what distribution/reference reads in a text, or why it refuses it.
type Verdict struct {
	Domain   string  `json:"domain"`
	Path     string  `json:"path"`
	Tag      *string `json:"tag"`
	Digest   *string `json:"digest"`
	Familiar string  `json:"familiar"`
	Error    string  `json:"error,omitempty"`
}

func judgeReferences(lines io.Reader, encoder *json.Encoder) error {
	decoder := json.NewDecoder(bufio.NewReader(lines))
	for {
		var line string
		if err := decoder.Decode(&line); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := encoder.Encode(verdict(line)); err != nil {
			return err
		}
	}
}

func verdict(line string) (judged Verdict) {
	named, err := reference.ParseNormalizedNamed(line)
	if err != nil {
		return Verdict{Error: err.Error()}
	}
	judged.Domain = reference.Domain(named)
	judged.Path = reference.Path(named)
	judged.Familiar = reference.FamiliarString(named)
	if tagged, ok := named.(reference.Tagged); ok {
		tag := tagged.Tag()
		judged.Tag = &tag
	}
	if digested, ok := named.(reference.Digested); ok {
		digest := digested.Digest().String()
		judged.Digest = &digest
	}
	return judged
}
