//! Files with a right checksum that say what they are told to. They are written by the crate
//! `parquet` from the description in `docs/snapshot-format.md`.

use std::fs;
use std::sync::Arc;

use heapgraph::snapshot::{HeapSnapshot, SnapshotError, load};
use parquet::basic::{Compression, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use tempfile::tempdir;

use super::seal::reseal;

pub(super) const SCHEMA: &str = "message heap {
  required int32 node (INTEGER(32, false));
  required int64 address (INTEGER(64, false));
  required binary type (STRING);
  required int32 type_id (INTEGER(32, false));
  required int64 shallow_size (INTEGER(64, false));
  optional int32 reference_count (INTEGER(32, false));
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
  required group referents (LIST) { repeated group list {
    required int32 element (INTEGER(32, false)); } }
  optional group reference_names (LIST) { repeated group list {
    optional binary element (STRING); } }
}";

#[derive(Clone)]
pub(super) enum Values {
    Boolean(Vec<bool>),
    Int32(Vec<i32>),
    Int64(Vec<i64>),
    Text(Vec<&'static str>),
}

/// Values of a column, which of them are there, and which start a row.
#[derive(Clone)]
pub(super) struct Column(&'static str, Values, Vec<i16>, Vec<i16>);

/// A file to be: by default three objects, of which the first refers to the others and the last
/// to the first.
#[derive(Clone)]
pub(super) struct Forgery {
    pub(super) schema: String,
    pub(super) columns: Vec<Column>,
    pub(super) key_values: Vec<(String, String)>,
    pub(super) compression: Compression,
}

impl Forgery {
    pub(super) fn new() -> Self {
        let key_value = |(key, value)| (format!("heapgraph.{key}"), str::to_owned(value));
        Self {
            schema: SCHEMA.into(),
            columns: columns(),
            key_values: key_values().into_iter().map(key_value).collect(),
            compression: Compression::ZSTD(ZstdLevel::default()),
        }
    }

    /// Other values in a column.
    pub(super) fn with(mut self, name: &str, values: Values) -> Self {
        self.column(name).1 = values;
        self
    }

    /// Other values in a column, not all of them there.
    pub(super) fn with_levels(
        mut self,
        name: &str,
        values: Values,
        levels: (&[i16], &[i16]),
    ) -> Self {
        let column = self.column(name);
        (column.1, column.2, column.3) = (values, levels.0.into(), levels.1.into());
        self
    }

    pub(super) fn saying(mut self, key: &str, value: &str) -> Self {
        let key = format!("heapgraph.{key}");
        let entry = self.key_values.iter_mut().find(|(other, _)| *other == key);
        value.clone_into(&mut entry.unwrap().1);
        self
    }

    fn column(&mut self, name: &str) -> &mut Column {
        let mut columns = self.columns.iter_mut();
        columns.find(|column| column.0 == name).unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        let schema = Arc::new(parse_message_type(&self.schema).unwrap());
        let key_value = |(key, value): &(String, String)| KeyValue::new(key.clone(), value.clone());
        let properties = WriterProperties::builder()
            .set_compression(self.compression)
            .set_key_value_metadata(Some(self.key_values.iter().map(key_value).collect()))
            .build();
        let mut writer =
            SerializedFileWriter::new(Vec::new(), schema, Arc::new(properties)).unwrap();
        writer.write_all(&[0; 24]).unwrap();
        let mut group = writer.next_row_group().unwrap();
        for Column(_, values, definition, repetition) in &self.columns {
            let mut column = group.next_column().unwrap().unwrap();
            let definition = Some(&definition[..]).filter(|levels| !levels.is_empty());
            let repetition = Some(&repetition[..]).filter(|levels| !levels.is_empty());
            match values {
                Values::Boolean(values) => column
                    .typed::<BoolType>()
                    .write_batch(values, definition, repetition),
                Values::Int32(values) => column
                    .typed::<Int32Type>()
                    .write_batch(values, definition, repetition),
                Values::Int64(values) => column
                    .typed::<Int64Type>()
                    .write_batch(values, definition, repetition),
                Values::Text(values) => {
                    let values: Vec<ByteArray> = values.iter().map(|&text| text.into()).collect();
                    column
                        .typed::<ByteArrayType>()
                        .write_batch(&values, definition, repetition)
                }
            }
            .unwrap();
            column.close().unwrap();
        }
        group.close().unwrap();
        let mut bytes = writer.into_inner().unwrap();
        reseal(&mut bytes);
        bytes
    }

    pub(super) fn load(&self) -> Result<HeapSnapshot, SnapshotError> {
        let folder = tempdir().unwrap();
        let path = folder.path().join("heap.parquet");
        fs::write(&path, self.bytes()).unwrap();
        load(&path)
    }

    /// Fails unless the file is refused, in that place and in these words.
    #[track_caller]
    pub(super) fn is_refused(&self, place: &str, words: &str) {
        match self.load() {
            Err(SnapshotError::Invalid {
                place: found,
                problem,
                ..
            }) => {
                assert_eq!(found.to_string(), place, "{problem}");
                assert!(problem.contains(words), "{problem}");
            }
            Err(other) => panic!("{other}"),
            Ok(_) => panic!("loaded, though {place}: {words}"),
        }
    }
}

/// Those of the three objects.
fn columns() -> Vec<Column> {
    use Values::{Boolean, Int32, Int64, Text};
    let required = |name, values| Column(name, values, vec![], vec![]);
    let no = || Boolean(vec![false; 3]);
    let absent = |name| Column(name, Text(vec![]), vec![0; 3], vec![]);
    vec![
        required("node", Int32(vec![0, 1, 2])),
        required("address", Int64(vec![0x10, 0x20, 0x30])),
        required("type", Text(vec!["builtins.object"; 3])),
        required("type_id", Int32(vec![0; 3])),
        required("shallow_size", Int64(vec![16; 3])),
        Column("reference_count", Int32(vec![1, 2]), vec![1, 0, 1], vec![]),
        required("tracked", Boolean(vec![true; 3])),
        required("is_class", no()),
        required("is_module", no()),
        required("is_proper_module", no()),
        required("is_frame", no()),
        required("is_module_namespace", no()),
        required("is_dict", no()),
        Column("root_kind", Text(vec!["frame"]), vec![1, 0, 0], vec![]),
        Column("root_name", Text(vec!["f"]), vec![1, 0, 0], vec![]),
        absent("name"),
        absent("value"),
        Column(
            "referents",
            Int32(vec![1, 2, 0]),
            vec![1, 1, 0, 1],
            vec![0, 1, 0, 0],
        ),
        Column(
            "reference_names",
            Text(vec![".a", "['k']"]),
            vec![3, 2, 1, 3],
            vec![0, 1, 0, 0],
        ),
    ]
}

fn key_values() -> [(&'static str, &'static str); 15] {
    let object = r#"[{"name":"object","module":"builtins","node":null,"is_heap_type":false}]"#;
    [
        ("format_version", "1"),
        ("tool_version", "0.2.0"),
        ("python_version", "3.11.7"),
        ("platform", "linux-x86_64"),
        ("pid", "17"),
        ("program", "app.py"),
        ("captured_at", "2026-01-02T03:04:05.5Z"),
        ("capture_nanoseconds", "1000"),
        ("collected", "true"),
        ("unseen", "[]"),
        ("node_count", "3"),
        ("edge_count", "3"),
        ("names_recorded", "true"),
        ("values_recorded", "false"),
        ("types", object),
    ]
}
