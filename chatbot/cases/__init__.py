"""What was promised to a customer and cannot be solved in the chat: kept, reminded of, closed."""
