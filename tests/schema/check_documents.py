#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""check_documents.py SCHEMA DIRECTORY - a JSON Schema against documents.

In DIRECTORY, ok-*.json and contradiction-*.json must satisfy the schema (what parts of a
document say about each other is beyond a schema), bad-*.json must not.
"""
import json
import pathlib
import sys

import jsonschema


def main(schema_path, directory):
    schema = json.loads(pathlib.Path(schema_path).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    documents = sorted(pathlib.Path(directory).glob("*.json"))
    wrong = 0
    for path in documents:
        document = json.loads(path.read_text(encoding="utf-8"))
        errors = [error.message for error in validator.iter_errors(document)]
        if bool(errors) != path.name.startswith("bad-"):
            print(f"{path.name}: {errors or 'satisfies the schema'}")
            wrong += 1
    print(f"{len(documents)} documents, {wrong} wrong")
    return 1 if wrong or not documents else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
