"""Who may do what: members who are logged in, their roles and the stores they see."""
