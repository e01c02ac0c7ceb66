//! What must hold between the parts of a file.

use std::collections::{BTreeMap, BTreeSet};

use super::error::SdlError;
use super::parse::NamedEndpoint;
use super::{Compute, Run, Sdl, Service};

/// Checks that everything named exists, once where it must.
pub(super) fn relations(sdl: &Sdl, endpoints: &[NamedEndpoint]) -> Result<(), SdlError> {
    for service in &sdl.services {
        if service.runs.is_empty() {
            let field = format!("services.{}", service.name);
            let reason = "runs nowhere; give it a placement under `deployment`";
            return Err(service.at.wrong(field, reason));
        }
        for run in &service.runs {
            let compute = profile(sdl, service, run)?;
            mounts(service, compute)?;
            persistent(service, compute)?;
        }
    }
    addresses(sdl, endpoints)
}

fn profile<'a>(sdl: &'a Sdl, service: &Service, run: &Run) -> Result<&'a Compute, SdlError> {
    let Run { placement, profile, .. } = run;
    let field = format!("deployment.{}.{placement}", service.name);
    let found = sdl.placements.iter().find(|other| other.name == *placement);
    let found = found.ok_or_else(|| {
        run.at.wrong(&field, format!("there is no placement `{placement}` under `profiles`"))
    })?;
    let compute = sdl.compute(profile).ok_or_else(|| {
        let field = format!("{field}.profile");
        run.at.wrong(field, format!("there is no `{profile}` under `profiles.compute`"))
    })?;
    if !found.pricing.iter().any(|price| price.profile == *profile) {
        let field = format!("profiles.placement.{placement}.pricing");
        return Err(found.at.wrong(field, format!("the price of `{profile}` is missing")));
    }
    Ok(compute)
}

/// A service mounts volumes that its profile has, each at a place of its own.
fn mounts(service: &Service, compute: &Compute) -> Result<(), SdlError> {
    let mut used = BTreeMap::new();
    for mount in service.mounts() {
        let field = format!("services.{}.params.storage.{}", service.name, mount.name);
        let named = |volume: &super::Volume| volume.name.as_ref() == Some(&mount.name);
        if !compute.volumes.iter().any(named) {
            let reason =
                format!("there is no volume of this name in the profile `{}`", compute.name);
            return Err(mount.at.wrong(field, reason));
        }
        if let Some(other) = used.insert(&mount.mount, &mount.name) {
            let reason = format!("is mounted where the volume `{other}` is");
            return Err(mount.at.wrong(field, reason));
        }
    }
    Ok(())
}

/// What survives a restart must be mounted somewhere.
fn persistent(service: &Service, compute: &Compute) -> Result<(), SdlError> {
    for volume in compute.volumes.iter().filter(|volume| volume.persistent()) {
        let name = volume.name.as_ref();
        let mounted = |mount: &super::Mount| Some(&mount.name) == name && mount.mount.is_some();
        if !service.mounts().any(mounted) {
            let field = format!("profiles.compute.{}.resources.storage", compute.name);
            let (name, service) = (volume.label(), &service.name);
            let reason = format!(
                "the volume `{name}` is persistent; name it, and give \
                 `services.{service}.params.storage.{name}.mount` a path"
            );
            return Err(volume.at.wrong(field, reason));
        }
    }
    Ok(())
}

/// Addresses of their own are declared, used, and each port of them once.
fn addresses(sdl: &Sdl, endpoints: &[NamedEndpoint]) -> Result<(), SdlError> {
    let mut ports = BTreeMap::new();
    let mut names = BTreeSet::new();
    for service in &sdl.services {
        let uses = service.expose.iter().flat_map(|expose| {
            expose.to.iter().filter_map(move |to| Some((expose, to, to.ip.as_deref()?)))
        });
        for (expose, to, ip) in uses {
            let field = format!("services.{}.expose", service.name);
            if !endpoints.iter().any(|endpoint| endpoint.name == ip) {
                let reason = format!("there is no `{ip}` under `endpoints`; add it: {{kind: ip}}");
                return Err(to.at.wrong(field, reason));
            }
            names.insert(ip);
            let port = expose.external.unwrap_or(expose.port);
            let udp = expose.proto == super::Proto::Udp;
            if let Some(other) = ports.insert((ip, port, udp), &service.name) {
                let reason = format!("port {port} of `{ip}` is used by service `{other}`");
                return Err(to.at.wrong(field, reason));
            }
        }
    }
    match endpoints.iter().find(|endpoint| !names.contains(endpoint.name.as_str())) {
        None => Ok(()),
        Some(unused) => {
            let field = format!("endpoints.{}", unused.name);
            Err(unused.at.wrong(field, "no service uses it; remove it"))
        }
    }
}
