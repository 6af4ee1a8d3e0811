//! Layouts of libraries, whatever their version: each is found by a field that is known, and not used where
//! that does not lie as expected.

/// How far behind the dtype of one of numpy's arrays is the object that its memory is from, since numpy 1.22
/// the last field (`mem_handler` in `ndarraytypes.h`): flags, weak references and information for buffers
/// lie between.
pub(in crate::capture::ffi) const HANDLER_AFTER_DTYPE: usize = 32;
