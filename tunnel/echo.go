package main

import (
	"encoding/binary"
	"net/netip"

	"gvisor.dev/gvisor/pkg/tcpip"
	"gvisor.dev/gvisor/pkg/tcpip/header"
)

// echoID marks our own echo requests, so that an answer to anybody else's is left alone.
const echoID = 0x1557

// echoPayload: the least that tools which look at ICMP call a ping.
const echoPayload = 8

// echoRequest is one ICMPv6 echo request (RFC 4443, 4.1).
func echoRequest(from, to netip.Addr, sequence uint16) []byte {
	const size = header.ICMPv6EchoMinimumSize + echoPayload
	packet := make([]byte, header.IPv6MinimumSize+size)
	source, destination := tcpip.AddrFrom16(from.As16()), tcpip.AddrFrom16(to.As16())
	header.IPv6(packet).Encode(&header.IPv6Fields{
		PayloadLength:     size,
		TransportProtocol: header.ICMPv6ProtocolNumber,
		HopLimit:          64,
		SrcAddr:           source,
		DstAddr:           destination,
	})
	message := header.ICMPv6(packet[header.IPv6MinimumSize:])
	message.SetType(header.ICMPv6EchoRequest)
	message.SetIdent(echoID)
	message.SetSequence(sequence)
	message.SetChecksum(header.ICMPv6Checksum(header.ICMPv6ChecksumParams{
		Header: message, Src: source, Dst: destination}))
	return packet
}

// echoAnswer tells whether packet answers one of our echo requests, and which.
func echoAnswer(packet []byte) (sequence uint16, ok bool) {
	if header.IPv6(packet).TransportProtocol() != header.ICMPv6ProtocolNumber {
		return 0, false
	}
	message := header.ICMPv6(packet[header.IPv6MinimumSize:])
	if len(message) < header.ICMPv6EchoMinimumSize || message.Type() != header.ICMPv6EchoReply {
		return 0, false
	}
	return message.Sequence(), binary.BigEndian.Uint16(message[4:]) == echoID
}
