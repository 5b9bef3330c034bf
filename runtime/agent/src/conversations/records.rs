//! What is kept of a conversation.

use time::{Duration, OffsetDateTime};

use super::TurnId;
use crate::identity::Owner;
use crate::message::Message;

/// How much longer than its conversation a turn is kept at most. A conversation that goes on would
/// otherwise have all of its turns written anew with every question.
const SLACK: Duration = Duration::days(1);

/// Characters of a conversation's title.
const TITLE_LENGTH: usize = 80;

/// What a read of a conversation finds.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    Absent,
    /// There is one of this id and it belongs to somebody else.
    Foreign,
    Found(Box<Conversation>),
}

/// A conversation, with as many turns as were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Conversation {
    pub meta: Meta,
    /// Oldest first.
    pub turns: Vec<StoredTurn>,
}

/// The conversation's own record.
#[derive(Debug, Clone, PartialEq)]
pub struct Meta {
    pub owner: Owner,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    /// Rises with every write; the optimistic lock.
    pub version: u64,
    /// Number of the latest turn.
    pub last_turn: u64,
    /// Messages as a reader counts them, two a turn.
    pub message_count: usize,
    /// The beginning of the first question, by which its owner knows it again.
    pub title: Option<String>,
    /// Stands for the turns that the model does not get any more.
    pub summary: Option<Summary>,
    /// Until when the store keeps every turn at least, as long as they are not renewed; none without turns.
    pub turns_kept_until: Option<OffsetDateTime>,
    /// Ties turns to this conversation: turns left over from a deleted one of
    /// the same id carry another.
    pub incarnation: String,
}

/// What was said in the first turns, in the model's words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Summary {
    pub text: String,
    /// Number of the last turn that it covers.
    pub through: u64,
}

/// A turn as it was kept.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredTurn {
    pub number: u64,
    /// True while its last message asks for tools that wait for the user's yes; then no results follow it.
    pub pending: bool,
    pub asked_at: OffsetDateTime,
    pub answered_at: OffsetDateTime,
    pub messages: Vec<Message>,
}

/// A turn to append.
#[derive(Debug, Clone, PartialEq)]
pub struct NewTurn {
    /// Tells this turn from every other, so that one that was stored is known again.
    pub id: TurnId,
    pub asked_at: OffsetDateTime,
    pub answered_at: OffsetDateTime,
    /// When the conversation expires, all of its turns with it, unless another turn follows.
    pub expires_at: OffsetDateTime,
    pub messages: Vec<Message>,
    /// As [`StoredTurn::pending`].
    pub pending: bool,
    /// The turn whose place it takes.
    pub replaces: Option<Replaced>,
    /// Becomes the conversation's, when there is one.
    pub summary: Option<Summary>,
}

/// A turn in whose place another one is put.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replaced {
    /// The conversation's last one, while it waits for the user's yes.
    Waiting(u64),
    /// The one that was stored under this id when the request that goes on with it began. Others may have
    /// followed it meanwhile.
    Begun(u64, TurnId),
}

impl Replaced {
    pub fn number(&self) -> u64 {
        match self {
            Self::Waiting(number) | Self::Begun(number, _) => *number,
        }
    }

    /// Whether a conversation with this record can have such a turn.
    pub fn is_in(&self, base: Option<&Meta>) -> bool {
        base.is_some_and(|base| match self {
            Self::Waiting(number) => *number == base.last_turn,
            Self::Begun(number, _) => *number <= base.last_turn,
        })
    }
}

impl Meta {
    /// The record after this turn.
    pub fn with_turn(base: Option<&Self>, owner: &Owner, turn: &NewTurn) -> Self {
        let base = base.cloned().unwrap_or_else(|| Self::before(owner, turn));
        Self {
            updated_at: turn.answered_at,
            expires_at: turn.expires_at,
            version: base.version + 1,
            last_turn: base.last_turn + u64::from(turn.replaces.is_none()),
            message_count: base.message_count + if turn.replaces.is_some() { 0 } else { 2 },
            turns_kept_until: Some(base.kept_until_with(turn)),
            title: base.title.or_else(|| turn.title()),
            summary: turn.summary.clone().or(base.summary),
            ..base
        }
    }

    /// The record that a conversation's first turn is added to; it is never stored.
    fn before(owner: &Owner, turn: &NewTurn) -> Self {
        Self {
            owner: owner.clone(),
            created_at: turn.asked_at,
            updated_at: turn.answered_at,
            expires_at: turn.expires_at,
            version: 0,
            last_turn: 0,
            message_count: 0,
            title: None,
            summary: None,
            turns_kept_until: None,
            incarnation: uuid::Uuid::new_v4().to_string(),
        }
    }

    /// `turns_kept_until` with this turn; the others were renewed where they would go too early.
    fn kept_until_with(&self, turn: &NewTurn) -> OffsetDateTime {
        match self.turns_kept_until {
            Some(kept) if kept >= turn.expires_at => kept.min(turn.kept_until()),
            _ => turn.kept_until(),
        }
    }

    /// Whether the turns before `turn` must be renewed before it is stored: they would otherwise go
    /// before their conversation does.
    pub fn needs_renewal(&self, turn: &NewTurn) -> bool {
        self.turns_kept_until.is_some_and(|kept| kept < turn.expires_at)
    }

    /// The record after its turns were removed.
    pub fn cleared(&self, now: OffsetDateTime) -> Self {
        Self {
            updated_at: now,
            version: self.version + 1,
            message_count: 0,
            title: None,
            summary: None,
            turns_kept_until: None,
            incarnation: uuid::Uuid::new_v4().to_string(),
            ..self.clone()
        }
    }
}

impl NewTurn {
    /// Its number in the conversation whose record it made `meta`.
    pub fn number(&self, meta: &Meta) -> u64 {
        self.replaces.as_ref().map_or(meta.last_turn, Replaced::number)
    }

    /// The question's first line, at most so long.
    fn title(&self) -> Option<String> {
        let question = self.messages.first()?.text();
        let line = question.lines().map(str::trim).find(|line| !line.is_empty())?;
        Some(line.chars().take(TITLE_LENGTH).collect())
    }

    /// Until when the store keeps the turn itself: past its conversation's expiry by a day, or by the
    /// conversation's lifetime where that is shorter.
    pub fn kept_until(&self) -> OffsetDateTime {
        self.expires_at + SLACK.min(self.expires_at - self.answered_at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn(answered_at: OffsetDateTime, lifetime: Duration) -> NewTurn {
        NewTurn {
            id: TurnId::random(),
            asked_at: answered_at,
            answered_at,
            expires_at: answered_at + lifetime,
            messages: Vec::new(),
            pending: false,
            replaces: None,
            summary: None,
        }
    }

    /// How often a conversation's turns are renewed that gets a question every `step`.
    fn renewals(step: Duration, lifetime: Duration, questions: i32) -> usize {
        let owner = Owner::stored("user:a");
        let (mut meta, mut renewed) = (None::<Meta>, 0);
        for number in 0..questions {
            let turn = turn(OffsetDateTime::UNIX_EPOCH + step * number, lifetime);
            renewed += usize::from(meta.as_ref().is_some_and(|meta| meta.needs_renewal(&turn)));
            meta = Some(Meta::with_turn(meta.as_ref(), &owner, &turn));
            assert!(meta.as_ref().and_then(|meta| meta.turns_kept_until) >= Some(turn.expires_at));
        }
        renewed
    }

    #[test]
    fn turns_are_renewed_once_a_day_at_most_and_never_go_before_their_conversation() {
        assert_eq!(renewals(Duration::hours(1), Duration::days(30), 24 * 10 + 1), 9);
        assert_eq!(renewals(Duration::days(10), Duration::days(30), 4), 3);
        assert_eq!(renewals(Duration::minutes(5), Duration::minutes(15), 13), 3);
    }

    #[test]
    fn a_shorter_lifetime_is_kept_in_mind() {
        let (owner, start) = (Owner::stored("user:a"), OffsetDateTime::UNIX_EPOCH);
        let long = Meta::with_turn(None, &owner, &turn(start, Duration::days(30)));
        let short = turn(start, Duration::minutes(15));
        let meta = Meta::with_turn(Some(&long), &owner, &short);
        assert_eq!(meta.turns_kept_until, Some(short.kept_until()));
    }

    #[test]
    fn a_cleared_conversation_has_no_turns_to_renew() {
        let start = OffsetDateTime::UNIX_EPOCH;
        let meta = Meta::with_turn(None, &Owner::stored("user:a"), &turn(start, Duration::minutes(15))).cleared(start);
        assert!(!meta.needs_renewal(&turn(start + Duration::days(1), Duration::minutes(15))));
    }
}
