"""What workers share: counters with limits, values that expire, and where they are kept."""
