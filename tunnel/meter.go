package main

import (
	"sync/atomic"
	"time"

	"golang.zx2c4.com/wireguard/conn"
)

// inflightMax bounds the packets between Read and the socket. wireguard-go keeps each in a 64 KiB buffer and its queues
// hold over 100,000 of them: without a bound a few fast TCP streams made a process of 1.8 GB. 1024 are 64 MiB, and with
// them 100 streams became faster.
const inflightMax = 1024

// A packet that wireguard-go drops never reaches Send, so its place is never given back: after this long without any
// movement the count starts anew.
const inflightStale = 20 * time.Millisecond

// Meter wraps wireguard-go's socket. It counts what the device handed out and the socket got rid of, and makes the
// device wait at the limit, where TCP's own queues hold the data at no cost.
type Meter struct {
	conn.Bind
	inflight atomic.Int64
	room     chan struct{}
}

func newMeter(bind conn.Bind) *Meter { return &Meter{Bind: bind, room: make(chan struct{}, 1)} }

// Send sends a batch and gives its places back.
func (m *Meter) Send(bufs [][]byte, endpoint conn.Endpoint) error {
	err := m.Bind.Send(bufs, endpoint)
	left := m.inflight.Add(-int64(len(bufs)))
	if left < 0 { // handshakes and keepalives were never counted
		m.inflight.Store(0)
	}
	if left < inflightMax {
		select {
		case m.room <- struct{}{}:
		default:
		}
	}
	return err
}

// took counts packets that the device handed out.
func (m *Meter) took(packets int) { m.inflight.Add(int64(packets)) }

// wait returns when there is room for a batch.
func (m *Meter) wait() {
	if m.inflight.Load() < inflightMax {
		return
	}
	stale := time.NewTimer(inflightStale)
	defer stale.Stop()
	for m.inflight.Load() >= inflightMax {
		select {
		case <-m.room:
		case <-stale.C:
			m.inflight.Store(0)
		}
	}
}
