package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"path/filepath"
)

// endpoints are the addresses from which peers that dial us were last heard, by public key. Kept in a file they outlive
// a crash: the tunnel then calls its pods at once, instead of waiting until they find it silent.
type endpoints struct {
	path  string
	saved map[Key]netip.AddrPort
}

// loadEndpoints reads the file; none, or a broken one, is an empty start. The error says why, for the log.
func loadEndpoints(path string) (*endpoints, error) {
	e := &endpoints{path: path, saved: map[Key]netip.AddrPort{}}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	var stored map[string]netip.AddrPort
	if err := json.Unmarshal(raw, &stored); err != nil {
		return e, err
	}
	for text, endpoint := range stored {
		decoded, err := base64.StdEncoding.DecodeString(text)
		if err == nil && len(decoded) == len(Key{}) {
			e.saved[Key(decoded)] = endpoint
		}
	}
	return e, nil
}

// save writes the endpoints if they differ from what the file holds. The file is replaced as a whole, never torn.
func (e *endpoints) save(now map[Key]netip.AddrPort) error {
	if maps.Equal(now, e.saved) {
		return nil
	}
	stored := make(map[string]netip.AddrPort, len(now))
	for key, endpoint := range now {
		stored[base64.StdEncoding.EncodeToString(key[:])] = endpoint
	}
	raw, err := json.Marshal(stored)
	if err != nil {
		return err
	}
	draft, err := os.CreateTemp(filepath.Dir(e.path), ".endpoints-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(draft.Name()) }() // gone already if all went well
	_, err = draft.Write(raw)
	if err = errors.Join(err, draft.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft.Name(), e.path); err != nil {
		return err
	}
	e.saved = now
	return nil
}
