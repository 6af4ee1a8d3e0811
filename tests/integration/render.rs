//! Views to pictures: what is drawn, and that nothing in a view can break the drawing.

#[path = "render_escape.rs"]
mod escape;
#[path = "render_file.rs"]
mod file;
#[path = "render_views.rs"]
pub(crate) mod views;

use std::{env, fs, path::PathBuf};

use heapgraph::render::{View, ViewNodeKind, to_dot};
use views::{ViewBuilder, leak, object, of_kind, single, target, tree, with_extra};

const REFRESH: &str = "HEAPGRAPH_REFRESH_GOLDEN";

/// Compares `actual` with a file in `fixtures/golden`, or writes it there if asked to.
#[track_caller]
fn assert_golden(name: &str, actual: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/golden")
        .join(name);
    if env::var_os(REFRESH).is_some() {
        fs::write(&path, actual).unwrap();
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let differing = expected
        .lines()
        .zip(actual.lines())
        .find(|(old, new)| old != new);
    assert!(
        expected == actual,
        "the drawing is not that of fixtures/golden/{name} (first difference: {differing:?}); \
         if it is better, run the tests with {REFRESH}=1 and look at the change",
    );
}

#[test]
fn a_leak_is_drawn_as_recorded() {
    assert_golden("leak.dot", &to_dot(&leak()));
}

#[test]
fn a_wide_graph_runs_from_left_to_right() {
    let dot = to_dot(&tree(12, 10));
    assert!(dot.contains(r#"rankdir="LR""#), "{dot}");
    assert_golden("wide.dot", &dot);
}

#[test]
fn no_address_or_order_of_hashing_shows_in_the_source() {
    let first = to_dot(&tree(60, 6));
    assert!((0..20).all(|_| to_dot(&tree(60, 6)) == first));
}

#[test]
fn nodes_left_out_on_both_sides_of_an_object_keep_names_of_their_own() {
    let mut view = ViewBuilder::new();
    let object = view.node(target(&["dict", "3 items"]));
    let referrers = view.node(of_kind(ViewNodeKind::More(12), &["12 more referrers"], 1));
    let referents = view.node(of_kind(ViewNodeKind::More(3), &["3 more referents"], 1));
    view.node(of_kind(ViewNodeKind::More(1), &["1 more referent"], 1));
    view.edge(referrers, object, "");
    view.edge(object, referents, "");
    let dot = to_dot(&view.build());
    assert!(dot.contains("more_o0 -> o0 "), "{dot}");
    assert!(dot.contains("o0 -> more_o0_at_o2 "), "{dot}");
    assert!(dot.contains("more_at_o3["), "{dot}");
}

#[test]
fn extra_attributes_win_over_our_own() {
    let node = with_extra(target(&["dict"]), "fillcolor", "#abcdef");
    let node = with_extra(with_extra(node, "label", "mine"), "URL", "x.html?a&b");
    let dot = to_dot(&single(node));
    let line = dot
        .lines()
        .find(|line| line.trim_start().starts_with("o0["))
        .unwrap();
    assert!(line.contains(r##""fillcolor"="#abcdef""##), "{line}");
    assert_eq!(line.matches("fillcolor").count(), 1, "{line}");
    assert!(line.contains(r#""label"="mine""#), "{line}");
    assert!(line.contains(r#""URL"="x.html?a&b""#), "{line}");
}

#[test]
fn the_key_has_only_what_occurs() {
    assert!(!to_dot(&single(object(&["dict"], 0))).contains("labelloc"));
    let dot = to_dot(&single(target(&["dict"])));
    assert!(dot.contains("asked for"), "{dot}");
    assert!(!dot.contains("highlighted"), "{dot}");
    assert!(!dot.contains("farther away"), "{dot}");
}

#[test]
fn a_long_line_is_broken_at_words_and_its_full_text_kept() {
    let path = "/usr/lib/python3.13/site-packages/some_package/subpackage/module.py:1234";
    let dot = to_dot(&single(object(&["frame", path], 0)));
    assert!(
        dot.contains(
            "/usr/lib/python3.13/site-packages/<br/>some_package/subpackage/module.py:1234"
        ),
        "{dot}"
    );
    assert!(
        dot.contains(&format!("tooltip=\"frame\\n{path}\"")),
        "{dot}"
    );
}

#[test]
fn a_line_without_end_is_cut_with_an_ellipsis() {
    let line = "word ".repeat(200_000);
    let dot = to_dot(&single(object(&["str", &line], 0)));
    let label = dot
        .split("label=")
        .nth(1)
        .unwrap()
        .split(" tooltip=")
        .next()
        .unwrap();
    assert!(label.contains("word…"), "{label}");
    assert!(label.len() < 400, "{label}");
}

#[test]
fn an_empty_view_is_an_empty_drawing() {
    let dot = to_dot(&ViewBuilder::new().build());
    assert!(dot.starts_with("digraph heapgraph {"), "{dot}");
    assert!(!dot.contains("->"), "{dot}");
}

/// Parallel edges and an object that holds itself.
fn knot() -> View {
    let mut view = ViewBuilder::new();
    let first = view.node(target(&["Node"]));
    let second = view.node(object(&["Node"], 1));
    view.edge(first, second, ".left");
    view.edge(first, second, ".right");
    view.edge(second, first, ".parent");
    view.edge(first, first, ".me");
    view.build()
}

#[test]
fn parallel_edges_and_self_loops_are_all_drawn() {
    let dot = to_dot(&knot());
    assert_eq!(dot.matches("o0 -> o1 ").count(), 2, "{dot}");
    assert_eq!(dot.matches("o0 -> o0 ").count(), 1, "{dot}");
}

#[cfg(feature = "svg")]
mod pictures {
    use heapgraph::render::{ViewNode, to_png, to_svg};

    use super::{views::chain, *};

    fn count_of_nodes(svg: &str) -> usize {
        svg.matches("class=\"node\"").count()
    }

    #[test]
    fn a_leak_is_laid_out_as_recorded() {
        assert_golden("leak.svg", &to_svg(&leak()).unwrap());
    }

    #[test]
    fn a_graph_of_300_nodes_is_drawn_whole() {
        for fan_out in [4, 10] {
            let svg = to_svg(&tree(300, fan_out)).unwrap();
            assert_eq!(count_of_nodes(&svg), 300);
        }
    }

    #[test]
    fn a_long_chain_is_drawn_on_a_small_stack() {
        let svg = std::thread::Builder::new()
            .stack_size(1 << 20)
            .spawn(|| to_svg(&chain(500)).unwrap())
            .unwrap();
        assert_eq!(count_of_nodes(&svg.join().unwrap()), 500);
    }

    #[test]
    fn an_empty_view_and_a_knot_are_drawn() {
        assert!(
            to_svg(&ViewBuilder::new().build())
                .unwrap()
                .contains("<svg")
        );
        let svg = to_svg(&knot()).unwrap();
        assert_eq!(svg.matches("class=\"edge\"").count(), 4);
        assert!(
            to_png(&ViewBuilder::new().build())
                .unwrap()
                .starts_with(b"\x89PNG")
        );
    }

    #[test]
    fn a_drawing_of_absurd_size_is_scaled_down() {
        let node = with_extra(object(&["dict"], 0), "width", "100000");
        let png = to_png(&single(node)).unwrap();
        let width = u32::from_be_bytes(png[16..20].try_into().unwrap());
        assert!(width <= 16_000, "{width}");
    }

    #[test]
    fn the_texts_of_every_kind_contrast_with_their_fill() {
        let svg = to_svg(&leak()).unwrap();
        assert!(svg.contains("font-family=\"Helvetica"));
        for (fill, ink) in fills_and_inks() {
            let contrast = contrast(&fill, &ink);
            assert!(contrast >= 4.5, "{ink} on {fill}: {contrast:.2}");
        }
    }

    /// The fill and the text colour of each kind and mark, at each of ten depths.
    fn fills_and_inks() -> Vec<(String, String)> {
        let kinds = [
            ViewNodeKind::Object,
            ViewNodeKind::Module,
            ViewNodeKind::Frame,
            ViewNodeKind::Type,
            ViewNodeKind::More(3),
        ];
        let mut pairs = Vec::new();
        for depth in 0..=10 {
            for kind in kinds {
                for marks in 0..4 {
                    let node = ViewNode {
                        is_target: marks & 1 != 0,
                        is_highlighted: marks & 2 != 0,
                        ..of_kind(kind, &["dict", "3 items"], depth)
                    };
                    let mut view = single(node);
                    view.max_depth = 10;
                    pairs.push(fill_and_ink(&to_dot(&view)));
                }
            }
        }
        pairs
    }

    fn fill_and_ink(dot: &str) -> (String, String) {
        let line = |start: &str| {
            dot.lines()
                .find(|line| line.trim_start().starts_with(start))
        };
        let defaults = line("node[").unwrap();
        let node = line("o0[").or_else(|| line("more_")).unwrap();
        let value = |name: &str| {
            let start = format!(" {name}=\"");
            let find = |text: &str| {
                text.replace('[', " ")
                    .split_once(&start)
                    .map(|x| x.1.to_owned())
            };
            find(node).or_else(|| find(defaults)).unwrap()[..7].to_owned()
        };
        (value("fillcolor"), value("fontcolor"))
    }

    /// The contrast ratio of WCAG 2.
    fn contrast(one: &str, other: &str) -> f64 {
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    fn luminance(colour: &str) -> f64 {
        let channel = |at: usize| {
            let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
            let value = f64::from(value) / 255.0;
            if value <= 0.04045 {
                value / 12.92
            } else {
                ((value + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
    }
}
