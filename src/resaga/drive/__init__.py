"""The drivers: two small loops that do what the machine decides, one blocking, one awaiting."""
