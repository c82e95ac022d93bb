"""What each call does: agents, sessions, turns, completions, explanations, the provider catalog."""
