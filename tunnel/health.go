package main

import (
	"fmt"
	"net/http"
	"time"
)

// beatStale: three heart beats missed.
const beatStale = 3 * beatEvery

// handler serves /healthz, /readyz and /metrics.
func (t *Tunnel) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { answer(w, t.healthy(time.Now())) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) { answer(w, t.ready(time.Now())) })
	mux.HandleFunc("GET /metrics", t.serveMetrics)
	return mux
}

// healthy says whether this process works. Others' state is not its affair: a restart would not mend it.
func (t *Tunnel) healthy(now time.Time) error {
	if age := now.Sub(time.Unix(0, t.beat.Load())); age > beatStale {
		return fmt.Errorf("no heart beat for %.0f s", age.Seconds())
	}
	return nil
}

// ready says whether the data plane can be used. A pod needs its gateway; a gateway is ready once it listens, for if it
// waited for other sites, one site that is down would keep all others from starting.
func (t *Tunnel) ready(now time.Time) error {
	if t.config.Forward {
		return nil
	}
	for _, watch := range t.watches {
		if watch.Echo.IsValid() && !watch.up(now) {
			return fmt.Errorf("%s does not answer", watch.Name)
		}
	}
	return nil
}

func answer(w http.ResponseWriter, problem error) {
	if problem != nil {
		http.Error(w, problem.Error(), http.StatusServiceUnavailable)
		return
	}
	_, _ = fmt.Fprintln(w, "ok")
}
