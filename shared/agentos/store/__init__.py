"""DynamoDB: keys, items and the requests that read and write them."""
