package strictjson

import (
	"encoding"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"cairn.example"
)

// Decode reads one JSON text into a Go value, usually a pointer to a struct
// with json tags. A member that the struct does not know is an error that names
// it, and names are compared letter by letter. Null is accepted only where the
// Go value can be nil. Supported: structs, maps with string keys, slices,
// pointers, strings, booleans, integers, json.Number, encoding.TextUnmarshaler
// and any.
func Decode(data []byte, l Limits, into any) error {
	v, err := Parse(data, l)
	if err != nil {
		return err
	}
	return DecodeTree(v, into)
}

// DecodeTree is Decode for a tree that Parse returned.
func DecodeTree(tree any, into any) error {
	rv := reflect.ValueOf(into)
	if rv.Kind() != reflect.Pointer || rv.IsNil() {
		panic("strictjson: Decode needs a non-nil pointer")
	}
	return assign(tree, rv.Elem(), nil)
}

func mismatch(path []string, want string) error {
	return &cairn.Error{Kind: cairn.Invalid, Code: "json.type", Field: pointer(path), Message: want + " is expected here"}
}

func assign(v any, to reflect.Value, path []string) error {
	if to.Kind() == reflect.Pointer && v != nil {
		if to.IsNil() {
			to.Set(reflect.New(to.Type().Elem()))
		}
		return assign(v, to.Elem(), path)
	}
	if v == nil {
		switch to.Kind() {
		case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface:
			to.SetZero()
			return nil
		}
		return mismatch(path, "a value other than null")
	}
	if to.CanAddr() {
		if u, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
			s, ok := v.(string)
			if !ok {
				return mismatch(path, "a text")
			}
			if err := u.UnmarshalText([]byte(s)); err != nil {
				return &cairn.Error{Kind: cairn.Invalid, Code: "json.value", Field: pointer(path), Message: "this value can't be used", Err: err}
			}
			return nil
		}
	}
	if to.Type() == reflect.TypeFor[json.Number]() {
		n, ok := v.(json.Number)
		if !ok {
			return mismatch(path, "a number")
		}
		to.SetString(n.String())
		return nil
	}
	switch to.Kind() {
	case reflect.Interface:
		to.Set(reflect.ValueOf(v))
	case reflect.String:
		s, ok := v.(string)
		if !ok {
			return mismatch(path, "a text")
		}
		to.SetString(s)
	case reflect.Bool:
		b, ok := v.(bool)
		if !ok {
			return mismatch(path, "true or false")
		}
		to.SetBool(b)
	case reflect.Int, reflect.Int64, reflect.Int32:
		n, ok := v.(json.Number)
		if !ok {
			return mismatch(path, "a whole number")
		}
		i, err := n.Int64()
		if err != nil || to.OverflowInt(i) {
			return mismatch(path, "a whole number")
		}
		to.SetInt(i)
	case reflect.Slice:
		list, ok := v.([]any)
		if !ok {
			return mismatch(path, "a list")
		}
		to.Set(reflect.MakeSlice(to.Type(), len(list), len(list)))
		for i, e := range list {
			if err := assign(e, to.Index(i), append(path, fmt.Sprint(i))); err != nil {
				return err
			}
		}
	case reflect.Map:
		m, ok := v.(map[string]any)
		if !ok {
			return mismatch(path, "an object")
		}
		to.Set(reflect.MakeMapWithSize(to.Type(), len(m)))
		for name, e := range m {
			elem := reflect.New(to.Type().Elem()).Elem()
			if err := assign(e, elem, append(path, name)); err != nil {
				return err
			}
			to.SetMapIndex(reflect.ValueOf(name).Convert(to.Type().Key()), elem)
		}
	case reflect.Struct:
		m, ok := v.(map[string]any)
		if !ok {
			return mismatch(path, "an object")
		}
		return assignStruct(m, to, path)
	default:
		panic("strictjson: cannot decode into " + to.Type().String())
	}
	return nil
}

func assignStruct(m map[string]any, to reflect.Value, path []string) error {
	known := map[string]reflect.Value{}
	collectFields(to, known)
	for _, name := range slices.Sorted(maps.Keys(m)) { // sorted, so that one mistake always gives one error
		e := m[name]
		field, ok := known[name]
		if !ok {
			return &cairn.Error{Kind: cairn.Invalid, Code: "json.unknown-member", Field: pointer(append(path, name)),
				Message: "this member is not known here", Hint: "check its spelling, or remove it"}
		}
		if err := assign(e, field, append(path, name)); err != nil {
			return err
		}
	}
	return nil
}

func collectFields(to reflect.Value, known map[string]reflect.Value) {
	for i := range to.NumField() {
		f := to.Type().Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct && f.Tag.Get("json") == "" {
			collectFields(to.Field(i), known)
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		known[name] = to.Field(i)
	}
}
