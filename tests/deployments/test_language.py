"""The template language: syntax and functions, without any deployment around them."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.deployments import language
from sandbox.deployments.language.context import Context, UserFunction
from sandbox.deployments.language.evaluation import evaluate, resolved
from sandbox.deployments.language.expressions import Access, Call, Literal
from sandbox.deployments.language.faults import ExpressionFault, Provisional, Unknown
from sandbox.deployments.language.parser import parse

assert language.__all__  # importing the package registers the functions


class Somewhere:
    """A resource group to evaluate in."""

    subscription_id, group = "s1", "g1"

    def fact(self, name: str) -> dict[str, Any]:
        return {"id": f"/{name}", "location": "westeurope", "tags": {"Team": "lab"}}


CONTEXT = Context(
    "plan",
    Somewhere(),
    {"name": "web", "object": {"One": 1, "two": [1, 2]}, "later": Unknown("[reference('x').y]")}.__getitem__,
    {"list": ["b", "a", "c"]}.__getitem__,
    functions={"my.greet": UserFunction(("who",), "[concat('hello ', parameters('who'))]")},
)


def value(text: str, context: Context = CONTEXT) -> Any:
    return evaluate(parse(text), context)


names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True)
expressions = st.recursive(
    st.builds(Literal, st.text(max_size=12) | st.integers(min_value=-(10**6), max_value=10**6)),
    lambda inner: (
        st.builds(Call, names, st.lists(inner, max_size=3).map(tuple))
        | st.builds(Access, inner, inner)
        | st.builds(Access, inner, names.map(Literal))
    ),
    max_leaves=12,
)


@given(expressions)
def test_an_expression_written_out_is_read_back_as_the_same_tree(expression: Any) -> None:
    assert parse(str(expression)) == expression


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("concat('a', 1, true())", "a1True"),
        ("concat(createArray(1), createArray(2, 3))", [1, 2, 3]),
        ("format('{0}-{1:D3}{{}}', 'x', 7)", "x-007{}"),
        ("format('{0,4}|{0,-4}|', 'ab')", "  ab|ab  |"),
        ("guid('a', 'b')", "2d796349-8c7e-55ec-9624-54ece82ed031"),
        ("toUpper('it''s')", "IT'S"),
        ("parameters('object').two[1]", 2),
        ("parameters('object')['one']", 1),
        ("if(true(), 'yes', parameters('nothing'))", "yes"),
        ("or(false(), true())", True),
        ("and(false(), equals(1, 'never compared'))", False),
        ("equals(createObject('a', 1, 'b', 2), createObject('b', 2, 'a', 1))", True),
        ("equals(true(), 1)", False),
        ("coalesce(null(), 'x')", "x"),
        ("contains('abc', 'b')", True),
        ("contains(parameters('object'), 'ONE')", True),
        ("contains(createArray(1, 2), 3)", False),
        ("union(json('{\"a\": {\"x\": 1}}'), json('{\"a\": {\"y\": 2}}'))", {"a": {"x": 1, "y": 2}}),
        ("union(createArray(1, 2), createArray(2, 3))", [1, 2, 3]),
        ("intersection(createArray(1, 2), createArray(2, 3))", [2]),
        ("intersection(createObject('a', 1, 'b', 2), createObject('a', 1, 'b', 3))", {"a": 1}),
        ("length('four')", 4),
        ("first(createArray())", None),
        ("last('abc')", "c"),
        ("take('abc', 2)", "ab"),
        ("skip(createArray(1, 2, 3), 1)", [2, 3]),
        ("flatten(createArray(createArray(1), createArray(2, 3)))", [1, 2, 3]),
        ("range(3, 4)", [3, 4, 5, 6]),
        ("map(range(0, 3), lambda('i', mul(lambdaVariables('i'), 2)))", [0, 2, 4]),
        ("map(variables('list'), lambda('x', 'i', lambdaVariables('i')))", [0, 1, 2]),
        ("filter(range(0, 5), lambda('i', equals(mod(lambdaVariables('i'), 2), 0)))", [0, 2, 4]),
        ("reduce(range(1, 4), 0, lambda('sum', 'i', add(lambdaVariables('sum'), lambdaVariables('i'))))", 10),
        (
            "sort(variables('list'), lambda('a', 'b', less(lambdaVariables('a'), lambdaVariables('b'))))",
            ["a", "b", "c"],
        ),
        ("toObject(variables('list'), lambda('x', lambdaVariables('x')), lambda('x', 1))", {"b": 1, "a": 1, "c": 1}),
        ("split('a,b;c', createArray(',', ';'))", ["a", "b", "c"]),
        ("join(createArray('a', 1), '-')", "a-1"),
        ("replace('a.b.c', '.', '-')", "a-b-c"),
        ("substring('abcdef', 2, 3)", "cde"),
        ("indexOf('abc', 'C')", 2),
        ("lastIndexOf('abab', 'b')", 3),
        ("padLeft(7, 3, '0')", "007"),
        ("string(createObject('a', true()))", '{"a":true}'),
        ("int('42')", 42),
        ("bool('True')", True),
        ("json('{\"a\": [1, null]}')", {"a": [1, None]}),
        ("base64ToString(base64('héllo'))", "héllo"),
        ("base64ToJson(base64('[1]'))", [1]),
        ("uri('http://contoso.org/firstpath', 'myscript.sh')", "http://contoso.org/myscript.sh"),
        ("uriComponent('http://a b')", "http%3A%2F%2Fa%20b"),
        ("dataUriToString(dataUri('Hello'))", "Hello"),
        ("startsWith('Abc', 'aB')", True),
        ("endsWith('abC', 'c')", True),
        ("div(-7, 2)", -3),
        ("mod(-7, 3)", -1),
        ("min(createArray(3, 1, 2))", 1),
        ("max(3, 1)", 3),
        ("sub(1, 2)", -1),
        ("items(createObject('b', 1, 'a', 2))", [{"key": "a", "value": 2}, {"key": "b", "value": 1}]),
        ("objectKeys(createObject('b', 1, 'a', 2))", ["a", "b"]),
        ("shallowMerge(createArray(createObject('a', 1), createObject('a', 2)))", {"a": 2}),
        ("tryGet(parameters('object'), 'three', 'four')", None),
        ("tryGet(parameters('object'), 'two', 0)", 1),
        ("empty(null())", True),
        ("cidrSubnet('10.144.0.0/20', 24, 2)", "10.144.2.0/24"),
        ("cidrHost('10.144.3.0/24', 1)", "10.144.3.2"),
        ("parseCidr('10.144.0.0/20').firstUsable", "10.144.0.1"),
        ("dateTimeAdd('2020-01-31 00:00:00Z', 'P1M', 'yyyy-MM-dd')", "2020-02-29"),
        ("dateTimeAdd('2020-04-07 14:53:14Z', '-P9D')", "2020-03-29T14:53:14Z"),
        ("dateTimeToEpoch(dateTimeFromEpoch(1683040573))", 1683040573),
        ("resourceGroup().tags.team", "lab"),
        ("resourceId('NS.A/b', 'x')", "/subscriptions/s1/resourceGroups/g1/providers/NS.A/b/x"),
        ("resourceId('g2', 'NS.A/b/c', 'x', 'y')", "/subscriptions/s1/resourceGroups/g2/providers/NS.A/b/x/c/y"),
        ("resourceId('s2', 'g2', 'NS.A/b', 'x')", "/subscriptions/s2/resourceGroups/g2/providers/NS.A/b/x"),
        ("subscriptionResourceId('NS.A/b', 'x')", "/subscriptions/s1/providers/NS.A/b/x"),
        ("subscriptionResourceId('Microsoft.Resources/resourceGroups', 'g')", "/subscriptions/s1/resourceGroups/g"),
        ("tenantResourceId('NS.A/b', 'x')", "/providers/NS.A/b/x"),
        ("extensionResourceId('/a/b', 'NS.A/b', 'x')", "/a/b/providers/NS.A/b/x"),
        ("my.greet('you')", "hello you"),
    ],
)  # fmt: skip
def test_a_function_answers(text: str, expected: Any) -> None:
    assert value(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("concat('a'", "Unable to parse language expression 'concat('a'': expected token 'RightParenthesis' and "
                       "actual 'EndOfData'."),
        (" ", "Unable to parse language expression ' ': expected token 'Identifier' and actual 'EndOfData'."),
        ("concat('a') }", "the string character '}' at position '12' is not expected"),
        ("parameters('a' 'b')", "expected token 'RightParenthesis' and actual 'Literal'"),
        ("nosuch()", "The template function 'nosuch' is not valid."),
        ("parameters('object').three", "The language expression property 'three' doesn't exist, available "
                                       "properties are 'One, two'."),
        ("variables('list')[3]", "The language expression property array index '3' is out of bounds."),
        ("length(1)", "expects its parameter at index '0' to be of type 'String, Array, Object'. The provided "
                      "value is of type 'Integer'."),
        ("add(1)", "Unable to evaluate template language function 'add': function requires 2 argument(s) while 1 "
                   "were provided."),
        ("div(1, 0)", "nonzero"),
        ("resourceId('NS.A/b/c', 'x')", "the type 'NS.A/b/c' requires '2' resource name argument(s)"),
        ("newGuid()", "The template function 'newGuid' is not expected at this location."),
        ("reference('x')", "The template function 'reference' is not expected at this location."),
        ("copyIndex()", "copyIndex"),
        ("fail('because')", "because"),
        ("json('{')", "cannot be converted"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_azures_words(text: str, message: str) -> None:
    with pytest.raises(ExpressionFault, match=re.escape(message)):
        value(text)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("[[escaped]", "[escaped]"), ("[not closed", "[not closed"), ("plain", "plain"),
        ({"[concat('k', 1)]": ["[toUpper('x')]", 3]}, {"k1": ["X", 3]}),
    ],
)  # fmt: skip
def test_only_what_is_in_brackets_is_evaluated(written: Any, read: Any) -> None:
    assert resolved(written, CONTEXT) == read


def test_unique_strings_are_stable_and_look_like_azures() -> None:
    assert value("uniqueString('a')") == value("uniqueString('a')") != value("uniqueString('b')")
    assert re.fullmatch(r"[a-z2-7]{13}", value("uniqueString('a', 'b')"))


def test_copy_indexes_belong_to_their_loops() -> None:
    context = CONTEXT.in_loop("outer", 2).with_loop("inner", 5)
    assert [value(text, context) for text in ("copyIndex()", "copyIndex('INNER')", "copyIndex('inner', 10)")] == [
        2,
        5,
        15,
    ]
    assert value("copyIndex(1)", context) == 3


@pytest.mark.parametrize(
    "text",
    [
        "concat('a', parameters('later'))", "if(parameters('later'), 1, 2)", "parameters('later').more",
        "and(true(), parameters('later'))",
        "filter(createArray(parameters('later')), lambda('x', lambdaVariables('x')))",
    ],
)  # fmt: skip
def test_what_hangs_on_an_unknown_value_stays_as_its_text(text: str) -> None:
    shown = resolved(f"[{text}]", CONTEXT)
    assert isinstance(shown, Unknown)
    assert shown == f"[{text}]"


def test_what_does_not_hang_on_an_unknown_value_is_known() -> None:
    assert value("and(false(), parameters('later'))") is False
    assert value("length(createArray(1, parameters('later')))") == 2
    assert resolved("[parameters('later')]", CONTEXT) == "[reference('x').y]"


def test_a_property_that_a_resource_lacks_today_may_come_with_the_deployment() -> None:
    today = Provisional(profile={"on": True})
    context = CONTEXT.with_locals({"r": today})
    assert value("lambdaVariables('r').profile.on", context) is True
    assert isinstance(value("lambdaVariables('r').profile.url", context), Unknown)
