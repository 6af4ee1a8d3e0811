//! Whatever a text is, the picture shows it, read back by a parser that is not ours.
#![cfg(feature = "svg")]

use heapgraph::render::{View, ViewNode, one_line, to_dot, to_svg};

use super::views::{ViewBuilder, chained, object, single, with_extra};

/// What a reader is to see for `text`.
fn shown(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' => "\n".to_owned(),
            '\t' => "\\t".to_owned(),
            '\r' => "\\r".to_owned(),
            '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' => {
                format!("\\x{:02x}", u32::from(c))
            }
            '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
            | '\u{feff}'
            | '\u{fffe}'
            | '\u{ffff}' => format!("\\u{:04x}", u32::from(c)),
            c => c.to_string(),
        })
        .collect()
}

/// The rows of `text`, without blanks at their ends, which a browser does not draw either.
fn rows(text: &str) -> Vec<String> {
    let rows = text
        .split('\n')
        .map(|row| row.replace('\u{a0}', " ").trim().to_owned());
    rows.filter(|row| !row.is_empty()).collect()
}

fn unescape(xml: &str) -> String {
    let mut text = String::new();
    let mut rest = xml;
    while let Some((before, after)) = rest.split_once('&') {
        let (name, after) = after.split_once(';').unwrap();
        text.push_str(before);
        text.push(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            number => {
                let number = number.strip_prefix('#').unwrap();
                let code_point = number.strip_prefix('x').map_or_else(
                    || number.parse().unwrap(),
                    |hexadecimal| u32::from_str_radix(hexadecimal, 16).unwrap(),
                );
                char::from_u32(code_point).unwrap()
            }
        });
        rest = after;
    }
    text + rest
}

/// The texts drawn in `svg`, in order.
fn drawn_rows(svg: &str) -> Vec<String> {
    let texts = svg.split("<text ").skip(1).map(|element| {
        let (_, text) = element.split_once('>').unwrap();
        unescape(text.split_once("</text>").unwrap().0)
    });
    rows(&texts.collect::<Vec<_>>().join("\n"))
}

fn drawn_tooltip(svg: &str) -> String {
    let (_, title) = svg.split_once("xlink:title=\"").unwrap();
    spaced(&unescape(title.split_once('"').unwrap().0))
}

/// A blank after another blank is written so that a browser keeps it.
fn spaced(text: &str) -> String {
    text.replace('\u{a0}', " ")
}

/// Draws `text` as a type name, a detail, an edge label on and off the chain, and an attribute.
#[track_caller]
fn assert_drawn(text: &str) {
    let expected = rows(&shown(text));
    for node in [object(&[text], 0), object(&["dict", text], 0)] {
        let prefix = (node.lines.len() > 1).then(|| "dict".to_owned());
        let expected: Vec<String> = prefix.into_iter().chain(expected.clone()).collect();
        let svg = draw(&single(node.clone()));
        assert_eq!(drawn_rows(&svg), expected, "label {text:?}");
        let tooltip = shown(&node.lines.join("\n"));
        if !tooltip.trim().is_empty() {
            assert_eq!(drawn_tooltip(&svg), spaced(&tooltip), "tooltip {text:?}");
        }
        for shape in ["record", "Mrecord"] {
            let svg = draw(&single(with_extra(node.clone(), "shape", shape)));
            let drawn = drawn_rows(&svg).join("\n");
            assert_eq!(
                single_spaced(&drawn),
                single_spaced(&expected.join("\n")),
                "{shape}"
            );
        }
    }
    let svg = draw(&single(with_extra(object(&["dict"], 0), "label", text)));
    assert_eq!(drawn_rows(&svg), expected, "label attribute {text:?}");
    draw(&single(with_extra(object(&["dict"], 0), text, text)));
    let svg = draw(&single(with_extra(object(&["dict"], 0), "tooltip", text)));
    if !text.trim().is_empty() {
        let expected = spaced(&shown(text));
        assert_eq!(drawn_tooltip(&svg), expected, "tooltip attribute {text:?}");
    }
    for view in edges(text) {
        assert_eq!(drawn_rows(&draw(&view)), expected, "edge label {text:?}");
    }
}

/// Fields of a record draw several blanks as one.
fn single_spaced(text: &str) -> String {
    text.split(' ')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
}

fn edges(label: &str) -> [View; 2] {
    let unlabelled = |node: ViewNode| with_extra(node, "label", "");
    [false, true].map(|is_on_chain| {
        let mut view = ViewBuilder::new();
        let holder = view.node(unlabelled(object(&["dict"], 0)));
        let held = view.node(unlabelled(object(&["dict"], 0)));
        if is_on_chain {
            view.chain_edge(holder, held, label);
        } else {
            view.edge(holder, held, label);
        }
        view.build()
    })
}

#[track_caller]
fn draw(view: &View) -> String {
    to_svg(view).unwrap_or_else(|error| panic!("{error}\n{}", to_dot(view)))
}

#[test]
fn joiners_are_written_out_where_they_join_nothing() {
    let texts = [
        ("na\u{200d}me", r"na\u200dme"),
        ("\u{202e}\u{200d}", r"\u202e\u200d"),
        ("क्\u{200d}ष", "क्\u{200d}ष"),
    ];
    for (text, shown) in texts {
        assert_eq!(one_line(text), shown);
    }
}

#[test]
fn each_low_code_point_is_drawn() {
    for code_point in 0_u8..=255 {
        let c = char::from(code_point);
        assert_drawn(&format!("a{c}b{c}"));
    }
}

#[test]
fn texts_that_mean_something_to_graphviz_are_drawn_as_they_are() {
    for text in [
        "\\",
        "\\\\",
        "a\\",
        "\\N",
        "\\G",
        "\\l",
        "\\n",
        "x\\\"",
        "\"",
        "\"quoted\"",
        "<b>",
        "<<b>>",
        "<locals>.f",
        "</b>",
        "<!-- x",
        "-->",
        "a:b",
        "&amp;",
        "&#65;",
        "&lt;b",
        "&;",
        "&",
        "{a|b}",
        "<0> x",
        "]",
        "];",
        "a -> b",
        "/*",
        "//",
        "#",
        "\u{fffd}",
        "é日本",
        "\u{10ff41}",
        "\u{10ffff}",
        "\u{1f600}",
        "\u{feff}",
        "\u{fffe}",
        "\u{ffff}",
        "\u{202e}x",
        "a\nb",
        "a\n\nb",
        "\n",
        " ",
        "  ",
        "a  b",
        "%s",
        "$(x)",
        "\\E\\T\\H\\L\\r",
        "graph",
        "node",
        "edge",
        "digraph",
        "subgraph",
        "strict",
        "Strict Digraph",
        "\u{a0}",
        "",
        "a:b:ne",
        "a\rb",
        "a\r\nb",
        "\\\n",
        "a\\\nb",
        "+",
        "\"a\" + \"b\"",
        "<![CDATA[x]]>",
        "<br/>",
    ] {
        assert_drawn(text);
    }
}

#[test]
fn random_texts_are_drawn() {
    const PIECES: &[&str] = &[
        "\\",
        "\"",
        "\n",
        "&",
        ";",
        "<",
        ">",
        "{",
        "}",
        "|",
        "\0",
        "\x1b",
        "a",
        "n",
        "N",
        "l",
        "#65",
        "lt",
        " ",
        ".",
        "_",
        "é",
        "\u{fffd}",
        "\u{10ff00}",
        "--",
        "]]>",
    ];
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..120 {
        // Few enough pieces that no row is long enough to be broken.
        let length = 1 + random(6);
        let text: String = (0..length).map(|_| PIECES[random(PIECES.len())]).collect();
        assert_drawn(&text);
    }
}

#[test]
fn a_text_of_a_megabyte_is_kept_in_the_tooltip() {
    for piece in ["x", "\\", "\"", "&", "<", "é "] {
        let text = piece.repeat(1_000_000 / piece.len());
        let svg = draw(&single(chained(object(&["str", &text], 0))));
        assert_eq!(drawn_tooltip(&svg), format!("str\n{text}"));
    }
}
