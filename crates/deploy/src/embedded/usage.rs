//! What this process has used, as the operating system counts it.

/// Absent where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Of all threads, user and system.
    pub cpu_seconds: Option<f64>,
    pub peak_rss_bytes: Option<u64>,
}

impl Usage {
    /// Of this process until now; Linux only.
    pub fn now() -> Self {
        let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        Self { cpu_seconds: cpu_seconds(&stat), peak_rss_bytes: kibibytes(&status, "VmHWM:") }
    }

    /// Of this process now; Linux only.
    pub(super) fn resident_bytes() -> Option<u64> {
        kibibytes(&std::fs::read_to_string("/proc/self/status").unwrap_or_default(), "VmRSS:")
    }
}

/// Fields 14 and 15 of `proc_pid_stat(5)`, in ticks of a hundredth of a second.
fn cpu_seconds(stat: &str) -> Option<f64> {
    // The second field is a name in parentheses and may hold anything.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |index: usize| fields.get(index)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

/// A size of `proc_pid_status(5)`, in bytes.
fn kibibytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kib| kib * 1024)
}

#[test]
fn reads_what_linux_says() {
    let stat = "42 (a) b) S 1 1 1 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 1 0 100 1 1";
    assert_eq!(cpu_seconds(stat), Some(3.0));
    assert_eq!(kibibytes("Name:\tx\nVmHWM:\t    2048 kB\n", "VmHWM:"), Some(2_097_152));
    assert_eq!(cpu_seconds(""), None);
}
