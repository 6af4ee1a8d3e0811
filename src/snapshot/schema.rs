//! The columns of the file. `docs/snapshot-format.md` says what each means.

use crate::graph::NodeFlags;

/// The version that this code writes, and the highest that it reads.
pub(super) const FORMAT_VERSION: u64 = 1;

/// What the content of a file takes in memory, as counted by [`loaded_size`], for each byte of it.
///
/// No file may say more, so that a small one can not ask for all memory; one that would is made
/// longer with zeros when it is saved.
pub(super) const LOADED_SIZE_PER_BYTE: u64 = 64;

const SIZE_OF_VALUE: u64 = 4;

/// Bytes for which a page or a column counts that unpacks to so many, with so many values. The
/// values count besides, as the same one can be repeated at no cost.
pub(super) const fn loaded_size(uncompressed: u64, values: u64) -> u64 {
    uncompressed.saturating_add(values.saturating_mul(SIZE_OF_VALUE))
}

/// The most values of a column that a file of that length can have.
pub(super) fn most_values(file_length: usize) -> usize {
    let most = (file_length as u64).saturating_mul(LOADED_SIZE_PER_BYTE / SIZE_OF_VALUE);
    usize::try_from(most).unwrap_or(usize::MAX)
}

/// As the crate `parquet` parses it.
pub(super) const MESSAGE_TYPE: &str = "
message heap {
  required int32 node (INTEGER(32, false));
  required int64 address (INTEGER(64, false));
  required binary type (STRING);
  required int32 type_id (INTEGER(32, false));
  required int64 shallow_size (INTEGER(64, false));
  optional int32 reference_count (INTEGER(32, false));
  optional int32 untraversed_count (INTEGER(32, false));
  required boolean tracked;
  required boolean is_class;
  required boolean is_module;
  required boolean is_proper_module;
  required boolean is_frame;
  required boolean is_module_namespace;
  required boolean is_dict;
  optional binary root_kind (STRING);
  optional binary root_name (STRING);
  optional binary name (STRING);
  optional binary value (STRING);
  required group referents (LIST) {
    repeated group list {
      required int32 element (INTEGER(32, false));
    }
  }
  optional group reference_names (LIST) {
    repeated group list {
      optional binary element (STRING);
    }
  }
}";

/// How one value lies in the file. The numbers are those of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PhysicalType {
    Boolean = 0,
    Int32 = 1,
    Int64 = 2,
    ByteArray = 6,
}

/// A column as [`MESSAGE_TYPE`] has it, flat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Column {
    /// The outermost name.
    pub(super) name: &'static str,
    /// The names that lead to the values, with dots between.
    pub(super) path: &'static str,
    pub(super) physical: PhysicalType,
    /// How many of the names may be absent.
    pub(super) definition: u8,
    /// How many of the names may repeat.
    pub(super) repetition: u8,
}

impl Column {
    const fn required(name: &'static str, physical: PhysicalType) -> Self {
        Self {
            name,
            path: name,
            physical,
            definition: 0,
            repetition: 0,
        }
    }

    const fn optional(name: &'static str, physical: PhysicalType) -> Self {
        Self {
            definition: 1,
            ..Self::required(name, physical)
        }
    }
}

pub(super) const NODE: Column = Column::required("node", PhysicalType::Int32);
pub(super) const ADDRESS: Column = Column::required("address", PhysicalType::Int64);
pub(super) const TYPE: Column = Column::required("type", PhysicalType::ByteArray);
pub(super) const TYPE_ID: Column = Column::required("type_id", PhysicalType::Int32);
pub(super) const SHALLOW_SIZE: Column = Column::required("shallow_size", PhysicalType::Int64);
pub(super) const REFERENCE_COUNT: Column = Column::optional("reference_count", PhysicalType::Int32);
/// Missing in files that were written before it was known.
pub(super) const UNTRAVERSED_COUNT: Column =
    Column::optional("untraversed_count", PhysicalType::Int32);
pub(super) const ROOT_KIND: Column = Column::optional("root_kind", PhysicalType::ByteArray);
pub(super) const ROOT_NAME: Column = Column::optional("root_name", PhysicalType::ByteArray);
pub(super) const NAME: Column = Column::optional("name", PhysicalType::ByteArray);
pub(super) const VALUE: Column = Column::optional("value", PhysicalType::ByteArray);
pub(super) const REFERENTS: Column = Column {
    path: "referents.list.element",
    definition: 1,
    repetition: 1,
    ..Column::required("referents", PhysicalType::Int32)
};
pub(super) const REFERENCE_NAMES: Column = Column {
    path: "reference_names.list.element",
    definition: 3,
    repetition: 1,
    ..Column::required("reference_names", PhysicalType::ByteArray)
};

/// The columns that say yes or no, each with its flag. An immortal object is one without a
/// reference count.
pub(super) const FLAGS: [(Column, NodeFlags); 7] = [
    (boolean("tracked"), NodeFlags::TRACKED),
    (boolean("is_class"), NodeFlags::TYPE),
    (boolean("is_module"), NodeFlags::MODULE),
    (boolean("is_proper_module"), NodeFlags::PROPER_MODULE),
    (boolean("is_frame"), NodeFlags::FRAME),
    (boolean("is_module_namespace"), NodeFlags::MODULE_NAMESPACE),
    (boolean("is_dict"), NodeFlags::DICT),
];

const fn boolean(name: &'static str) -> Column {
    Column::required(name, PhysicalType::Boolean)
}
