use super::*;
use proptest::prelude::*;

const EXTENT: Extent = Extent { from: 0, rows: usize::MAX, bytes: 2048 };

fn sample() -> Table {
    let rows = vec![vec![json!("a\tb"), json!(1.0)], vec![json!(null), json!(0.1 + 0.2)]];
    let summary = json!({"gib": 3.0}).as_object().unwrap().clone();
    Table { columns: vec!["name".into(), "size".into()], rows, summary }
}

#[test]
fn a_table_has_rows_as_arrays() {
    let rendered = table("r", sample(), Format::Json, EXTENT);
    let expected =
        json!({"recipe": "r", "columns": ["name", "size"], "rows": [["a\tb", 1], [null, 0.3]], "summary": {"gib": 3}});
    assert_eq!((rendered.result, rendered.shown), (expected, 2));
}

#[test]
fn as_text_a_cell_has_no_tab_and_no_line_break() {
    let rendered = table("r", sample(), Format::Tsv, EXTENT);
    assert_eq!(rendered.result["tsv"], "name\tsize\na b\t1\n\t0.3\n");
}

#[test]
fn as_text_many_rows_tell_once_what_is_the_same_in_all() {
    let rows = (0..6).map(|index| vec![json!(index), json!("t3.micro"), Value::Null]).collect();
    let columns = ["id", "type", "name"].map(str::to_owned).to_vec();
    let table = Table { columns, rows, summary: Map::new() };
    let rendered = super::table("r", table.clone(), Format::Tsv, EXTENT);
    assert_eq!(rendered.result["tsv"], "id\n0\n1\n2\n3\n4\n5\n");
    assert_eq!(rendered.result["every_row"], json!({"type": "t3.micro", "name": null}));
    assert_eq!(super::table("r", table, Format::Json, EXTENT).result["columns"], json!(["id", "type", "name"]));
}

fn output(region: &str, value: Value) -> Output {
    Output { region: region.into(), value, list: None, skip: 0, most: usize::MAX }
}

#[test]
fn one_output_stands_alone_and_several_by_region() {
    let one = outputs("s:O", vec![output("us-east-1", json!({"A": [1]}))], false, Format::Json, 2048);
    assert_eq!(one.result, json!({"operation": "s:O", "output": {"A": [1]}}));
    let both = vec![output("us-east-1", json!([1, 2])), output("eu-west-1", json!([3]))];
    let both = outputs("s:O", both, true, Format::Json, 2048);
    assert_eq!(both.result, json!({"operation": "s:O", "outputs": {"us-east-1": [1, 2], "eu-west-1": [3]}}));
    assert_eq!(both.rows, [(2, 2), (1, 1)]);
}

#[test]
fn rows_of_objects_are_a_table_with_the_region_in_front() {
    let both =
        vec![output("us-east-1", json!([{"id": 1, "tags": ["x"]}])), output("eu-west-1", json!([{"id": 2, "n": "y"}]))];
    let both = outputs("s:O", both, true, Format::Tsv, 2048);
    assert_eq!(both.result["tsv"], "region\tid\ttags\tn\nus-east-1\t1\t[\"x\"]\t\neu-west-1\t2\t\ty\n");
    let none = outputs("s:O", vec![output("us-east-1", json!({"A": 1}))], false, Format::Tsv, 2048);
    assert_eq!(none.result["output"], json!({"A": 1}));
    assert_eq!(none.notes.len(), 1);
}

#[test]
fn the_list_is_found_below_other_members_and_the_named_one_goes_first() {
    let value = json!({"DistributionList": {"Quantity": 2, "Items": [1, 2]}, "Names": ["a"]});
    assert_eq!(longest_list(&value, None).unwrap(), ["DistributionList", "Items"]);
    assert_eq!(longest_list(&value, Some("Names")).unwrap(), ["Names"]);
    assert_eq!(longest_list(&json!({"A": [], "B": []}), None).unwrap(), ["A"]);
}

#[test]
fn what_is_too_long_without_a_list_is_cut_off_or_left_out_and_that_is_said() {
    let text = outputs("s:O", vec![output("r", json!({"Body": "ü".repeat(5_000)}))], false, Format::Json, 2048);
    assert!(length(&text.result) <= 2048 && text.result["output"]["Body"].as_str().unwrap().contains("bytes more"));
    let members: Map<_, _> = (0..500).map(|index| (format!("member{index}"), json!(index))).collect();
    let many = outputs("s:O", vec![output("r", Value::Object(members))], false, Format::Json, 2048);
    assert_eq!(many.result["output"], Value::Null);
    assert!(many.notes[0].contains("select"), "{:?}", many.notes);
}

fn rows() -> impl Strategy<Value = Vec<Vec<Value>>> {
    let cell = prop_oneof![".{0,200}".prop_map(Value::from), any::<f64>().prop_map(Value::from), Just(Value::Null)];
    proptest::collection::vec(proptest::collection::vec(cell, 2), 0..60)
}

proptest! {
    #[test]
    fn a_table_is_never_too_long_and_never_cuts_a_row(rows in rows(), bytes in 1024..8192_usize, from in 0..20_usize) {
        let all = Table { rows: rows.clone(), ..sample() };
        for format in [Format::Json, Format::Tsv] {
            let rendered = table("r", all.clone(), format, Extent { from, rows: 40, bytes });
            prop_assert!(length(&rendered.result) <= bytes);
            let mut whole = table("r", all.clone(), format, Extent { from, rows: rendered.shown, bytes: usize::MAX });
            whole.notes.clear();
            prop_assert_eq!(rendered, whole);
        }
    }

    #[test]
    fn outputs_are_never_too_long_and_never_cut_a_row(rows in rows(), bytes in 1024..8192_usize, skip in 0..9_usize) {
        for format in [Format::Json, Format::Tsv] {
            let one = Output { skip, ..output("us-east-1", json!({"Items": rows, "Other": 1})) };
            let two = output("eu-west-1", json!({"Items": rows}));
            let cut = outputs("s:O", vec![one, two], true, format, bytes);
            prop_assert!(length(&cut.result) <= bytes);
            let (shown, there) = cut.rows[0];
            prop_assert_eq!(there, rows.len().saturating_sub(skip));
            prop_assert!(shown <= there);
            if format == Format::Json {
                let items = cut.result["outputs"]["us-east-1"]["Items"].as_array().unwrap();
                let mut expected = Value::from(rows.iter().skip(skip).take(shown).cloned().collect::<Vec<_>>());
                clean(&mut expected);
                prop_assert_eq!(&Value::from(items.clone()), &expected);
            }
        }
    }
}
