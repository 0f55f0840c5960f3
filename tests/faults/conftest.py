from tests.support.cluster import cluster, pair, starter

__all__ = ["cluster", "pair", "starter"]
