//! The two function images: compiled, layered and known by digest.

use std::collections::BTreeMap;
use std::path::Path;

use deployer_core::Failure;
use deployer_core::desired::ImageDigests;
use deployer_core::progress::Reporter;
use deployer_core::settings::{Architecture, Platform, Settings};
use deployer_image::{CompileRequest, Image, cached_image, compile};
use deployer_local::Folders;

use crate::project::Project;

/// Images by the repository that they are pushed to.
pub struct Artifacts {
    pub digests: ImageDigests,
    pub images: BTreeMap<String, Image>,
}

/// Compiles what changed and makes both images. No AWS call.
pub async fn build(project: &Project, settings: &Settings, reporter: &dyn Reporter) -> Result<Artifacts, Failure> {
    let cache = Folders::discover()?.images();
    let agent = image(project, settings, Part::Agent, &cache, reporter);
    let tools = image(project, settings, Part::Tools, &cache, reporter);
    let (agent, tools) = if settings.agent.architecture == settings.tools.architecture {
        both(project, settings, &cache, reporter).await?
    } else {
        (agent.await?, tools.await?)
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

/// One cargo run for both, which is the usual case.
async fn both(
    project: &Project,
    settings: &Settings,
    cache: &Path,
    reporter: &dyn Reporter,
) -> Result<(Image, Image), Failure> {
    let parts = [Part::Agent, Part::Tools];
    let binaries = compile(&request(project, settings, &parts), reporter).await?;
    let image = |part: Part| {
        let oci_name = part.architecture(settings).oci_name();
        cached_image(cache, &binaries[part.package()], oci_name)
    };
    Ok((image(Part::Agent)?, image(Part::Tools)?))
}

async fn image(
    project: &Project,
    settings: &Settings,
    part: Part,
    cache: &Path,
    reporter: &dyn Reporter,
) -> Result<Image, Failure> {
    let binaries = compile(&request(project, settings, &[part]), reporter).await?;
    cached_image(cache, &binaries[part.package()], part.architecture(settings).oci_name())
}

fn request(project: &Project, settings: &Settings, parts: &[Part]) -> CompileRequest {
    let profile = match settings.platform {
        Platform::Aws => "dist",
        Platform::Local { .. } => "local",
    };
    CompileRequest {
        workspace: project.root.clone(),
        packages: parts.iter().map(|part| part.package().to_string()).collect(),
        target: parts.first().map(|part| part.architecture(settings).rust_target().to_string()),
        profile: profile.into(),
    }
}
