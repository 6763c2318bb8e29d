# SPDX-License-Identifier: GPL-2.0-or-later
"""An API server for the tests: stores objects, answers and refuses as a real one does.

Python's standard library and openssl(1), nothing else. What it knows of Kubernetes 1.36
was seen in answers of a control plane; tests/kube/test-recordings compares it with them.
It has no scheduler. Objects change only when somebody asks, unless the controllers for
claims are switched on.
"""
