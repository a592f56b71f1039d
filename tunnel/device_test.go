package main

import (
	"bytes"
	"math/rand/v2"
	"net/netip"
	"os"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

const gatewayAddress = "fd12:3456:789a:2::1"

func newGateway(t *testing.T, forward bool) *Device {
	t.Helper()
	config := &Config{MTU: 1280, Address: address(gatewayAddress), Forward: forward}
	filter := newFilter(netip.MustParsePrefix("fd12:3456:789a::/48"), []PortRange{{9000, 9001}})
	device := newDevice(config, filter, newMeter(mute{}))
	stack, err := newStack(device)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stack.Close(); _ = device.Close() })
	return device
}

// read gives the packets of one Read.
func read(t *testing.T, d *Device) [][]byte {
	t.Helper()
	bufs, sizes := make([][]byte, batchSize), make([]int, batchSize)
	for i := range bufs {
		bufs[i] = make([]byte, 2000)
	}
	n, err := d.Read(bufs, sizes, 16)
	if err != nil {
		t.Fatal(err)
	}
	packets := make([][]byte, n)
	for i := range packets {
		packets[i] = bufs[i][16 : 16+sizes[i]]
	}
	return packets
}

func write(d *Device, packets ...[]byte) {
	bufs := make([][]byte, len(packets))
	for i, packet := range packets {
		bufs[i] = append(make([]byte, 16), packet...)
	}
	_, _ = d.Write(bufs, 16)
}

func TestAGatewayGivesPacketsBackInOrderWithOneHopLess(t *testing.T) {
	d := newGateway(t, true)
	var want [][]byte
	for port := range uint16(3) {
		sent := segment(inside, sibling, 40000+port, 9000, header.TCPFlagAck)
		write(d, sent)
		hopped := bytes.Clone(sent)
		hopped[7]--
		want = append(want, hopped)
	}
	got := read(t, d)
	if len(got) != len(want) {
		t.Fatalf("%d packets; want %d", len(got), len(want))
	}
	for i := range want {
		if !bytes.Equal(got[i], want[i]) {
			t.Errorf("packet %d: %x; want %x", i, got[i], want[i])
		}
	}
}

func TestWhatIsForNobodyHereIsDropped(t *testing.T) {
	usedUp := segment(inside, sibling, 40000, 9000, header.TCPFlagAck)
	header.IPv6(usedUp).SetHopLimit(1)
	for name, row := range map[string]struct {
		forward bool
		packet  []byte
	}{
		"a pod passes nothing on":           {false, segment(inside, sibling, 40000, 9000, header.TCPFlagAck)},
		"a packet that has gone far enough": {true, usedUp},
	} {
		t.Run(name, func(t *testing.T) {
			d := newGateway(t, row.forward)
			write(d, row.packet)
			if drops := d.filter.drops[dropNotForUs].Load(); drops != 1 || d.forwarded.Load() != 0 {
				t.Errorf("%d dropped, %d passed on", drops, d.forwarded.Load())
			}
		})
	}
}

func TestABacklogIsDroppedAndCounted(t *testing.T) {
	d := newGateway(t, true)
	for range passedQueue + 3 {
		write(d, segment(inside, sibling, 40000, 9000, header.TCPFlagAck))
	}
	if d.forwarded.Load() != passedQueue || d.queueDrops.Load() != 3 {
		t.Errorf("%d passed on, %d dropped", d.forwarded.Load(), d.queueDrops.Load())
	}
}

// A peer has a key, not our trust: whatever it sends, the process that everybody's packets go through must live.
func TestNoPacketOfAPeerEndsTheTunnel(t *testing.T) {
	const seed1, seed2 = 7, 11
	random := rand.New(rand.NewPCG(seed1, seed2))
	d := newGateway(t, true)
	models := [][]byte{
		segment(inside, sibling, 40000, 9000, header.TCPFlagSyn),
		segment(inside, gatewayAddress, 40000, 9000, header.TCPFlagSyn),
		segment(inside, gatewayAddress, 9000, 40000, header.TCPFlagAck),
		packet(inside, gatewayAddress, header.ICMPv6ProtocolNumber, make([]byte, 60)),
		packet(inside, gatewayAddress, header.IPv6FragmentHeader, make([]byte, 60)),
	}
	for range 50_000 {
		broken := bytes.Clone(models[random.IntN(len(models))])
		for range random.IntN(6) {
			broken[random.IntN(len(broken))] = byte(random.Uint32())
		}
		if random.IntN(4) == 0 {
			broken = broken[:random.IntN(len(broken)+1)]
		}
		write(d, broken)
		for len(d.passed) > 0 {
			read(t, d)
		}
	}
	answered := segment(inside, sibling, 40000, 9000, header.TCPFlagAck)
	before := d.forwarded.Load()
	write(d, answered)
	if d.forwarded.Load() != before+1 {
		t.Error("a good packet does not pass any more")
	}
}

func TestAClosedDeviceEndsRead(t *testing.T) {
	d := newGateway(t, true)
	for range 2 {
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := d.Read([][]byte{make([]byte, 2000)}, make([]int, 1), 16); err != os.ErrClosed {
		t.Errorf("got %v", err)
	}
}
