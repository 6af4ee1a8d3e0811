//! How much more memory this process may take.

use std::fmt;
use std::fs;
use std::path::Path;

use super::control_groups;

/// What ends the memory that a process may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// `RLIMIT_AS`, which batch systems, sandboxes and `ulimit -v` set.
    AddressSpace,
    /// `RLIMIT_DATA`.
    Data,
    /// A control group that the process is in, or one around that.
    ControlGroup,
    /// What the system has promised to all processes together, where it promises no more than it has.
    Commitment,
    /// The memory of the machine.
    Machine,
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AddressSpace => "the limit of its address space (RLIMIT_AS)",
            Self::Data => "the limit of its data (RLIMIT_DATA)",
            Self::ControlGroup => "the limit of its control group",
            Self::Commitment => "what the system may promise (vm.overcommit_memory)",
            Self::Machine => "the memory of the machine",
        })
    }
}

/// Memory that a process may still take, and what ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// How much.
    pub bytes: u64,
    /// The nearest of the limits.
    pub limit: Limit,
}

/// What this process may still take: the least that any of the limits leaves. `None` where the
/// system does not say.
///
/// A few small files are read: 0.1 ms.
pub fn left() -> Option<Left> {
    left_below(Path::new("/"))
}

/// Bytes that this process has, in memory or swapped out. `None` where the system does not say.
pub fn taken() -> Option<u64> {
    let status = read(Path::new("/"), "proc/self/status")?;
    Some(kibibytes(&status, "VmRSS:")? + kibibytes(&status, "VmSwap:").unwrap_or(0))
}

/// As [`left`], where the system's files lie below `root`.
pub(super) fn left_below(root: &Path) -> Option<Left> {
    let found = [
        process_limit(root, "Max address space", "VmSize:", Limit::AddressSpace),
        process_limit(root, "Max data size", "VmData:", Limit::Data),
        control_groups::left_below(root).map(|bytes| (bytes, Limit::ControlGroup)),
        commitment(root).map(|bytes| (bytes, Limit::Commitment)),
        machine(root).map(|bytes| (bytes, Limit::Machine)),
    ];
    let least = found.into_iter().flatten().min_by_key(|&(bytes, _)| bytes);
    least.map(|(bytes, limit)| Left { bytes, limit })
}

/// What a limit of the process leaves; `None` if it is not set.
fn process_limit(root: &Path, name: &str, used: &str, limit: Limit) -> Option<(u64, Limit)> {
    let limits = read(root, "proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix(name))?;
    let bytes: u64 = line.split_whitespace().next()?.parse().ok()?;
    let used = kibibytes(&read(root, "proc/self/status")?, used)?;
    Some((bytes.saturating_sub(used), limit))
}

/// What may still be promised, where promises are kept (`vm.overcommit_memory` is 2).
fn commitment(root: &Path) -> Option<u64> {
    if read(root, "proc/sys/vm/overcommit_memory")?.trim() != "2" {
        return None;
    }
    let memory = read(root, "proc/meminfo")?;
    let promised = kibibytes(&memory, "Committed_AS:")?;
    Some(kibibytes(&memory, "CommitLimit:")?.saturating_sub(promised))
}

fn machine(root: &Path) -> Option<u64> {
    kibibytes(&read(root, "proc/meminfo")?, "MemAvailable:")
}

pub(super) fn read(root: &Path, path: &str) -> Option<String> {
    fs::read_to_string(root.join(path)).ok()
}

/// The bytes that a line such as `VmSize:  1024 kB` tells.
fn kibibytes(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    let number: u64 = line.split_whitespace().next()?.parse().ok()?;
    number.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::{Left, Limit, left_below};

    const KIB: u64 = 1 << 10;

    fn write(root: &Path, path: &str, content: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// A machine with 1000 KiB available, and a process that has 100 KiB without limits.
    fn machine() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        write(
            root.path(),
            "proc/meminfo",
            "MemTotal: 4000 kB\nMemAvailable: 1000 kB\nCommitLimit: 900 kB\nCommitted_AS: 600 kB\n",
        );
        let status = "Name:\tx\nVmSize:\t     100 kB\nVmData:\t      40 kB\n";
        write(root.path(), "proc/self/status", status);
        limits(root.path(), "unlimited", "unlimited");
        write(root.path(), "proc/sys/vm/overcommit_memory", "0\n");
        root
    }

    /// What the first version of control groups calls `memory.max` and `memory.current`.
    const LIMIT_V1: &str = "memory.limit_in_bytes";
    const USAGE_V1: &str = "memory.usage_in_bytes";

    /// As [`machine`], the process in control groups: the lines of its `cgroup` and `mountinfo`.
    fn machine_with_groups(groups: &str, mounts: &str) -> tempfile::TempDir {
        let root = machine();
        write(root.path(), "proc/self/cgroup", groups);
        write(root.path(), "proc/self/mountinfo", mounts);
        root
    }

    /// Files of a control group with a number of bytes each.
    fn write_sizes(root: &Path, group: &str, sizes: &[(&str, u64)]) {
        for (name, bytes) in sizes {
            let path = format!("sys/fs/cgroup/{group}/{name}");
            write(root, &path, &format!("{bytes}\n"));
        }
    }

    fn limits(root: &Path, address_space: &str, data: &str) {
        let text = format!(
            "Limit      Soft Limit  Hard Limit  Units\n\
             Max data size      {data}   unlimited   bytes\n\
             Max address space  {address_space}   unlimited   bytes\n"
        );
        write(root, "proc/self/limits", &text);
    }

    fn expect(root: &Path, kibibytes: u64, limit: Limit) {
        let bytes = kibibytes * KIB;
        assert_eq!(left_below(root), Some(Left { bytes, limit }));
    }

    #[test]
    fn without_limits_it_is_what_the_machine_has() {
        expect(machine().path(), 1000, Limit::Machine);
    }

    #[test]
    fn where_the_system_says_nothing_nothing_is_known() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(left_below(root.path()), None);
    }

    #[test]
    fn limits_of_the_process_count_what_it_has() {
        let root = machine();
        limits(root.path(), &(500 * KIB).to_string(), "unlimited");
        expect(root.path(), 400, Limit::AddressSpace);
        limits(root.path(), "unlimited", &(240 * KIB).to_string());
        expect(root.path(), 200, Limit::Data);
        limits(root.path(), &(50 * KIB).to_string(), "unlimited");
        expect(root.path(), 0, Limit::AddressSpace);
    }

    #[test]
    fn promises_count_only_where_they_are_kept() {
        let root = machine();
        write(root.path(), "proc/sys/vm/overcommit_memory", "2\n");
        expect(root.path(), 300, Limit::Commitment);
    }

    #[test]
    fn a_control_group_counts_what_is_not_cache_of_files() {
        let mount = "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n\
                     40 31 0:41 / /sys/fs/cgroup rw shared:9 - cgroup2 cgroup2 rw\n";
        let root = machine_with_groups("0::/service\n", mount);
        write(root.path(), "sys/fs/cgroup/service/memory.max", "max\n");
        expect(root.path(), 1000, Limit::Machine);
        let sizes = [("memory.max", 500 * KIB), ("memory.current", 400 * KIB)];
        write_sizes(root.path(), "service", &sizes);
        let stat = format!("active_file {}\ninactive_file {}\n", 50 * KIB, 100 * KIB);
        write(root.path(), "sys/fs/cgroup/service/memory.stat", &stat);
        expect(root.path(), 250, Limit::ControlGroup);
    }

    #[test]
    fn the_groups_around_count_too() {
        let mount = "40 31 0:41 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n";
        let root = machine_with_groups("0::/slice/service\n", mount);
        for (group, max, current) in [("slice", 600, 500), ("slice/service", 400, 50)] {
            let sizes = [("memory.max", max * KIB), ("memory.current", current * KIB)];
            write_sizes(root.path(), group, &sizes);
        }
        expect(root.path(), 100, Limit::ControlGroup);
    }

    #[test]
    fn the_first_version_of_groups_has_other_names() {
        let groups = "5:cpu,cpuacct:/elsewhere\n4:memory:/batch/step\n0::/\n";
        let mounts = "33 31 0:30 / /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n\
                      35 31 0:32 / /sys/fs/cgroup/memory rw shared:4 - cgroup cgroup rw,memory\n\
                      41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";
        let root = machine_with_groups(groups, mounts);
        let group = "memory/batch/step";
        let sizes = |limit| [(LIMIT_V1, limit), (USAGE_V1, 90 * KIB)];
        write_sizes(root.path(), group, &sizes(0x7FFF_FFFF_FFFF_F000));
        expect(root.path(), 1000, Limit::Machine);
        write_sizes(root.path(), group, &sizes(100 * KIB));
        expect(root.path(), 10, Limit::ControlGroup);
        let stat = format!("total_inactive_file {}\n", 20 * KIB);
        let path = format!("sys/fs/cgroup/{group}/memory.stat");
        write(root.path(), &path, &stat);
        expect(root.path(), 30, Limit::ControlGroup);
    }

    #[test]
    fn a_container_sees_its_own_part_of_the_groups() {
        let mount = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory ro - cgroup cgroup rw,memory\n";
        let root = machine_with_groups("4:memory:/docker/abc/step\n", mount);
        for (group, max, usage) in [("memory", 300, 200), ("memory/step", 200, 20)] {
            let sizes = [(LIMIT_V1, max * KIB), (USAGE_V1, usage * KIB)];
            write_sizes(root.path(), group, &sizes);
        }
        expect(root.path(), 100, Limit::ControlGroup);
        // The group of a process that was moved out of the container's own.
        write(root.path(), "proc/self/cgroup", "4:memory:/../other\n");
        expect(root.path(), 100, Limit::ControlGroup);
    }
}
