//! The manifest: what a provider is given to run.
//!
//! Fields stand in the order of the alphabet: the hash is of the sorted JSON, and serialising in
//! order sorts it. An empty list and a missing one differ, as they do in Akash's package.

use serde::Serialize;
use sha2::{Digest as _, Sha256};

use super::{
    Compute, Credentials, Expose, Http, Params, Proto, Run, Sdl, Service as Given, To, Volume,
};

/// What one provider runs.
#[derive(Clone, Debug, Serialize)]
pub struct Group {
    name: String,
    services: Vec<Service>,
}

#[derive(Clone, Debug, Serialize)]
struct Service {
    args: Option<Vec<String>>,
    command: Option<Vec<String>>,
    count: u32,
    credentials: Option<Login>,
    env: Option<Vec<String>>,
    expose: Vec<Exposed>,
    image: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<Parameters>,
    resources: Resources,
}

#[derive(Clone, Debug, Serialize)]
struct Login {
    email: String,
    host: String,
    password: String,
    username: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Exposed {
    endpoint_sequence_number: usize,
    external_port: u16,
    global: bool,
    hosts: Option<Vec<String>>,
    http_options: HttpOptions,
    ip: String,
    port: u16,
    proto: &'static str,
    service: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct HttpOptions {
    max_body_size: u64,
    next_cases: Vec<String>,
    next_timeout: u64,
    next_tries: u64,
    read_timeout: u64,
    send_timeout: u64,
}

#[derive(Clone, Debug, Serialize)]
struct Parameters {
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<Permissions>,
    storage: Option<Vec<Mount>>,
}

#[derive(Clone, Debug, Serialize)]
struct Permissions {
    #[serde(skip_serializing_if = "Option::is_none")]
    read: Option<Vec<String>>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Mount {
    #[serde(skip_serializing_if = "Option::is_none")]
    mount: Option<String>,
    name: String,
    read_only: bool,
}

#[derive(Clone, Debug, Serialize)]
struct Resources {
    cpu: Units,
    endpoints: Vec<Endpoint>,
    gpu: Units,
    id: usize,
    memory: Size,
    storage: Vec<Storage>,
}

#[derive(Clone, Debug, Serialize)]
struct Units {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Vec<Attribute>>,
    units: Val,
}

#[derive(Clone, Debug, Serialize)]
struct Size {
    size: Val,
}

#[derive(Clone, Debug, Serialize)]
struct Storage {
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Vec<Attribute>>,
    name: String,
    size: Val,
}

#[derive(Clone, Debug, Serialize)]
struct Attribute {
    key: String,
    value: String,
}

/// A number as text.
#[derive(Clone, Debug, Serialize)]
struct Val {
    val: String,
}

/// Kind 0, the shared ingress, is left out.
#[derive(Clone, Debug, Serialize)]
struct Endpoint {
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<u8>,
    sequence_number: usize,
}

const RANDOM_PORT: u8 = 1;
const LEASED_IP: u8 = 2;

/// The manifest of a deployment file: a group for every placement.
#[must_use]
pub fn manifest(sdl: &Sdl) -> Vec<Group> {
    let numbers = Numbers::of(sdl);
    let group = |placement: &super::Placement| {
        let running = sdl.running_at(&placement.name).into_iter();
        // `Sdl::parse` has found every profile.
        let services = running.zip(1..).filter_map(|((service, run), id)| {
            let compute = sdl.compute(&run.profile)?;
            Some(describe(id, (service, run), compute, &numbers))
        });
        Group { name: placement.name.clone(), services: services.collect() }
    };
    sdl.placements.iter().map(group).collect()
}

/// The JSON text whose hash is the manifest's: sorted, and safe inside HTML as Go writes it.
///
/// # Errors
/// Never for a [`manifest`]; what the encoder says.
pub fn sorted_json(manifest: &[Group]) -> serde_json::Result<String> {
    let text = serde_json::to_string(manifest)?;
    Ok(text.replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"))
}

/// SHA-256 of [`sorted_json`]: 64 lower-case hex digits.
#[must_use]
pub fn hash(sorted_json: &str) -> String {
    Sha256::digest(sorted_json).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The numbers by which a group's endpoints tell addresses of their own apart.
///
/// Akash's package counts anew in each `expose`, and what is numbered twice keeps the last number.
struct Numbers<'a>(Vec<(&'a str, usize)>);

impl<'a> Numbers<'a> {
    fn of(sdl: &'a Sdl) -> Self {
        let mut numbers = Vec::new();
        for expose in sdl.services.iter().flat_map(|service| &service.expose) {
            let mut names: Vec<_> = expose.to.iter().filter_map(|to| to.ip.as_deref()).collect();
            names.sort_unstable();
            numbers.extend(names.into_iter().zip(1..));
        }
        Self(numbers)
    }

    fn get(&self, to: &To) -> usize {
        let ip = to.ip.as_deref();
        let found = self.0.iter().rev().find(|(name, _)| Some(*name) == ip);
        found.map_or(0, |(_, number)| *number)
    }
}

fn describe(
    id: usize,
    (service, run): (&Given, &Run),
    compute: &Compute,
    numbers: &Numbers<'_>,
) -> Service {
    Service {
        args: service.args.clone(),
        command: service.command.clone(),
        count: run.count,
        credentials: service.credentials.as_ref().map(login),
        env: service.env.clone(),
        expose: exposed(service, numbers),
        image: service.image.clone(),
        name: service.name.clone(),
        params: service.params.as_ref().and_then(parameters),
        resources: resources(id, service, compute, numbers),
    }
}

fn login(credentials: &Credentials) -> Login {
    let Credentials { host, username, password, email } = credentials.clone();
    Login { email: email.unwrap_or_default(), host, password, username }
}

fn exposed(service: &Given, numbers: &Numbers<'_>) -> Vec<Exposed> {
    let uses =
        service.expose.iter().flat_map(|expose| expose.to.iter().map(move |to| (expose, to)));
    let mut all: Vec<_> = uses.map(|(expose, to)| expose_to(expose, to, numbers)).collect();
    let key = |e: &Exposed| (e.service.clone(), e.port, e.proto, !e.global);
    // Stable: what is equal keeps the order of the file.
    all.sort_by_key(key);
    all
}

fn expose_to(expose: &Expose, to: &To, numbers: &Numbers<'_>) -> Exposed {
    let Http { max_body_size, read_timeout, send_timeout, next_tries, next_timeout, next_cases } =
        expose.http.clone();
    Exposed {
        endpoint_sequence_number: numbers.get(to),
        external_port: expose.external.unwrap_or(0),
        global: to.global,
        hosts: expose.accept.clone(),
        http_options: HttpOptions {
            max_body_size,
            next_cases,
            next_timeout,
            next_tries,
            read_timeout,
            send_timeout,
        },
        ip: to.ip.clone().unwrap_or_default(),
        port: expose.port,
        proto: match expose.proto {
            Proto::Tcp => "TCP",
            Proto::Udp => "UDP",
        },
        service: to.service.clone().unwrap_or_default(),
    }
}

fn parameters(params: &Params) -> Option<Parameters> {
    let permissions = params.permissions.clone();
    let permissions = permissions.map(|permissions| Permissions { read: permissions.read });
    let mounts = params.storage.as_ref();
    if mounts.is_none() && permissions.is_none() {
        return None;
    }
    let mount = |mount: &super::Mount| Mount {
        mount: mount.mount.clone(),
        name: mount.name.clone(),
        read_only: mount.read_only,
    };
    let storage = mounts.filter(|mounts| !mounts.is_empty());
    Some(Parameters {
        permissions,
        storage: storage.map(|mounts| mounts.iter().map(mount).collect()),
    })
}

fn resources(id: usize, service: &Given, compute: &Compute, numbers: &Numbers<'_>) -> Resources {
    Resources {
        cpu: Units { attributes: None, units: val(compute.cpu_milli) },
        endpoints: endpoints(service, numbers),
        gpu: Units { attributes: gpu_attributes(compute), units: val(compute.gpu.units) },
        id,
        memory: Size { size: val(compute.memory_bytes) },
        storage: compute.volumes.iter().map(storage).collect(),
    }
}

fn val(number: impl Into<u64>) -> Val {
    Val { val: number.into().to_string() }
}

fn endpoints(service: &Given, numbers: &Numbers<'_>) -> Vec<Endpoint> {
    let mut all = Vec::new();
    for expose in &service.expose {
        for to in expose.to.iter().filter(|to| to.global) {
            let kind = (!expose.by_ingress()).then_some(RANDOM_PORT);
            all.push(Endpoint { kind, sequence_number: 0 });
            if to.ip.is_some() {
                let sequence_number = numbers.get(to);
                all.push(Endpoint { kind: Some(LEASED_IP), sequence_number });
            }
        }
    }
    all
}

fn gpu_attributes(compute: &Compute) -> Option<Vec<Attribute>> {
    let vendors = compute.gpu.vendors.as_ref()?;
    let mut keys = Vec::new();
    for vendor in vendors {
        let name = &vendor.name;
        let Some(models) = &vendor.models else {
            keys.push(format!("vendor/{name}/model/*"));
            continue;
        };
        for model in models {
            let mut key = format!("vendor/{name}/model/{}", model.model);
            if let Some(ram) = &model.ram {
                key.push_str(&format!("/ram/{ram}"));
            }
            if let Some(interface) = &model.interface {
                key.push_str(&format!("/interface/{interface}"));
            }
            keys.push(key);
        }
    }
    Some(keys.into_iter().map(|key| Attribute { key, value: "true".into() }).collect())
}

fn storage(volume: &Volume) -> Storage {
    let attributes = volume.attributes.as_ref().map(|given| {
        let mut persistent = given.persistent.clone();
        if given.class.as_deref() == Some("ram") && persistent.is_none() {
            persistent = Some("false".into());
        }
        let pairs = [("class", given.class.clone()), ("persistent", persistent)];
        let present = pairs
            .into_iter()
            .filter_map(|(key, value)| Some(Attribute { key: key.into(), value: value? }));
        present.collect()
    });
    Storage { attributes, name: volume.label().into(), size: val(volume.bytes) }
}
