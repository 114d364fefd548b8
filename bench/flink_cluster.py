"""A local Flink of oracle/ that can be measured: CPU-seconds, memory and time of its three processes.

CPU-seconds are utime and stime of JobManager, TaskManager and SQL gateway from /proc; peak memory is the sum of what
each process had resident at most, counted anew for each measurement. The gateway's share is planning.
"""
import os
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ORACLE = os.path.join(ROOT, "oracle")
# Ports of their own: a cluster that someone works with is left alone. Read by gateway.py when it is loaded.
PORTS = {"REST_PORT": "28081", "GATEWAY_PORT": "28083", "RPC_PORT": "26123"}
for port, default in PORTS.items():
    os.environ.setdefault(port, default)
sys.path.insert(0, ORACLE)
import gateway  # noqa: E402

# A busy machine is no failure: only memory shall stop a job.
PATIENCE = "pekko.ask.timeout: 2 min\nheartbeat.timeout: 5 min"
TICKS = os.sysconf("SC_CLK_TCK")
ROLES = {"jobmanager": "standalonesession", "taskmanager": "taskexecutor", "gateway": "sql-gateway"}


class Cluster:
    """Starts with `with`, stops at its end. Sizes are Flink's: 1728m, 3g."""

    def __init__(self, tm_memory="8g", parallelism=2, managed_fraction=0.4):
        self.environment = {
            **os.environ, "TM_MEMORY": tm_memory, "SLOTS": str(parallelism), "PARALLELISM": str(parallelism),
            "MANAGED_FRACTION": str(managed_fraction), "EXTRA_CONF": PATIENCE}
        self.pids = {}

    def script(self, *arguments):
        return subprocess.run([os.path.join(ORACLE, "cluster.sh"), *arguments], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)

    def __enter__(self):
        if self.script("status").returncode == 0:
            raise gateway.SqlError(
                f"a Flink runs at port {os.environ['REST_PORT']} already: stop it with oracle/cluster.sh stop, "
                f"or set {', '.join(PORTS)}")
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(2))  # so that a killed measurement leaves no cluster
        try:
            started = self.script("start")
            if started.returncode:
                raise gateway.SqlError(f"Flink does not start:\n{started.stdout}")
            self.pids = self.find()
        except BaseException:
            self.script("stop")
            raise
        return self

    def __exit__(self, *_):
        self.script("stop")

    def find(self):
        """The processes by role, from the cluster's pid files."""
        home = os.environ.get("FLINK_HOME") or os.path.join(
            os.environ.get("HEADWATER_FLINK_CACHE", os.path.expanduser("~/.cache/headwater-flink")), "flink-2.3.0")
        folder = os.path.join(home, "run", os.environ["REST_PORT"], "pids")
        found = {}
        for name in os.listdir(folder):
            role = next((role for role, part in ROLES.items() if part in name), None)
            if role and name.endswith(".pid"):
                with open(os.path.join(folder, name), encoding="utf-8") as file:
                    found[role] = int(file.read().split()[-1])
        if set(found) != set(ROLES):
            raise gateway.SqlError(f"not all processes of Flink are there: {found}")
        return found

    def cpu_seconds(self):
        """User and system time of each process so far."""
        return {role: cpu_ticks(pid) / TICKS for role, pid in self.pids.items()}

    def measured(self, work):
        """Calls `work`; its result and what it took."""
        for pid in self.pids.values():
            with open(f"/proc/{pid}/clear_refs", "w", encoding="utf-8") as file:
                file.write("5")
        cpu, started = self.cpu_seconds(), time.monotonic()
        result = work()
        spent = {role: seconds - cpu[role] for role, seconds in self.cpu_seconds().items()}
        peaks = {role: peak_bytes(pid) for role, pid in self.pids.items()}
        return result, {
            "wall_seconds": round(time.monotonic() - started, 2),
            "cpu_seconds": round(sum(spent.values()), 2),
            "cpu_seconds_by_process": {role: round(seconds, 2) for role, seconds in spent.items()},
            "peak_rss_bytes": sum(peaks.values()),
            "taskmanager_peak_rss_bytes": peaks["taskmanager"],
        }

    def has_all_processes(self):
        return all(os.path.exists(f"/proc/{pid}") for pid in self.pids.values())


def cpu_ticks(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def peak_bytes(pid):
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def cancel_jobs():
    """Cancels what still runs."""
    for job in gateway.http("GET", f"{gateway.REST}/jobs")["jobs"]:
        if job["status"] not in ("FINISHED", "FAILED", "CANCELED"):
            gateway.http("PATCH", f"{gateway.REST}/jobs/{job['id']}?mode=cancel")
