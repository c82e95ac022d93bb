"""How a request comes in and how its response goes out.

`endpoint.py` serves API Gateway, `queue_events.py` and `table_events.py` serve SQS and the table's stream. Each API of
another vendor that is imitated here (a door) has modules of its own, which translate to and from the domain's requests.
"""
