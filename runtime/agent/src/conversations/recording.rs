//! Records a finished turn so that of two writers at once none is lost.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use tokio::time::sleep;

use super::{Access, ConversationStore, Extent, Lookup, Meta, NewTurn, Replaced, Summary, changed_meanwhile};
use crate::failure::{Code, Failure};

/// Pauses between the attempts of writers that meet at one conversation, with jitter, so that they part.
/// All of them together stay under two seconds.
const PAUSES: ExponentialBuilder = ExponentialBuilder::new()
    .with_min_delay(Duration::from_millis(10))
    .with_max_delay(Duration::from_millis(200))
    .with_max_times(8)
    .with_jitter();

/// A turn with the conversation as it was when the question came.
pub struct Recording<'a> {
    pub access: Access<'a>,
    pub base: Option<Meta>,
    pub turn: NewTurn,
}

/// Appends the turn after whatever was written meanwhile. Fails when the conversation was taken by somebody
/// else, and when the turn that it ends the waiting of no longer waits.
///
/// Of a conversation that was deleted or cleared meanwhile nothing comes back: the turn is then the first one.
pub async fn record(store: &dyn ConversationStore, recording: Recording<'_>) -> Result<(), Failure> {
    let Recording { access, mut base, mut turn } = recording;
    let mut pauses = PAUSES.build();
    loop {
        let conflict = match store.append(access, base.as_ref(), turn.clone()).await {
            Err(failure) if failure.code == Code::ConversationConflict => failure,
            other => return other,
        };
        let Some(pause) = pauses.next() else { return Err(conflict) };
        sleep(pause).await;
        let now = reread(store, access).await?;
        turn = rebased(turn, base.as_ref(), now.as_ref())?;
        base = now;
    }
}

async fn reread(store: &dyn ConversationStore, access: Access<'_>) -> Result<Option<Meta>, Failure> {
    match store.read(access, Extent::Meta).await? {
        Lookup::Found(conversation) => Ok(Some(conversation.meta)),
        Lookup::Absent => Ok(None),
        Lookup::Foreign => Err(changed_meanwhile(access.id)),
    }
}

/// The turn as it may be written to the conversation as it is now. Every write to a conversation with a
/// pending turn ends its waiting, so that only an unchanged one can be continued. What a continued turn
/// replaces is gone when the conversation was deleted or cleared.
fn rebased(turn: NewTurn, before: Option<&Meta>, now: Option<&Meta>) -> Result<NewTurn, Failure> {
    if matches!(turn.replaces, Some(Replaced::Waiting(_))) && before != now {
        return Err(Failure::new(
            Code::ConversationConflict,
            "go on with the turn that waits for approval: another request ended its waiting",
        )
        .hint("read the conversation"));
    }
    let same = before.zip(now).is_some_and(|(before, now)| before.incarnation == now.incarnation);
    let summary = turn.summary.clone().filter(|summary| same && !is_outdated(summary, now));
    let replaces = turn.replaces.clone().filter(|_| same);
    Ok(NewTurn { summary, replaces, ..turn })
}

/// Whether a newer summary has its place.
fn is_outdated(summary: &Summary, now: Option<&Meta>) -> bool {
    now.and_then(|now| now.summary.as_ref()).is_some_and(|other| other.through >= summary.through)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conversations::{ConversationId, MemoryStore, StoredTurn, TurnId};
    use crate::identity::Owner;
    use crate::message::Message;
    use time::OffsetDateTime;

    struct Case {
        store: MemoryStore,
        owner: Owner,
        id: ConversationId,
    }

    impl Case {
        fn new() -> Self {
            Self { store: MemoryStore::default(), owner: Owner::stored("o"), id: ConversationId::random() }
        }

        fn access(&self) -> Access<'_> {
            Access { owner: &self.owner, id: &self.id, now: OffsetDateTime::UNIX_EPOCH }
        }

        async fn record(&self, base: Option<Meta>, turn: NewTurn) -> Result<(), Failure> {
            record(&self.store, Recording { access: self.access(), base, turn }).await
        }

        async fn read(&self) -> (Option<Meta>, Vec<StoredTurn>) {
            match self.store.read(self.access(), Extent::Latest(100)).await.unwrap() {
                Lookup::Found(found) => (Some(found.meta), found.turns),
                _ => (None, Vec::new()),
            }
        }

        async fn questions(&self) -> Vec<String> {
            self.read().await.1.iter().map(|turn| turn.messages[0].text()).collect()
        }
    }

    fn turn(text: &str) -> NewTurn {
        let at = OffsetDateTime::UNIX_EPOCH;
        NewTurn {
            id: TurnId::random(),
            asked_at: at,
            answered_at: at,
            expires_at: at + time::Duration::minutes(15),
            messages: vec![Message::user(text), Message::assistant("a")],
            pending: false,
            replaces: None,
            summary: None,
        }
    }

    fn summarised(text: &str, through: u64) -> NewTurn {
        NewTurn { summary: Some(Summary { text: text.into(), through }), ..turn(text) }
    }

    #[tokio::test]
    async fn a_turn_brings_nothing_back_of_a_conversation_that_was_deleted_meanwhile() {
        let case = Case::new();
        case.record(None, turn("old")).await.unwrap();
        let base = case.read().await.0;
        case.store.delete(case.access()).await.unwrap();
        case.record(base, summarised("new", 1)).await.unwrap();
        assert_eq!(case.questions().await, ["new"]);
        assert_eq!(case.read().await.0.unwrap().summary, None);
    }

    #[tokio::test]
    async fn a_turn_brings_nothing_back_of_a_conversation_that_was_cleared_meanwhile() {
        let case = Case::new();
        case.record(None, turn("old")).await.unwrap();
        let base = case.read().await.0;
        case.store.clear(case.access()).await.unwrap();
        case.record(base, summarised("new", 1)).await.unwrap();
        assert_eq!(case.questions().await, ["new"]);
        assert_eq!(case.read().await.0.unwrap().summary, None);
    }

    #[tokio::test]
    async fn of_two_summaries_the_one_that_covers_more_stays() {
        let case = Case::new();
        case.record(None, turn("first")).await.unwrap();
        let base = case.read().await.0;
        case.record(base.clone(), summarised("more", 5)).await.unwrap();
        case.record(base.clone(), summarised("less", 4)).await.unwrap();
        assert_eq!(case.read().await.0.unwrap().summary.unwrap().text, "more");
        case.record(base, summarised("most", 6)).await.unwrap();
        assert_eq!(case.read().await.0.unwrap().summary.unwrap().text, "most");
        assert_eq!(case.questions().await.len(), 4);
    }

    #[tokio::test]
    async fn a_continued_turn_takes_the_pending_ones_place() {
        let case = Case::new();
        case.record(None, NewTurn { pending: true, ..turn("waits") }).await.unwrap();
        let base = case.read().await.0;
        case.record(base, NewTurn { replaces: Some(Replaced::Waiting(1)), ..turn("done") }).await.unwrap();
        let (meta, turns) = case.read().await;
        assert_eq!((turns.len(), turns[0].pending, turns[0].number), (1, false, 1));
        assert_eq!(meta.unwrap().message_count, 2);
    }

    #[tokio::test]
    async fn a_pending_turn_is_continued_once() {
        let case = Case::new();
        case.record(None, NewTurn { pending: true, ..turn("waits") }).await.unwrap();
        let base = case.read().await.0;
        case.record(base.clone(), NewTurn { replaces: Some(Replaced::Waiting(1)), pending: true, ..turn("first") })
            .await
            .unwrap();
        let late =
            case.record(base, NewTurn { replaces: Some(Replaced::Waiting(1)), ..turn("second") }).await.unwrap_err();
        assert_eq!(late.code, Code::ConversationConflict);
        assert_eq!(case.questions().await, ["first"]);
    }

    #[tokio::test]
    async fn what_was_begun_is_ended_past_other_turns_and_a_deletion() {
        let case = Case::new();
        let begun = |id: &TurnId| NewTurn { id: id.clone(), ..turn("under way") };
        let end = |id: &TurnId| NewTurn { replaces: Some(Replaced::Begun(1, id.clone())), ..turn("done") };
        let id = TurnId::random();
        case.record(None, begun(&id)).await.unwrap();
        let base = case.read().await.0;
        case.record(base.clone(), turn("meanwhile")).await.unwrap();
        case.record(base.clone(), end(&id)).await.unwrap();
        assert_eq!(case.questions().await, ["done", "meanwhile"]);
        case.store.delete(case.access()).await.unwrap();
        case.record(base, end(&id)).await.unwrap();
        assert_eq!(case.questions().await, ["done"]);
    }

    #[tokio::test]
    async fn a_pending_turn_that_was_passed_over_is_not_continued() {
        let case = Case::new();
        case.record(None, NewTurn { pending: true, ..turn("waits") }).await.unwrap();
        let base = case.read().await.0;
        case.record(base.clone(), turn("something else")).await.unwrap();
        let late =
            case.record(base, NewTurn { replaces: Some(Replaced::Waiting(1)), ..turn("done") }).await.unwrap_err();
        assert_eq!(late.code, Code::ConversationConflict);
        assert_eq!(case.questions().await, ["waits", "something else"]);
    }
}
