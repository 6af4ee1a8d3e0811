//! What the one who asks holds, as Python hands it over.

use pyo3::prelude::*;

use crate::analysis::{self, Tool};

/// What the asker holds in order to ask, by addresses: `variables` are frames and namespaces, `given`
/// classes of lists that were given out, and each of `tools` is a holder, the key or object that it
/// holds (0 for all), and words; `parameters` are frames and names of variables. Holds no object, so that no
/// walk sees one.
#[pyclass(frozen, module = "heapgraph._core")]
pub(super) struct Asker(pub(super) analysis::Asker);

#[pymethods]
impl Asker {
    #[new]
    #[pyo3(signature = (variables, given, tools, parameters=Vec::new()))]
    fn new(
        variables: Vec<u64>,
        given: Vec<u64>,
        tools: Vec<(u64, u64, String)>,
        parameters: Vec<(u64, String)>,
    ) -> Self {
        let tools = tools.into_iter().map(|(holder, only, words)| Tool {
            holder,
            only,
            words,
        });
        Self(analysis::Asker {
            variables,
            given,
            tools: tools.collect(),
            parameters,
        })
    }
}
