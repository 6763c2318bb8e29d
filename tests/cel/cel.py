# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of CEL that the expressions of `virt-claim generate plugin` use.

Literals, lists, field selection, index, in, == !=, && || !, ?:, +, has(), uint(), int(),
string(), the macros map, filter, exists, and construction of messages. Everything else is
refused, so that an expression that passes here has nothing in it that was not tried with
KubeVirt. Values: str, bool, int, UInt, list, dict (a map), Message.
"""

import re


class CelError(Exception):
    """What CEL reports when an expression is compiled or evaluated."""


class UInt(int):
    """An unsigned number, which CEL never mixes with int."""


class Message:
    """A message: a type, and the fields that are set."""

    def __init__(self, type_name, fields=None, native=False):
        self.type_name = type_name
        self.fields = fields if fields is not None else {}
        self.native = native  # read from a document: what is not set reads as zero

    def __repr__(self):
        return "%s{%s}" % (self.type_name, ", ".join(
            "%s: %r" % item for item in sorted(self.fields.items())))


TOKEN = re.compile(r"""
    (?P<space>[ \t\r\n]+)
  | (?P<number>[0-9]+u?)
  | (?P<string>"(?:[^"\\\n]|\\["\\]|\\x[0-9a-fA-F]{2})*")
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<op>&&|\|\||==|!=|[!?:+.,(){}\[\]])
""", re.VERBOSE)
RESERVED = {"true", "false", "null", "in"}
DEPTH_MAX = 64
# KubeVirt stops an expression at a cost of 10,000,000; ours are far below.
STEPS_MAX = 200000


def tokens_of(text):
    """The tokens of an expression: (kind, text, position)."""
    at, found = 0, []
    while at < len(text):
        match = TOKEN.match(text, at)
        if not match:
            raise CelError("position %d: %r is outside of the subset" % (at, text[at:at + 12]))
        if match.lastgroup != "space":
            found.append((match.lastgroup, match.group(), at))
        at = match.end()
    return found + [("end", "", at)]


def unquote(text):
    return re.sub(r'\\(x[0-9a-fA-F]{2}|["\\])',
                  lambda m: chr(int(m.group(1)[1:], 16)) if m.group(1)[0] == "x" else m.group(1),
                  text[1:-1])


class Parser:
    """Recursive descent; a node is a tuple with its name first."""

    def __init__(self, text):
        self.tokens = tokens_of(text)
        self.at = 0
        self.depth = 0

    def fail(self, expected):
        kind, text, at = self.tokens[self.at]
        raise CelError("position %d: expected %s, not %s" % (at, expected, repr(text) if text else kind))

    def peek(self, text):
        token = self.tokens[self.at]
        return token[0] in ("op", "name") and token[1] == text

    def take(self, text):
        if not self.peek(text):
            return False
        self.at += 1
        return True

    def need(self, text):
        if not self.take(text):
            self.fail("'%s'" % text)

    def name(self, what):
        kind, text, _ = self.tokens[self.at]
        if kind != "name" or text in RESERVED:
            self.fail(what)
        self.at += 1
        return text

    def parse(self):
        node = self.expression()
        if self.tokens[self.at][0] != "end":
            self.fail("the end")
        return node

    def expression(self):
        self.depth += 1
        if self.depth > DEPTH_MAX:
            raise CelError("nested too deeply")
        node = self.either()
        if self.take("?"):
            yes = self.either()
            self.need(":")
            node = ("if", node, yes, self.expression())
        self.depth -= 1
        return node

    def either(self):
        node = self.both()
        while self.take("||"):
            node = ("or", node, self.both())
        return node

    def both(self):
        node = self.relation()
        while self.take("&&"):
            node = ("and", node, self.relation())
        return node

    def relation(self):
        node = self.sum()
        for operator in ("==", "!=", "in"):
            if self.take(operator):
                return (operator, node, self.sum())
        return node

    def sum(self):
        node = self.unary()
        while self.take("+"):
            node = ("+", node, self.unary())
        return node

    def unary(self):
        if self.take("!"):
            return ("not", self.unary())
        return self.member()

    def member(self):
        node = self.primary()
        while True:
            if self.take("."):
                node = self.select(node)
            elif self.take("["):
                node = ("index", node, self.expression())
                self.need("]")
            else:
                return node

    def select(self, node):
        name = self.name("a field")
        if not self.take("("):
            return ("field", node, name)
        if name not in ("map", "filter", "exists"):
            raise CelError("the function '%s' is outside of the subset" % name)
        variable = self.name("a variable")
        self.need(",")
        body = self.expression()
        self.need(")")
        return (name, node, variable, body)

    def primary(self):
        kind, text, _ = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            return ("value", UInt(text[:-1]) if text.endswith("u") else int(text))
        if kind == "string":
            self.at += 1
            return ("value", unquote(text))
        if self.take("true"):
            return ("value", True)
        if self.take("false"):
            return ("value", False)
        if self.take("("):
            node = self.expression()
            self.need(")")
            return node
        if self.take("["):
            return ("list", self.items("]"))
        return self.named(self.name("a value"))

    def named(self, name):
        if self.take("("):
            arguments = self.items(")")
            if name not in ("has", "uint", "int", "string") or len(arguments) != 1:
                raise CelError("the function '%s' is outside of the subset" % name)
            if name == "has" and arguments[0][0] != "field":
                raise CelError("has() takes a field")
            return ("has",) + arguments[0][1:] if name == "has" else (name, arguments[0])
        if self.take("{"):
            return ("message", name, self.fields())
        return ("variable", name)

    def items(self, end):
        found = []
        while not self.take(end):
            if found:
                self.need(",")
            found.append(self.expression())
        return found

    def fields(self):
        found = {}
        while not self.take("}"):
            if found:
                self.need(",")
            name = self.name("a field")
            if name in found:
                raise CelError("the field %s is set twice" % name)
            self.need(":")
            found[name] = self.expression()
        return found


class Evaluator:
    """Evaluates a node; `types` has, for each message, its fields and their types."""

    def __init__(self, types):
        self.types = types
        self.steps = 0

    def evaluate(self, text, variables):
        node = Parser(text).parse()
        self.check_names(node, set(variables))
        return self.run(node, variables)

    def check_names(self, node, known):
        """What KubeVirt's compiler would refuse in parts that are never evaluated."""
        if node[0] == "variable" and node[1] not in known:
            raise CelError("undeclared reference to '%s'" % node[1])
        if node[0] == "message":
            for name, child in node[2].items():
                self.field_type(node[1], name)
                self.check_names(child, known)
            self.message_type(node[1])
            return
        if node[0] in ("map", "filter", "exists"):
            self.check_names(node[1], known)
            self.check_names(node[3], known | {node[2]})
            return
        for child in node[1:]:
            for part in child if isinstance(child, list) else [child]:
                if isinstance(part, tuple):
                    self.check_names(part, known)

    def message_type(self, type_name):
        if type_name not in self.types:
            raise CelError("undeclared reference to '%s'" % type_name)
        return self.types[type_name]

    def field_type(self, type_name, name):
        fields = self.message_type(type_name)
        if name not in fields:
            raise CelError("undefined field '%s' of %s" % (name, type_name))
        return fields[name]

    def run(self, node, variables):
        self.steps += 1
        if self.steps > STEPS_MAX:
            raise CelError("the expression costs too much")
        return getattr(self, "run_" + {
            "==": "equal", "!=": "unequal", "in": "in", "+": "sum", "if": "if", "and": "and",
            "or": "or", "not": "not", "int": "int"}.get(node[0], node[0]))(node, variables)

    @staticmethod
    def run_value(node, _):
        return node[1]

    @staticmethod
    def run_variable(node, variables):
        return variables[node[1]]

    def run_list(self, node, variables):
        return [self.run(child, variables) for child in node[1]]

    def boolean(self, node, variables):
        value = self.run(node, variables)
        if not isinstance(value, bool):
            raise CelError("expected a boolean, not %r" % (value,))
        return value

    def run_if(self, node, variables):
        return self.run(node[2 if self.boolean(node[1], variables) else 3], variables)

    def run_and(self, node, variables):
        return self.logic(node, variables, False)

    def run_or(self, node, variables):
        return self.logic(node, variables, True)

    def logic(self, node, variables, decides):
        """[CEL] an error on one side does not matter when the other side decides."""
        failure = None
        for child in node[1:]:
            try:
                if self.boolean(child, variables) == decides:
                    return decides
            except CelError as error:
                failure = error
        if failure:
            raise failure
        return not decides

    def run_not(self, node, variables):
        return not self.boolean(node[1], variables)

    def run_equal(self, node, variables):
        left, right = self.run(node[1], variables), self.run(node[2], variables)
        if type(left) is not type(right) or isinstance(left, (Message, list, dict)):
            raise CelError("no such overload: %r == %r" % (left, right))
        return left == right

    def run_unequal(self, node, variables):
        return not self.run_equal(node, variables)

    def run_in(self, node, variables):
        item, where = self.run(node[1], variables), self.run(node[2], variables)
        if not isinstance(where, (list, dict)) or not isinstance(item, str):
            raise CelError("no such overload: %r in %r" % (item, where))
        return item in where

    def run_sum(self, node, variables):
        left, right = self.run(node[1], variables), self.run(node[2], variables)
        if type(left) is not type(right) or isinstance(left, (bool, dict, Message)):
            raise CelError("no such overload: %r + %r" % (left, right))
        return type(left)(left + right)

    def run_index(self, node, variables):
        where, key = self.run(node[1], variables), self.run(node[2], variables)
        if not isinstance(where, dict) or not isinstance(key, str):
            raise CelError("no such overload: %r[%r]" % (where, key))
        if key not in where:
            raise CelError("no such key: %s" % key)
        return where[key]

    def run_field(self, node, variables):
        return self.select(self.run(node[1], variables), node[2])

    def select(self, value, name):
        if not isinstance(value, Message):
            raise CelError("no such overload: %r.%s" % (value, name))
        field = self.field_type(value.type_name, name)
        if name in value.fields:
            return value.fields[name]
        if not value.native:
            raise CelError("field '%s' not set" % name)
        return zero(field)

    def run_has(self, node, variables):
        value = self.run(node[1], variables)
        if not isinstance(value, Message):
            raise CelError("has() of %r" % (value,))
        self.field_type(value.type_name, node[2])
        return value.fields.get(node[2]) not in (None, "", 0, [])

    def elements(self, node, variables):
        value = self.run(node[1], variables)
        if not isinstance(value, list):
            raise CelError("expected a list, not %r" % (value,))
        return [dict(variables, **{node[2]: item}) for item in value]

    def run_map(self, node, variables):
        return [self.run(node[3], inner) for inner in self.elements(node, variables)]

    def run_filter(self, node, variables):
        return [inner[node[2]] for inner in self.elements(node, variables)
                if self.boolean(node[3], inner)]

    def run_exists(self, node, variables):
        failure = None
        for inner in self.elements(node, variables):
            try:
                if self.boolean(node[3], inner):
                    return True
            except CelError as error:
                failure = error
        if failure:
            raise failure
        return False

    def run_uint(self, node, variables):
        value = self.run(node[1], variables)
        if isinstance(value, str) and re.fullmatch(r"[0-9]+", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 64:
            raise CelError("type conversion error from %r to uint" % (value,))
        return UInt(value)

    def run_int(self, node, variables):
        value = self.run(node[1], variables)
        if isinstance(value, str) and re.fullmatch(r"-?[0-9]+", value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not -1 << 63 <= value < 1 << 63:
            raise CelError("type conversion error from %r to int" % (value,))
        return int(value)

    def run_string(self, node, variables):
        value = self.run(node[1], variables)
        if isinstance(value, (bool, list, dict, Message)):
            raise CelError("type conversion error from %r to string" % (value,))
        return str(value)

    def run_message(self, node, variables):
        fields = {}
        for name, child in node[2].items():
            value = self.run(child, variables)
            check_value(node[1], name, self.field_type(node[1], name), value)
            fields[name] = value
        return Message(node[1], fields)


def zero(field):
    """What Go has in a field that is not set."""
    if isinstance(field, list):
        return []
    if isinstance(field, dict):
        return {}
    return {"string": "", "uint": UInt(0)}.get(field) if field in ("string", "uint") \
        else Message(field, native=True)


def check_value(type_name, name, field, value):
    """Whether a value is of the type of its field."""
    if isinstance(field, list):
        good = isinstance(value, list) and all(
            isinstance(item, Message) and item.type_name == field[0] for item in value)
    elif field == "string":
        good = isinstance(value, str)
    elif field == "uint":
        good = isinstance(value, UInt)
    else:
        good = isinstance(value, Message) and value.type_name == field
        if good and value.native and not value.fields and field not in EMPTY:
            raise CelError("%s.%s: a pointer that is nil is copied, which makes an empty "
                           "element" % (type_name, name))
    if not good:
        raise CelError("expected type of field '%s' of %s is %s, not that of %r"
                       % (name, type_name, field, value))


# Types without fields
EMPTY = {"DomainAddressUnassigned"}
