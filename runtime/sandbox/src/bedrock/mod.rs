//! Bedrock's Converse and ConverseStream, answered by an offline planner that
//! chooses tools by the question's words. No model is asked, and every answer
//! says so. What is known about models is answered too.

mod answer;
mod api;
mod events;
mod models;
mod planner;
mod request;
mod stop_words;
mod words;

pub use api::{Answering, BedrockApi};
pub use models::{ModelQuestion, ModelsApi};
