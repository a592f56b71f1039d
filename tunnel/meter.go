package main

import (
	"runtime"
	"sync"
	"time"
	"weak"

	"golang.zx2c4.com/wireguard/conn"
)

// inflightMax bounds the packets between Read and the socket. wireguard-go keeps each in a 64 KiB buffer and its queues
// hold over 100,000 of them: without a bound a few fast TCP streams made a process of 1.8 GB. 1024 are 64 MiB, and with
// them 100 streams became faster. A Read at the limit's edge adds up to a batch.
const inflightMax = 1024

// wireguard-go drops packets without a word: those of a peer without a session. After stallFirst at the limit without
// any movement the meter looks for them; as long as there are none, the socket is slow, and it looks less often.
const (
	stallFirst = 20 * time.Millisecond
	stallMax   = time.Second
)

// Meter wraps wireguard-go's socket. It knows each buffer that the device handed out and the socket has not got rid of,
// and makes the device wait at the limit, where TCP's own queues hold the data at no cost.
type Meter struct {
	conn.Bind
	moved chan struct{} // something that was taken is gone

	lock   sync.Mutex
	taken  map[*byte]struct{} // first byte of each buffer on its way: wireguard-go encrypts in place
	last   int                // how many buffers the last Read filled
	unpark func()
}

func newMeter(bind conn.Bind) *Meter {
	return &Meter{Bind: bind, moved: make(chan struct{}, 1), taken: map[*byte]struct{}{}, unpark: func() {}}
}

// parked tells how to make wireguard-go drop what it keeps for peers without a session.
func (m *Meter) parked(unpark func()) {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.unpark = unpark
}

// Send sends a batch and gives its places back. Handshakes and keepalives never had one.
func (m *Meter) Send(bufs [][]byte, endpoint conn.Endpoint) error {
	err := m.Bind.Send(bufs, endpoint)
	if m.gone(bufs) {
		select {
		case m.moved <- struct{}{}:
		default:
		}
	}
	return err
}

// gone forgets buffers that wireguard-go has no packet in, and tells whether any of them was on its way.
func (m *Meter) gone(bufs [][]byte) bool {
	m.lock.Lock()
	defer m.lock.Unlock()
	before := len(m.taken)
	for _, buf := range bufs {
		delete(m.taken, &buf[0])
	}
	return len(m.taken) < before
}

// took counts the packets that the device hands out in bufs.
func (m *Meter) took(bufs [][]byte) {
	m.lock.Lock()
	defer m.lock.Unlock()
	for _, buf := range bufs {
		m.taken[&buf[0]] = struct{}{}
	}
	m.last = len(bufs)
}

func (m *Meter) inflight() int {
	m.lock.Lock()
	defer m.lock.Unlock()
	return len(m.taken)
}

// wait returns when there is room for a batch, or done is closed. bufs are those of Read: what it gets to fill is on no
// way, and only the places that it filled the last time can hold other buffers now.
func (m *Meter) wait(bufs [][]byte, done <-chan struct{}) {
	m.gone(bufs[:min(m.last, len(bufs))])
	if m.inflight() < inflightMax {
		return
	}
	patience := stallFirst
	stall := time.NewTimer(patience)
	defer stall.Stop()
	for m.inflight() >= inflightMax {
		select {
		case <-m.moved:
			patience = stallFirst
		case <-stall.C:
			m.recount()
			patience = min(2*patience, stallMax)
		case <-done:
			return
		}
		stall.Reset(patience)
	}
}

// recount makes wireguard-go drop what no socket waits for, and keeps the buffers that are still held by anybody. A
// dropped one lies in a sync.Pool; two collections empty that.
func (m *Meter) recount() {
	m.lock.Lock()
	defer m.lock.Unlock()
	m.unpark()
	held := make([]weak.Pointer[byte], 0, len(m.taken))
	for first := range m.taken {
		held = append(held, weak.Make(first))
	}
	m.taken = map[*byte]struct{}{}
	runtime.GC()
	runtime.GC()
	for _, pointer := range held {
		if first := pointer.Value(); first != nil {
			m.taken[first] = struct{}{}
		}
	}
}
