"""The fault harness (benchmarks/faults): its checker, its proxy, and a short run of the whole."""
