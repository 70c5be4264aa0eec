"""Members log in on the platform's pages (网页授权登录, 企业微信登录)."""
