# SPDX-License-Identifier: GPL-2.0-or-later
"""Answers that are no success: Status objects."""


class Failure(Exception):
    """An answer other than a success."""

    def __init__(self, code, reason, message, details=None, retry_after=None):
        super().__init__(message)
        self.code, self.reason, self.message = code, reason, message
        self.details, self.retry_after = details, retry_after

    def status(self):
        body = {"kind": "Status", "apiVersion": "v1", "metadata": {},
                "status": "Failure", "message": self.message}
        if self.reason:
            body["reason"] = self.reason
        if self.details:
            body["details"] = self.details
        body["code"] = self.code
        return body


def qualified(kind):
    return kind.plural + ("." + kind.group if kind.group else "")


def details(kind, name=None, word=None):
    found = {}
    if name:
        found["name"] = name
    if kind.group:
        found["group"] = kind.group
    found["kind"] = word or kind.plural
    return found


def not_found(kind, name):
    return Failure(404, "NotFound", f'{qualified(kind)} "{name}" not found',
                   details(kind, name))


def exists(kind, name):
    return Failure(409, "AlreadyExists", f'{qualified(kind)} "{name}" already exists',
                   details(kind, name))


def conflict(kind, name, why=None):
    why = why or ("the object has been modified; please apply your changes to the latest "
                  "version and try again")
    return Failure(409, "Conflict",
                   f'Operation cannot be fulfilled on {qualified(kind)} "{name}": {why}',
                   details(kind, name))


def bad_request(message):
    return Failure(400, "BadRequest", message)


def expired(message="The resourceVersion for the provided watch is too old."):
    return Failure(410, "Expired", message)


class Cause:
    """One field that is invalid."""

    WORDS = {"FieldValueRequired": "Required value", "FieldValueInvalid": "Invalid value",
             "FieldValueForbidden": "Forbidden", "FieldValueDuplicate": "Duplicate value",
             "FieldValueTooMany": "Too many"}

    def __init__(self, reason, field, text=""):
        self.reason, self.field = reason, field
        self.message = self.WORDS[reason] + (": " + text if text else "")


def invalid(kind, name, causes):
    word = f"{kind.kind}.{kind.group}" if kind.group else kind.kind
    texts = [f"{c.field}: {c.message}" for c in causes]
    text = texts[0] if len(texts) == 1 else "[" + ", ".join(texts) + "]"
    found = details(kind, name, kind.kind)
    found["causes"] = [{"reason": c.reason, "message": c.message, "field": c.field}
                       for c in causes]
    return Failure(422, "Invalid", f'{word} "{name}" is invalid: {text}', found)
