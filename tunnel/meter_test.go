package main

import (
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.zx2c4.com/wireguard/conn"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// mute is a socket that swallows.
type mute struct{ conn.Bind }

func (mute) Send([][]byte, conn.Endpoint) error { return nil }

// buffers gives as many as wireguard-go would have read into.
func buffers(count int) [][]byte {
	made := make([][]byte, count)
	for i := range made {
		made[i] = make([]byte, 64)
	}
	return made
}

// waits starts a wait and tells when it is over.
func waits(meter *Meter, bufs [][]byte) <-chan struct{} {
	passed := make(chan struct{})
	go func() {
		meter.wait(bufs, nil)
		close(passed)
	}()
	return passed
}

func TestTheMeterLetsNoMoreThanItsLimitOnTheWay(t *testing.T) {
	meter := newMeter(mute{})
	next := buffers(batchSize)
	meter.wait(next, nil) // there is room
	taken := buffers(inflightMax + 5)
	meter.took(taken)
	passed := waits(meter, next)
	if err := meter.Send(taken[:10], nil); err != nil {
		t.Fatal(err)
	}
	<-passed
	if left := meter.inflight(); left != inflightMax-5 {
		t.Errorf("%d on the way; want %d", left, inflightMax-5)
	}
}

func TestAStallOfTheSocketForgetsNothingThatIsOnItsWay(t *testing.T) {
	meter := newMeter(mute{})
	taken := buffers(inflightMax)
	meter.took(taken)
	var looks atomic.Int64
	meter.parked(func() { looks.Add(1) })
	passed := waits(meter, buffers(batchSize))
	eventually(t, "it has looked twice", func() bool { return looks.Load() > 1 })
	if left := meter.inflight(); left != inflightMax {
		t.Errorf("%d on the way; want %d", left, inflightMax)
	}
	if err := meter.Send(taken, nil); err != nil {
		t.Fatal(err)
	}
	<-passed
}

func TestPacketsThatWireguardDroppedDoNotBlockTheMeterForEver(t *testing.T) {
	meter := newMeter(mute{})
	kept := buffers(1)
	meter.took(buffers(inflightMax)) // nothing is ever sent, nobody holds them
	meter.took(kept)
	meter.wait(nil, nil)
	if left := meter.inflight(); left != 1 {
		t.Errorf("%d on the way; want 1", left)
	}
	runtime.KeepAlive(kept)
}

func TestABufferThatIsOfferedAgainIsOnNoWay(t *testing.T) {
	meter := newMeter(mute{})
	bufs := buffers(batchSize)
	meter.took(bufs[:3]) // for an address of no peer: wireguard-go keeps the buffers where they are
	meter.wait(bufs, nil)
	if left := meter.inflight(); left != 0 {
		t.Errorf("%d on the way; want 0", left)
	}
}

func TestHandshakesTakeNobodysPlace(t *testing.T) {
	meter := newMeter(mute{})
	meter.took(buffers(5))
	if err := meter.Send(buffers(3), nil); err != nil {
		t.Fatal(err)
	}
	if left := meter.inflight(); left != 5 {
		t.Errorf("%d on the way; want 5", left)
	}
}

func TestAClosedDeviceEndsTheWait(t *testing.T) {
	meter, done := newMeter(mute{}), make(chan struct{})
	taken := buffers(inflightMax)
	meter.took(taken)
	close(done)
	meter.wait(nil, done)
	if left := meter.inflight(); left != inflightMax {
		t.Errorf("%d on the way; want %d", left, inflightMax)
	}
}

// jammed is a socket whose every call takes longer than the meter's patience, while it is on.
type jammed struct {
	conn.Bind
	on   atomic.Bool
	sent atomic.Int64
}

func (j *jammed) Send(bufs [][]byte, endpoint conn.Endpoint) error {
	err := j.Bind.Send(bufs, endpoint)
	if j.on.Load() {
		time.Sleep(2 * stallFirst)
		j.sent.Add(int64(len(bufs)))
	}
	return err
}

func TestASlowSocketHasNoMoreThanTheLimitWaiting(t *testing.T) {
	const bursts = 24 // of a batch each: three times the limit
	socket := &jammed{Bind: conn.NewDefaultBind()}
	w := newWorldOn(t, socket, nil)
	roundTrip(t, w.dial(t, w.two.config.Address, 9000))
	packet := segment(w.one.config.Address.String(), w.two.config.Address.String(), 40000, 9000, header.TCPFlagAck)
	burst := make([][]byte, batchSize)
	for i := range burst {
		burst[i] = packet
	}
	socket.on.Store(true)
	for range bursts {
		write(w.gateway.device, burst...)
	}
	var most int64
	eventually(t, "all is sent", func() bool {
		sent := socket.sent.Load()
		queued := int64(len(w.gateway.device.passed) * batchSize)
		most = max(most, bursts*batchSize-queued-sent)
		return sent >= bursts*batchSize
	})
	if most > inflightMax+2*batchSize { // the batch that Read has in hand, the one that Send has
		t.Errorf("%d packets between device and socket; want no more than %d", most, inflightMax+2*batchSize)
	}
}

func TestPacketsForAPodThatNeverCameHoldUpNobody(t *testing.T) {
	absent := "fd12:3456:789a:1::13"
	w := newWorld(t, func(_, gateway, _ *Config) {
		gateway.Peers = append(gateway.Peers, Peer{
			Name: "absent", PublicKey: public(t, Key{32}), AllowedIPs: []netip.Prefix{netip.MustParsePrefix(absent + "/128")},
		})
	})
	far := w.dial(t, w.two.config.Address, 9000)
	lost := segment(w.one.config.Address.String(), absent, 40000, 9000, header.TCPFlagAck)
	burst := make([][]byte, batchSize)
	for i := range burst {
		burst[i] = lost
	}
	for range 3 * inflightMax / batchSize {
		write(w.gateway.device, burst...)
	}
	roundTrip(t, far)
}

func BenchmarkAPacketThroughTheMeter(b *testing.B) {
	meter := newMeter(mute{})
	bufs, taken := buffers(batchSize), buffers(inflightMax-batchSize)
	meter.took(taken)
	for range b.N/batchSize + 1 {
		meter.wait(bufs, nil)
		meter.took(bufs)
		_ = meter.Send(bufs, nil)
	}
}
