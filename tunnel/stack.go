package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"syscall"
	"time"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/adapters/gonet"
	"gvisor.dev/gvisor/pkg/tcpip/header"
	"gvisor.dev/gvisor/pkg/tcpip/network/ipv6"
	"gvisor.dev/gvisor/pkg/tcpip/stack"
	"gvisor.dev/gvisor/pkg/tcpip/transport/icmp"
	"gvisor.dev/gvisor/pkg/tcpip/transport/tcp"
	"gvisor.dev/gvisor/pkg/waiter"
)

// Timers of distributed.comm.tcp (its default comm.timeouts.tcp is 30 s): Dask's own keepalive ends at the loopback
// socket, so this TCP must notice a dead peer for it, no later and no sooner.
const (
	deadAfter      = 30 * time.Second
	keepaliveIdle  = 10 * time.Second
	keepaliveEvery = 2 * time.Second
	keepaliveCount = 10
)

// Buffers as on Linux (tcp_rmem, tcp_wmem): a 60 ms path at 100 MB/s needs 6 MB.
const (
	receiveDefault, receiveMax = 1 << 20, 6 << 20
	sendDefault, sendMax       = 256 << 10, 4 << 20
	bufferMin                  = 4 << 10
)

// retransmitMax bounds the pause between two attempts to send lost data. Its default of 120 s would let a connection
// sleep on long after a broken path has healed; no path of ours has a round trip of seconds. Only deadAfter ends the
// attempts, so their number must not.
const (
	retransmitMax = 2 * time.Second
	retransmits   = 100
)

// pendingMax bounds the connections that arrive and wait for the local side to answer.
const pendingMax = 4096

const nic = 1

// Stack is the TCP/IP stack behind our data-plane address.
type Stack struct{ *stack.Stack }

func newStack(d *Device) (*Stack, error) {
	s := stack.New(stack.Options{
		NetworkProtocols:   []stack.NetworkProtocolFactory{ipv6.NewProtocol},
		TransportProtocols: []stack.TransportProtocolFactory{tcp.NewProtocol, icmp.NewProtocol6},
		HandleLocal:        true,
	})
	if err := configureTCP(s); err != nil {
		return nil, err
	}
	if err := s.CreateNIC(nic, groLink{d.link, d}); err != nil {
		return nil, fmt.Errorf("stack: interface: %v", err)
	}
	address := tcpip.ProtocolAddress{
		Protocol:          ipv6.ProtocolNumber,
		AddressWithPrefix: tcpip.AddrFrom16(d.address.As16()).WithPrefix(),
	}
	if err := s.AddProtocolAddress(nic, address, stack.AddressProperties{}); err != nil {
		return nil, fmt.Errorf("stack: address %v: %v", d.address, err)
	}
	s.AddRoute(tcpip.Route{Destination: header.IPv6EmptySubnet, NIC: nic})
	return &Stack{s}, nil
}

func configureTCP(s *stack.Stack) error {
	sack := tcpip.TCPSACKEnabled(true)
	congestion := tcpip.CongestionControlOption("cubic")
	growing := tcpip.TCPModerateReceiveBufferOption(true)
	recovery := tcpip.TCPRecovery(0) // RACK off: it is young here, and SACK recovers what this path loses
	retransmit := tcpip.TCPMaxRTOOption(retransmitMax)
	retries := tcpip.TCPMaxRetriesOption(retransmits)
	receive := tcpip.TCPReceiveBufferSizeRangeOption{Min: bufferMin, Default: receiveDefault, Max: receiveMax}
	send := tcpip.TCPSendBufferSizeRangeOption{Min: bufferMin, Default: sendDefault, Max: sendMax}
	options := []tcpip.SettableTransportProtocolOption{&sack, &congestion, &growing, &recovery, &retransmit, &retries,
		&receive, &send}
	for _, option := range options {
		if err := s.SetTransportProtocolOption(tcp.ProtocolNumber, option); err != nil {
			return fmt.Errorf("stack: %T: %v", option, err)
		}
	}
	return nil
}

// stackConn is a connection of the data plane.
type stackConn struct {
	*gonet.TCPConn
	endpoint tcpip.Endpoint
}

// Abort resets the connection.
func (c stackConn) Abort() { c.endpoint.Abort() }

func tune(endpoint tcpip.Endpoint) {
	idle, every := tcpip.KeepaliveIdleOption(keepaliveIdle), tcpip.KeepaliveIntervalOption(keepaliveEvery)
	user := tcpip.TCPUserTimeoutOption(deadAfter)
	endpoint.SocketOptions().SetKeepAlive(true)
	endpoint.SocketOptions().SetDelayOption(false) // TCP_NODELAY
	// These fail only on a socket that is not TCP.
	_ = endpoint.SetSockOpt(&idle)
	_ = endpoint.SetSockOpt(&every)
	_ = endpoint.SetSockOptInt(tcpip.KeepaliveCountOption, keepaliveCount)
	_ = endpoint.SetSockOpt(&user)
}

// Dial connects to a data-plane address. A refusal is syscall.ECONNREFUSED.
func (s *Stack) Dial(ctx context.Context, to netip.AddrPort) (halfConn, error) {
	var queue waiter.Queue
	endpoint, terr := s.NewEndpoint(tcp.ProtocolNumber, ipv6.ProtocolNumber, &queue)
	if terr != nil {
		return nil, errors.New(terr.String())
	}
	tune(endpoint)
	entry, ready := waiter.NewChannelEntry(waiter.WritableEvents)
	queue.EventRegister(&entry)
	defer queue.EventUnregister(&entry)
	far := tcpip.FullAddress{NIC: nic, Addr: tcpip.AddrFrom16(to.Addr().As16()), Port: to.Port()}
	terr = endpoint.Connect(far)
	if _, started := terr.(*tcpip.ErrConnectStarted); started {
		select {
		case <-ready:
			terr = endpoint.LastError()
		case <-ctx.Done():
			endpoint.Abort()
			return nil, ctx.Err()
		}
	}
	if terr != nil {
		endpoint.Close()
		if _, refused := terr.(*tcpip.ErrConnectionRefused); refused {
			return nil, syscall.ECONNREFUSED
		}
		return nil, errors.New(terr.String())
	}
	return stackConn{gonet.NewTCPConn(&queue, endpoint), endpoint}, nil
}

// Serve calls open for each connection to our address, before it is accepted: open connects the local side. If that
// fails the caller gets a reset, so a port on which nobody listens looks refused from afar, as it does on a network.
func (s *Stack) Serve(open func(port uint16) (halfConn, error), handle func(far, local halfConn)) {
	forwarder := tcp.NewForwarder(s.Stack, 0, pendingMax, func(request *tcp.ForwarderRequest) {
		local, err := open(request.ID().LocalPort)
		if err != nil {
			request.Complete(true)
			return
		}
		var queue waiter.Queue
		endpoint, terr := request.CreateEndpoint(&queue)
		request.Complete(false)
		if terr != nil {
			local.Abort()
			return
		}
		tune(endpoint)
		handle(stackConn{gonet.NewTCPConn(&queue, endpoint), endpoint}, local)
	})
	s.SetTransportProtocolHandler(tcp.ProtocolNumber, forwarder.HandlePacket)
}
