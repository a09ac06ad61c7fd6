"""Benchmarks: `./dev bench NAME`."""
