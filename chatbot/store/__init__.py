"""PostgreSQL: the schema, the migrations, and every query, one module a concern."""
