"""What is kept in DynamoDB: keys, items and one module per kind of record."""
