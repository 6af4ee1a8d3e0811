//! What the asker holds: it is let go of where something else holds the same, and told otherwise.

use heapgraph::analysis::{Asker, DominatorTree, HandTally, Tool, Why};
use heapgraph::graph::{EdgeLabel, NodeFlags, NodeIndex, RootKind};
use heapgraph::render::text::{Style, why_text};

use crate::random::for_random_sketches;
use crate::sketch::{Sketch, address};
use crate::written_heap::{WrittenHeap, key};

fn attribute(name: &str) -> EdgeLabel {
    EdgeLabel::attribute(name)
}

/// A heap in which the function `ask` is called by the module `app`.
struct Asking {
    heap: WrittenHeap,
    frame: usize,
    asker: Asker,
}

impl Asking {
    fn new() -> Self {
        let mut heap = WrittenHeap::new();
        let frame = frame(&mut heap, "ask");
        let asker = Asker {
            variables: vec![address(frame), address(1)],
            ..Asker::default()
        };
        Self { heap, frame, asker }
    }

    /// The object `app.cache[0]`.
    fn cached(&mut self) -> usize {
        let cache = self.heap.global("cache", "builtins.list", 10);
        self.heap.held(cache, EdgeLabel::Index(0), "app.Item", 5)
    }

    fn variable(&mut self, name: &str, held: usize) {
        (self.heap).refer(self.frame, EdgeLabel::Local(name.into()), held);
    }

    /// The paths to `targets`, what leads to them only because it is the asker's, and what was left out.
    fn answer(&self, targets: &[usize]) -> (Vec<String>, Vec<HandTally>, String) {
        let mut snapshot = self.heap.build();
        let targets: Vec<NodeIndex> = targets.iter().copied().map(NodeIndex::new).collect();
        let hands = self.asker.let_go(&mut snapshot, &targets).unwrap();
        let tree = DominatorTree::new(&snapshot);
        let mut why = Why::explain(&snapshot, &tree, &targets, 10);
        why.leave_out(hands);
        let text = why_text(&snapshot, &why, Style::Plain);
        let paths = why.explanations.iter().map(|one| {
            let path = heapgraph::render::text::spelled_path(&snapshot, &one.chain, &one.steps);
            format!("{path} {:?}", one.asker)
        });
        (paths.collect(), why.left_out, text)
    }

    /// As [`answer`](Self::answer) of one object, without the text.
    fn of_one(&self, target: usize) -> (String, Vec<String>) {
        let (paths, left_out, _) = self.answer(&[target]);
        let left_out = left_out.into_iter().map(|one| one.words);
        (paths.join(", "), left_out.collect())
    }
}

fn frame(heap: &mut WrittenHeap, name: &str) -> usize {
    let frame = heap.add("builtins.frame", 1);
    heap.flag(frame, NodeFlags::FRAME);
    heap.name(frame, &format!("{name} in app.py"));
    heap.root(frame, RootKind::Frame, name);
    frame
}

/// An entry of a dict, its key included.
fn entry(heap: &mut WrittenHeap, dict: usize, name: &str, held: usize) -> usize {
    let text = heap.held(
        dict,
        EdgeLabel::KeyObject(format!("'{name}'")),
        "builtins.str",
        1,
    );
    heap.refer(dict, key(name), held);
    text
}

#[test]
fn a_variable_is_left_out_where_something_else_holds_the_object() {
    // app.cache -> list -> item <- local item of `ask`
    let mut asking = Asking::new();
    let item = asking.cached();
    asking.variable("item", item);
    let (_, left_out, text) = asking.answer(&[item]);
    assert_eq!(left_out.len(), 1);
    let end = "\
Cutting app.cache[0] frees 5 bytes in 1 object.
and your variable `item`
";
    assert!(text.ends_with(end), "{text}");
    // Of another object it says nothing.
    let queue = asking.heap.global("queue", "builtins.list", 10);
    let other = (asking.heap).held(queue, EdgeLabel::Index(0), "app.Item", 5);
    assert_eq!(asking.of_one(other), ("app.queue[0] []".into(), vec![]));
}

#[test]
fn a_variable_that_alone_holds_the_object_is_the_answer() {
    let mut asking = Asking::new();
    let item = asking.heap.add("app.Item", 5);
    asking.variable("item", item);
    assert_eq!(
        asking.of_one(item),
        (
            "<frame ask><local item> [\"your variable `item`\"]".into(),
            vec![]
        )
    );
    let (_, _, text) = asking.answer(&[item]);
    let end = "\
Only your variable `item` leads to it.
Cutting <frame ask><local item> frees 5 bytes in 1 object.
";
    assert!(text.ends_with(end), "{text}");
}

#[test]
fn a_global_of_the_caller_is_his_variable_too() {
    // app.loader -> item <- [0] of app.cache
    let mut asking = Asking::new();
    let item = asking.cached();
    // In pairs, as in a dict that was captured.
    let references = asking.heap.take_references(1);
    for (_, cache) in references {
        entry(&mut asking.heap, 1, "cache", cache);
    }
    entry(&mut asking.heap, 1, "loader", item);
    let expected = (
        "app.cache[0] []".into(),
        vec!["your variable `loader`".into()],
    );
    assert_eq!(asking.of_one(item), expected);
    // Its attributes are not: whoever asks about the item has not bound the cache to ask.
    let (paths, left_out, _) = asking.answer(&[]);
    assert!(paths.is_empty() && left_out.is_empty());
}

#[test]
fn what_functions_share_with_the_caller_is_his() {
    //   ask: local item -> cell -> item, local inner -> function -> closure -> cell
    let mut asking = Asking::new();
    let item = asking.cached();
    let cell = asking.heap.add("builtins.cell", 1);
    asking.heap.refer(cell, attribute("cell_contents"), item);
    asking.variable("item", cell);
    let function = asking.heap.add("builtins.function", 1);
    let closure = (asking.heap).held(function, attribute("__closure__"), "builtins.tuple", 1);
    asking
        .heap
        .refer(closure, EdgeLabel::Closure("item".into()), cell);
    asking.variable("inner", function);
    let own = ["your variable `item`", "your variable `inner`"].map(String::from);
    let expected = ("app.cache[0] []".into(), own.to_vec());
    assert_eq!(asking.of_one(item), expected);
    // A function that somebody else has kept is a holder as any other.
    let hooks = asking.heap.global("hooks", "builtins.list", 1);
    asking.heap.refer(hooks, EdgeLabel::Index(0), function);
    let (_, _, text) = asking.answer(&[item]);
    assert!(text.contains("Held by 2 independent references"), "{text}");
    assert!(text.contains("app.hooks[0]<closure item>"), "{text}");
}

#[test]
fn a_coroutine_that_asks_has_the_variables_of_its_frame() {
    //   app.tasks -> coroutine -> frame `ask`, coroutine -> local item -> item
    let mut asking = Asking::new();
    let item = asking.cached();
    let tasks = asking.heap.global("tasks", "builtins.list", 1);
    let coroutine = asking
        .heap
        .held(tasks, EdgeLabel::Index(0), "builtins.coroutine", 1);
    asking
        .heap
        .refer(coroutine, attribute("cr_frame"), asking.frame);
    asking
        .heap
        .refer(coroutine, EdgeLabel::Local("item".into()), item);
    asking.variable("item", item);
    let (_, left_out, text) = asking.answer(&[item]);
    let words = "your variable `item`".into();
    assert_eq!(left_out, [HandTally { words, count: 1 }]);
    assert!(text.contains("Cutting app.cache[0] frees"), "{text}");
}

#[test]
fn a_list_that_was_given_holds_only_what_nothing_else_does() {
    //   ask: local found -> Found -> cached, Found -> lost
    let mut asking = Asking::new();
    let cached = asking.cached();
    let lost = asking.heap.add("app.Item", 5);
    let class = asking.heap.global("Found", "builtins.type", 1);
    asking.heap.class(class, "heapgraph.Found");
    let found = asking.heap.add("heapgraph.Found", 1);
    asking.heap.refer(found, EdgeLabel::Index(0), cached);
    asking.heap.refer(found, EdgeLabel::Index(1), lost);
    asking.heap.refer(found, attribute("__class__"), class);
    asking.variable("found", found);
    asking.asker.given = vec![address(class)];
    let (paths, left_out, _) = asking.answer(&[cached, lost]);
    let words = String::from("your variable `found`");
    assert_eq!(
        paths,
        [
            "app.cache[0] []".to_owned(),
            format!("<frame ask><local found>[1] [{words:?}]")
        ]
    );
    assert_eq!(left_out, [HandTally { words, count: 1 }]);
}

#[test]
fn what_a_prompt_keeps_is_told_from_a_name_for_the_same_object() {
    //   app: '_' -> item, 'mine' -> item; a debugger -> item
    let mut asking = Asking::new();
    let item = asking.heap.add("app.Item", 5);
    let shown = entry(&mut asking.heap, 1, "_", item);
    entry(&mut asking.heap, 1, "mine", item);
    let debugger = asking.heap.add("pdb.Pdb", 1);
    asking
        .heap
        .root(debugger, RootKind::External, "held from outside");
    asking.heap.refer(debugger, attribute("shown"), item);
    asking.asker.variables.clear();
    let tool = |holder, only, words: &str| Tool {
        holder,
        only,
        words: words.into(),
    };
    asking.asker.tools = vec![
        tool(address(1), address(shown), "the output"),
        tool(address(debugger), 0, "the debugger"),
    ];
    let own = vec!["the output".into(), "the debugger".into()];
    assert_eq!(asking.of_one(item), ("app.mine []".into(), own));
}

#[test]
fn what_the_asker_holds_by_way_of_something_else_explains_nothing_either() {
    //   a prompt -> failure -> item, and app.cache -> list of lists -> item
    let mut asking = Asking::new();
    let item = asking.cached();
    let prompt = asking.heap.module("sys");
    let failure = asking.heap.add("app.Error", 5);
    entry(&mut asking.heap, prompt, "last_value", failure);
    asking.heap.refer(failure, attribute("item"), item);
    let lost = asking.heap.held(failure, attribute("lost"), "app.Item", 5);
    asking.asker.tools = vec![Tool {
        holder: address(prompt),
        only: 0,
        words: "the prompt".into(),
    }];
    assert_eq!(asking.of_one(item), ("app.cache[0] []".into(), vec![]));
    let (_, _, text) = asking.answer(&[item]);
    assert!(text.contains("Cutting app.cache[0] frees"), "{text}");
    // What it alone leads to is there because of it.
    let of_lost = "sys.last_value.lost [\"the prompt\"]";
    assert_eq!(asking.of_one(lost), (of_lost.into(), vec![]));
    let (paths, _, _) = asking.answer(&[item, lost]);
    assert_eq!(paths, ["app.cache[0] []", of_lost]);
}

#[test]
fn references_are_forgotten_as_if_they_had_never_been() {
    for_random_sketches(300, |sketch, random| {
        let mut graph = sketch.build().graph;
        let mut left = sketch.clone();
        let mut edges = sketch.edges.clone();
        edges.sort_by_key(|edge| edge.0);
        let forgotten: Vec<usize> = (0..edges.len()).filter(|_| random.one_in(3)).collect();
        left.edges = (edges.iter().enumerate())
            .filter(|(position, _)| !forgotten.contains(position))
            .map(|(_, &edge)| edge)
            .collect();
        graph.forget_references(&forgotten);
        let expected = left.build().graph;
        for node in graph.nodes() {
            assert_eq!(graph.referents(node), expected.referents(node));
            assert_eq!(graph.referrers(node), expected.referrers(node));
            assert_eq!(graph.edge_positions(node), expected.edge_positions(node));
        }
    });
}

#[test]
fn what_a_caller_holds_of_an_argument_is_counted_off() {
    //   ask: local item -> item, and once more from outside
    let sketch = Sketch::new("ask -> item")
        .counted("item")
        .flagged("ask", NodeFlags::FRAME);
    let left = |name: &str| {
        let roots = [("ask", RootKind::Frame)];
        let mut snapshot = sketch.snapshot(&roots, |_, _, _| EdgeLabel::Local("item".into()));
        let asker = Asker {
            variables: vec![address(0)],
            parameters: vec![(address(0), name.into())],
            ..Asker::default()
        };
        let item = NodeIndex::new(1);
        let hands = asker.let_go(&mut snapshot, &[item]).unwrap();
        (snapshot.graph().unexplained_count(item), hands.let_go.len())
    };
    // By the call: then nothing but the variable holds it.
    assert_eq!(left("item"), (0, 0));
    // By something else, which explains it.
    assert_eq!(left("other"), (1, 1));
}

#[test]
fn a_reference_is_only_the_askers_if_the_holder_holds_the_object_by_no_other() {
    // given -> 20,000 items, all of them his; app -> items[0] as the output and by a name of its own.
    let mut asking = Asking::new();
    let class = asking.heap.add("builtins.type", 10);
    asking.heap.class(class, "heapgraph.ObjectList");
    let given = asking.heap.add("heapgraph.ObjectList", 10);
    let items: Vec<usize> = (0..20_000)
        .map(|position| (asking.heap).held(given, EdgeLabel::Index(position), "app.Item", 5))
        .collect();
    asking.asker.given.push(address(class));
    asking.asker.variables.clear();
    let shown = entry(&mut asking.heap, 1, "_", items[0]);
    let also_shown = entry(&mut asking.heap, 1, "__", items[1]);
    entry(&mut asking.heap, 1, "mine", items[0]);
    let tool = |only| Tool {
        holder: address(1),
        only: address(only),
        words: "the output".into(),
    };
    asking.asker.tools = vec![tool(shown), tool(also_shown)];
    let snapshot = asking.heap.build();
    let target = NodeIndex::new(items[0]);
    let found = asking.asker.references(snapshot.graph(), &[target]);
    let found = found.unwrap();
    let is_found = |holder, held| found.contains(&(NodeIndex::new(holder), NodeIndex::new(held)));
    assert!(items.iter().all(|&item| is_found(given, item)));
    assert!(is_found(1, items[1]) && !is_found(1, items[0]));
    assert_eq!(found.len(), items.len() + 1);
}
