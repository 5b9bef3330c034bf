//! Links of what is deployed: roles, functions, gateway, target, then the tool
//! list through the gateway and the agent's own report.

use contract::Names;
use deployer_aws::Secret;
use deployer_core::desired::{ImageDigests, desired};
use deployer_core::doctor::{self, FunctionState, Verdict};
use deployer_core::observed::Fact;
use deployer_core::{Desired, Failure, Observed, StepId};

use super::chain::Chain;
use super::identity::TOKEN;
use crate::connection;
use crate::session::Session;

const AGENT_ROLE: &str = "agent role";
const TOOL_ROLE: &str = "tool role";
const READ_ACCESS: &str = "read access";
const AGENT_FUNCTION: &str = "agent function";
const TOOL_FUNCTION: &str = "tool function";
const GATEWAY_ROLE: &str = "gateway role";
const INVOKE_PERMISSION: &str = "invoke permission";
const GATEWAY: &str = "gateway";
const TARGET: &str = "target";
const TOOL_LIST: &str = "tool list";
const HEALTH: &str = "agent health";
const ANSWER: &str = "answer";

const NEEDED_TO_LIST: [&str; 6] = [TOKEN, TOOL_FUNCTION, GATEWAY_ROLE, INVOKE_PERMISSION, GATEWAY, TARGET];

/// Up to where the chain is tried.
pub struct Asking {
    pub token: Option<Secret>,
    /// Also ask the agent a question.
    pub question: bool,
}

pub async fn add(chain: &mut Chain, session: &Session, observed: &Observed, asking: Asking) {
    resources(chain, session, observed).await;
    let token = asking.token.as_ref();
    chain.try_link(TOOL_LIST, &NEEDED_TO_LIST, tool_list(observed, token)).await;
    chain.try_link(HEALTH, &[AGENT_ROLE, AGENT_FUNCTION, GATEWAY], health(session, observed)).await;
    if asking.question {
        chain.try_link(ANSWER, &[TOOL_LIST, HEALTH], answer(session, observed, token)).await;
    }
}

async fn resources(chain: &mut Chain, session: &Session, observed: &Observed) {
    let names = session.settings.names();
    let (agent, tools) = (names.agent_function(), names.tool_function());
    let (agent, tools) = tokio::join!(
        deployer_aws::function_state(&session.clients, &agent),
        deployer_aws::function_state(&session.clients, &tools),
    );
    let (role, read_access) = match wanted(session) {
        Ok(wanted) => {
            (doctor::gateway_role(&observed.gateway_role, &wanted.gateway_role), read_access(observed, &wanted))
        }
        Err(failure) => (failure.clone().into(), failure.into()),
    };
    let is_deployed = is_deployed(observed);
    for (name, verdict) in [
        (AGENT_ROLE, doctor::execution_role(observed.of_stack(StepId::AgentRole))),
        (AGENT_FUNCTION, function(agent)),
        (TOOL_ROLE, doctor::execution_role(observed.of_stack(StepId::ToolRole))),
        (READ_ACCESS, read_access),
        (TOOL_FUNCTION, function(tools)),
        (GATEWAY_ROLE, role),
        (INVOKE_PERMISSION, invoke_permission(session, observed, &names)),
        (GATEWAY, doctor::gateway(&observed.gateway)),
        (TARGET, doctor::target(&observed.target)),
    ] {
        chain.add(name, verdict.where_deployed(is_deployed));
    }
}

fn is_deployed(observed: &Observed) -> bool {
    observed.application.present().is_some_and(|stack| !stack.is_lost() && !stack.is_empty())
}

fn function(found: Result<Option<FunctionState>, Failure>) -> Verdict {
    match found {
        Ok(found) => doctor::function(found.as_ref()),
        Err(failure) => failure.into(),
    }
}

/// Roles and policies do not depend on the images, whose digests are not known here.
fn wanted(session: &Session) -> Result<Desired, Failure> {
    let digests = ImageDigests { agent: String::new(), tools: String::new() };
    desired(&session.settings, session.clients.location(), &digests)
        .map_err(|error| Failure::new("plan/render", "describe the roles", error))
}

fn read_access(observed: &Observed, wanted: &Desired) -> Verdict {
    doctor::read_access(observed.of_stack(StepId::ReadPolicies), observed.of_stack(StepId::ToolRole), wanted)
}

/// The tool function's own policy lets the gateway's role in.
fn invoke_permission(session: &Session, observed: &Observed, names: &Names) -> Verdict {
    let role = Names::role_arn(session.clients.account(), &names.gateway_role());
    match &observed.function_policy {
        Fact::Absent => Verdict::not_deployed(),
        Fact::Unknown(gap) => Verdict::gap(gap),
        Fact::Present(statement) if statement.principal == role => Verdict::ok("lets the gateway role in"),
        Fact::Present(statement) => Verdict::broken(
            "function/wrong-principal",
            format!("lets {} in instead of {role}", statement.principal),
            "`deployer up` repairs it",
        ),
    }
}

async fn tool_list(observed: &Observed, token: Option<&Secret>) -> Verdict {
    let (Some(gateway), Some(token)) = (observed.gateway.present(), token) else { return Verdict::not_deployed() };
    deployer_verify::lists_tools(&gateway.url, token.reveal()).await.map_or_else(Verdict::from, Verdict::ok)
}

async fn health(session: &Session, observed: &Observed) -> Verdict {
    let report = async {
        let connection = connection::of(session, observed)?;
        deployer_verify::reports_health(&connection, session.settings.aws.profile.clone()).await
    };
    report.await.map_or_else(Verdict::from, Verdict::ok)
}

async fn answer(session: &Session, observed: &Observed, token: Option<&Secret>) -> Verdict {
    let Some(token) = token else { return Verdict::unchecked("needs a token") };
    let asked = async {
        let connection = connection::of(session, observed)?;
        let profile = session.settings.aws.profile.clone();
        deployer_verify::answers_a_question(&connection, profile, token.reveal()).await
    };
    asked.await.map_or_else(Verdict::from, Verdict::ok)
}

pub fn skip(chain: &mut Chain) {
    chain.skip(&[AGENT_ROLE, AGENT_FUNCTION, TOOL_ROLE, READ_ACCESS, TOOL_FUNCTION, GATEWAY_ROLE, INVOKE_PERMISSION]);
    chain.skip(&[GATEWAY, TARGET, TOOL_LIST, HEALTH]);
}
