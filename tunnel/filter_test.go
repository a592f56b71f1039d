package main

import (
	"net/netip"
	"testing"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

const (
	inside  = "fd12:3456:789a:2::11"
	sibling = "fd12:3456:789a:3::11"
	outside = "fd00::1"
)

func TestTheFilterDropsWhatIsNotListed(t *testing.T) {
	const syn, ack, rst = header.TCPFlagSyn, header.TCPFlagAck, header.TCPFlagRst
	const passes Reason = -1
	for name, row := range map[string]struct {
		packet []byte
		want   Reason
	}{
		"a call to a listed port":                 {segment(inside, sibling, 40000, 9000, syn), passes},
		"a call to the last port of a range":      {segment(inside, sibling, 40000, 9001, syn), passes},
		"data to a listed port":                   {segment(inside, sibling, 40000, 8786, ack), passes},
		"an answer from a listed port":            {segment(sibling, inside, 9000, 40000, syn|ack), passes},
		"a refusal from a listed port":            {segment(sibling, inside, 9000, 40000, rst|ack), passes},
		"a call to ssh":                           {segment(inside, sibling, 40000, 22, syn), dropPort},
		"a call beside a range":                   {segment(inside, sibling, 40000, 9002, syn), dropPort},
		"a call that pretends to be an answer":    {segment(inside, sibling, 9000, 22, syn), dropPort},
		"a source outside the prefix":             {segment(outside, inside, 40000, 9000, syn), dropAddress},
		"a destination outside the prefix":        {segment(inside, outside, 40000, 9000, syn), dropAddress},
		"an echo":                                 {message(header.ICMPv6EchoRequest), passes},
		"an echo's answer":                        {message(header.ICMPv6EchoReply), passes},
		"packet too big, which TCP must hear":     {message(header.ICMPv6PacketTooBig), passes},
		"a router's advertisement":                {message(header.ICMPv6RouterAdvert), dropProtocol},
		"a redirect":                              {message(header.ICMPv6RedirectMsg), dropProtocol},
		"UDP":                                     {packet(inside, sibling, header.UDPProtocolNumber, make([]byte, 8)), dropProtocol},
		"a fragment, whose port cannot be seen":   {packet(inside, sibling, header.IPv6FragmentHeader, make([]byte, 40)), dropProtocol},
		"an extension header before a listed TCP": {packet(inside, sibling, 0, make([]byte, 40)), dropProtocol},
		"half a TCP header":                       {segment(inside, sibling, 40000, 9000, syn)[:50], dropShort},
		"half an IPv6 header":                     {make([]byte, 20), dropShort},
		"IPv4":                                    {append([]byte{0x45}, make([]byte, 39)...), dropShort},
		"nothing":                                 {nil, dropShort},
	} {
		t.Run(name, func(t *testing.T) {
			filter := newFilter(netip.MustParsePrefix("fd12:3456:789a::/48"), []PortRange{{8786, 8787}, {9000, 9001}})
			passed := filter.Allow(row.packet)
			got := passes
			for reason := range filter.drops {
				if filter.drops[reason].Load() > 0 {
					got = Reason(reason)
				}
			}
			if got != row.want || passed != (row.want == passes) {
				t.Errorf("passed: %v, drop counted: %v; want %v", passed, got, row.want)
			}
		})
	}
}

func packet(from, to string, protocol tcpip.TransportProtocolNumber, payload []byte) []byte {
	whole := make([]byte, header.IPv6MinimumSize+len(payload))
	header.IPv6(whole).Encode(&header.IPv6Fields{
		PayloadLength:     uint16(len(payload)),
		TransportProtocol: protocol,
		HopLimit:          64,
		SrcAddr:           tcpip.AddrFrom16(netip.MustParseAddr(from).As16()),
		DstAddr:           tcpip.AddrFrom16(netip.MustParseAddr(to).As16()),
	})
	copy(whole[header.IPv6MinimumSize:], payload)
	return whole
}

func segment(from, to string, source, destination uint16, flags header.TCPFlags) []byte {
	tcp := make([]byte, header.TCPMinimumSize)
	header.TCP(tcp).Encode(&header.TCPFields{
		SrcPort: source, DstPort: destination, Flags: flags, DataOffset: header.TCPMinimumSize})
	return packet(from, to, header.TCPProtocolNumber, tcp)
}

func message(kind header.ICMPv6Type) []byte {
	icmp := make([]byte, header.ICMPv6MinimumSize)
	header.ICMPv6(icmp).SetType(kind)
	return packet(inside, sibling, header.ICMPv6ProtocolNumber, icmp)
}
