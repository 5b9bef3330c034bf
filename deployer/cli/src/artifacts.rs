//! The two function images: compiled, layered and known by digest.

use std::collections::BTreeMap;
use std::path::PathBuf;

use deployer_core::Failure;
use deployer_core::desired::ImageDigests;
use deployer_core::progress::Reporter;
use deployer_core::settings::{Architecture, Platform, Settings};
use deployer_image::{CompileRequest, Image, cached_image, compile_if_changed};
use deployer_local::Folders;

use crate::project::Project;

/// Images by the repository that they are pushed to.
pub struct Artifacts {
    pub digests: ImageDigests,
    pub images: BTreeMap<String, Image>,
}

/// Compiles what changed and makes both images. No AWS call.
pub async fn build(project: &Project, settings: &Settings, reporter: &dyn Reporter) -> Result<Artifacts, Failure> {
    let builder = Builder { project, settings, folders: Folders::discover()?, reporter };
    let (agent, tools) = match settings.agent.architecture == settings.tools.architecture {
        // One run of cargo for both, which is the usual case.
        true => {
            let binaries = builder.compile(&[Part::Agent, Part::Tools]).await?;
            (builder.image(Part::Agent, &binaries)?, builder.image(Part::Tools, &binaries)?)
        }
        false => {
            let agent = builder.compile(&[Part::Agent]).await?;
            let tools = builder.compile(&[Part::Tools]).await?;
            (builder.image(Part::Agent, &agent)?, builder.image(Part::Tools, &tools)?)
        }
    };
    let digests = ImageDigests { agent: agent.digest().to_string(), tools: tools.digest().to_string() };
    let names = settings.names();
    let images = BTreeMap::from([(names.agent_repository(), agent), (names.tools_repository(), tools)]);
    Ok(Artifacts { digests, images })
}

#[derive(Clone, Copy)]
enum Part {
    Agent,
    Tools,
}

impl Part {
    fn package(self) -> &'static str {
        match self {
            Self::Agent => "agent",
            Self::Tools => "tools",
        }
    }

    fn architecture(self, settings: &Settings) -> Architecture {
        match self {
            Self::Agent => settings.agent.architecture,
            Self::Tools => settings.tools.architecture,
        }
    }
}

struct Builder<'a> {
    project: &'a Project,
    settings: &'a Settings,
    folders: Folders,
    reporter: &'a dyn Reporter,
}

impl Builder<'_> {
    /// Executables by package; the parts have the same architecture.
    async fn compile(&self, parts: &[Part]) -> Result<BTreeMap<String, PathBuf>, Failure> {
        let profile = match self.settings.platform {
            Platform::Aws => "dist",
            Platform::Local { .. } => "local",
        };
        let request = CompileRequest {
            workspace: self.project.root.clone(),
            packages: parts.iter().map(|part| part.package().to_string()).collect(),
            target: parts.first().map(|part| part.architecture(self.settings).rust_target().to_string()),
            profile: profile.into(),
        };
        compile_if_changed(&request, &self.folders.compiled(), self.reporter).await
    }

    fn image(&self, part: Part, binaries: &BTreeMap<String, PathBuf>) -> Result<Image, Failure> {
        let oci_name = part.architecture(self.settings).oci_name();
        cached_image(&self.folders.images(), &binaries[part.package()], oci_name)
    }
}
