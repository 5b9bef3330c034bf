//! `chat QUESTION`: one question, one answer.

use super::{Outcome, closed};
use crate::{
    answer::{self, Answer},
    failure::Failure,
    notices::Notices,
    session::Session,
    settings::Settings,
    view::{Document, Silent, TerminalView, print_json},
};

/// # Errors
/// What goes wrong before the question is sent; the rest is part of the answer.
pub async fn ask(settings: &Settings, question: &str, notices: Notices) -> Result<Outcome, Failure> {
    let client = settings.client(notices).await?;
    let request = Session::new(settings.conversation.clone()).request(question);
    let answer = if settings.json {
        let answer = answer::ask(&client, &request, &mut Silent).await;
        print_json(&Document::from(&answer)).map_err(closed)?;
        answer
    } else {
        let mut view = TerminalView::standard();
        let answer = answer::ask(&client, &request, &mut view).await;
        view.finish(&answer).map_err(closed)?;
        answer
    };
    Ok(outcome(&answer))
}

fn outcome(answer: &Answer) -> Outcome {
    if answer.failure.is_some() { Outcome::Failed } else { Outcome::Succeeded }
}
