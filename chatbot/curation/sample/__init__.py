"""The weekly sample of direct answers: which are drawn, and what the judged ones say of all."""
