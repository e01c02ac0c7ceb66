//! From the tree to the model: the form of every field, as the JSON schema of Akash's package has it.

mod compute;
mod placement;
mod service;

use std::rc::Rc;

use super::error::SdlError;
use super::field::{Field, Spot};
use super::yaml::Node;
use super::{Run, Sdl, Service};

/// An address that services can share, by its name.
#[derive(Debug)]
pub(super) struct NamedEndpoint {
    pub(super) name: String,
    pub(super) at: Spot,
}

const FIELDS: [&str; 5] = ["version", "services", "profiles", "deployment", "endpoints"];

pub(super) fn document(root: &Rc<Node>) -> Result<(Sdl, Vec<NamedEndpoint>), SdlError> {
    let mut file = Field::root(root).section()?;
    file.need("version")?.one_of(&["2.0", "2.1"])?;
    if let Some(include) = file.take("include") {
        return Err(include.wrong("other files are not read; put everything into this one"));
    }
    if let Some(reclamation) = file.take("reclamation") {
        let reason = "not part of this SDL; ask for notice with `--notice-seconds`";
        return Err(reclamation.wrong(reason));
    }
    let services = file.need("services")?.named()?;
    let deployment = file.need("deployment")?.named()?;
    let mut profiles = file.need("profiles")?.section()?;
    let computes = profiles.need("compute")?.named()?;
    let placements = profiles.need("placement")?.named()?;
    profiles.finish(&["compute", "placement"])?;
    let endpoints = file.take("endpoints").map_or(Ok(Vec::new()), |field| endpoints(&field))?;
    file.finish(&FIELDS)?;
    let services = services.iter().map(|(name, field)| service::service(name, field));
    let mut sdl = Sdl {
        services: services.collect::<Result<_, _>>()?,
        computes: computes
            .iter()
            .map(|(name, field)| compute::compute(name, field))
            .collect::<Result<_, _>>()?,
        placements: placements
            .iter()
            .map(|(name, field)| placement::placement(name, field))
            .collect::<Result<_, _>>()?,
    };
    for (name, field) in &deployment {
        let runs = runs(field)?;
        let unknown = || field.wrong(format!("there is no service `{name}` under `services`"));
        find(&mut sdl.services, name).ok_or_else(unknown)?.runs = runs;
    }
    Ok((sdl, endpoints))
}

fn find<'a>(services: &'a mut [Service], name: &str) -> Option<&'a mut Service> {
    services.iter_mut().find(|service| service.name == name)
}

fn runs(field: &Field) -> Result<Vec<Run>, SdlError> {
    let runs = field.named()?.into_iter().map(|(placement, field)| {
        let mut section = field.section()?;
        let profile = section.need("profile")?.text()?;
        let count = section.need("count")?.integer(1, u64::from(u32::MAX))?;
        section.finish(&["profile", "count"])?;
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Run { placement, profile, count, at: field.at() })
    });
    runs.collect()
}

fn endpoints(field: &Field) -> Result<Vec<NamedEndpoint>, SdlError> {
    let endpoints = field.named()?.into_iter().map(|(name, field)| {
        let tail = name.trim_start_matches(|c: char| c.is_ascii_lowercase());
        let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.len() < 2 || tail.len() == name.len() || !tail.chars().all(fits) {
            return Err(field.wrong("a name begins with a letter: a-z, then a-z, 0-9, `-`, `_`"));
        }
        let mut section = field.section()?;
        section.need("kind")?.one_of(&["ip"])?;
        section.finish(&["kind"])?;
        Ok(NamedEndpoint { name, at: field.at() })
    });
    endpoints.collect()
}
