"""Customer service (微信客服): accounts, sessions, messages, staff."""
