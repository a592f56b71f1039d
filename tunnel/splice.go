package main

import (
	"io"
	"net"
	"sync"
)

// halfConn is a connection of which one direction can end before the other, and that can be reset.
type halfConn interface {
	net.Conn
	CloseWrite() error
	Abort()
}

// localConn is a connection of the pod's own network.
type localConn struct{ *net.TCPConn }

// Abort resets the connection.
func (c localConn) Abort() {
	_ = c.SetLinger(0) // whatever it says, the socket is closed next
	_ = c.Close()
}

const copyBuffer = 64 << 10

var copyBuffers = sync.Pool{New: func() any { b := make([]byte, copyBuffer); return &b }}

// splice copies both ways until both ends are done. The end of a stream is passed on as such, so that the other
// direction may go on; an error resets both sides, for a reset must look like one.
func splice(one, other halfConn) {
	var both sync.WaitGroup
	both.Add(2)
	copyTo := func(to, from halfConn) {
		defer both.Done()
		buffer := copyBuffers.Get().(*[]byte)
		defer copyBuffers.Put(buffer)
		// Plain reader and writer: else CopyBuffer would pass over our buffer for a larger one of its own.
		_, err := io.CopyBuffer(struct{ io.Writer }{to}, struct{ io.Reader }{from}, *buffer)
		if err == nil {
			err = to.CloseWrite()
		}
		if err != nil {
			one.Abort()
			other.Abort()
		}
	}
	go copyTo(one, other)
	copyTo(other, one)
	both.Wait()
	_ = one.Close()
	_ = other.Close()
}
