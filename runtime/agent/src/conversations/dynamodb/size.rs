//! How much an item takes (Amazon DynamoDB developer guide, "DynamoDB item
//! sizes and formats").

use aws_sdk_dynamodb::types::AttributeValue;

use super::attributes::Item;
use crate::failure::{Code, Failure};

/// Bytes of the largest item ("Quotas in Amazon DynamoDB").
const LIMIT: usize = 400 * 1_024;

/// Refuses an item that DynamoDB would refuse, and says by how much it is too large.
pub fn check(doing: &str, item: &Item) -> Result<(), Failure> {
    let bytes = of(item);
    if bytes <= LIMIT {
        return Ok(());
    }
    let message = format!("{doing}: it takes {bytes} bytes, and an item of the conversation table holds {LIMIT}");
    Err(Failure::new(Code::ConversationStore, message).hint("ask for less at once, or start another conversation"))
}

/// Names and values in UTF-8.
fn of(item: &Item) -> usize {
    item.iter().map(|(name, value)| name.len() + value_size(value)).sum()
}

fn value_size(value: &AttributeValue) -> usize {
    match value {
        AttributeValue::S(text) => text.len(),
        // Two digits a byte, one more for the exponent.
        AttributeValue::N(number) => number.len().div_ceil(2) + 1,
        // Items are written without any other type but truth values.
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::ConversationId;
    use crate::conversations::dynamodb::attributes::{key, text};

    #[test]
    fn an_item_over_the_limit_is_refused_with_its_size() {
        let mut item = key(&ConversationId::random(), "meta");
        item.insert("a".into(), text("ä".repeat(LIMIT / 2 - 100)));
        assert_eq!(check("store a turn", &item), Ok(()));
        item.insert("b".into(), text("x".repeat(200)));
        let failure = check("store a turn", &item).unwrap_err();
        assert_eq!(failure.code, Code::ConversationStore);
        assert!(failure.message.contains(&of(&item).to_string()), "{failure}");
    }
}
