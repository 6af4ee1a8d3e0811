//! `*` and `?` in what a user writes for a name.

/// True if and only if all of `text` matches `pattern`, in which `*` stands for any characters, `?` for
/// one, and every other character for itself.
///
/// Each `*` first stands for nothing, and for one character more whenever what follows does not match:
/// O(lengths of both, multiplied).
pub(super) fn matches_whole(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    let mut after_star = None;
    loop {
        let at = text.clone();
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = at;
                after_star = Some((pattern.clone(), text.clone()));
            }
            (Some('?'), Some(_)) => {}
            (Some(wanted), Some(found)) if wanted == found => {}
            _ => {
                let Some((rest, start)) = &mut after_star else {
                    return false;
                };
                if start.next().is_none() {
                    return false;
                }
                (pattern, text) = (rest.clone(), start.clone());
            }
        }
    }
}
