"""Customer contact (客户联系): relations between members and customers, tags, welcome codes."""
