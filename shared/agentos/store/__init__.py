"""The DynamoDB table: keys, items and one module per kind of record."""
