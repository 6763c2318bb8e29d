# SPDX-License-Identifier: GPL-2.0-or-later
"""A container as the manifests describe it, without a container engine: a root of its own,
read-only if they say so, with their mounts, their user and their capabilities. The program
is process 1 there, which the kernel spares signals that it does not handle.

The node's directories, config maps and so on are directories that the test fills. What a
runtime has beside that (seccomp, SELinux, cgroups, a network) is not here.
"""
import glob
import os
import shlex
import shutil
import signal
import subprocess
import tempfile

TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount"
# Of every image; what belongs to the machine of the test is not
SYSTEM = ["usr/lib", "usr/lib64"]
TOOLS = ["/usr/bin/setpriv", "/bin/sh"]


def possible():
    """Whether this process may make mounts of its own."""
    return os.geteuid() == 0 and subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "true"], capture_output=True, check=False).returncode == 0


class Container:
    """`programs` are put where the image has them; `node` is the root of a made-up node."""

    def __init__(self, spec, container, programs, node):
        self.spec, self.container, self.node = spec, container, node
        self.work = tempfile.TemporaryDirectory(prefix="vc-sandbox-")
        os.chmod(self.work.name, 0o755)
        self.root = self.work.name + "/root"
        for name in ("usr/bin", "usr/sbin", "proc", "dev", "sys", "run", "tmp", "etc",
                     "var/lib", *SYSTEM):
            os.makedirs(f"{self.root}/{name}")
        for name in ("bin", "sbin", "lib", "lib64"):
            os.symlink("usr/" + name, f"{self.root}/{name}")
        os.symlink("/run", self.root + "/var/run")
        for place, program in programs.items():
            shutil.copy2(program, self.root + place)
            for module in glob.glob(os.path.dirname(program) + "/virt-claim-*.so"):
                shutil.copy2(module, os.path.dirname(self.root + place))
        for tool in TOOLS:
            shutil.copy2(tool, self.root + "/usr/bin/" + os.path.basename(tool))
        self.mounts = [("/" + s, s, "ro") for s in SYSTEM]
        self.binds = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.work.cleanup()

    def config_map(self, name, data):
        """As the kubelet lays it out: root's, and nobody else writes it."""
        directory = f"{self.work.name}/config-{name}"
        os.makedirs(directory, exist_ok=True)
        for key, text in data.items():
            with open(f"{directory}/{key}", "w", encoding="utf-8") as out:
                out.write(text)
            os.chmod(f"{directory}/{key}", 0o644)
        return directory

    def bind(self, source, target, options="ro"):
        """Something that is mounted, although no manifest says so: the token."""
        self.binds.append((source, target.lstrip("/"), options))

    def volume_source(self, volume, config_maps):
        if "hostPath" in volume:
            source = self.node + volume["hostPath"]["path"]
            if volume["hostPath"]["type"] == "DirectoryOrCreate":
                os.makedirs(source, mode=0o755, exist_ok=True)
            assert os.path.isdir(source), f"hostPath type check failed: {source}"
            return source
        if "configMap" in volume:
            name = volume["configMap"]["name"]
            return self.config_map(name, config_maps[name])
        source = f"{self.work.name}/empty-{volume['name']}"
        os.makedirs(source, exist_ok=True)
        os.chmod(source, 0o777)
        return source

    def volume_mounts(self, config_maps):
        volumes = {v["name"]: v for v in self.spec.get("volumes", [])}
        for mount in self.container.get("volumeMounts", []):
            source = self.volume_source(volumes[mount["name"]], config_maps)
            yield (source + ("/" + mount["subPath"] if "subPath" in mount else ""),
                   mount["mountPath"].lstrip("/"), "ro" if mount.get("readOnly") else "rw")

    def script(self, mounts):
        """Mounts, then the root read-only, then the program with what it may."""
        root, lines = shlex.quote(self.root), ["set -e"]
        lines.append(f"mount --bind {root} {root}")
        lines.append(f"mount -t proc proc {root}/proc")
        for source, target, options in mounts:
            place = shlex.quote(f"{self.root}/{target}")
            lines.append(f"mount --bind {shlex.quote(source)} {place}")
            if options == "ro":
                lines.append(f"mount -o remount,bind,ro {place}")
        context = self.container["securityContext"]
        if context.get("readOnlyRootFilesystem"):
            lines.append(f"mount -o remount,bind,ro {root}")
        lines.append(f"exec chroot {root} {self.setpriv(context)} \"$@\"")
        return "\n".join(lines)

    def setpriv(self, context):
        around = self.spec.get("securityContext", {})
        user = context.get("runAsUser", around.get("runAsUser"))
        group = context.get("runAsGroup", around.get("runAsGroup"))
        words = ["/usr/bin/setpriv", f"--reuid={user}", f"--regid={group}",
                 "--clear-groups"]
        if context.get("capabilities", {}).get("drop") == ["ALL"]:
            words += ["--bounding-set=-all", "--inh-caps=-all", "--ambient-caps=-all"]
        if context.get("allowPrivilegeEscalation") is False:
            words.append("--no-new-privs")
        return " ".join(words)

    def make_target(self, source, target):
        """A runtime makes what a mount needs, before the root is read-only."""
        place = f"{self.root}/{target}".replace("/var/run/", "/run/")
        if os.path.isdir(source):
            os.makedirs(place, exist_ok=True)
        else:
            os.makedirs(os.path.dirname(place), exist_ok=True)
            with open(place, "a", encoding="utf-8"):
                pass
        return os.path.relpath(place, self.root)

    def command(self, words, config_maps):
        mounts = self.mounts + list(self.volume_mounts(config_maps)) + self.binds
        mounts = [(s, self.make_target(s, t), o) for s, t, o in mounts]
        return ["unshare", "--mount", "--propagation", "private", "--pid", "--fork",
                "--kill-child", "/bin/sh", "-c",
                self.script(mounts), "sh", *words]

    def start(self, words=None, config_maps=None, **env):
        """The program of the container, or other words."""
        words = words or self.container["command"] + self.container.get("args", [])
        return subprocess.Popen(
            self.command(words, config_maps or {}), text=True, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=dict({"PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
                      "ASAN_OPTIONS": "detect_leaks=0"}, **env))


def inner(process):
    """Number of the program itself, seen from here; 0 it is not there (any more)."""
    try:
        with open(f"/proc/{process.pid}/task/{process.pid}/children",
                  encoding="ascii") as children:
            return int((children.read().split() or ["0"])[0])
    except FileNotFoundError:
        return 0


def execute(container, process, *words):
    """As `kubectl exec` does it: another program in the same container."""
    return subprocess.run(
        ["nsenter", "--target", str(inner(process)), "--mount", "--pid", "--root", "--wd=/",
         *container.setpriv(container.container["securityContext"]).split(), *words],
        capture_output=True, text=True, check=False, timeout=60, stdin=subprocess.DEVNULL,
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "ASAN_OPTIONS": "detect_leaks=0"})


def stop(process):
    """TERM, as the kubelet sends it; what it said."""
    child = inner(process)
    if child:
        os.kill(child, signal.SIGTERM)
    return process.communicate(timeout=60)[1]
