//! One streamed answer, from its first event to its end.

use std::future::ready;

use aws_sdk_bedrockruntime::error::SdkError;
use aws_sdk_bedrockruntime::operation::converse_stream::ConverseStreamOutput as Answer;
use aws_sdk_bedrockruntime::types::error::ConverseStreamOutputError as StreamError;
use futures::{StreamExt, stream};

use super::refusal::Refusal;
use super::translation::Translation;
use super::{ModelEvent, ModelStream};
use crate::failure::Failure;

/// Waits for the first event that says something. What fails before it is a refusal: nobody
/// has seen a word of the answer, so the model may be asked again. What fails after it is an
/// error in the stream, and never asked again.
pub async fn begin(answer: Answer, model: &str) -> Result<ModelStream, Refusal> {
    let mut reader = Reader { answer, translation: Translation::new(model), model: model.to_owned() };
    let first = match reader.next().await {
        Some(event) => event?,
        None => return Err(Refusal::no_answer("the stream ended before its first event")),
    };
    let rest = stream::unfold(Some(reader), |reader| async {
        let mut reader = reader?;
        match reader.next().await? {
            Ok(event) => Some((Ok(event), Some(reader))),
            Err(refusal) => Some((Err(refusal.into_broken_stream(&reader.model)), None)),
        }
    });
    Ok(stream::once(ready(Ok::<_, Failure>(first))).chain(rest).boxed())
}

struct Reader {
    answer: Answer,
    translation: Translation,
    model: String,
}

impl Reader {
    /// None at the end of the stream.
    async fn next(&mut self) -> Option<Result<ModelEvent, Refusal>> {
        loop {
            match self.answer.stream.recv().await {
                Ok(Some(event)) => match self.translation.translate(event) {
                    Some(event) => return Some(Ok(event)),
                    None => continue,
                },
                Ok(None) => return None,
                Err(error) => return Some(Err(refusal_of(&error))),
            }
        }
    }
}

/// An exception in the stream carries its kind in a header, which becomes the variant and not the error's code.
fn refusal_of<R: std::fmt::Debug>(error: &SdkError<StreamError, R>) -> Refusal {
    let kind = match error.as_service_error() {
        Some(StreamError::ThrottlingException(_)) => Some("ThrottlingException"),
        Some(StreamError::ServiceUnavailableException(_)) => Some("ServiceUnavailableException"),
        Some(StreamError::InternalServerException(_)) => Some("InternalServerException"),
        Some(StreamError::ModelStreamErrorException(_)) => Some("ModelStreamErrorException"),
        Some(StreamError::ValidationException(_)) => Some("ValidationException"),
        _ => None,
    };
    let refusal = Refusal::of(error);
    Refusal { code: kind.map_or(refusal.code, str::to_owned), ..refusal }
}
