"""Looking after the knowledge base: what it promises, and what real messages say it lacks."""
