package main

import "sync"

// burst is a run of packets in one buffer: those of one Write that are to be passed on.
type burst struct {
	data []byte
	ends []int // where each packet ends in data
	next int   // the packet that is taken next
}

// A Write holds at most 128 packets; most bursts fit 64 KiB and larger ones grow once, then stay in the pool.
var bursts = sync.Pool{New: func() any { return &burst{data: make([]byte, 0, 64<<10)} }}

func newBurst() *burst { return bursts.Get().(*burst) }

func (b *burst) add(packet []byte) {
	b.data = append(b.data, packet...)
	b.ends = append(b.ends, len(b.data))
}

func (b *burst) len() int { return len(b.ends) }

// take copies the next packet to out and tells its length, and whether it was the last one; then the burst is gone.
func (b *burst) take(out []byte) (size int, last bool) {
	start := 0
	if b.next > 0 {
		start = b.ends[b.next-1]
	}
	size = copy(out, b.data[start:b.ends[b.next]])
	b.next++
	if b.next < len(b.ends) {
		return size, false
	}
	b.release()
	return size, true
}

func (b *burst) release() {
	b.data, b.ends, b.next = b.data[:0], b.ends[:0], 0
	bursts.Put(b)
}
