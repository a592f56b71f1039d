package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"sort"
	"strings"
)

// mistakes collects everything that is wrong with a document, each with the path of its field. Values are named only
// by parsers whose fields are no secrets.
type mistakes []string

func (m *mistakes) add(path, format string, args ...any) {
	*m = append(*m, path+": "+fmt.Sprintf(format, args...))
}

func (m mistakes) err() error {
	if len(m) == 0 {
		return nil
	}
	return errors.New(strings.Join(m, "\n"))
}

// object is a JSON object that is read field by field; what nobody asked for is a mistake.
type object struct {
	path   string
	fields map[string]json.RawMessage
	wrong  *mistakes
}

// readObject gives the object in raw; one without fields, and a mistake, if raw is something else.
func readObject(path string, raw []byte, wrong *mistakes) *object {
	o := &object{path: path, wrong: wrong}
	if err := json.Unmarshal(raw, &o.fields); err != nil {
		wrong.add(path, "expected a JSON object%s", where(err))
	}
	return o
}

// where says at which byte the JSON breaks off, and nothing of what stands there.
func where(err error) string {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Sprintf(" (it breaks at byte %d)", syntax.Offset)
	}
	return ""
}

func (o *object) at(name string) string {
	if o.path == "" {
		return name
	}
	return o.path + "." + name
}

// done reports the fields that nobody asked for.
func (o *object) done() {
	names := make([]string, 0, len(o.fields))
	for name := range o.fields {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		o.wrong.add(o.at(name), "no such field")
	}
}

// required reads a field that must be there; optional one that may be absent, which is its zero value.
func required[T any](o *object, name string, parse func(json.RawMessage) (T, error)) T {
	if _, there := o.fields[name]; !there {
		o.wrong.add(o.at(name), "is missing")
	}
	return optional(o, name, parse)
}

func optional[T any](o *object, name string, parse func(json.RawMessage) (T, error)) T {
	var value T
	raw, there := o.fields[name]
	delete(o.fields, name)
	if !there {
		return value
	}
	value, err := parse(raw)
	if err != nil {
		o.wrong.add(o.at(name), "%v", err)
	}
	return value
}

// plain parses what encoding/json can: expected is what the message says otherwise.
func plain[T any](expected string) func(json.RawMessage) (T, error) {
	return func(raw json.RawMessage) (T, error) {
		var value T
		if bytes.Equal(raw, []byte("null")) || json.Unmarshal(raw, &value) != nil {
			return value, errors.New("expected " + expected)
		}
		return value, nil
	}
}

// text parses a JSON string, then what it says.
func text[T any](expected string, parse func(string) (T, error)) func(json.RawMessage) (T, error) {
	return func(raw json.RawMessage) (T, error) {
		said, err := plain[string](expected)(raw)
		if err != nil {
			var none T
			return none, err
		}
		value, err := parse(said)
		if err != nil {
			return value, fmt.Errorf("got %q; expected %s", said, expected)
		}
		return value, nil
	}
}
