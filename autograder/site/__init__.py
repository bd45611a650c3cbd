"""The documentation site: pages derived from the manifests, the lessons and the code."""

from autograder.site.build import Site, build_site

__all__ = ["Site", "build_site"]
