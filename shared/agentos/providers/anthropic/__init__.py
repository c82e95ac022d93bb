"""Anthropic's Messages wire format. https://platform.claude.com/docs/en/api/messages"""
