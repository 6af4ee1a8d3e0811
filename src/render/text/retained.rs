//! What objects retain, and who owns the heap, as tables.

use std::fmt::Write;

use super::chains::{NO_CHAIN, chain_path};
use super::number::{grouped, percent};
use super::style::{Paint, Style};
use super::table::{Align, Cell, Table};
use crate::analysis::{
    Dominator, DominatorTree, Owner, RetainedByType, RootChain, Tally, largest_first,
    preferred_label,
};
use crate::graph::NodeIndex;
use crate::render::one_line;
use crate::render::words::{headline, node_words, root_words};
use crate::snapshot::HeapSnapshot;

/// Dominators of one object that are listed.
const DOMINATORS: usize = 20;
/// Steps of a descent that are listed, and the last.
const STEPS: usize = 6;

/// One object: what it retains, what dominates it, and the `limit` largest that it dominates.
pub fn retained_text(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    node: NodeIndex,
    limit: usize,
    style: Style,
) -> String {
    let headline = headline(snapshot, node);
    let mut text = style.paint(Paint::Strong, one_line(&headline));
    let Some(retained) = tree.retained(node) else {
        write!(text, "\n\n{NO_CHAIN}\n").expect(super::TO_STRING);
        return text;
    };
    let retained = in_words(retained, tree.total());
    write!(text, "\n\nretains {retained}\n\n").expect(super::TO_STRING);
    text += &dominators_text(snapshot, tree, node, style);
    if tree.retained_set(node).len() > 1 {
        text.push('\n');
        text += &dominated_text(snapshot, tree, node, limit, style);
    }
    text
}

/// `1,234 bytes in 5 objects, 12.3% of the heap`
fn in_words(retained: Tally, heap: Tally) -> String {
    format!(
        "{} bytes in {}, {} of the heap",
        grouped(retained.bytes),
        objects(retained.count),
        percent(retained.bytes, heap.bytes)
    )
}

fn objects(count: u64) -> String {
    let objects = if count == 1 { "object" } else { "objects" };
    format!("{} {objects}", grouped(count))
}

fn dominators_text(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    node: NodeIndex,
    style: Style,
) -> String {
    let mut table = part_table("dominated by");
    let mut dominators = tree.dominators(node);
    for dominator in dominators.by_ref().take(DOMINATORS) {
        table.push(part_row(snapshot, tree, dominator));
    }
    if dominators.next().is_some() {
        table.push(["", "", "", "(more)"].map(|text| Cell::painted(Paint::Faint, text)));
    }
    let Tally { count, bytes } = tree.total();
    table.push(total_row(bytes, count, "the roots"));
    table.text(style)
}

fn dominated_text(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    node: NodeIndex,
    limit: usize,
    style: Style,
) -> String {
    let mut table = part_table("dominates");
    let dominated = largest_first(tree, tree.dominated_by(Dominator::Node(node)));
    let (shown, rest) = dominated.split_at(limit.min(dominated.len()));
    for &node in shown {
        table.push(part_row(snapshot, tree, node));
    }
    if !rest.is_empty() {
        let Tally { count, bytes } = sum(tree, rest);
        let more = format!("({} more)", grouped(rest.len() as u64));
        let row = [grouped(bytes), grouped(count), String::new(), more];
        table.push(row.map(|text| Cell::painted(Paint::Faint, text)));
    }
    table.text(style)
}

fn part_table(heading: &str) -> Table<4> {
    Table::new([
        ("retained", Align::Right),
        ("objects", Align::Right),
        ("address", Align::Left),
        (heading, Align::Left),
    ])
}

fn part_row(snapshot: &HeapSnapshot, tree: &DominatorTree, node: NodeIndex) -> [Cell; 4] {
    let Tally { count, bytes } = tree.retained(node).unwrap_or_default();
    [
        Cell::new(grouped(bytes)),
        Cell::new(grouped(count)),
        Cell::new(address(snapshot, node)),
        Cell::new(with_reference(snapshot, tree, node)),
    ]
}

fn total_row(bytes: u64, count: u64, words: &str) -> [Cell; 4] {
    let row = [&grouped(bytes), &grouped(count), "", words];
    row.map(|text| Cell::painted(Paint::Strong, text))
}

/// What those that do not dominate each other retain.
fn sum(tree: &DominatorTree, nodes: &[NodeIndex]) -> Tally {
    let retained = nodes.iter().filter_map(|&node| tree.retained(node));
    retained.fold(Tally::default(), |sum, part| Tally {
        count: sum.count + part.count,
        bytes: sum.bytes.saturating_add(part.bytes),
    })
}

fn address(snapshot: &HeapSnapshot, node: NodeIndex) -> String {
    format!("{:#x}", snapshot.graph().address(node))
}

/// An object in words, after the reference by which its dominator holds it, if it is one.
fn with_reference(snapshot: &HeapSnapshot, tree: &DominatorTree, node: NodeIndex) -> String {
    let label = match tree.immediate_dominator(node) {
        Some(Dominator::Node(dominator)) => preferred_label(snapshot, dominator, node),
        _ => return root_words(snapshot, node),
    };
    let words = node_words(snapshot, node);
    match label {
        Some(label) => format!("{label}: {words}"),
        None => format!("(by several references): {words}"),
    }
}

/// The first `limit` of the objects of one type, which are in the order of what they retain, and
/// what all of them retain `together`.
pub fn retained_instances_text(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    nodes: &[NodeIndex],
    together: Tally,
    limit: usize,
    style: Style,
) -> String {
    let graph = snapshot.graph();
    let mut table = Table::new([
        ("retained", Align::Right),
        ("objects", Align::Right),
        ("bytes", Align::Right),
        ("address", Align::Left),
        ("object", Align::Left),
        ("dominated by", Align::Left),
    ]);
    for &node in nodes.iter().take(limit) {
        let retained = tree.retained(node);
        let retained = retained.map(|tally| (grouped(tally.bytes), grouped(tally.count)));
        let (bytes, count) = retained.unwrap_or_else(|| ("-".into(), "-".into()));
        let dominator = match tree.immediate_dominator(node) {
            None => "nothing: it is garbage".into(),
            Some(Dominator::Root) => "the roots".into(),
            Some(Dominator::Node(dominator)) => format!(
                "{} at {}",
                node_words(snapshot, dominator),
                address(snapshot, dominator)
            ),
        };
        table.push([
            Cell::new(bytes),
            Cell::new(count),
            Cell::new(grouped(graph.shallow_size(node))),
            Cell::new(address(snapshot, node)),
            Cell::new(node_words(snapshot, node)),
            Cell::new(dominator),
        ]);
    }
    let shown = if nodes.len() > limit {
        format!("; {} shown", grouped(limit as u64))
    } else {
        String::new()
    };
    let total = format!(
        "{} retain together {}{shown}",
        objects(nodes.len() as u64),
        in_words(together, tree.total())
    );
    format!(
        "{}{}\n",
        table.text(style),
        style.paint(Paint::Strong, total)
    )
}

/// The owners with the chain that leads to each, and below each where most of it is; what all that
/// are not shown retain, and what is alive in all.
pub fn owners_text(
    snapshot: &HeapSnapshot,
    tree: &DominatorTree,
    owners: &[Owner],
    style: Style,
) -> String {
    let heap = tree.total();
    let mut table = Table::new([
        ("retained", Align::Right),
        ("share", Align::Right),
        ("objects", Align::Right),
        ("address", Align::Left),
        ("object", Align::Left),
        ("path", Align::Left),
    ]);
    let mut row = |paint, retained: Tally, address: &str, object: &str, path: &str| {
        let bytes = grouped(retained.bytes);
        let share = percent(retained.bytes, heap.bytes);
        let count = grouped(retained.count);
        let row = [&bytes, &share, &count, address, object, path];
        table.push(row.map(|text| Cell::painted(paint, text)));
    };
    let mut rest = heap;
    for owner in owners {
        rest.count -= owner.retained.count;
        rest.bytes = rest.bytes.saturating_sub(owner.retained.bytes);
        let chain = RootChain::find(snapshot, owner.node);
        let path = chain.map(|chain| chain_path(snapshot, &chain));
        row(
            Paint::Plain,
            owner.retained,
            &address(snapshot, owner.node),
            &root_words(snapshot, owner.node),
            &path.unwrap_or_default(),
        );
        for (depth, node) in steps(&owner.descent) {
            let words = with_reference(snapshot, tree, node);
            let indent = "  ".repeat(depth.min(STEPS + 1));
            let words = if depth > STEPS + 1 {
                format!("{indent}(after {} more) {words}", depth - STEPS - 1)
            } else {
                indent + &words
            };
            let retained = tree.retained(node).unwrap_or_default();
            row(Paint::Faint, retained, &address(snapshot, node), &words, "");
        }
    }
    let others = tree.dominated_by(Dominator::Root).count() - owners.len();
    if others > 0 {
        let more = format!("({} more)", grouped(others as u64));
        row(Paint::Faint, rest, "", &more, "");
    }
    row(Paint::Strong, heap, "", "all that is alive", "");
    table.text(style)
}

/// The first steps of a descent, and the last, with how far down each is.
fn steps(descent: &[NodeIndex]) -> impl Iterator<Item = (usize, NodeIndex)> {
    let steps = (1..).zip(descent.iter().copied());
    steps.filter(|&(depth, _)| depth <= STEPS || depth == descent.len())
}

/// The first `limit` types with what their objects retain, and what is alive in all.
pub fn retained_by_type_text(
    types: &RetainedByType,
    tree: &DominatorTree,
    limit: usize,
    style: Style,
) -> String {
    let heap = tree.total();
    let mut table = Table::new([
        ("retained", Align::Right),
        ("share", Align::Right),
        ("objects", Align::Right),
        ("count", Align::Right),
        ("bytes", Align::Right),
        ("type", Align::Left),
    ]);
    let mut row = |paint, retained: Tally, own: Tally, name: &str| {
        let numbers = [retained.bytes, retained.count, own.count, own.bytes];
        let [bytes, objects, count, size] = numbers.map(grouped);
        let share = percent(retained.bytes, heap.bytes);
        let row = [&bytes, &share, &objects, &count, &size, name];
        table.push(row.map(|text| Cell::painted(paint, text)));
    };
    for ty in types.types.iter().take(limit) {
        row(Paint::Plain, ty.retained, ty.objects, &ty.type_name);
    }
    row(Paint::Strong, heap, heap, "all that is alive");
    let mut text = table.text(style);
    let hidden = types.types.len().saturating_sub(limit);
    if hidden > 0 {
        let more = super::types::more_types(hidden);
        text += &style.paint(Paint::Faint, more);
        text.push('\n');
    }
    text
}
