"""The pure core: what a saga is and what must happen next. No clock, no I/O, no bytes, no asyncio."""
