//! The neighbourhood of some objects as an indented tree.

use super::style::{Paint, Style};
use crate::analysis::{Direction, Neighbourhood};
use crate::render::one_line;
use crate::render::view::more;
use crate::render::words::{headline, joined_labels, root_words};
use crate::snapshot::HeapSnapshot;

/// A line for every reference of a neighbourhood, below the object it was reached from. What is
/// around an object stands where the object is met first, at the least depth.
pub fn neighbourhood_text(
    snapshot: &HeapSnapshot,
    found: &Neighbourhood,
    direction: Direction,
    style: Style,
) -> String {
    let tree = Tree {
        snapshot,
        found,
        direction,
        style,
        neighbours: neighbours(found, direction),
    };
    let mut text = String::new();
    let targets = found.nodes.iter().filter(|node| node.depth == 0).count();
    for target in 0..targets {
        if target > 0 {
            text.push('\n');
        }
        tree.write(target, &mut text);
    }
    text
}

/// For each node of a neighbourhood, where each neighbour is in it, with the positions of the
/// references between them.
type Neighbours = Vec<Vec<(usize, Vec<usize>)>>;

fn neighbours(found: &Neighbourhood, direction: Direction) -> Neighbours {
    let mut neighbours: Neighbours = vec![Vec::new(); found.nodes.len()];
    for edge in &found.edges {
        let (from, to) = match direction {
            Direction::Referents => (edge.holder, edge.held),
            Direction::Referrers => (edge.held, edge.holder),
        };
        // The edges are in the order of holder, then held.
        match neighbours[from].last_mut() {
            Some((last, positions)) if *last == to => positions.push(edge.position),
            _ => neighbours[from].push((to, vec![edge.position])),
        }
    }
    neighbours
}

struct Tree<'a> {
    snapshot: &'a HeapSnapshot,
    found: &'a Neighbourhood,
    direction: Direction,
    style: Style,
    neighbours: Neighbours,
}

/// A line still to be written.
struct Line {
    /// The lines drawn on its left, for those below it.
    indent: String,
    branch: &'static str,
    what: What,
}

enum What {
    /// The neighbour of the node at a position, by its number among the neighbours.
    Neighbour(usize, usize),
    /// Neighbours that were left out.
    Hidden(usize),
}

impl Tree<'_> {
    /// Writes what is around a target, without recursion: it may be a million references deep.
    fn write(&self, target: usize, text: &mut String) {
        let node = self.found.nodes[target].node;
        let line = one_line(&headline(self.snapshot, node)).into_owned();
        *text += &self.style.paint(Paint::Strong, line);
        text.push('\n');
        let mut is_written = vec![false; self.found.nodes.len()];
        is_written[target] = true;
        let mut lines = Vec::new();
        self.push_neighbours(target, "", &mut lines);
        while let Some(line) = lines.pop() {
            *text += &self
                .style
                .paint(Paint::Faint, format!("{}{}", line.indent, line.branch));
            match line.what {
                What::Hidden(count) => {
                    let more = format!("({})", more(self.direction, count));
                    *text += &self.style.paint(Paint::Faint, more);
                }
                What::Neighbour(from, number) => {
                    let position = self.neighbours[from][number].0;
                    *text += &self.neighbour(from, number);
                    let is_below =
                        self.found.nodes[position].depth == self.found.nodes[from].depth + 1;
                    if is_below && !std::mem::replace(&mut is_written[position], true) {
                        let bar = if line.branch == LAST { "   " } else { "│  " };
                        let indent = format!("{}{bar}", line.indent);
                        self.push_neighbours(position, &indent, &mut lines);
                    } else if !self.neighbours[position].is_empty() {
                        *text += &self.style.paint(Paint::Faint, ", shown elsewhere");
                    }
                }
            }
            text.push('\n');
        }
    }

    /// Adds the lines about what is around a node, the first of them last.
    fn push_neighbours(&self, from: usize, indent: &str, lines: &mut Vec<Line>) {
        let hidden = self.found.nodes[from].hidden_count;
        let hidden = (hidden > 0).then_some(What::Hidden(hidden));
        let numbers = 0..self.neighbours[from].len();
        let below = numbers
            .map(|number| What::Neighbour(from, number))
            .chain(hidden);
        let mut branch = LAST;
        for what in below.collect::<Vec<_>>().into_iter().rev() {
            lines.push(Line {
                indent: indent.to_owned(),
                branch,
                what,
            });
            branch = "├─ ";
        }
    }

    fn neighbour(&self, from: usize, number: usize) -> String {
        let (position, references) = &self.neighbours[from][number];
        let node = self.found.nodes[*position].node;
        let holder = match self.direction {
            Direction::Referents => self.found.nodes[from].node,
            Direction::Referrers => node,
        };
        let start = self.snapshot.graph().edge_positions(holder).start;
        let labels: Vec<_> = (references.iter())
            .map(|n| self.snapshot.label(start + n))
            .collect();
        let labels = self
            .style
            .paint(Paint::Strong, one_line(&joined_labels(&labels)));
        let between = match self.direction {
            Direction::Referents => ":",
            Direction::Referrers => " of",
        };
        let words = root_words(self.snapshot, node);
        let address = format!(" at {:#x}", self.snapshot.graph().address(node));
        let address = self.style.paint(Paint::Faint, address);
        format!("{labels}{between} {}{address}", one_line(&words))
    }
}

const LAST: &str = "└─ ";
