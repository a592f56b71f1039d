package main

import (
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

const usage = "usage: tunnel /path/of/tunnel.json"

func main() {
	slog.SetDefault(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// run serves until SIGTERM or SIGINT, which is no error, or until wireguard-go ends, which is.
func run(path string) error {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	config, err := ParseConfig(raw)
	if err != nil {
		return fmt.Errorf("%s:\n%w", path, err)
	}
	tunnel, err := Start(config)
	if err != nil {
		return err
	}
	slog.Info("tunnel is up", "address", config.Address.String(), "peers", len(config.Peers), "forward", config.Forward)
	select {
	case got := <-signals:
		tunnel.Close()
		slog.Info("tunnel ended", "signal", got.String())
		return nil
	case <-tunnel.Done():
		tunnel.Close()
		return fmt.Errorf("wireguard ended by itself")
	}
}
