"""Load, kills, a faulty table, faulty providers and rude clients against the local host, then an audit: `make chaos`.

__main__.py   options, the scenario, the report
stack.py      starts the store, the proxy, the provider and the host; kills the host and starts it again
proxy.py      stands between the host and its table, and loses, refuses, delays and cuts answers
provider.py   a chat server that fails at random and whose answers say which question they answer
load.py       clients that send messages until each is acknowledged
findings.py   what they saw, and which answers nobody may ever see
rude.py       clients that stay silent, read nothing or send a byte at a time
crowd.py      how much slower healthy clients become beside many rude ones: `make crowd`
audit.py      compares what is stored with what was acknowledged
wire.py       HTTP/1.1 on asyncio streams, with the faults that libraries hide
"""
