//! The extension module `heapgraph._core`: thin functions over capture, analysis and render.

#![expect(
    clippy::needless_pass_by_value,
    reason = "the arguments of Python functions are made for the call"
)]

mod asker;
mod captured_heap;
mod chain;
mod command;
mod drawing;
mod error;
mod file_path;
mod fingerprint;
mod growth;
mod live;
mod names;
mod patterns;
mod picture;
mod seen_objects;
mod snapshot;
mod statistics;
mod unreferenced;

use pyo3::prelude::*;

/// The compiled part of heapgraph.
#[pymodule(name = "_core")]
mod core {
    use pyo3::exceptions::PyImportError;
    use pyo3::prelude::*;
    use pyo3::types::IntoPyDict;

    use crate::analysis::EXCUSES_JSON;
    use crate::capture::Layout;

    #[pymodule_export]
    use super::asker::Asker;
    #[pymodule_export]
    use super::captured_heap::{CapturedHeap, named_referents, set_referents_registry};
    #[pymodule_export]
    use super::chain::{chain_text, find_chain, is_proper_module, is_root};
    #[pymodule_export]
    use super::command::{ProgramToRun, command};
    #[pymodule_export]
    use super::drawing::{Drawing, draw_chains, draw_neighbourhood};
    #[pymodule_export]
    use super::error::{CaptureError, HeapGraphError, RenderError, SnapshotError};
    #[pymodule_export]
    use super::file_path::{check_target, write_whole};
    #[pymodule_export]
    use super::growth::{
        GrowingPath, GrowthHistory, GrowthReport, ProcessReports, allocated_blocks,
        allocated_bytes, by_process, bytes_in_use, give_back_free_memory, given_order,
        growth_thresholds, left_out, origin_of, process_reports, snapshot_series,
    };
    #[pymodule_export]
    use super::names::{
        is_instance, one_line_of, qualified_name, shown_name_of, stands_for_others, type_name,
    };
    #[pymodule_export]
    use super::patterns::{generic_path, path_matches, type_matches};
    #[pymodule_export]
    use super::picture::Picture;
    #[pymodule_export]
    use super::seen_objects::{SeenObjects, untrack};
    #[pymodule_export]
    use super::snapshot::{
        CompiledHolders, CycleGroup, Cycles, Explanation, Garbage, HeapDiff, HeapSnapshot,
        HeldByCycle, Hint, NewObjects, NewPlace, Node, Owner, Reference, ReferenceLeak, RootChain,
        Suspect, Suspects, TypeChange, TypeRetained, TypeTotal, UnexplainedReferences,
        UnexplainedTotal, Why, explain, load_snapshot, take_snapshot, why_new,
    };
    #[pymodule_export]
    use super::statistics::{
        count_by_type, count_tracked, objects_at, objects_of_type, sizes_by_type,
    };
    #[pymodule_export]
    use super::unreferenced::unreferenced;

    #[pymodule_init]
    fn check_interpreter(module: &Bound<'_, PyModule>) -> PyResult<()> {
        // From 3.12 the interpreter itself refuses, unless it is told not to.
        if !crate::capture::is_main_interpreter(module.py()) {
            return Err(PyImportError::new_err(
                "heapgraph works in the main interpreter only: import it there",
            ));
        }
        let sys = module.py().import("sys")?;
        let has_gil = sys
            .getattr("_is_gil_enabled")
            .and_then(|f| f.call0()?.extract::<bool>());
        let abi = sys
            .getattr("abiflags")
            .and_then(|flags| flags.extract::<String>());
        if has_gil.is_ok_and(|has_gil| !has_gil) || abi.is_ok_and(|flags| flags.contains('t')) {
            return Err(PyImportError::new_err(
                "heapgraph does not support free-threaded CPython yet: \
                 run the program with the ordinary build of the same version",
            ));
        }
        if Layout::links_all_objects(module.py()) {
            return Err(PyImportError::new_err(
                "heapgraph does not support CPython built with --with-trace-refs before 3.13: \
                 run the program with an ordinary build",
            ));
        }
        #[cfg(target_os = "linux")]
        crate::capture::prepare_for_fork();
        crate::capture::Introspection::prepare(module.py())?;
        crate::capture::prepare_at_exit(module.py());
        crate::python::seen_objects::prepare(module.py())?;
        let layout = Layout::get(module.py());
        module.add("WALKS_COLLECTOR_LISTS", layout.has_collector_lists())?;
        let layouts: Vec<_> = layout.rows().collect();
        module.add("EXCUSES", EXCUSES_JSON)?;
        module.add("LAYOUTS", layouts.into_py_dict(module.py())?)
    }
}
