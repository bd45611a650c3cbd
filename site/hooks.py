"""Hand mkdocs the pages, files and navigation that the course itself provides."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

from autograder.cli.app import build_app
from autograder.errors import CourseError
from autograder.paths import CoursePaths
from autograder.proving.proof import is_proven
from autograder.site import Site, build_site


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Derive the site from the manifests; the page nav and the landing page's figures follow."""
    root = Path(config.config_file_path).parent
    paths = CoursePaths(root)
    try:
        site = build_site(
            paths,
            cache=root / "build" / "lessons",
            is_proven=lambda lab: is_proven(paths.labs / lab),
            app=build_app(),
        )
    except CourseError as error:
        raise PluginError(str(error)) from error
    config.nav = site.navigation
    config.extra["site"] = site
    config.extra["course"] = site.facts
    if not config.site_url:
        # Both spell addresses from the server's root, which is not known.
        config.theme.static_templates -= {"404.html", "sitemap.xml"}
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the derived pages and files to those that were written by hand."""
    site: Site = config.extra["site"]
    for page in site.pages:
        files.append(File.generated(config, page.path, content=page.source()))
    for asset in site.assets:
        files.append(File.generated(config, asset.path, content=asset.content))
    return files
