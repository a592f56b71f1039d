package main

import (
	"encoding/binary"
	"net/netip"
	"sync/atomic"

	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// Filter is the default-drop rule set of the data plane. It keeps no state, so that a restart cuts nothing off. Let
// through are, with both addresses inside the environment's prefix:
//
//	TCP to a listed port
//	TCP from a listed port that is not a bare SYN, that is a reply
//	ICMPv6 echo and its answer, and the errors that TCP needs (unreachable, packet too big, time exceeded, parameter)
//
// Who may use which source address is not asked here: wireguard-go checks it against the peer's allowed IPs.
type Filter struct {
	prefix netip.Prefix
	ports  [1 << 16]bool
	drops  [reasons]atomic.Uint64
}

// Reason says why a packet was dropped.
type Reason int

// The reasons, in the order of the checks.
const (
	dropShort    Reason = iota // not a whole IPv6 header, or not a whole transport header
	dropAddress                // an address outside the prefix
	dropPort                   // TCP, but neither to nor from a listed port
	dropProtocol               // neither TCP nor one of the ICMPv6 messages above; extension headers, fragments
	dropNotForUs               // for another address, and we are no gateway; or its hop limit is used up
	reasons
)

var reasonNames = [reasons]string{"short", "address", "port", "protocol", "not_for_us"}

func newFilter(prefix netip.Prefix, ports []PortRange) *Filter {
	f := &Filter{prefix: prefix}
	for _, r := range ports {
		for port := int(r.First); port <= int(r.Last); port++ {
			f.ports[port] = true
		}
	}
	return f
}

// Allow tells whether an IPv6 packet may pass, and counts it if not.
func (f *Filter) Allow(packet []byte) bool {
	reason, ok := f.judge(packet)
	if !ok {
		f.drop(reason)
	}
	return ok
}

func (f *Filter) drop(why Reason) { f.drops[why].Add(1) }

func (f *Filter) judge(packet []byte) (Reason, bool) {
	if len(packet) < header.IPv6MinimumSize || packet[0]>>4 != 6 {
		return dropShort, false
	}
	if !f.prefix.Contains(source(packet)) || !f.prefix.Contains(destination(packet)) {
		return dropAddress, false
	}
	payload := packet[header.IPv6MinimumSize:]
	switch header.IPv6(packet).TransportProtocol() {
	case header.TCPProtocolNumber:
		return f.judgeTCP(payload)
	case header.ICMPv6ProtocolNumber:
		return judgeICMP(payload)
	}
	return dropProtocol, false
}

func (f *Filter) judgeTCP(segment []byte) (Reason, bool) {
	if len(segment) < header.TCPMinimumSize {
		return dropShort, false
	}
	from, to := binary.BigEndian.Uint16(segment[0:]), binary.BigEndian.Uint16(segment[2:])
	const handshake = header.TCPFlagSyn | header.TCPFlagAck
	bareSyn := header.TCP(segment).Flags()&handshake == header.TCPFlagSyn
	return dropPort, f.ports[to] || f.ports[from] && !bareSyn
}

func judgeICMP(message []byte) (Reason, bool) {
	if len(message) < header.ICMPv6MinimumSize {
		return dropShort, false
	}
	switch header.ICMPv6(message).Type() {
	case header.ICMPv6DstUnreachable, header.ICMPv6PacketTooBig, header.ICMPv6TimeExceeded, header.ICMPv6ParamProblem,
		header.ICMPv6EchoRequest, header.ICMPv6EchoReply:
		return 0, true
	}
	return dropProtocol, false
}

func source(packet []byte) netip.Addr      { return netip.AddrFrom16([16]byte(packet[8:24])) }
func destination(packet []byte) netip.Addr { return netip.AddrFrom16([16]byte(packet[24:40])) }
