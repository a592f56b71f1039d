// Command tunnel is the data plane of one pod or of one site's gateway, without any privilege: WireGuard in user
// space (wireguard-go), a TCP/IP stack in user space (gVisor), no network interface, no capability, no root.
//
//	a pod                                              a gateway
//
//	Dask ── SOCKS5 door ─┐                             other sites ═╗
//	                     stack ── device ══ WireGuard ═══════════ device ── filter ── device
//	Dask ── expose ──────┘          │                      alias ── stack ──┘
//	                              filter
//
// Files, in the order in which a packet meets them: config (what is told), tunnel (how the parts hang together),
// watch and endpoints (whom to call, and when to call again), meter, device, segment, filter (packets), stack
// (connections), doors, socks, splice (bytes), health and metrics (what is seen from outside).
package main
