//! What of a conversation goes to the model: the newest whole turns that fit,
//! and a summary in the place of the rest. Pure: asking for the summary is up
//! to the caller.

use contract::agent_settings::Limits;

use super::history::{for_model, for_model_without_tools};
use super::{Meta, StoredTurn};
use crate::message::Message;

/// What the model gets, and what it no longer gets.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Whole turns, oldest first.
    pub history: Vec<Vec<Message>>,
    /// The conversation's summary as it is stored.
    pub summary: Option<String>,
    /// Turns that do not fit any more, oldest first; to be summarised.
    pub older: Vec<StoredTurn>,
    /// Turns before those, which were not read and stand in no summary.
    pub unread: usize,
}

impl Window {
    /// Of `turns`, the latest that were read, those that the model gets. When they are over the limits, only
    /// about half as much is kept, so that not every turn from then on needs a new summary.
    pub fn of(meta: &Meta, turns: &[StoredTurn], limits: &Limits, with_tools: bool) -> Self {
        let covered = meta.summary.as_ref().map_or(0, |summary| summary.through);
        let open: Vec<_> = turns.iter().filter(|turn| turn.number > covered).collect();
        let forms: Vec<_> = open.iter().map(|turn| form(turn, with_tools)).collect();
        let kept = kept(&forms, limits);
        let split = open.len() - kept;
        Self {
            history: forms.into_iter().skip(split).filter(|turn| !turn.is_empty()).collect(),
            summary: meta.summary.as_ref().map(|summary| summary.text.clone()),
            older: open[..split].iter().map(|turn| (*turn).clone()).collect(),
            unread: unread(meta, turns, covered),
        }
    }

    /// The stored summary with a note on the turns that are in neither.
    pub fn plain_summary(&self) -> Option<String> {
        noting(self.summary.clone(), self.older.len() + self.unread)
    }
}

/// A summary with a plain note on turns that it does not cover.
pub fn noting(summary: Option<String>, left_out: usize) -> Option<String> {
    let note = match left_out {
        0 => return summary,
        1 => "1 earlier turn is left out.".to_owned(),
        turns => format!("{turns} earlier turns are left out."),
    };
    Some(summary.map_or_else(|| note.clone(), |summary| format!("{summary}\n\n{note}")))
}

fn form(turn: &StoredTurn, with_tools: bool) -> Vec<Message> {
    if with_tools { for_model(turn) } else { for_model_without_tools(turn).unwrap_or_default() }
}

/// How many of the newest turns to keep: all, or those that fit half of the limits, and the newest one also
/// when it alone fits the whole of them.
fn kept(turns: &[Vec<Message>], limits: &Limits) -> usize {
    let (messages, bytes) = (limits.history_messages, limits.history_bytes);
    match fitting(turns, messages, bytes) {
        all if all == turns.len() => all,
        some => fitting(turns, messages / 2, bytes / 2).max(some.min(1)),
    }
}

fn fitting(turns: &[Vec<Message>], most_messages: usize, most_bytes: usize) -> usize {
    let (mut messages, mut bytes) = (0, 0);
    let fits = |turn: &&Vec<Message>| {
        messages += turn.len();
        bytes += serde_json::to_string(turn).map_or(usize::MAX / 2, |text| text.len());
        messages <= most_messages && bytes <= most_bytes
    };
    turns.iter().rev().take_while(fits).count()
}

/// Turns have consecutive numbers; a conversation that was cleared goes on counting.
fn unread(meta: &Meta, read: &[StoredTurn], covered: u64) -> usize {
    let turns = u64::try_from(meta.message_count / 2).unwrap_or(u64::MAX);
    let before_all = meta.last_turn.saturating_sub(turns);
    let oldest_read = read.first().map_or(meta.last_turn + 1, |turn| turn.number);
    usize::try_from(oldest_read.saturating_sub(1 + covered.max(before_all))).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::Summary;
    use crate::identity::Owner;
    use time::OffsetDateTime;

    const AT: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn turns(numbers: std::ops::RangeInclusive<u64>) -> Vec<StoredTurn> {
        let turn = |number: u64| StoredTurn {
            number,
            pending: false,
            asked_at: AT,
            answered_at: AT,
            messages: vec![Message::user(number.to_string()), Message::assistant("x".repeat(100))],
        };
        numbers.map(turn).collect()
    }

    fn meta(last_turn: u64, summary: Option<u64>) -> Meta {
        Meta {
            owner: Owner::stored("o"),
            created_at: AT,
            updated_at: AT,
            expires_at: AT,
            version: 1,
            last_turn,
            message_count: last_turn as usize * 2,
            title: None,
            summary: summary.map(|through| Summary { text: "so far".into(), through }),
            turns_kept_until: None,
            incarnation: "i".into(),
        }
    }

    fn limits(history_messages: usize) -> Limits {
        Limits { history_messages, history_bytes: 100_000, ..Limits::default() }
    }

    #[test]
    fn a_conversation_that_fits_goes_whole() {
        let window = Window::of(&meta(5, None), &turns(1..=5), &limits(10), true);
        assert_eq!((window.history.len(), window.older.len(), window.unread), (5, 0, 0));
        assert_eq!(window.plain_summary(), None);
    }

    #[test]
    fn over_the_limit_about_half_is_kept_and_the_rest_is_to_be_summarised() {
        let window = Window::of(&meta(6, None), &turns(1..=6), &limits(10), true);
        assert_eq!((window.history.len(), window.older.len()), (2, 4));
        assert_eq!(window.history[0][0], Message::user("5"));
        assert_eq!(window.plain_summary().unwrap(), "4 earlier turns are left out.");
    }

    #[test]
    fn after_a_summary_several_turns_go_by_before_the_next() {
        let mut through = None;
        let mut summaries = 0;
        for last in 1..=40 {
            let window = Window::of(&meta(last, through), &turns(1..=last), &limits(10), true);
            assert!(window.history.len() <= 5, "the limit holds");
            if let Some(newest) = window.older.last() {
                through = Some(newest.number);
                summaries += 1;
            }
        }
        assert_eq!(summaries, 9, "one in four turns");
    }

    #[test]
    fn bytes_are_limited_too_and_the_newest_turn_is_kept_when_it_fits_alone() {
        let mut read = turns(1..=3);
        read[2].messages[1] = Message::assistant("x".repeat(80_000));
        read[1].messages[1] = Message::assistant("x".repeat(80_000));
        let window = Window::of(&meta(3, None), &read, &limits(50), true);
        assert_eq!((window.history.len(), window.older.len()), (1, 2));
        read[2].messages[1] = Message::assistant("x".repeat(120_000));
        assert_eq!(Window::of(&meta(3, None), &read, &limits(50), true).history.len(), 0);
    }

    #[test]
    fn a_summary_stands_for_the_turns_that_it_covers() {
        let window = Window::of(&meta(6, Some(4)), &turns(1..=6), &limits(10), true);
        assert_eq!((window.history.len(), window.older.len()), (2, 0));
        assert_eq!(window.plain_summary().unwrap(), "so far");
    }

    #[test]
    fn turns_that_were_not_read_are_counted() {
        let window = Window::of(&meta(9, Some(2)), &turns(6..=9), &limits(10), true);
        assert_eq!(
            (window.unread, window.plain_summary().unwrap()),
            (3, "so far\n\n3 earlier turns are left out.".into())
        );
        let cleared = Meta { message_count: 4, ..meta(9, None) };
        assert_eq!(Window::of(&cleared, &turns(8..=9), &limits(10), true).unread, 0);
        assert_eq!(Window::of(&Meta { message_count: 0, ..meta(9, None) }, &[], &limits(10), true).unread, 0);
    }
}
