//! Why an invocation did not reach a function, with the status and code that
//! Lambda answers for it. A function's own failure is not among them: that is a
//! reply, see [`super::exchange::FunctionFailure`].

use http::StatusCode;

use crate::rest_error::RestError;

#[derive(Debug, thiserror::Error)]
pub enum InvokeError {
    #[error("Function not found: {0}")]
    NotFound(String),
    #[error("`{0}` is not a function name or ARN")]
    BadReference(String),
    #[error("The operation cannot be performed at this time. The function {name} is in the state {state}.")]
    NotReady { name: String, state: String },
    #[error("Rate Exceeded: function {0} already runs as many instances as the sandbox starts")]
    TooManyRequests(String),
    #[error("pull image {image} of function {name}: {cause}")]
    Image { name: String, image: String, cause: String },
    #[error("start function {name}: {cause}")]
    Start { name: String, cause: String },
    #[error("assume the execution role {role} of function {name}: {cause}")]
    Role { name: String, role: String, cause: String },
    #[error("read function {name} from the backend: {cause}")]
    Backend { name: String, cause: String },
}

impl InvokeError {
    fn class(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "ResourceNotFoundException"),
            Self::BadReference(_) => (StatusCode::BAD_REQUEST, "InvalidParameterValueException"),
            Self::NotReady { .. } => (StatusCode::CONFLICT, "ResourceConflictException"),
            Self::TooManyRequests(_) => (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException"),
            Self::Image { .. } | Self::Start { .. } => (StatusCode::BAD_GATEWAY, "InvalidRuntimeException"),
            Self::Role { .. } => (StatusCode::FORBIDDEN, "AccessDeniedException"),
            Self::Backend { .. } => (StatusCode::SERVICE_UNAVAILABLE, "ServiceException"),
        }
    }
}

impl From<InvokeError> for RestError {
    fn from(error: InvokeError) -> Self {
        let (status, code) = error.class();
        Self::new(status, code, error.to_string())
    }
}
