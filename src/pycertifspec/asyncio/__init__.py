"""The asyncio face: the same verbs, to be awaited."""
