# SPDX-License-Identifier: GPL-2.0-or-later
"""Certificates of an authority, and of a second one that nobody should trust."""
import os
import subprocess

NAMES = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost,DNS:kubernetes.default.svc"


def openssl(*arguments):
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True,
                          timeout=60, check=False)
    if done.returncode != 0:
        raise SystemExit("apiserver: openssl " + " ".join(arguments) + ": " + done.stderr)


def authority(directory, name):
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", f"/CN={name}",
            "-keyout", f"{directory}/{name}.key", "-out", f"{directory}/{name}.crt")


def certificate(directory, ca, name, subject, extra):
    base = f"{directory}/{name}"
    with open(base + ".ext", "w", encoding="utf-8") as out:
        out.write(extra + "\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-subj", subject, "-keyout", base + ".key", "-out", base + ".csr")
    openssl("x509", "-req", "-in", base + ".csr", "-CA", f"{directory}/{ca}.crt",
            "-CAkey", f"{directory}/{ca}.key", "-CAcreateserial", "-days", "2",
            "-extfile", base + ".ext", "-out", base + ".crt")
    os.unlink(base + ".csr")
    os.unlink(base + ".ext")


def make(directory):
    """ca.crt, server.*, admin.* (a client); other-ca.crt, other-server.*, other-admin.*"""
    for prefix in ("", "other-"):
        authority(directory, prefix + "ca")
        certificate(directory, prefix + "ca", prefix + "server", "/CN=apiserver", NAMES)
        certificate(directory, prefix + "ca", prefix + "admin",
                    "/O=system:masters/CN=admin", "extendedKeyUsage=clientAuth")
