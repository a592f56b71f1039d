package main

import (
	"testing"

	"golang.zx2c4.com/wireguard/conn"
)

// mute is a socket that swallows.
type mute struct{ conn.Bind }

func (mute) Send([][]byte, conn.Endpoint) error { return nil }

func TestTheMeterLetsNoMoreThanItsLimitOnTheWay(t *testing.T) {
	meter := newMeter(mute{})
	meter.wait() // there is room
	meter.took(inflightMax + 5)
	passed := make(chan struct{})
	go func() {
		meter.wait()
		close(passed)
	}()
	if err := meter.Send(make([][]byte, 10), nil); err != nil {
		t.Fatal(err)
	}
	<-passed
	if left := meter.inflight.Load(); left != inflightMax-5 {
		t.Errorf("%d on the way; want %d", left, inflightMax-5)
	}
}

func TestPacketsThatWireguardDroppedDoNotBlockTheMeterForEver(t *testing.T) {
	meter := newMeter(mute{})
	meter.took(inflightMax)
	meter.wait() // nothing is ever sent
	if left := meter.inflight.Load(); left != 0 {
		t.Errorf("%d on the way; want 0", left)
	}
}

func TestHandshakesThatNobodyCountedLeaveTheMeterAtZero(t *testing.T) {
	meter := newMeter(mute{})
	if err := meter.Send(make([][]byte, 3), nil); err != nil {
		t.Fatal(err)
	}
	if left := meter.inflight.Load(); left != 0 {
		t.Errorf("%d on the way; want 0", left)
	}
}
