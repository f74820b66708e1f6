"""The rules of the house. A rule without a test is a wish.

Who may import whom, what may not be used where, how large things may grow, and that every sentence exists in
every language. The layers are numbered as in the README: a room imports itself and rooms with higher numbers.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
import string
from pathlib import Path

import pytest

import crmkpi
from crmkpi.errors import CrmKpiError
from crmkpi.i18n import LANGUAGES, catalogue

ROOT = Path(__file__).parents[1]
PACKAGE = sorted((ROOT / "crmkpi").rglob("*.py"))
PAGES = sorted((ROOT / "pages").glob("*.py"))
CODE = [*PACKAGE, *PAGES, ROOT / "app.py"]

LAYER = {
    "app": 1, "pages": 1, "ui": 2, "web": 2, "cli": 3, "__main__": 2, "doctor": 4, "report": 4, "store": 4, "charts": 5,
    "views": 6, "project": 7, "targets": 8, "forecast": 9, "analysis": 9, "ingest": 9, "tree": 10,
    "engine": 11, "catalog": 12, "measures": 13, "tables": 14, "formula": 15, "periods": 15, "i18n": 15, "mode": 15,
    "errors": 16, "__init__": 17,
}  # fmt: skip
# rooms of one layer that may know each other: words know periods
SAME_LAYER = {("i18n", "periods")}


def room(path: Path) -> str:
    parts = path.relative_to(ROOT).parts
    if parts[0] != "crmkpi":
        return Path(parts[0]).stem
    return Path(parts[1]).stem


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(tree: ast.AST) -> list[tuple[str, int]]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(alias.name, node.lineno) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.append((node.module, node.lineno))
            if node.module == "crmkpi":
                found += [(f"crmkpi.{alias.name}", node.lineno) for alias in node.names]
    return found


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_imports_never_go_up_or_sideways():
    wrong = []
    for path in CODE:
        own = room(path)
        for module, line in imports(parsed(path)):
            parts = module.split(".")
            if parts[0] != "crmkpi" or len(parts) < 2:
                continue
            other = parts[1]
            if other == own or (own, other) in SAME_LAYER or own == "__init__":
                continue
            if other.startswith("__"):  # crmkpi.__version__
                continue
            if LAYER[other] <= LAYER[own]:
                wrong.append(f"{name_of(path)}:{line} {own} -> {other}")
    assert not wrong, "\n".join(wrong)


ONLY = {
    "streamlit": {"ui", "web", "pages", "app"},
    "st_aggrid": {"ui"},
    "pandas": {"ui", "report"},
    "altair": {"charts"},
    "sqlite3": {"store"},
    "sqlalchemy": {"store"},
    "psycopg": {"store"},
    "alembic": {"store"},
    "obstore": {"store"},
    "cryptography": {"project"},
    "duckdb": {"ingest", "engine"},
}


def test_heavy_libraries_stay_in_their_rooms():
    wrong = []
    for path in CODE:
        for module, line in imports(parsed(path)):
            allowed = ONLY.get(module.split(".")[0])
            if allowed is not None and room(path) not in allowed:
                wrong.append(f"{name_of(path)}:{line} {module}")
    assert not wrong, "\n".join(wrong)


def test_store_is_known_to_ui_web_and_cli_only():
    for path in CODE:
        if room(path) not in {"ui", "web", "cli", "store"}:
            assert not [m for m, _ in imports(parsed(path)) if m.startswith("crmkpi.store")], name_of(path)


def test_pages_do_not_compute():
    for path in PAGES:
        tree = parsed(path)
        bad = {"polars", "altair", "narwhals", "pandas", "numpy"}
        assert not [m for m, _ in imports(tree) if m.split(".")[0] in bad], name_of(path)
        text = path.read_text(encoding="utf-8")
        assert "session_state" not in text, name_of(path)
        for node in ast.walk(tree):
            arithmetic = isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div, ast.Sub))
            assert not arithmetic, f"{name_of(path)}:{getattr(node, 'lineno', 0)} computes"


def test_every_page_asks_for_its_session_first():
    for path in PAGES:
        calls = [n for n in ast.walk(parsed(path)) if isinstance(n, ast.Call)]
        opened = [c for c in calls if getattr(c.func, "id", "") == "open_page"]
        assert opened, f"{name_of(path)} does not call open_page"
        assert ast.literal_eval(opened[0].args[0]) == path.stem


def test_session_state_has_one_owner():
    for path in PACKAGE:
        if name_of(path) != "crmkpi/ui/session.py":
            assert "session_state" not in path.read_text(encoding="utf-8"), name_of(path)


def test_nothing_executes_what_strangers_send():
    banned = {"eval", "exec", "compile", "__import__"}
    attributes = {("pl", "sql"), ("pl", "SQLContext"), ("Expr", "deserialize"), ("st", "html")}
    for path in CODE:
        tree = parsed(path)
        assert not [m for m, _ in imports(tree) if m.split(".")[0] in {"pickle", "marshal", "shelve"}], path
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in banned, f"{name_of(path)}:{node.lineno} {node.func.id}"
            style = name_of(path) == "crmkpi/ui/style.py"  # our own style sheet, a file of ours
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and not style:
                assert (node.value.id, node.attr) not in attributes, f"{name_of(path)}:{node.lineno}"


# heavy and optional: loaded where they are needed, and only there
LAZY_FINE = {
    "st_aggrid", "pandas", "vl_convert", "typst", "pptx", "xlsxwriter", "duckdb", "fastexcel", "openpyxl",
    "scipy", "scipy.optimize", "scipy.stats", "scipy.special", "pyarrow", "charset_normalizer", "rapidfuzz",
    "streamlit.web", "babel", "uvicorn", "resource", "ctypes", "apprise",
}  # fmt: skip


def test_imports_stand_at_the_top():
    wrong = []
    for path in CODE:
        if room(path) in {"cli", "__main__"}:  # the command line starts fast: it loads what a command needs
            continue
        for node in ast.walk(parsed(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                for module, line in imports(node):
                    known = module in LAZY_FINE or module.split(".")[0] in LAZY_FINE
                    if not known and not module.startswith("streamlit.runtime"):
                        wrong.append(f"{name_of(path)}:{line} {module}")
    assert not wrong, "\n".join(wrong)


def test_sizes_stay_readable():
    wrong = []
    for path in CODE:
        lines = path.read_text(encoding="utf-8").splitlines()
        limit = 80 if path in PAGES else 400
        if len(lines) > limit:
            wrong.append(f"{name_of(path)} has {len(lines)} lines, {limit} at most")
        for node in ast.walk(parsed(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                size = code_lines(node, lines)
                if size > 45:
                    wrong.append(f"{name_of(path)}:{node.lineno} {node.name} has {size} lines of code")
    assert not wrong, "\n".join(wrong)


def code_lines(node: ast.FunctionDef | ast.AsyncFunctionDef, lines: list[str]) -> int:
    """Lines of a function without its docstring, blank lines and comments."""
    body = node.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    if not body:
        return 1
    span = lines[body[0].lineno - 1 : node.end_lineno]
    return 1 + sum(1 for text in span if text.strip() and not text.strip().startswith("#"))


def test_no_drawer_for_odds_and_ends():
    for path in [*CODE, *(ROOT / "tests").rglob("*.py")]:
        assert path.stem not in {"utils", "util", "common", "helpers", "helper", "misc"}, name_of(path)


def test_public_functions_say_what_they_do():
    wrong = []
    for path in PACKAGE:
        for node in parsed(path).body:
            public = isinstance(node, (ast.FunctionDef, ast.ClassDef)) and not node.name.startswith("_")
            if public and not ast.get_docstring(node):  # type: ignore[arg-type]
                wrong.append(f"{name_of(path)}:{node.lineno} {node.name}")  # type: ignore[union-attr]
        if not ast.get_docstring(parsed(path)) and path.stat().st_size:
            wrong.append(f"{name_of(path)} has no docstring")
    assert not wrong, "\n".join(wrong)


def test_pages_views_texts_and_tests_share_one_stem():
    texts = catalogue("en")
    for path in PAGES:
        stem = path.stem
        assert (ROOT / "crmkpi" / "views" / f"{stem}.py").is_file(), f"views/{stem}.py"
        assert f"{stem}.title" in texts, f"[{stem}] title in i18n"
        assert list((ROOT / "tests" / "pages").glob(f"test_{stem}.py")), f"tests/pages/test_{stem}.py"
        assert list((ROOT / "tests" / "views").glob(f"test_{stem}.py")), f"tests/views/test_{stem}.py"


# words --------------------------------------------------------------------------------------------------
def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_languages_have_the_same_keys_and_fields():
    first, *rest = LANGUAGES
    plural = re.compile(r"\.(one|few|many|other)$")
    for lang in rest:
        mine = {plural.sub("", k) for k in catalogue(first)}
        other = {plural.sub("", k) for k in catalogue(lang)}
        assert mine == other, sorted(mine ^ other)
        for key, text in catalogue(lang).items():
            if key in catalogue(first):
                assert fields(text) == fields(catalogue(first)[key]), key


def test_russian_texts_are_russian():
    odd = [
        key
        for key, text in catalogue("ru").items()
        if len(re.findall(r"[A-Za-z]{3,}", text)) > 3 and not re.search("[а-яё]", text, re.IGNORECASE)
    ]
    assert not odd, odd


def test_every_key_written_in_code_exists():
    known = catalogue("en")
    missing = []
    pattern = re.compile(r"""\bt\(\s*["']([a-z_0-9]+(?:\.[a-z_0-9]+)+)["']""")
    for path in CODE:
        for key in pattern.findall(path.read_text(encoding="utf-8")):
            if key not in known:
                missing.append(f"{name_of(path)}: {key}")
    assert not missing, "\n".join(missing)


def all_errors() -> list[type[CrmKpiError]]:
    for module in pkgutil.walk_packages(crmkpi.__path__, "crmkpi."):
        if not re.search(r"\.(ui|web)(\.|$)|__main__", module.name):
            importlib.import_module(module.name)
    found, queue = [], [CrmKpiError]
    while queue:
        cls = queue.pop()
        found.append(cls)
        queue += cls.__subclasses__()
    return found


def test_every_error_has_a_sentence():
    for cls in all_errors():
        if cls.__module__.startswith("crmkpi"):
            assert f"error.{cls.code}" in catalogue("en"), f"{cls.__name__}: error.{cls.code}"
            assert cls.__name__.endswith("Error"), cls.__name__


@pytest.mark.parametrize("suffix", [".py", ".toml", ".md", ".yaml", ".yml", ".csv", ".txt"])
def test_nothing_names_a_machine(suffix: str):
    # the places of the machine that the tests run on: the checkout's parent and the user's home
    places = [p for p in (ROOT.parent, Path.home()) if len(p.parts) > 1]
    here = "|".join(re.escape(str(p)) for p in places)
    pattern = re.compile(rf"(^|[^A-Za-z0-9_.])({here})/|index[-_]url|registry *=")
    folders = ["crmkpi", "pages", "tests", "sample_data", "bench", "docs"]
    for folder in folders:
        for path in (ROOT / folder).rglob(f"*{suffix}"):
            if path == Path(__file__) or path.stat().st_size > 2_000_000:
                continue
            found = pattern.search(path.read_text(encoding="utf-8", errors="ignore"))
            assert not found, f"{name_of(path)}: {found}"
