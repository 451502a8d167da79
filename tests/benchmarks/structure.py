"""Measure the structure of a checkout: `python tests/benchmarks/structure.py [FOLDER]`.

Prints files, functions and names of core, models_plugins and tui, and the rooms by size. "Public" is counted
twice: every top-level class and function without an underscore, wherever it stands, and those alone that are
not in a module with an underscore, which is nobody's business outside its folder.
"""

from __future__ import annotations

import ast
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

ROOMS = ("core", "models_plugins", "tui")
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name, lines and syntax tree."""

    name: str
    path: Path
    lines: int
    tree: ast.Module

    @property
    def folder(self) -> str:
        """The package that it lies in."""
        return ".".join(self.path.parent.parts)

    @property
    def private(self) -> bool:
        """Whether an underscore says that it is for its folder alone."""
        return any(part.startswith("_") and not part.startswith("__") for part in self.path.parts)

    @property
    def public_names(self) -> list[str]:
        """Top-level classes and functions without an underscore."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return [one.name for one in self.tree.body if isinstance(one, kinds) and not one.name.startswith("_")]


def read_modules(root: Path) -> list[Module]:
    """Read all modules, stub `__init__`s (of up to eight lines) left out."""
    found = []
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            text, place = path.read_text(encoding="utf-8"), path.relative_to(root)
            lines = len(text.splitlines())
            if path.name != "__init__.py" or lines > 8:
                name = ".".join(place.with_suffix("").parts).removesuffix(".__init__")
                found.append(Module(name, place, lines, ast.parse(text)))
    return found


def functions(modules: Sequence[Module]) -> Iterator[Function]:
    """All functions and methods."""
    for module in modules:
        yield from (one for one in ast.walk(module.tree) if isinstance(one, Function))


def length(function: Function) -> int:
    """Lines from `def` to the end."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def annotated(function: Function) -> bool:
    """Whether every argument (but self and cls) and the result have a type."""
    given = function.args
    named = [*given.posonlyargs, *given.args, *given.kwonlyargs, *filter(None, (given.vararg, given.kwarg))]
    typed = all(one.annotation is not None for one in named if one.arg not in ("self", "cls"))
    return typed and (function.returns is not None or function.name == "__init__")


def importers(modules: Sequence[Module]) -> dict[str, set[str]]:
    """Who imports each module, by its dotted name."""
    found: dict[str, set[str]] = {module.name: set() for module in modules}
    for module in modules:
        for one in ast.walk(module.tree):
            if isinstance(one, ast.ImportFrom) and one.module in found:
                found[one.module].add(module.name)
            elif isinstance(one, ast.ImportFrom):
                for name in (f"{one.module}.{alias.name}" for alias in one.names):
                    found.get(name, set()).add(module.name)
    return found


def faces(root: Path, modules: Sequence[Module]) -> set[str]:
    """What folders show to others: the names of a stub or of `__all__`, else those of their open modules."""
    shown: set[str] = set()
    for folder in {module.path.parent for module in modules}:
        named = _face(root / folder)
        own = [module for module in modules if module.path.parent == folder and not module.private]
        names = named or [name for module in own for name in module.public_names]
        shown |= {f"{folder}.{name}" for name in names}
    return shown


def _face(folder: Path) -> list[str]:
    stub, init = folder / "__init__.pyi", folder / "__init__.py"
    found = []
    for node in ast.walk(ast.parse((stub if stub.exists() else init).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (stub.exists() or node.module != "__future__"):
            found += [alias.asname or alias.name for alias in node.names]
    return found


def spread(values: Sequence[int]) -> str:
    """Median, ninth decile and maximum."""
    ordered = sorted(values)
    return f"{median(ordered):g} / {ordered[int(0.9 * (len(ordered) - 1))]} / {ordered[-1]}"


def share(part: int, whole: int) -> str:
    """A share in per cent."""
    return f"{part / whole:.0%}"


def figures(root: Path, modules: Sequence[Module]) -> Iterator[tuple[str, str]]:
    """The table's rows."""
    sizes = [module.lines for module in modules]
    found = list(functions(modules))
    names = sum(len(module.public_names) for module in modules)
    shown = sum(len(module.public_names) for module in modules if not module.private)
    rooms = Counter(module.folder for module in modules)
    by_room = Counter[str]()
    for module in modules:
        by_room[module.folder] += 0 if module.private else len(module.public_names)
    lonely = sum(len(users) == 1 for users in importers(modules).values())
    yield "Python files (stub __init__ left out)", f"{len(modules)}"
    yield "lines", f"{sum(sizes):,}"
    yield "lines per file", f"{sum(sizes) / len(sizes):.0f}"
    yield "file length median / p90 / max", spread(sizes)
    yield "files under 50 lines", share(sum(size < 50 for size in sizes), len(sizes))
    yield "function length median / p90 / max", spread([length(one) for one in found])
    yield "functions per file", f"{len(found) / len(modules):.1f}"
    yield "functions fully annotated", share(sum(map(annotated, found)), len(found))
    yield (
        "functions with a docstring",
        share(sum(ast.get_docstring(one) is not None for one in found), len(found)),
    )
    yield "top-level names without underscore", f"{names} ({1000 * names / sum(sizes):.0f} per 1,000 lines)"
    yield "… in modules without underscore", f"{shown} ({1000 * shown / sum(sizes):.0f} per 1,000 lines)"
    yield "names that faces show (__init__)", f"{len(faces(root, modules))}"
    yield "most public names in a folder", " ".join(map(str, by_room.most_common(1)[0]))
    yield "folders / deepest nesting", f"{len(rooms)} / {max(len(m.path.parts) - 1 for m in modules)}"
    yield "modules in the largest folder", " ".join(map(str, rooms.most_common(1)[0]))
    yield "modules with one importer only", f"{lonely} of {len(modules)}"
    yield "modules of core", f"{sum(module.name.startswith('core') for module in modules)}"


def main() -> None:
    """Print the table, then the folders by their modules."""
    root = Path(sys.argv[1] if len(sys.argv) > 1 else ".")
    modules = read_modules(root)
    for name, figure in figures(root, modules):
        print(f"{name:<40} {figure}")
    print()
    for folder, count in sorted(Counter(module.folder for module in modules).items()):
        print(f"{folder:<40} {count}")


if __name__ == "__main__":
    main()
