"""What would change for customers if other content went live, and whether it may."""
