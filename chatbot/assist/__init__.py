"""What helps an agent to answer: reply drafts, quick replies (话术), and the search for both."""
