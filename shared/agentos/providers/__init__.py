"""How each provider is called: one package per wire format, what they share, and the HTTP client."""
