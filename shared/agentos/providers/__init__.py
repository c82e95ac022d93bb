"""In which words each provider is asked: one package per wire format, and the HTTP client."""
