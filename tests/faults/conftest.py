from tests.support.cluster import cluster, pair

__all__ = ["cluster", "pair"]
