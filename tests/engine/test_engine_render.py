"""Templates: unknown names are errors, told with file and line."""

import pytest
import yaml

from engine.errors import Absent, RenderError
from engine.render import Templates


@pytest.fixture
def render(tmp_path):
    def render(text: str, **scope):
        (tmp_path / "part").mkdir(exist_ok=True)
        (tmp_path / "part" / "x.yaml.j2").write_text(text)
        return Templates(tmp_path).render("part/x.yaml.j2", **scope)

    return render


def test_values_are_put_in_and_the_end_of_file_is_kept(render):
    assert render("a: {{ a }}\n{% if b %}\nb: yes\n{% endif %}\n", a=1, b=True) == "a: 1\nb: yes\n"


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("a\n{{ nmae }}\n", 2, "'nmae' is undefined"),
        ("a\nb\n{{ a.b.c }}\n", 3, "'dict object' has no attribute 'b'"),
        ("{% if %}\n", 1, "Expected an expression"),
        ("a\n{{ a | no_such }}\n", 2, "No filter named 'no_such'"),
        ("a\n{{ 1 + 'x' }}\n", 2, "unsupported operand"),
        ("a\n\n{{ 1 / 0 }}\n", 3, "division by zero"),
    ],
)
def test_a_mistake_has_its_place(render, tmp_path, text, line, what):
    with pytest.raises(RenderError) as error:
        render(text, a={})
    assert error.value.line == line
    assert error.value.template == str(tmp_path / "part" / "x.yaml.j2")
    assert what in str(error.value)


def test_a_missing_template_and_a_missing_include_are_named(render, tmp_path):
    with pytest.raises(RenderError, match=r"no-such\.j2: no such template"):
        Templates(tmp_path).render("no-such.j2")
    with pytest.raises(RenderError, match=r"other\.j2: no such template"):
        render("{% include 'other.j2' %}")


def test_an_answer_of_the_world_passes_through(render):
    def ask():
        raise Absent("no cluster")

    with pytest.raises(Absent, match="no cluster"):
        render("{{ ask() }}", ask=ask)


def test_filters_write_what_yaml_and_json_readers_read(render):
    value = {"a": ["x", "1.30", None], "b": {"ü": "line\nline"}, "c": "yes"}
    assert yaml.safe_load(render("k: {{ v | to_json }}", v=value)) == {"k": value}
    assert yaml.safe_load(render("k:\n  {{ v | to_yaml(2) }}\n", v=value)) == {"k": value}
    assert render("{{ v | to_yaml }}", v="x") == "x"
