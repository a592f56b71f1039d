package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
)

// Config is the content of tunnel.json, as isthmus.wireguard writes it. The file is read once: a change of it is a new
// pod.
type Config struct {
	PrivateKey Key
	ListenPort uint16 // UDP
	MTU        int
	Prefix     netip.Prefix // the environment's /48: nothing outside it is dialled or let through
	Address    netip.Addr   // ours, inside Prefix
	TCPPorts   []PortRange  // what the filter lets through
	Peers      []Peer
	HTTP       string // host:port of /healthz, /readyz and /metrics

	Forward       bool                      // a gateway: pass packets on between peers
	Alias         map[string]netip.AddrPort // a door of the pod network -> the data-plane address it leads to
	EndpointsFile string                    // where learned endpoints outlive a restart; empty: nowhere

	Socks  string            // the SOCKS5 door to the data plane, host:port; empty: none
	Expose map[uint16]string // data-plane port -> local host:port
}

// Peer is somebody we talk to.
type Peer struct {
	Name         string
	PublicKey    Key
	PresharedKey *Key
	Endpoint     string // host:port to dial; empty: the peer dials us
	AllowedIPs   []netip.Prefix
	KeepaliveS   int        // 0: none
	Echo         netip.Addr // what to echo each second; the zero address: the peer is not watched
}

// PortRange is a range of TCP ports, both ends included.
type PortRange struct{ First, Last uint16 }

// Key is 32 bytes that no message, log line or dump ever shows.
type Key [32]byte

// String hides the key; GoString hides it from %#v.
func (Key) String() string   { return "[key]" }
func (Key) GoString() string { return "[key]" }

// hex is the key as wireguard-go's configuration protocol wants it.
func (k Key) hex() string { return hex.EncodeToString(k[:]) }

// inner MTU: IPv6 needs 1280 (RFC 8200, 5); 9001 is the largest underlay in use, less 60 bytes of overhead.
const minMTU, maxMTU = 1280, 8941

// ParseConfig reads tunnel.json. Its error holds every mistake, one a line, and never a key.
func ParseConfig(raw []byte) (*Config, error) {
	var wrong mistakes
	o := readObject("", raw, &wrong)
	if o.fields == nil {
		return nil, wrong.err()
	}
	c := &Config{
		PrivateKey:    required(o, "private_key", parseKey),
		ListenPort:    required(o, "listen_port", parsePort),
		MTU:           required(o, "mtu", parseMTU),
		Prefix:        required(o, "prefix", text("an IPv6 prefix such as fd12:3456:789a::/48", parsePrefix)),
		Address:       required(o, "address", text("an IPv6 address", parseAddr)),
		TCPPorts:      required(o, "tcp_ports", parsePortRanges),
		HTTP:          required(o, "http", text("host:port", parseHostPort)),
		Forward:       optional(o, "forward", plain[bool]("true or false")),
		Alias:         optional(o, "alias", parseAlias),
		EndpointsFile: optional(o, "endpoints_file", plain[string]("a path")),
		Socks:         optional(o, "socks", text("host:port", parseHostPort)),
		Expose:        optional(o, "expose", parseExpose),
	}
	for i, raw := range required(o, "peers", plain[[]json.RawMessage]("a list of peers")) {
		c.Peers = append(c.Peers, readPeer(fmt.Sprintf("peers.%d", i), raw, &wrong))
	}
	o.done()
	if wrong == nil { // relations between fields that are right by themselves
		c.clashes(&wrong)
	}
	return c, wrong.err()
}

func readPeer(path string, raw []byte, wrong *mistakes) Peer {
	o := readObject(path, raw, wrong)
	if o.fields == nil {
		return Peer{}
	}
	p := Peer{
		Name:         required(o, "name", text("a name", parseName)),
		PublicKey:    required(o, "public_key", parseKey),
		PresharedKey: optional(o, "preshared_key", parseOptionalKey),
		Endpoint:     optional(o, "endpoint", text("host:port", parseHostPort)),
		AllowedIPs:   required(o, "allowed_ips", parsePrefixes),
		KeepaliveS:   optional(o, "keepalive_s", parseKeepalive),
		Echo:         optional(o, "echo", text("an IPv6 address", parseAddr)),
	}
	o.done()
	return p
}

func (c *Config) clashes(wrong *mistakes) {
	if !c.Prefix.Contains(c.Address) {
		wrong.add("address", "%v is outside the prefix %v", c.Address, c.Prefix)
	}
	for door, to := range c.Alias {
		if !c.Prefix.Contains(to.Addr()) {
			wrong.add("alias."+door, "%v is outside the prefix %v", to, c.Prefix)
		}
	}
	names, keys, routes := map[string]int{}, map[Key]int{}, map[netip.Prefix]int{}
	for i, p := range c.Peers {
		path := fmt.Sprintf("peers.%d", i)
		claim(wrong, names, p.Name, i, path+".name", p.Name)
		claim(wrong, keys, p.PublicKey, i, path+".public_key", "this key")
		for _, route := range p.AllowedIPs {
			claim(wrong, routes, route, i, path+".allowed_ips", route.String())
			if !c.Prefix.Overlaps(route) || route.Bits() < c.Prefix.Bits() {
				wrong.add(path+".allowed_ips", "%v is outside the prefix %v", route, c.Prefix)
			}
		}
	}
}

// claim notes that peer i has what, and reports it if an earlier one has it already.
func claim[T comparable](wrong *mistakes, taken map[T]int, what T, i int, path, shown string) {
	if owner, there := taken[what]; there {
		wrong.add(path, "%s is peers.%d's already", shown, owner)
		return
	}
	taken[what] = i
}

func parseKey(raw json.RawMessage) (key Key, err error) {
	said, err := plain[string]("32 bytes in base64")(raw)
	decoded, bad := base64.StdEncoding.Strict().DecodeString(said)
	if err != nil || bad != nil || len(decoded) != len(key) {
		return key, errors.New("expected 32 bytes in base64") // never what was given: it may be most of a key
	}
	copy(key[:], decoded)
	return key, nil
}

func parseOptionalKey(raw json.RawMessage) (*Key, error) {
	key, err := parseKey(raw)
	return &key, err
}

func parsePort(raw json.RawMessage) (uint16, error) {
	port, err := plain[uint16]("a port from 1 to 65535")(raw)
	if err == nil && port == 0 {
		err = errors.New("got 0; expected a port from 1 to 65535")
	}
	return port, err
}

func parseMTU(raw json.RawMessage) (int, error) {
	mtu, err := plain[int]("a whole number of bytes")(raw)
	if err == nil && (mtu < minMTU || mtu > maxMTU) {
		err = fmt.Errorf("got %d; expected %d to %d bytes", mtu, minMTU, maxMTU)
	}
	return mtu, err
}

func parseKeepalive(raw json.RawMessage) (int, error) {
	seconds, err := plain[uint16]("seconds from 0 to 65535")(raw)
	return int(seconds), err
}

func parseName(said string) (string, error) {
	if said == "" {
		return "", errors.New("empty")
	}
	return said, nil
}

func parseAddr(said string) (netip.Addr, error) {
	addr, err := netip.ParseAddr(said)
	if err == nil && (!addr.Is6() || addr.Is4In6() || addr.Zone() != "") {
		err = errors.New("not IPv6")
	}
	return addr, err
}

func parsePrefix(said string) (netip.Prefix, error) {
	prefix, err := netip.ParsePrefix(said)
	if err == nil && (!prefix.Addr().Is6() || prefix != prefix.Masked()) {
		err = errors.New("not an IPv6 prefix, or bits after it")
	}
	return prefix, err
}

func parsePrefixes(raw json.RawMessage) (prefixes []netip.Prefix, err error) {
	said, err := plain[[]string]("a list of IPv6 prefixes")(raw)
	for _, one := range said {
		prefix, bad := parsePrefix(one)
		if bad != nil {
			return nil, fmt.Errorf("got %q; expected an IPv6 prefix", one)
		}
		prefixes = append(prefixes, prefix)
	}
	return prefixes, err
}

func parsePortRanges(raw json.RawMessage) (ranges []PortRange, err error) {
	const expected = "a list of port ranges, such as [[8786, 8787]]"
	said, err := plain[[][]uint16](expected)(raw)
	for _, ends := range said {
		if len(ends) != 2 || ends[0] == 0 || ends[0] > ends[1] {
			return nil, fmt.Errorf("got %v; expected %s", ends, expected)
		}
		ranges = append(ranges, PortRange{ends[0], ends[1]})
	}
	return ranges, err
}

func parseHostPort(said string) (string, error) {
	_, port, err := net.SplitHostPort(said)
	if number, bad := strconv.ParseUint(port, 10, 16); err == nil && (bad != nil || number == 0) {
		err = errors.New("no port")
	}
	return said, err
}

func parseAlias(raw json.RawMessage) (map[string]netip.AddrPort, error) {
	said, err := plain[map[string]string](`doors, such as {":8786": "[fd12:3456:789a:1::10]:8786"}`)(raw)
	alias := map[string]netip.AddrPort{}
	for door, to := range said {
		far, bad := netip.ParseAddrPort(to)
		if _, worse := parseHostPort(door); bad != nil || worse != nil || !far.Addr().Is6() {
			return nil, fmt.Errorf("got %q: %q; expected host:port and [IPv6 address]:port", door, to)
		}
		alias[door] = far
	}
	return alias, err
}

func parseExpose(raw json.RawMessage) (map[uint16]string, error) {
	said, err := plain[map[uint16]string](`ports, such as {"9000": "127.0.0.1:9000"}`)(raw)
	for port, to := range said {
		if _, bad := parseHostPort(to); bad != nil || port == 0 {
			return nil, fmt.Errorf(`got "%d": %q; expected a port and host:port`, port, to)
		}
	}
	return said, err
}

// uapi is the peer in wireguard-go's configuration protocol, dialled at endpoint (none if empty).
func (p *Peer) uapi(endpoint string) string {
	var b bytes.Buffer
	fmt.Fprintf(&b, "public_key=%s\n", p.PublicKey.hex())
	if p.PresharedKey != nil {
		fmt.Fprintf(&b, "preshared_key=%s\n", p.PresharedKey.hex())
	}
	if endpoint != "" {
		fmt.Fprintf(&b, "endpoint=%s\n", endpoint)
	}
	fmt.Fprintf(&b, "persistent_keepalive_interval=%d\nreplace_allowed_ips=true\n", p.KeepaliveS)
	for _, route := range p.AllowedIPs {
		fmt.Fprintf(&b, "allowed_ip=%s\n", route)
	}
	return b.String()
}
