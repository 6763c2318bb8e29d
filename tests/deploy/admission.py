# SPDX-License-Identifier: GPL-2.0-or-later
"""What an API server does with MutatingAdmissionPolicies, on top of tests/cel.

The subset of CEL is widened by what the policies of deploy/ use: objects without types
(dict and list), map literals, messages of type Object.PATH, JSONPatch, and some functions
on texts and lists. Like KubeVirt's evaluator in tests/cel this one refuses whatever else
there is, so that a policy that passes has nothing in it that was not looked up.
"""
import copy
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
for _beside in ("../cel", "../kube"):
    sys.path.insert(0, os.path.join(HERE, _beside))
# pylint: disable=wrong-import-position
import cel
from cel import CelError, Message
from server import patches

METHODS = {"map": None, "filter": None, "exists": None, "split": (1, 2), "trim": (0,),
           "startsWith": (1,), "indexOf": (1,), "size": (0,)}
MACROS = ("map", "filter", "exists")
FUNCTIONS = ("has", "string", "size")
# [CEL] words that name no variable
RESERVED = {"as", "break", "const", "continue", "else", "for", "function", "if", "import",
            "let", "loop", "package", "namespace", "return", "var", "void", "while"}
# Of a pod: what Object.PATH{} may be, and the types of its fields
OBJECTS = {
    "spec.volumes": {"name": str, "hostPath": "spec.volumes.hostPath"},
    "spec.volumes.hostPath": {"path": str, "type": str},
    "spec.containers.volumeMounts": {"name": str, "mountPath": str, "readOnly": bool},
}
PATCH = {"op": str, "path": str, "from": str, "value": None}
VARIABLES = ("object", "request", "variables")


class Refused(Exception):
    """What the API server answers instead of admitting an object."""


class Parser(cel.Parser):
    def select(self, node):
        name = self.name("a field")
        if not self.take("("):
            return ("field", node, name)
        if name not in METHODS:
            raise CelError(f"the function '{name}' is outside of the subset")
        if name in MACROS:
            variable = self.name("a variable")
            self.need(",")
            body = self.expression()
            self.need(")")
            return (name, node, variable, body)
        arguments = self.items(")")
        if len(arguments) not in METHODS[name]:
            raise CelError(f"{name}() with {len(arguments)} arguments")
        return ("call", name, [node, *arguments])

    def member(self):
        node = self.primary()
        while True:
            if self.take("."):
                node = self.select(node)
            elif self.take("["):
                node = ("index", node, self.expression())
                self.need("]")
            elif self.peek("{") and type_path(node) is not None:
                self.need("{")
                node = ("message", "Object." + type_path(node), self.fields())
            else:
                return node

    def primary(self):
        if self.take("{"):
            return ("dict", self.pairs())
        return super().primary()

    def pairs(self):
        found = []
        while not self.take("}"):
            if found:
                self.need(",")
            key = self.expression()
            self.need(":")
            found.append((key, self.expression()))
        return found

    def named(self, name):
        if name in RESERVED:
            raise CelError(f"'{name}' is a reserved word")
        if self.peek("("):
            if name not in FUNCTIONS:
                raise CelError(f"the function '{name}' is outside of the subset")
            self.need("(")
            arguments = self.items(")")
            if len(arguments) != 1:
                raise CelError(f"{name}() takes one argument")
            if name == "has":
                if arguments[0][0] != "field":
                    raise CelError("has() takes a field")
                return ("has",) + arguments[0][1:]
            return ("call", name, arguments)
        if name == "JSONPatch" and self.take("{"):
            return ("message", "JSONPatch", self.fields())
        return ("variable", name)


def type_path(node):
    """"spec.volumes" of the expression Object.spec.volumes, else nothing."""
    if node == ("variable", "Object"):
        return ""
    if node[0] != "field":
        return None
    before = type_path(node[1])
    return None if before is None else f"{before}.{node[2]}".strip(".")


def static_type(node):
    """Of an expression, as far as a compiler knows it; None: dyn."""
    kind = node[0]
    if kind == "value":
        return type(node[1])
    if kind == "call":
        return {"string": str, "size": int, "trim": str, "startsWith": bool,
                "indexOf": int, "split": list}[node[1]]
    if kind in ("not", "and", "or", "==", "!=", "in", "has", "exists"):
        return bool
    if kind == "+":
        return static_type(node[1]) or static_type(node[2])
    if kind == "index" and static_type(node[1]) is list and node[1][0] == "call":
        return str  # of split()
    if kind in ("list", "map", "filter"):
        return list
    if kind == "dict":
        return dict
    return node[1] if kind == "message" else None


class Evaluator(cel.Evaluator):
    """Values are those of JSON; a message is cel.Message until the patch is made."""

    def __init__(self):
        super().__init__({})

    def compile(self, text, variables):
        node = Parser(text).parse()
        self.check_names(node, set(variables))
        return node

    def check_names(self, node, known):
        kind = node[0]
        if kind == "variable" and node[1] not in known:
            raise CelError(f"undeclared reference to '{node[1]}'")
        if kind == "field" and node[1] == ("variable", "variables") \
                and "variables." + node[2] not in known:
            raise CelError(f"undefined field '{node[2]}' of variables")
        if kind == "message":
            self.check_message(node, known)
            return
        if kind == "dict":
            same([static_type(k) for k, _ in node[1]], "the keys of a map")
            same([static_type(v) for _, v in node[1]], "the values of a map")
            children = [part for pair in node[1] for part in pair]
        elif kind == "list":
            same([static_type(v) for v in node[1]], "the elements of a list")
            children = node[1]
        elif kind == "call":
            children = node[2]
        elif kind in MACROS:
            if node[2] in known:
                raise CelError(f"'{node[2]}' is the name of another variable")
            self.check_names(node[1], known)
            self.check_names(node[3], known | {node[2]})
            return
        else:
            children = [c for c in node[1:] if isinstance(c, tuple)]
        for child in children:
            self.check_names(child, known)

    def check_message(self, node, known):
        fields = PATCH if node[1] == "JSONPatch" else OBJECTS.get(
            node[1].removeprefix("Object."))
        if fields is None:
            raise CelError(f"undeclared reference to '{node[1]}'")
        for name, child in node[2].items():
            if name not in fields:
                raise CelError(f"undefined field '{name}' of {node[1]}")
            wanted, have = fields[name], static_type(child)
            if isinstance(wanted, str):
                wanted = "Object." + wanted
            if wanted and have and have != wanted:
                raise CelError(f"the field '{name}' of {node[1]} is of another type")
            self.check_names(child, known)

    # Values

    def run_dict(self, node, variables):
        found = {}
        for key, value in node[1]:
            key = self.run(key, variables)
            if key in found:
                raise CelError(f"the key {key!r} is there twice")
            found[key] = self.run(value, variables)
        return found

    def run_message(self, node, variables):
        return Message(node[1], {n: self.run(c, variables) for n, c in node[2].items()})

    def select(self, value, name):
        if isinstance(value, Lazy):
            return value.get(name)
        if not isinstance(value, dict):
            raise CelError(f"no such overload: {value!r}.{name}")
        if name not in value:
            raise CelError(f"no such key: {name}")
        return value[name]

    def run_has(self, node, variables):
        value = self.run(node[1], variables)
        if not isinstance(value, dict):
            raise CelError(f"has() of {value!r}")
        return node[2] in value

    def run_index(self, node, variables):
        where, key = self.run(node[1], variables), self.run(node[2], variables)
        if isinstance(where, list) and isinstance(key, int) and not isinstance(key, bool):
            if not 0 <= key < len(where):
                raise CelError(f"index out of bounds: {key}")
            return where[key]
        return super().run_index(("index", ("value", where), ("value", key)), variables)

    def run_equal(self, node, variables):
        left, right = self.run(node[1], variables), self.run(node[2], variables)
        for value in (left, right):
            if isinstance(value, (Message, list, dict)):
                raise CelError(f"no such overload: {left!r} == {right!r}")
        return type(left) is type(right) and left == right

    def run_in(self, node, variables):
        item, where = self.run(node[1], variables), self.run(node[2], variables)
        if not isinstance(where, (list, dict)) or not isinstance(item, str):
            raise CelError(f"no such overload: {item!r} in {where!r}")
        return item in where

    def run_call(self, node, variables):
        values = [self.run(child, variables) for child in node[2]]
        return getattr(self, "call_" + node[1])(*values)

    @staticmethod
    def text(value):
        if not isinstance(value, str):
            raise CelError(f"no such overload: {value!r}")
        return value

    def call_string(self, value):
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            raise CelError(f"type conversion error from {value!r} to string")
        return str(value)

    def call_size(self, value):
        if not isinstance(value, (str, list, dict)):
            raise CelError(f"no such overload: size({value!r})")
        return len(value)

    def call_trim(self, value):
        return self.text(value).strip()

    def call_startsWith(self, value, begin):  # pylint: disable=invalid-name
        return self.text(value).startswith(self.text(begin))

    def call_split(self, value, by, limit=-1):
        """[CEL ext] at most `limit` parts."""
        if limit == 0:
            return []
        return self.text(value).split(self.text(by), limit - 1 if limit > 0 else -1)

    def call_indexOf(self, where, item):  # pylint: disable=invalid-name
        if not isinstance(where, list):
            raise CelError(f"no such overload: {where!r}.indexOf()")
        return where.index(item) if item in where else -1


def same(types, what):
    """[K8S] literals of mixed types do not compile there."""
    if len(set(types)) > 1:
        raise CelError(f"{what} are of several types")


class Lazy:
    """The variables of a policy: each is evaluated when it is first asked for."""

    def __init__(self, evaluator, compiled, around):
        self.evaluator, self.compiled, self.around = evaluator, compiled, around
        self.values = {}

    def get(self, name):
        if name not in self.values:
            self.values[name] = self.evaluator.run(self.compiled[name],
                                                   dict(self.around, variables=self))
        return self.values[name]


def plain(value):
    """JSON of a value."""
    if isinstance(value, Message):
        return {k: plain(v) for k, v in value.fields.items()}
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


# Fields of a pod that Go has as maps; other empty objects are structs, which stay
MAPS = {"labels", "annotations", "nodeSelector", "limits", "requests"}


def typed(value):
    """[K8S] between two mutations an object is of its Go type: what is empty is gone."""
    if isinstance(value, list):
        return [typed(v) for v in value]
    if not isinstance(value, dict):
        return value
    kept = {k: typed(v) for k, v in value.items()}
    return {k: v for k, v in kept.items() if v != [] and not (v == {} and k in MAPS)}


def check_place(patch):
    """[K8S] an Object.PATH belongs where its type says."""
    value = patch.fields.get("value")
    if isinstance(value, Message):
        where = re.sub(r"/([0-9]+|-)(?=/|$)", "", patch.fields["path"]).strip("/")
        if value.type_name != "Object." + where.replace("/", "."):
            raise CelError(f"{value.type_name} does not belong at {patch.fields['path']}")


class Policy:
    """Compiled once, like an API server does."""

    def __init__(self, policy, bindings):
        self.name, self.spec = policy["metadata"]["name"], policy["spec"]
        self.bindings = [b["spec"] for b in bindings
                         if b["spec"]["policyName"] == self.name]
        known = {"object", "request", "oldObject", "namespaceObject"}
        compiler = Evaluator()
        self.conditions = [(c["name"], compiler.compile(c["expression"], known))
                           for c in self.spec.get("matchConditions", [])]
        self.variables = {}
        known.add("variables")
        for one in self.spec.get("variables", []):
            # a variable knows those before it
            self.variables[one["name"]] = compiler.compile(one["expression"], known)
            known.add("variables." + one["name"])
        known |= {"Object"}
        self.mutations = [compiler.compile(m["jsonPatch"]["expression"], known)
                          for m in self.spec["mutations"]]

    def concerns(self, obj, namespace_labels, operation="CREATE"):
        match = self.spec["matchConstraints"]
        scopes = [match] + [b.get("matchResources", {}) for b in self.bindings]
        rules = match["resourceRules"]
        return bool(self.bindings) and any(
            operation in r["operations"] and "pods" in r["resources"] for r in rules
        ) and all(selects(s.get("objectSelector"), obj["metadata"].get("labels", {}))
                  and selects(s.get("namespaceSelector"), namespace_labels)
                  for s in scopes)

    def conditions_hold(self, around):
        failure = None
        for name, node in self.conditions:
            try:
                if not Evaluator().boolean(node, around):
                    return False
            except CelError as error:
                failure = Refused(f"policy '{self.name}': condition '{name}': {error}")
        if failure and self.spec.get("failurePolicy", "Fail") == "Fail":
            raise failure
        return failure is None

    def mutate(self, obj, namespace, namespace_labels=None):
        """The object after this policy; Refused when that fails."""
        around = {"object": obj, "request": {"namespace": namespace, "operation": "CREATE"}}
        if not self.concerns(obj, namespace_labels or {}) \
                or not self.conditions_hold(around):
            return obj
        for node in self.mutations:
            try:
                obj = self.patch(obj, node, dict(around, object=obj))
            except (CelError, patches.Failure) as error:
                if self.spec.get("failurePolicy", "Fail") == "Fail":
                    raise Refused(f"policy '{self.name}': {error}") from None
        return obj

    def patch(self, obj, node, around):
        evaluator = Evaluator()
        lazy = Lazy(evaluator, self.variables, around)
        found = evaluator.run(node, dict(around, variables=lazy))
        if not isinstance(found, list):
            raise CelError("the expression gives no list of patches")
        for patch in found:
            if not isinstance(patch, Message) or patch.type_name != "JSONPatch":
                raise CelError("the expression gives something else than JSONPatch")
            check_place(patch)
        return typed(patches.json_patch(copy.deepcopy(obj), [plain(p) for p in found]))


def selects(selector, labels):
    return all(labels.get(k) == v
               for k, v in (selector or {}).get("matchLabels", {}).items())


def admit(policies, obj, namespace, namespace_labels=None):
    """All policies, and again those that others came after, then the rules for pods."""
    obj = typed(obj)
    for _ in range(2 + len(policies)):
        before = obj
        for policy in policies:
            obj = policy.mutate(obj, namespace, namespace_labels)
        if obj == before:
            check_pod(obj)
            return obj
    raise Refused("the policies never come to an end")


def check_pod(pod):
    """[K8S] validation of pods, as far as the policies can break it."""
    spec = pod["spec"]
    claims = {c["name"] for c in spec.get("resourceClaims", [])}
    volumes = [v["name"] for v in spec.get("volumes", [])]
    if len(set(volumes)) != len(volumes):
        raise Refused(f"spec.volumes: Duplicate value: {volumes}")
    for at, container in enumerate(spec["containers"]):
        where = f"spec.containers[{at}]"
        check_claims(container.get("resources", {}).get("claims", []), claims,
                     where + ".resources.claims")
        paths = [m["mountPath"] for m in container.get("volumeMounts", [])]
        if len(set(paths)) != len(paths):
            raise Refused(f"{where}.volumeMounts: must be unique: {paths}")
        for mount in container.get("volumeMounts", []):
            if mount["name"] not in volumes:
                raise Refused(f"{where}.volumeMounts: Not found: \"{mount['name']}\"")


def check_claims(entries, claims, where):
    seen = set()
    for at, entry in enumerate(entries):
        name, one = entry["name"], entry.get("request")
        here = f"{where}[{at}]"
        if name not in claims:
            raise Refused(f'{here}: Not found: "{name}"')
        if one is not None and not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", one):
            raise Refused(f'{here}.request: Invalid value: "{one}"')
        key = name + ("/" + one if one else "")
        whole = not one and any(s.startswith(name + "/") for s in seen)
        if name in seen or key in seen or whole:
            raise Refused(f'{here}: Duplicate value: "{key}"')
        seen.add(key)
