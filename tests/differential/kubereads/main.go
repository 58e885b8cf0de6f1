// Command kubereads prints what kubectl and kustomize read in files of manifests, as their own
// code reads them, and what distribution/reference makes of image references. The tests beside
// it hold imagelint to the answers.
//
//	kubereads FILE...                 a JSON line for each file and reader
//	printf 'a\0b' | kubereads         the same, file names from stdin
//	kubereads -references < LINES     a JSON line for each line, a JSON string
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"strings"
)

// Reading is what one reader makes of one file.
type Reading struct {
	File    string   `json:"file"`
	Reader  string   `json:"reader"`
	Objects []Object `json:"objects"`
	Errors  []Error  `json:"errors"`
}

// Error is why a reader refuses a document or, where it Ends the reading, the file from there on;
// kustomize refuses files as a whole. Document counts what the reader takes for documents, from 0.
// Images are those of the refused document, as far as it could be decoded.
type Error struct {
	Document int      `json:"document"`
	Ends     bool     `json:"ends"`
	Text     string   `json:"text"`
	Images   []string `json:"images"`
}

func (reading *Reading) end(document int, text string) {
	reading.Errors = append(reading.Errors, Error{document, true, text, []string{}})
}

func main() {
	log.SetFlags(0)
	references := flag.Bool("references", false, "judge references, JSON strings on stdin")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	var err error
	if *references {
		err = judgeReferences(os.Stdin, encoder)
	} else {
		err = readFiles(flag.Args(), encoder)
	}
	if err == nil {
		err = out.Flush()
	}
	if err != nil {
		log.Fatal(err)
	}
}

func readFiles(files []string, encoder *json.Encoder) error {
	if len(files) == 0 {
		names, err := io.ReadAll(os.Stdin)
		if err != nil {
			return err
		}
		files = strings.FieldsFunc(string(names), func(r rune) bool { return r == 0 })
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, reader := range []struct {
			name string
			read func([]byte, *Reading)
		}{{"kubectl", readAsKubectl}, {"kustomize", readAsKustomize}} {
			reading := Reading{File: file, Reader: reader.name, Objects: []Object{}, Errors: []Error{}}
			guarded(data, &reading, reader.read)
			if err := encoder.Encode(reading); err != nil {
				return err
			}
		}
	}
	return nil
}

// guarded reads a file; a reader that panics has refused it.
func guarded(data []byte, reading *Reading, read func([]byte, *Reading)) {
	defer func() {
		if reason := recover(); reason != nil {
			reading.Objects = []Object{}
			reading.end(0, fmt.Sprint("panic: ", reason))
		}
	}()
	read(data, reading)
}
