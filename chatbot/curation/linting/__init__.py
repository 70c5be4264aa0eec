"""What is worth an admin's look in a content before it is published."""
