//! Many conversations at once; the program `load` is the long form of this.

use std::time::Duration;

use system_tests::load::{Load, run};

use crate::stage::stage;

#[test]
fn under_load_no_message_is_lost_or_crossed() {
    let stage = stage();
    let load = Load {
        conversations: 30,
        duration: Duration::from_secs(15),
        think: Duration::from_secs(4),
        answer: Duration::from_millis(500),
    };
    let report = run(stage.place, load);
    assert!(report.faults.is_empty(), "{:#?}", report.faults);
    assert!(report.figures.answers >= load.conversations, "{}", report.figures);
}
