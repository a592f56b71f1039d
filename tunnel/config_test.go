package main

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

const (
	secret  = "0Ai7XaVi1snUexXBOQiLp4lHpv74u9Nk+4uLr3KPpmY=" // of nobody
	another = "vTLeP19Si9btZiW6vslJ5fMkp8/7E26Zo/55eGYLUxs="
)

// valid is the smallest configuration that is right; change makes a copy of it with one thing changed.
func valid() map[string]any {
	return map[string]any{
		"private_key": secret,
		"listen_port": 51820,
		"mtu":         1280,
		"prefix":      "fd12:3456:789a::/48",
		"address":     "fd12:3456:789a:2::11",
		"tcp_ports":   [][]int{{9000, 9001}},
		"http":        ":9090",
		"peers":       []any{map[string]any{"name": "a/gateway", "public_key": another, "allowed_ips": []string{"fd12:3456:789a::/48"}}},
	}
}

func TestAMistakeIsNamedWithItsPathAndNeverWithAKey(t *testing.T) {
	peer := func(fields map[string]any) []any {
		whole := map[string]any{"name": "a/gateway", "public_key": another, "allowed_ips": []string{"fd12:3456:789a::/48"}}
		for name, value := range fields {
			whole[name] = value
		}
		return []any{whole}
	}
	twice := append(peer(nil), peer(map[string]any{"name": "b/gateway"})...)
	for name, row := range map[string]struct {
		field string
		value any
		want  string
	}{
		"a field that nobody knows":        {"privat_key", "x", "privat_key: no such field"},
		"a peer's field that nobody knows": {"peers", peer(map[string]any{"endpont": "x:1"}), "peers.0.endpont: no such field"},
		"a key that is too short":          {"private_key", "c2VjcmV0", "private_key: expected 32 bytes in base64"},
		"a key that is no text":            {"private_key", 7, "private_key: expected 32 bytes in base64"},
		"a peer's key cut off":             {"peers", peer(map[string]any{"preshared_key": secret[:40]}), "peers.0.preshared_key: expected 32 bytes in base64"},
		"a port of 0":                      {"listen_port", 0, "listen_port: got 0; expected a port from 1 to 65535"},
		"a port beyond 16 bits":            {"listen_port", 65536, "listen_port: expected a port from 1 to 65535"},
		"an MTU below IPv6's":              {"mtu", 1279, "mtu: got 1279; expected 1280 to 8941 bytes"},
		"a prefix with bits after it":      {"prefix", "fd12:3456:789a:1::/48", `prefix: got "fd12:3456:789a:1::/48"; expected an IPv6 prefix such as fd12:3456:789a::/48`},
		"an IPv4 address":                  {"address", "10.0.0.1", `address: got "10.0.0.1"; expected an IPv6 address`},
		"an address outside the prefix":    {"address", "fd00::1", "address: fd00::1 is outside the prefix fd12:3456:789a::/48"},
		"a range that runs backwards":      {"tcp_ports", [][]int{{9001, 9000}}, "tcp_ports: got [9001 9000]; expected a list of port ranges, such as [[8786, 8787]]"},
		"an endpoint without a port":       {"peers", peer(map[string]any{"endpoint": "wg.example"}), `peers.0.endpoint: got "wg.example"; expected host:port`},
		"a route outside the prefix":       {"peers", peer(map[string]any{"allowed_ips": []string{"::/0"}}), "peers.0.allowed_ips: ::/0 is outside the prefix fd12:3456:789a::/48"},
		"two peers with one key":           {"peers", twice, "peers.1.public_key: this key is peers.0's already\npeers.1.allowed_ips: fd12:3456:789a::/48 is peers.0's already"},
		"an alias that leads outside":      {"alias", map[string]string{":8786": "[fd00::10]:8786"}, "alias.:8786: [fd00::10]:8786 is outside the prefix fd12:3456:789a::/48"},
		"a door that is no port":           {"expose", map[string]string{"9000": "localhost"}, `expose: got "9000": "localhost"; expected a port and host:port`},
		"nothing":                          {"http", nil, "http: expected host:port"},
	} {
		t.Run(name, func(t *testing.T) {
			given := valid()
			given[row.field] = row.value
			_, err := parse(t, given)
			if err == nil || err.Error() != row.want {
				t.Fatalf("got  %v\nwant %s", err, row.want)
			}
		})
	}
}

func TestEveryMistakeIsReportedAtOnce(t *testing.T) {
	given := valid()
	delete(given, "mtu")
	given["private_key"], given["extra"] = secret[:43], true
	given["peers"] = []any{map[string]any{"name": ""}, "x"}
	_, err := parse(t, given)
	want := strings.Join([]string{
		"private_key: expected 32 bytes in base64",
		"mtu: is missing",
		`peers.0.name: got ""; expected a name`,
		"peers.0.public_key: is missing",
		"peers.0.allowed_ips: is missing",
		"peers.1: expected a JSON object",
		"extra: no such field",
	}, "\n")
	if err == nil || err.Error() != want {
		t.Fatalf("got:\n%v\nwant:\n%s", err, want)
	}
}

func TestABrokenFileIsReportedByPositionOnly(t *testing.T) {
	_, err := ParseConfig([]byte(`{"private_key": "` + secret + `" "`))
	if err == nil || strings.Contains(err.Error(), secret[:8]) || !strings.Contains(err.Error(), "byte 64") {
		t.Fatalf("got %v", err)
	}
}

func TestAKeyIsShownByNoFormat(t *testing.T) {
	config, err := parse(t, valid())
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		shown := fmt.Sprintf(format, *config)
		raw := fmt.Sprintf(format, [32]byte(config.PrivateKey))
		if strings.Contains(shown, raw) || !strings.Contains(shown, "[key]") {
			t.Errorf("%s shows %s", format, shown)
		}
	}
}

// The files are what isthmus.wireguard writes (tests/wireguard/golden): the seam between the two languages.
func TestTheGoldenConfigurationsOfPythonAreRead(t *testing.T) {
	files, err := filepath.Glob("../tests/wireguard/golden/*.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d golden files, %v", len(files), err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := ParseConfig(raw); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestAGatewaysConfigurationMeansWhatPythonMeant(t *testing.T) {
	raw, err := os.ReadFile("../tests/wireguard/golden/gateway-with-workers.json")
	if err != nil {
		t.Fatal(err)
	}
	got, err := ParseConfig(raw)
	if err != nil {
		t.Fatal(err)
	}
	got.PrivateKey = Key{}
	for i := range got.Peers {
		got.Peers[i].PublicKey, got.Peers[i].PresharedKey = Key{}, nil
	}
	addr, prefix := netip.MustParseAddr, netip.MustParsePrefix
	want := &Config{
		ListenPort: 51820,
		MTU:        1280,
		Prefix:     prefix("fd12:3456:789a::/48"),
		Address:    addr("fd12:3456:789a:2::1"),
		TCPPorts:   []PortRange{{8786, 8787}, {9000, 9001}},
		HTTP:       ":9090",
		Forward:    true,
		Alias: map[string]netip.AddrPort{
			":8786": netip.MustParseAddrPort("[fd12:3456:789a:1::10]:8786"),
			":8787": netip.MustParseAddrPort("[fd12:3456:789a:1::10]:8787"),
		},
		EndpointsFile: "/run/isthmus/endpoints.json",
		Peers: []Peer{
			{Name: "home/gateway", Endpoint: "10.213.0.1:30820", KeepaliveS: 25,
				AllowedIPs: []netip.Prefix{prefix("fd12:3456:789a:1::/64")}, Echo: addr("fd12:3456:789a:1::1")},
			{Name: "eumetsat/gateway",
				AllowedIPs: []netip.Prefix{prefix("fd12:3456:789a:3::/64")}, Echo: addr("fd12:3456:789a:3::1")},
			{Name: "ecmwf/slot-0", AllowedIPs: []netip.Prefix{prefix("fd12:3456:789a:2::11/128")}},
			{Name: "ecmwf/slot-1", AllowedIPs: []netip.Prefix{prefix("fd12:3456:789a:2::12/128")}},
		},
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("got  %+v\nwant %+v", got, want)
	}
}

func parse(t *testing.T, given map[string]any) (*Config, error) {
	t.Helper()
	raw, err := json.Marshal(given)
	if err != nil {
		t.Fatal(err)
	}
	return ParseConfig(raw)
}
