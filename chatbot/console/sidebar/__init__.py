"""The page beside a chat in the WeCom client (聊天工具栏)."""
