"""What this package costs in time and memory, beside its peers, in one run."""
