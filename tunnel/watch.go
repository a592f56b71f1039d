package main

import (
	"context"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	echoEvery   = time.Second
	silentAfter = 3 * time.Second  // three missed echoes: then a peer is dialled anew
	neverHeard  = time.Second      // so soon if it never answered: pods that start together wait for each other
	redialMax   = 30 * time.Second // and at most this long after the last time
	dnsTimeout  = 5 * time.Second
)

// schedule says when a peer is dialled anew: after 3 s of silence, then after 6, 12, 24, 30 more; one that has never
// answered after 1, 2, 4 and so on. A peer that answers is left alone: it may have moved to an address of its own.
type schedule struct {
	last time.Time // when it was heard or dialled
	wait time.Duration
}

func newSchedule(now time.Time) schedule { return schedule{last: now, wait: neverHeard} }

func (s *schedule) heard(at time.Time) {
	if at.After(s.last) {
		*s = schedule{last: at, wait: silentAfter}
	}
}

// due tells whether to dial now; then it counts as dialled.
func (s *schedule) due(now time.Time) bool {
	if now.Sub(s.last) <= s.wait {
		return false
	}
	*s = schedule{last: now, wait: min(2*s.wait, redialMax)}
	return true
}

// pulse remembers the last echo requests and what came back.
type pulse struct {
	mu       sync.Mutex
	sequence uint16
	sent     [8]time.Time // of the last eight; an answer to an older one counts for nothing
	heard    time.Time
	rtt      time.Duration
}

func (p *pulse) send(now time.Time) uint16 {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sequence++
	p.sent[p.sequence%8] = now
	return p.sequence
}

func (p *pulse) answer(sequence uint16, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if sent := p.sent[sequence%8]; p.sequence-sequence < 8 && !sent.IsZero() {
		p.heard, p.rtt = now, now.Sub(sent)
	}
}

func (p *pulse) last() (heard time.Time, rtt time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.heard, p.rtt
}

// Watch keeps one peer alive: it dials it at start, echoes each second, and dials anew when it is silent.
type Watch struct {
	Peer
	pulse     pulse
	redials   counter
	dnsErrors counter

	echo   func(to netip.Addr, sequence uint16)
	set    func(uapi string) error // wireguard-go's configuration
	lookup func(ctx context.Context, hostport string) (string, error)
}

// up tells whether the peer answered within the last 3 s.
func (w *Watch) up(now time.Time) bool {
	heard, _ := w.pulse.last()
	return now.Sub(heard) <= silentAfter
}

// run returns when ctx ends.
func (w *Watch) run(ctx context.Context) {
	dialled := w.dial(ctx)
	plan := newSchedule(time.Now())
	tick := time.NewTicker(echoEvery)
	defer tick.Stop()
	for {
		if w.Echo.IsValid() {
			w.echo(w.Echo, w.pulse.send(time.Now()))
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		heard, _ := w.pulse.last()
		plan.heard(heard)
		if watched := w.Echo.IsValid(); w.Endpoint == "" || !watched && dialled || !plan.due(time.Now()) {
			continue
		}
		if dialled {
			w.redials.Add(1)
			slog.Warn("peer is silent, dialling anew", "peer", w.Name)
		}
		dialled = w.dial(ctx) || dialled
	}
}

// dial forgets the peer and adds it with a fresh answer of the DNS, which starts a new handshake. If there is none the
// peer stays as it is.
func (w *Watch) dial(ctx context.Context) bool {
	if w.Endpoint == "" {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, dnsTimeout)
	defer cancel()
	address, err := w.lookup(ctx, w.Endpoint)
	if err != nil {
		w.dnsErrors.Add(1)
		slog.Warn("peer's endpoint has no address", "peer", w.Name, "endpoint", w.Endpoint, "error", err)
		return false
	}
	forget := "public_key=" + w.PublicKey.hex() + "\nremove=true\n"
	if err := w.set(forget + w.uapi(address)); err != nil {
		slog.Error("peer cannot be set", "peer", w.Name, "error", err)
		return false
	}
	return true
}

// lookup gives host:port with an address in place of a name; IPv4 where there is one, as its header is 20 bytes
// shorter.
func lookup(ctx context.Context, hostport string) (string, error) {
	host, port, err := net.SplitHostPort(hostport)
	if err != nil {
		return "", err
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return "", err
	}
	best := addresses[0].Unmap()
	for _, address := range addresses {
		if address.Unmap().Is4() {
			best = address.Unmap()
			break
		}
	}
	return net.JoinHostPort(best.String(), port), nil
}
