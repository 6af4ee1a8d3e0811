//! Whether frames keep what they hold where it is expected, tried out on functions made for that.

use std::ffi::CStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use pyo3::prelude::*;
use pyo3::types::{PyCFunction, PyDict, PyEllipsis, PyTuple};

use super::super::frames::{FrameData, FrameLayout, GeneratorData};
use super::super::threads::Threads;
use super::super::{Object, code_of_frame};

/// Functions with variables of every kind. Each is looked at while it is executed, suspended or over,
/// beside what Python says of its variables in their order; of those that functions share, the cells.
const PROGRAM: &CStr = c"
def in_order(code, said):
    own = code.co_varnames
    shared = [name for name in code.co_cellvars if not (are_joined and name in own)]
    # Up to 3.10 an argument that is shared has a place of its own, which is empty until a trace
    # function has run.
    values = [... if name in shared else said.get(name) for name in own]
    return values + [said.get(name) for name in (*shared, *code.co_freevars)]

def make(free):
    def probe(argument, shared, look):
        local = [argument]
        unset = None
        del unset
        inner = lambda: (free, shared)
        cells = zip(inner.__code__.co_freevars, inner.__closure__)
        look('executed', in_order(probe_code[0], dict(locals(), **dict(cells))))
    probe_code.append(probe.__code__)
    return probe

def suspended(argument):
    local = [argument]
    yield locals()

def over(argument):
    local = [argument]
    raise ValueError(locals())

probe_code = []
make(['free'])(['argument'], ['shared'], look)

exec('look(kind, [locals()])', {}, dict(look=look, kind='namespace'))

generator = suspended(['argument'])
variables = in_order(generator.gi_code, next(generator))
look('suspended', variables, generator, generator.gi_frame)

try:
    over(['argument'])
except ValueError as raised:
    frame, variables = raised.__traceback__.tb_next.tb_frame, raised.args[0]
look('over', in_order(frame.f_code, variables), frame)
frame.clear()
look('over', [], frame)
";

/// Runs the program and compares what it says with what is read by the layout.
pub(super) fn agrees(py: Python<'_>, layout: FrameLayout) -> PyResult<bool> {
    let (count, agreed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let counters = (Arc::clone(&count), Arc::clone(&agreed));
    let look = move |arguments: &Bound<'_, PyTuple>, _: Option<&Bound<'_, PyDict>>| {
        counters.0.fetch_add(1, Ordering::Relaxed);
        if is_as_said(layout, arguments)? {
            counters.1.fetch_add(1, Ordering::Relaxed);
        }
        PyResult::Ok(())
    };
    let scope = PyDict::new(py);
    scope.set_item("look", PyCFunction::new_closure(py, None, None, look)?)?;
    scope.set_item("are_joined", layout.joins_shared_arguments())?;
    py.run(PROGRAM, Some(&scope), None)?;
    // The functions hold it, and it them.
    scope.clear();
    let count = count.load(Ordering::Relaxed);
    Ok(count > 0 && agreed.load(Ordering::Relaxed) == count)
}

fn is_as_said(layout: FrameLayout, arguments: &Bound<'_, PyTuple>) -> PyResult<bool> {
    let said: Vec<Bound<'_, PyAny>> = arguments.get_item(1)?.extract()?;
    // `None` stands for an empty place, and `...` for one that may hold anything.
    let said: Vec<Option<u64>> = (said.iter())
        .map(|value| {
            let is_open = value.is(PyEllipsis::get(value.py()));
            let address = || Object::from_bound(value).address();
            (!is_open).then(|| if value.is_none() { 0 } else { address() })
        })
        .collect();
    let is_said = |found: Vec<u64>| {
        found.len() == said.len()
            && (found.iter().zip(&said)).all(|(found, said)| said.is_none_or(|said| said == *found))
    };
    let holds_it = |data: FrameData| is_said(data.variables(said.len()).collect());
    let threads = Threads::find(arguments.py(), None);
    let executed = threads.iter().find(|thread| thread.is_current);
    let executed = executed.and_then(|thread| thread.frame);
    let object = |position| arguments.get_item(position);
    match (object(0)?.extract::<&str>()?, executed) {
        ("executed", Some(frame)) => Ok(holds_it(layout.of_frame(Object::from_bound(&frame)))),
        ("namespace", Some(frame)) => {
            let namespace = layout.of_frame(Object::from_bound(&frame)).namespace();
            Ok(is_said(vec![namespace]))
        }
        ("suspended", _) => {
            let (generator, frame) = (object(2)?, object(3)?);
            let frame = Object::from_bound(&frame);
            let (frame_object, is_in_generator) =
                match layout.of_generator(Object::from_bound(&generator)) {
                    GeneratorData::Object(object) => (object, true),
                    GeneratorData::Here(data) => (data.frame_object(), holds_it(data)),
                };
            let is_in_frame = holds_it(layout.of_frame(frame));
            Ok(frame_object == frame.address() && is_in_generator && is_in_frame)
        }
        ("over", _) => {
            let frame = object(2)?;
            let count = code_of_frame(&frame).getattr("co_nlocals")?.extract()?;
            let data = layout.of_frame(Object::from_bound(&frame));
            let held = data.variables(count).filter(|value| *value != 0);
            Ok(is_said(held.collect()))
        }
        _ => Ok(false),
    }
}
