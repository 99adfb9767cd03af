# SPDX-License-Identifier: MIT
"""Two private network namespaces, joined by a cable, with packet rules between them; root only."""
import os
import shutil
import subprocess


def refused():
    """Why there can be none here, or None."""
    if os.geteuid() != 0:
        return "network namespaces need root"
    for tool in ("ip", "nft", "nsenter", "unshare"):
        if not shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin"):
            return f"{tool} is missing"
    probe = "ip link add va type veth peer name vb && nft add table inet t && mount --bind /etc /etc"
    done = subprocess.run(["unshare", "--net", "--mount", "sh", "-c", probe], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else f"namespaces are refused: {done.stderr.strip()}"


class Space:
    """A network namespace: it lives as long as the process that holds it, which ends with us."""

    def __init__(self):
        self.holder = subprocess.Popen(["unshare", "--net", "sh", "-c", "echo; exec cat"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE)
        self.holder.stdout.readline()
        self.enter = ["nsenter", f"--net=/proc/{self.holder.pid}/ns/net"]
        self.run("ip", "link", "set", "lo", "up")

    def run(self, *words):
        subprocess.run([*self.enter, *words], check=True, capture_output=True, timeout=20)

    def close(self):
        self.holder.stdin.close()
        self.holder.stdout.close()
        self.holder.wait(20)


class Cable:
    """Side a has a_address, side b has b_addresses; rules cut, thin out or reset what passes side a."""

    def __init__(self, a_address, b_addresses):
        self.a, self.b = Space(), Space()
        self.a.run("ip", "link", "add", "wire", "type", "veth", "peer", "name", "wire", "netns", str(self.b.holder.pid))
        self.a.run("ip", "address", "add", f"{a_address}/24", "dev", "wire")
        for address in b_addresses:
            self.b.run("ip", "address", "add", f"{address}/24", "dev", "wire")
        for side in (self.a, self.b):
            side.run("ip", "link", "set", "wire", "up")
        self.nft("add", "table", "inet", "t")
        for hook in ("output", "input"):
            self.nft("add", "chain", "inet", "t", hook, "{", "type", "filter", "hook", hook, "priority", "0", ";", "}")

    def nft(self, *words):
        self.a.run("nft", *words)

    def both_ways(self, address, *verdict):
        self.nft("add", "rule", "inet", "t", "output", "ip", "daddr", address, *verdict)
        self.nft("add", "rule", "inet", "t", "input", "ip", "saddr", address, *verdict)

    def outward(self, address, *verdict):
        self.nft("add", "rule", "inet", "t", "output", "ip", "daddr", address, *verdict)

    def heal(self):
        self.nft("flush", "table", "inet", "t")

    def close(self):
        self.a.close()
        self.b.close()
