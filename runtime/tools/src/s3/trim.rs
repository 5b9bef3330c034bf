//! Keeps a result small enough for a conversation.

use serde_json::Value;

/// Bytes of JSON that a result may have.
pub(super) const LIMIT: usize = 32 * 1024;

/// Shortens the largest list by whole rows until the value fits; true when
/// something was cut.
pub(super) fn trim(value: &mut Value, limit: usize) -> bool {
    let total = size(value);
    if total <= limit {
        return false;
    }
    let Some(rows) = largest_list(value) else { return false };
    let sizes: Vec<usize> = rows.iter().map(|row| size(row) + 1).collect();
    let mut left = limit.saturating_sub(total - sizes.iter().sum::<usize>().min(total));
    let fitting = sizes.iter().take_while(|size| {
        let fits = **size <= left;
        left = left.saturating_sub(**size);
        fits
    });
    let keep = fitting.count();
    let cut = keep < rows.len();
    rows.truncate(keep);
    cut
}

fn size(value: &Value) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

/// Rows of the outermost lists only: a row stays whole.
fn largest_list(value: &mut Value) -> Option<&mut Vec<Value>> {
    match value {
        Value::Array(rows) => Some(rows),
        Value::Object(members) => {
            members.values_mut().filter_map(largest_list).max_by_key(|rows| rows.iter().map(size).sum::<usize>())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn whole_rows_go_from_the_end_until_it_fits() {
        let rows: Vec<_> = (100..200).map(|number| json!({"name": number})).collect();
        let mut value = json!({"count": 100, "buckets": rows, "notes": ["keep"]});
        assert!(trim(&mut value, 200));
        assert!(size(&value) <= 200, "{value}");
        let kept = value["buckets"].as_array().unwrap();
        assert!(!kept.is_empty() && kept[0]["name"] == 100);
        assert_eq!(value["notes"], json!(["keep"]));
    }

    #[test]
    fn what_fits_is_left_alone() {
        let mut value = json!({"buckets": [1, 2, 3]});
        assert!(!trim(&mut value, 100));
        assert_eq!(value, json!({"buckets": [1, 2, 3]}));
    }
}
