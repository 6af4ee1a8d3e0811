//! A view as SVG, laid out in process.

use graphviz_pure::render_dot;

use super::{dot::to_dot, error::RenderError, view::View};

/// Draws `view` as SVG, without an installed Graphviz.
///
/// The same view gives the same bytes on every machine.
///
/// # Errors
///
/// [`RenderError::Layout`] if the layout refuses the graph, which takes extra attributes that no
/// drawing could satisfy.
pub fn to_svg(view: &View) -> Result<String, RenderError> {
    let drawn = render_dot(&to_dot(view), "dot", "svg").map_err(|error| RenderError::Layout {
        message: error.to_string(),
    })?;
    Ok(drawn.into_output())
}
