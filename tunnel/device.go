package main

import (
	"net/netip"
	"os"
	"sync"
	"sync/atomic"

	"golang.zx2c4.com/wireguard/tun"
	"gvisor.dev/gvisor/pkg/buffer"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/link/channel"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/stack/gro"
)

const (
	batchSize   = 128      // packets per call: wireguard-go's own ideal batch
	linkQueue   = 256      // large packets between stack and device
	passedQueue = 512      // bursts between the two sides of a gateway
	largest     = 64 << 10 // bytes of the largest packet that the stack hands out
)

// Device is what wireguard-go takes for its network interface. A decrypted packet for our own address goes to the
// user-space TCP/IP stack; on a gateway every other one passes the filter and goes straight back to be encrypted for
// the peer it is meant for.
type Device struct {
	mtu     int
	address netip.Addr
	forward bool
	filter  *Filter
	meter   *Meter
	onEcho  func(from netip.Addr, sequence uint16)

	link    *channel.Endpoint
	gro     gro.GRO
	groLock sync.Mutex // wireguard-go writes from one goroutine per peer

	passed chan *burst
	echoes chan []byte
	wake   chan struct{}
	done   chan struct{}
	once   sync.Once
	events chan tun.Event

	// Of Read, which wireguard-go calls from one goroutine only.
	current     *burst
	cutting     segments
	scratch     []byte
	passedFirst bool // whose turn it is, so that neither the stack nor the passing traffic starves the other

	forwarded, queueDrops atomic.Uint64
}

func newDevice(c *Config, filter *Filter, meter *Meter) *Device {
	d := &Device{
		mtu: c.MTU, address: c.Address, forward: c.Forward, filter: filter, meter: meter,
		onEcho:  func(netip.Addr, uint16) {},
		link:    channel.New(linkQueue, uint32(c.MTU), ""),
		passed:  make(chan *burst, passedQueue),
		echoes:  make(chan []byte, 64),
		wake:    make(chan struct{}, 1),
		done:    make(chan struct{}),
		events:  make(chan tun.Event, 1),
		scratch: make([]byte, largest),
	}
	d.link.SupportedGSOKind = stack.HostGSOSupported              // the stack hands out up to 32 KiB, Read cuts it
	d.link.LinkEPCapabilities = stack.CapabilityRXChecksumOffload // every packet came out of an AEAD
	d.link.AddNotify(d)
	d.gro.Init(true)
	d.events <- tun.EventUp
	return d
}

// WriteNotify is called by the stack when it has a packet for us.
func (d *Device) WriteNotify() {
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

// Echo sends one echo request into the tunnel; it is dropped if too many wait already.
func (d *Device) Echo(to netip.Addr, sequence uint16) {
	select {
	case d.echoes <- echoRequest(d.address, to, sequence):
	default:
	}
}

// Read fills bufs with packets to encrypt; it waits only for the first.
func (d *Device) Read(bufs [][]byte, sizes []int, offset int) (int, error) {
	d.meter.wait(bufs, d.done)
	for {
		n := 0
		for n < len(bufs) {
			size := d.next(bufs[n][offset:])
			if size == 0 {
				break
			}
			sizes[n] = size
			n++
		}
		if n > 0 {
			d.meter.took(bufs[:n])
			return n, nil
		}
		select {
		case <-d.wake:
		case d.current = <-d.passed:
		case echo := <-d.echoes:
			sizes[0] = copy(bufs[0][offset:], echo)
			d.meter.took(bufs[:1])
			return 1, nil
		case <-d.done:
			return 0, os.ErrClosed
		}
	}
}

// next copies the next packet that is ready to out and returns its length, 0 if there is none.
func (d *Device) next(out []byte) int {
	if !d.cutting.empty() {
		return d.cutting.next(out)
	}
	if d.current != nil {
		size, last := d.current.take(out)
		if last {
			d.current = nil
		}
		return size
	}
	d.passedFirst = !d.passedFirst
	if d.passedFirst {
		if size := d.fromPeers(out); size > 0 {
			return size
		}
		return d.fromStack(out)
	}
	if size := d.fromStack(out); size > 0 {
		return size
	}
	return d.fromPeers(out)
}

func (d *Device) fromPeers(out []byte) int {
	select {
	case d.current = <-d.passed:
		return d.next(out)
	case echo := <-d.echoes:
		return copy(out, echo)
	default:
		return 0
	}
}

func (d *Device) fromStack(out []byte) int {
	packet := d.link.Read()
	if packet == nil {
		return 0
	}
	defer packet.DecRef()
	size := 0
	for _, part := range packet.AsSlices() {
		size += copy(d.scratch[size:], part)
	}
	whole := d.scratch[:size]
	offload := packet.GSOOptions
	if offload.Type == stack.GSOTCPv6 && header.IPv6(whole).TransportProtocol() == header.TCPProtocolNumber {
		d.cutting.cut(whole, int(offload.MSS), d.mtu)
		return d.cutting.next(out)
	}
	return copy(out, whole)
}

// Write takes decrypted packets. wireguard-go has checked their sources against the peer's allowed IPs.
func (d *Device) Write(bufs [][]byte, offset int) (int, error) {
	var passing *burst
	ours := make([][]byte, 0, batchSize)
	for _, buf := range bufs {
		packet := buf[offset:]
		switch {
		case !d.filter.Allow(packet): // dropped and counted there
		case destination(packet) == d.address:
			if sequence, ok := echoAnswer(packet); ok {
				d.onEcho(source(packet), sequence)
				continue
			}
			ours = append(ours, packet)
		case !d.forward || header.IPv6(packet).HopLimit() <= 1:
			d.filter.drop(dropNotForUs)
		default:
			header.IPv6(packet).SetHopLimit(header.IPv6(packet).HopLimit() - 1) // under no checksum
			if passing == nil {
				passing = newBurst()
			}
			passing.add(packet)
		}
	}
	d.deliver(ours)
	d.pass(passing)
	return len(bufs), nil
}

// deliver hands packets to the stack, joined to large ones where they follow each other (generic receive offload).
func (d *Device) deliver(packets [][]byte) {
	if len(packets) == 0 {
		return
	}
	d.groLock.Lock()
	defer d.groLock.Unlock()
	for _, packet := range packets {
		held := stack.NewPacketBuffer(stack.PacketBufferOptions{Payload: buffer.MakeWithData(packet)})
		held.NetworkProtocolNumber = header.IPv6ProtocolNumber
		held.RXChecksumValidated = true
		d.gro.Enqueue(held)
		held.DecRef()
	}
	d.gro.Flush()
}

// pass queues packets for their next peer. A full queue drops them, as a router would: TCP slows down.
func (d *Device) pass(packets *burst) {
	if packets == nil {
		return
	}
	count := uint64(packets.len())
	select {
	case d.passed <- packets:
		d.forwarded.Add(count)
	default:
		packets.release()
		d.queueDrops.Add(count)
	}
}

// groLink is the stack's side of the device. Joined packets go to whoever the stack attaches.
type groLink struct {
	*channel.Endpoint
	device *Device
}

// Attach is called once by the stack.
func (l groLink) Attach(dispatcher stack.NetworkDispatcher) {
	l.Endpoint.Attach(dispatcher)
	l.device.gro.Dispatcher = dispatcher
}

// The rest of wireguard-go's tun.Device.

func (d *Device) File() *os.File           { return nil }
func (d *Device) MTU() (int, error)        { return d.mtu, nil }
func (d *Device) Name() (string, error)    { return "userspace", nil }
func (d *Device) Events() <-chan tun.Event { return d.events }
func (d *Device) BatchSize() int           { return batchSize }

// Close ends Read; it may be called more than once.
func (d *Device) Close() error {
	d.once.Do(func() { close(d.done); close(d.events) })
	return nil
}
