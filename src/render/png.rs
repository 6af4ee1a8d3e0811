//! A view as PNG: the SVG drawn with the fonts that come with the rasterizer.

use graphviz_pure_raster::{RasterFormat, rasterize};

use super::{error::RenderError, svg::to_svg, view::View};

/// Pixels per point of a drawing that is not too large: sharp enough for a report.
const PIXELS_PER_POINT: f64 = 2.0;

/// More than any screen shows; four bytes of memory each.
const MOST_PIXELS: f64 = 24_000_000.0;

/// What common viewers and browsers still open.
const LONGEST_SIDE: f64 = 16_000.0;

/// The rasterizer draws 96 pixels to the inch, and an inch has 72 points.
const PIXELS_PER_WRITTEN_POINT: f64 = 96.0 / 72.0;

/// Draws `view` as PNG, without an installed Graphviz.
///
/// A drawing is two pixels to the point (144 dpi). One that would have more than 24 million
/// pixels, or a side longer than 16,000, is scaled down to that, so that a large graph needs no
/// more memory than a screenful; its text may then be too small to read, and SVG the better
/// choice. The fonts that come with the rasterizer have Latin, Greek, Cyrillic and Hebrew
/// letters; others show as boxes.
///
/// # Errors
///
/// [`RenderError::Layout`] as for SVG; [`RenderError::Raster`] if the drawing can not be turned
/// into pixels.
pub fn to_png(view: &View) -> Result<Vec<u8>, RenderError> {
    let svg = scaled(&to_svg(view)?)?;
    let drawn = rasterize(&svg, RasterFormat::Png, false).map_err(|error| RenderError::Raster {
        message: error.to_string(),
    })?;
    Ok(drawn.into_output())
}

/// `svg` with the width and height that give it the pixels it is to have; the coordinates inside
/// follow, because its view box stays.
fn scaled(svg: &str) -> Result<String, RenderError> {
    let unreadable = || RenderError::Raster {
        message: "the SVG names no size".to_owned(),
    };
    let (before, rest) = svg.split_once("<svg width=\"").ok_or_else(unreadable)?;
    let (width, rest) = rest.split_once("pt\" height=\"").ok_or_else(unreadable)?;
    let (height, rest) = rest.split_once("pt\"").ok_or_else(unreadable)?;
    let width: f64 = width.parse().map_err(|_| unreadable())?;
    let height: f64 = height.parse().map_err(|_| unreadable())?;
    let scale = pixels_per_point(width, height) / PIXELS_PER_WRITTEN_POINT;
    let (width, height) = (width * scale, height * scale);
    Ok(format!(
        "{before}<svg width=\"{width:.3}pt\" height=\"{height:.3}pt\"{rest}"
    ))
}

fn pixels_per_point(width: f64, height: f64) -> f64 {
    let by_area = (MOST_PIXELS / (width * height)).sqrt();
    let by_side = LONGEST_SIDE / width.max(height);
    PIXELS_PER_POINT.min(by_area).min(by_side)
}
