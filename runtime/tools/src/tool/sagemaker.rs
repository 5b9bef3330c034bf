//! `sagemaker_read_operations`: endpoints, notebooks, training.

mod endpoints;
mod notebooks;
mod training;

use crate::service::{Kind, Parameter, Recipe, Scope, ServiceTool};

pub(crate) const TOOL: ServiceTool = ServiceTool {
    name: "sagemaker_read_operations",
    service: "sagemaker",
    services: &["sagemaker"],
    recipes: &[
        Recipe {
            name: "endpoints",
            answers: "Endpoints in service with instance type, count and instance hours a month of each variant.",
            example: "Which endpoints are in service, and on which instances?",
            topic: &[&["endpoint", "inference", "hosting", "serverless"]],
            not: &["training", "notebook", "job", "failed"],
            takes: &[],
            reads: &["sagemaker:ListEndpoints", "sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig"],
            scope: Scope::Region,
            run: |ask| Box::pin(endpoints::in_service(ask)),
        },
        Recipe {
            name: "failed-endpoints",
            answers: "Endpoints that are failed, out of service or could not be rolled back, with the reason.",
            example: "Which endpoints failed?",
            topic: &[&["endpoint"], &["failed", "failing", "fail", "failure", "broken", "unhealthy", "down"]],
            not: &["training", "notebook", "job"],
            takes: &[],
            reads: &["sagemaker:ListEndpoints", "sagemaker:DescribeEndpoint"],
            scope: Scope::Region,
            run: |ask| Box::pin(endpoints::failed(ask)),
        },
        Recipe {
            name: "running-notebooks",
            answers: "Notebook instances and Studio apps that run now, with instance type, since when and for whom.",
            example: "Which notebooks are running?",
            topic: &[&["notebook", "studio", "jupyter", "app", "jupyterlab"]],
            not: &["training", "endpoint"],
            takes: &[],
            reads: &["sagemaker:ListNotebookInstances", "sagemaker:ListApps"],
            scope: Scope::Region,
            run: |ask| Box::pin(notebooks::running(ask)),
        },
        Recipe {
            name: "failed-training-jobs",
            answers: "Training jobs that failed in the last days, the newest first, with the reason and instances.",
            example: "Which training jobs failed, and why?",
            topic: &[
                &["training", "train", "job"],
                &["failed", "failing", "fail", "failure", "error", "why", "crashed"],
            ],
            not: &["endpoint", "notebook"],
            takes: &[DAYS],
            reads: &["sagemaker:ListTrainingJobs", "sagemaker:DescribeTrainingJob"],
            scope: Scope::Region,
            run: |ask| Box::pin(training::failed(ask)),
        },
        Recipe {
            name: "running-training-jobs",
            answers: "Training jobs in progress with instances, phase and how long they have run.",
            example: "Which training jobs are running now?",
            topic: &[&["training", "train", "job"], &["running", "run", "now", "progress", "current", "active"]],
            not: &["endpoint", "notebook", "failed", "fail", "failure", "failing"],
            takes: &[],
            reads: &["sagemaker:ListTrainingJobs", "sagemaker:DescribeTrainingJob"],
            scope: Scope::Region,
            run: |ask| Box::pin(training::running(ask)),
        },
    ],
};

const DAYS: Parameter =
    Parameter { name: "days", kind: Kind::Number, means: "How many days to look back; 30 without it." };
