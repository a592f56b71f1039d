package main

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestBytesGoFromPodToPodThroughTheGateway(t *testing.T) {
	w := newWorld(t, nil)
	far := w.dial(t, w.two.config.Address, 9000)
	sent := make([]byte, 5<<20)
	for i := range sent {
		sent[i] = byte(i >> 3)
	}
	go func() {
		_, _ = far.Write(sent)
		_ = far.CloseWrite()
	}()
	got, err := io.ReadAll(far) // ends only if our half-close went there and the echo's came back
	if err != nil || string(got) != string(sent) {
		t.Fatalf("%d of %d bytes came back, %v", len(got), len(sent), err)
	}
	if w.gateway.device.forwarded.Load() == 0 {
		t.Error("nothing went through the gateway")
	}
}

func TestAPortOnWhichNobodyListensIsRefusedFromAfar(t *testing.T) {
	w := newWorld(t, nil)
	w.dial(t, w.two.config.Address, 9000) // the way is open
	exposed := netip.AddrPortFrom(w.two.config.Address, 9001)
	if _, err := w.one.stack.Dial(t.Context(), exposed); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Error(err)
	}
	if code := w.socks(t, exposed); code != socksRefused {
		t.Errorf("SOCKS says %d; want %d", code, socksRefused)
	}
}

func TestAPortThatIsNotListedIsDroppedAtTheGateway(t *testing.T) {
	w := newWorld(t, func(_, _, two *Config) { two.Expose[22] = two.Expose[9000] })
	w.dial(t, w.two.config.Address, 9000)
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err := w.one.stack.Dial(ctx, netip.AddrPortFrom(w.two.config.Address, 22))
	if !errors.Is(err, context.DeadlineExceeded) || w.gateway.filter.drops[dropPort].Load() == 0 {
		t.Fatalf("%v, %d drops", err, w.gateway.filter.drops[dropPort].Load())
	}
}

func TestSocksLeadsNowhereButIntoThePrefix(t *testing.T) {
	w := newWorld(t, nil)
	for _, address := range []string{"::1", "fd12:3456:789b::1", "fe80::1"} {
		if code := w.socks(t, netip.AddrPortFrom(netip.MustParseAddr(address), 9000)); code != socksNotAllowed {
			t.Errorf("%s: SOCKS says %d; want %d", address, code, socksNotAllowed)
		}
	}
}

func TestAPeerWithAnotherPresharedKeyStaysOutside(t *testing.T) {
	w := newWorld(t, func(one, _, _ *Config) { one.Peers[0].PresharedKey = &Key{9} })
	eventually(t, "two hears the gateway", func() bool { return w.two.ready(time.Now()) == nil })
	states, err := peerStates(w.gateway.wireguard)
	if err != nil {
		t.Fatal(err)
	}
	if got := states[public(t, w.one.config.PrivateKey)].received; got > 148*4 || w.one.ready(time.Now()) == nil {
		t.Errorf("%d bytes accepted, ready: %v", got, w.one.ready(time.Now())) // handshakes only, 148 bytes each
	}
}

func TestTheAliasHoldsItsCallerUntilTheFarSideIsThere(t *testing.T) {
	door, late := freeTCP(t), freeTCP(t)
	w := newWorld(t, func(_, gateway, two *Config) {
		gateway.Alias = map[string]netip.AddrPort{door: netip.AddrPortFrom(two.Address, 9001)}
		two.Expose[9001] = late
	})
	eventually(t, "two hears the gateway", func() bool { return w.two.ready(time.Now()) == nil })
	caller, err := net.Dial("tcp", door)
	if err != nil {
		t.Fatal(err)
	}
	defer caller.Close()
	if _, err := caller.Write([]byte("early")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the alias was refused once", func() bool { return w.two.doors.expose.fails.Load() > 0 })
	serveEcho(t, late)
	answer := make([]byte, 5)
	_ = caller.SetDeadline(time.Now().Add(patience))
	if _, err := io.ReadFull(caller, answer); err != nil || string(answer) != "early" {
		t.Fatalf("%q, %v", answer, err)
	}
}

func TestARestartedGatewayCallsThePodsItKnew(t *testing.T) {
	file := t.TempDir() + "/endpoints.json"
	w := newWorld(t, func(_, gateway, _ *Config) { gateway.EndpointsFile = file })
	far := w.dial(t, w.two.config.Address, 9000)
	roundTrip(t, far)

	w.gateway.Close()
	w.gateway.start(t)
	roundTrip(t, far) // the connection lives on

	for _, pod := range []*member{w.one, w.two} {
		if redials := pod.watches[0].redials.Load(); redials != 0 {
			t.Errorf("a pod dialled anew %d times", redials)
		}
	}
}

func TestHealthReadinessAndMetricsAreServed(t *testing.T) {
	w := newWorld(t, nil)
	eventually(t, "one hears the gateway", func() bool { return w.one.ready(time.Now()) == nil })
	for path, want := range map[string]string{
		"/healthz": "ok\n",
		"/readyz":  "ok\n",
		"/metrics": "isthmus_tunnel_peer_up{peer=\"gateway\"} 1\n",
	} {
		if status, body := get(t, w.one.config.HTTP, path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	if status, _ := get(t, w.one.config.HTTP, "/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("/debug/pprof/: %d", status)
	}
	w.gateway.Close()
	eventually(t, "one misses the gateway", func() bool { return w.one.ready(time.Now()) != nil })
	if status, body := get(t, w.one.config.HTTP, "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "gateway") {
		t.Errorf("/readyz: %d %s", status, body)
	}
	if status, _ := get(t, w.one.config.HTTP, "/healthz"); status != http.StatusOK {
		t.Errorf("/healthz depends on somebody else: %d", status)
	}
}
