package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"golang.org/x/crypto/curve25519"
	"golang.zx2c4.com/wireguard/conn"
)

// A world of three real tunnels on loopback: one - gateway - two, with a program that echoes behind two's port 9000.
type world struct {
	one, gateway, two *member
}

type member struct {
	*Tunnel
	config Config
}

const patience = 10 * time.Second

func newWorld(t *testing.T, change func(one, gateway, two *Config)) *world {
	t.Helper()
	return newWorldOn(t, conn.NewDefaultBind(), change)
}

// newWorldOn makes a world whose gateway has this socket.
func newWorldOn(t *testing.T, socket conn.Bind, change func(one, gateway, two *Config)) *world {
	t.Helper()
	prefix := netip.MustParsePrefix("fd12:3456:789a::/48")
	keys := [3]Key{{8}, {16}, {24}} // X25519 ignores the lowest three bits
	configs := make([]Config, 3)
	for i, host := range []string{"fd12:3456:789a:1::11", "fd12:3456:789a:1::1", "fd12:3456:789a:1::12"} {
		configs[i] = Config{
			PrivateKey: keys[i], ListenPort: freeUDP(t), MTU: 1280, Prefix: prefix, Address: netip.MustParseAddr(host),
			TCPPorts: []PortRange{{9000, 9001}}, HTTP: freeTCP(t),
		}
	}
	one, gateway, two := &configs[0], &configs[1], &configs[2]
	gateway.Forward = true
	for _, pod := range []*Config{one, two} {
		pod.Peers = []Peer{{
			Name: "gateway", PublicKey: public(t, gateway.PrivateKey), KeepaliveS: 25, Echo: gateway.Address,
			Endpoint: fmt.Sprintf("127.0.0.1:%d", gateway.ListenPort), AllowedIPs: []netip.Prefix{prefix},
		}}
		pod.Socks = freeTCP(t)
		gateway.Peers = append(gateway.Peers, Peer{
			Name: "pod " + pod.Address.String(), PublicKey: public(t, pod.PrivateKey),
			AllowedIPs: []netip.Prefix{netip.PrefixFrom(pod.Address, 128)},
		})
	}
	two.Expose = map[uint16]string{9000: echoServer(t), 9001: freeTCP(t)}
	if change != nil {
		change(one, gateway, two)
	}
	w := &world{}
	w.one, w.gateway, w.two = &member{config: *one}, &member{config: *gateway}, &member{config: *two}
	w.gateway.startOn(t, socket) // first, so that the pods' first call is heard
	w.one.start(t)
	w.two.start(t)
	return w
}

func (m *member) start(t *testing.T) {
	t.Helper()
	m.startOn(t, conn.NewDefaultBind())
}

func (m *member) startOn(t *testing.T, socket conn.Bind) {
	t.Helper()
	tunnel, err := startOn(&m.config, socket)
	if err != nil {
		t.Fatal(err)
	}
	m.Tunnel = tunnel
	t.Cleanup(func() { m.Close() })
}

func (w *world) dial(t *testing.T, to netip.Addr, port uint16) halfConn {
	t.Helper()
	eventually(t, "both hear the gateway", func() bool { return w.one.ready(time.Now()) == nil && w.two.ready(time.Now()) == nil })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	far, err := w.one.stack.Dial(ctx, netip.AddrPortFrom(to, port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { far.Abort() })
	return far
}

// socks asks one's door for a connection and returns the answer's code.
func (w *world) socks(t *testing.T, to netip.AddrPort) byte {
	t.Helper()
	door, err := net.Dial("tcp", w.one.config.Socks)
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	_ = door.SetDeadline(time.Now().Add(patience))
	raw := to.Addr().As16()
	request := append([]byte{5, 1, 0, 5, 1, 0, 4}, raw[:]...)
	if _, err := door.Write(binary.BigEndian.AppendUint16(request, to.Port())); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 12)
	if _, err := io.ReadFull(door, answer); err != nil {
		t.Fatal(err)
	}
	return answer[3]
}

func roundTrip(t *testing.T, far net.Conn) {
	t.Helper()
	_ = far.SetDeadline(time.Now().Add(patience))
	if _, err := far.Write([]byte("ping")); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, 4)
	if _, err := io.ReadFull(far, answer); err != nil || string(answer) != "ping" {
		t.Fatalf("%q, %v", answer, err)
	}
}

func get(t *testing.T, host, path string) (int, string) {
	t.Helper()
	response, err := http.Get("http://" + host + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func echoServer(t *testing.T) string {
	t.Helper()
	address := freeTCP(t)
	serveEcho(t, address)
	return address
}

func serveEcho(t *testing.T, address string) {
	t.Helper()
	listener, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			caller, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer caller.Close()
				_, _ = io.Copy(caller, caller)
			}()
		}
	}()
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for until := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}

func public(t *testing.T, private Key) Key {
	t.Helper()
	raw, err := curve25519.X25519(private[:], curve25519.Basepoint)
	if err != nil {
		t.Fatal(err)
	}
	return Key(raw)
}

// freeTCP gives an address of loopback that nobody listens on, from below the ports that the kernel hands out by itself:
// else a connection of ours could take it before its listener does.
func freeTCP(t *testing.T) string {
	t.Helper()
	return free(t, func(address string) (io.Closer, error) { return net.Listen("tcp", address) })
}

func freeUDP(t *testing.T) uint16 {
	t.Helper()
	address := free(t, func(address string) (io.Closer, error) { return net.ListenPacket("udp", address) })
	return netip.MustParseAddrPort(address).Port()
}

func free(t *testing.T, listen func(address string) (io.Closer, error)) string {
	t.Helper()
	for range 100 {
		address := fmt.Sprintf("127.0.0.1:%d", 10000+rand.IntN(22000))
		socket, err := listen(address)
		if err == nil {
			_ = socket.Close()
			return address
		}
	}
	t.Fatal("no free port")
	return ""
}
