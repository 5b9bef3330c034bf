//! What each of AgentCore's statuses of a gateway or a target asks for.

/// What to do about a gateway or a target in some status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentcoreState {
    /// AgentCore is at work on it: wait.
    Moving,
    Ready,
    /// An update brings it back.
    Repairable,
    /// Never came up, or waits for a consent that none of ours needs: only making it again helps.
    Lost,
}

impl AgentcoreState {
    /// A status that we do not know is one that an update may bring back.
    pub fn of(status: &str) -> Self {
        match status {
            "READY" => Self::Ready,
            "FAILED" | "CREATE_PENDING_AUTH" | "UPDATE_PENDING_AUTH" | "SYNCHRONIZE_PENDING_AUTH" => Self::Lost,
            status if status.ends_with("ING") => Self::Moving,
            _ => Self::Repairable,
        }
    }
}

/// "FAILED: one reason; another"
pub fn reasons(status: &str, reasons: &[String]) -> String {
    match reasons {
        [] => format!("it is {status}, and AWS gives no reason"),
        reasons => format!("{status}: {}", reasons.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use super::AgentcoreState::{self, *};
    use aws_sdk_bedrockagentcorecontrol::types::{GatewayStatus, TargetStatus};
    use deployer_core::observed::is_in_motion;

    const STATES: [(&str, AgentcoreState); 11] = [
        ("CREATING", Moving),
        ("UPDATING", Moving),
        ("DELETING", Moving),
        ("SYNCHRONIZING", Moving),
        ("READY", Ready),
        ("FAILED", Lost),
        ("UPDATE_UNSUCCESSFUL", Repairable),
        ("SYNCHRONIZE_UNSUCCESSFUL", Repairable),
        ("CREATE_PENDING_AUTH", Lost),
        ("UPDATE_PENDING_AUTH", Lost),
        ("SYNCHRONIZE_PENDING_AUTH", Lost),
    ];

    #[test]
    fn each_status_has_its_state() {
        for (status, state) in STATES {
            assert_eq!(AgentcoreState::of(status), state, "{status}");
            assert_eq!(is_in_motion(status), state == Moving, "{status}");
        }
    }

    #[test]
    fn no_status_of_the_service_model_is_left_out() {
        for status in GatewayStatus::values().iter().chain(TargetStatus::values()) {
            assert!(STATES.iter().any(|(known, _)| known == status), "{status}");
        }
    }
}
