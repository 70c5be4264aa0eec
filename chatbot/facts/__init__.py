"""Facts that answers are filled with: tables, the row that is meant, variables. No I/O."""
