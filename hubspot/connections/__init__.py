"""Who a browser is, which portals it may see and with which token: everything that is kept in Redis."""
