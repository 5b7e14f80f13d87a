"""Ruby's gems, by their specifications."""

from __future__ import annotations

from support.layers import file
from support.package_trees import by_name, packages_of, tree_of

from bloatcheck.analysis.packages import captures, installed, owners

HOME = "usr/local/bundle"
NOKOGIRI = """\
# -*- encoding: utf-8 -*-
# stub: nokogiri 1.16.2 x86_64-linux lib

Gem::Specification.new do |s|
  s.name = "nokogiri".freeze
  s.version = "1.16.2"
  s.add_runtime_dependency(%q<racc>.freeze, ["~> 1.4"])
  s.add_development_dependency(%q<rake>.freeze, [">= 0"])
end
"""
RACC = """\
Gem::Specification.new do |s|
  s.name = "racc"
  s.version = "1.7.3"
end
"""


def bundle() -> dict[str, str | bytes]:
    return {
        f"{HOME}/specifications/nokogiri-1.16.2-x86_64-linux.gemspec": NOKOGIRI,
        f"{HOME}/specifications/default/racc-1.7.3.gemspec": RACC,
        f"{HOME}/specifications/rake-13.0.6.gemspec": "",
        f"{HOME}/gems/nokogiri-1.16.2-x86_64-linux/lib/nokogiri.rb": "",
        f"{HOME}/cache/nokogiri-1.16.2-x86_64-linux.gem": "archive",
    }


def test_names_and_versions_come_from_the_specification_or_else_its_file() -> None:
    packages = packages_of(bundle())
    assert {name: package.version for name, package in packages.items()} == {
        "nokogiri": "1.16.2",
        "racc": "1.7.3",
        "rake": "13.0.6",
    }


def test_a_gem_has_its_folder_its_archive_and_what_was_compiled_for_it() -> None:
    tree = tree_of(
        bundle(),
        file(f"{HOME}/gems/nokogiri-1.16.2-x86_64-linux/README", 10),
        file(f"{HOME}/extensions/x86_64-linux/3.1.0/nokogiri-1.16.2-x86_64-linux/nokogiri.so", 10),
        file(f"{HOME}/extensions/x86_64-linux/3.1.0/other-1/other.so", 10),
    )
    owned = {
        path.removeprefix(HOME.encode() + b"/"): own.name
        for path, own in owners(installed(tree), tree).items()
    }
    assert owned == {
        b"specifications/nokogiri-1.16.2-x86_64-linux.gemspec": "nokogiri",
        b"specifications/default/racc-1.7.3.gemspec": "racc",
        b"specifications/rake-13.0.6.gemspec": "rake",
        b"gems/nokogiri-1.16.2-x86_64-linux/lib/nokogiri.rb": "nokogiri",
        b"gems/nokogiri-1.16.2-x86_64-linux/README": "nokogiri",
        b"cache/nokogiri-1.16.2-x86_64-linux.gem": "nokogiri",
        b"extensions/x86_64-linux/3.1.0/nokogiri-1.16.2-x86_64-linux/nokogiri.so": "nokogiri",
    }


def test_only_dependencies_at_run_time_count() -> None:
    packages = by_name(installed(tree_of(bundle())))
    assert packages["racc"].needed_by == ("nokogiri",)
    assert packages["rake"].needed_by == ()


def test_the_specification_inside_a_gem_is_no_installed_gem() -> None:
    assert captures(f"{HOME}/specifications/a-1.gemspec".encode(), 10)
    assert not captures(f"{HOME}/gems/a-1/a.gemspec".encode(), 10)
