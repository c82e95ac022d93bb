"""The contract of the API as an OpenAPI document, made from the code's own models."""
