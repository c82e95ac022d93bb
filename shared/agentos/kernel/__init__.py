"""What knows nothing of agents: time, ids, JSON, values, errors, logging, metrics."""
