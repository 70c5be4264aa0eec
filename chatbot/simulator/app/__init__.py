"""The self-built app (自建应用): messages to members, cards, what members send back."""
