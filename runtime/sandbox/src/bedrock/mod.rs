//! Bedrock's Converse and ConverseStream, answered by a script where one is set,
//! else by an offline planner that chooses tools by the question's words. No
//! model is asked, and every answer of the planner says so. What is known about
//! models is answered too.

mod answer;
mod api;
mod conversation;
mod events;
mod failure;
mod model_log;
mod models;
mod planner;
mod playbook;
mod prompt_cache;
mod request;
mod script;
mod signature;
mod stop_words;
mod turn;
mod words;

pub use api::{Answering, BedrockApi};
pub use models::{ModelQuestion, ModelsApi};
pub use playbook::Playbook;
