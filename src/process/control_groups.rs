//! The memory that control groups leave: the process's own group and those around it, of either
//! version.

use std::path::{Path, PathBuf};

use super::left::read;

/// The names of one version's files.
struct Names {
    limit: &'static str,
    usage: &'static str,
    /// In `memory.stat`: what is in memory for files only, and can be given back.
    reclaimable: [&'static str; 2],
}

const FIRST: Names = Names {
    limit: "memory.limit_in_bytes",
    usage: "memory.usage_in_bytes",
    reclaimable: ["total_inactive_file", "total_active_file"],
};

const SECOND: Names = Names {
    limit: "memory.max",
    usage: "memory.current",
    reclaimable: ["inactive_file", "active_file"],
};

/// The least that the process's own group, or one around it, leaves; `None` where there is no limit.
pub(super) fn left_below(root: &Path) -> Option<u64> {
    let groups = read(root, "proc/self/cgroup")?;
    let mounts = read(root, "proc/self/mountinfo")?;
    let own = groups.lines().filter_map(|line| {
        let mut fields = line.splitn(3, ':').skip(1);
        let (controllers, path) = (fields.next()?, fields.next()?);
        match controllers {
            "" => Some((mounted(&mounts, "cgroup2", None)?, path, &SECOND)),
            _ if controllers.split(',').any(|name| name == "memory") => {
                Some((mounted(&mounts, "cgroup", Some("memory"))?, path, &FIRST))
            }
            _ => None,
        }
    });
    own.flat_map(|(mount, path, names)| {
        let folders = mount.folders(path);
        folders
            .into_iter()
            .filter_map(|folder| left_in(&root.join(folder), names))
    })
    .min()
}

/// Where a tree of groups is to be seen.
struct Mount<'m> {
    /// The group that is seen at `point`.
    root: &'m str,
    point: &'m str,
}

/// The mount of a tree of groups, of a file system of type `kind` with that option.
fn mounted<'m>(mounts: &'m str, kind: &str, option: Option<&str>) -> Option<Mount<'m>> {
    mounts.lines().find_map(|line| {
        let (fields, described) = line.split_once(" - ")?;
        let mut described = described.split(' ');
        let options = described
            .nth(2)
            .filter(|_| line.contains(&format!(" - {kind} ")))?;
        if option.is_some_and(|option| !options.split(',').any(|other| other == option)) {
            return None;
        }
        let mut fields = fields.split(' ').skip(3);
        Some(Mount {
            root: fields.next()?,
            point: fields.next()?,
        })
    })
}

impl Mount<'_> {
    /// The folders of the group at `path` and of those around it, as far as they are to be seen; relative
    /// to the root of the file system.
    fn folders(&self, path: &str) -> Vec<PathBuf> {
        let top = Path::new(self.point.trim_start_matches('/'));
        let seen = Path::new(path).strip_prefix(self.root);
        // A group outside of what is mounted is not to be seen: the mount is the nearest that is known.
        let seen = seen.ok().filter(|path| !path.starts_with(".."));
        let group = top.join(seen.unwrap_or(Path::new("")));
        let around = group
            .ancestors()
            .take_while(|folder| folder.starts_with(top));
        around.map(Path::to_owned).collect()
    }
}

fn left_in(folder: &Path, names: &Names) -> Option<u64> {
    let number = |name: &str| read(folder, name)?.trim().parse::<u64>().ok();
    let limit = number(names.limit)?;
    let stat = read(folder, "memory.stat").unwrap_or_default();
    let reclaimable = stat.lines().filter_map(|line| {
        let (name, bytes) = line.split_once(' ')?;
        let is_meant = names.reclaimable.contains(&name);
        is_meant.then(|| bytes.parse::<u64>().ok())?
    });
    let used = number(names.usage)?.saturating_sub(reclaimable.sum());
    Some(limit.saturating_sub(used))
}
