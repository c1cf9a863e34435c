"""The talk between clients and a server as a third party sees it: shown, recorded, replayed, taken from captures."""
