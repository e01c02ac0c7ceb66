//! Akash's deployment file (SDL 2.0 and 2.1): what it says, its manifest, and the order it makes.
//!
//! The manifest is what a provider is given and what the deployment's hash is of. Its JSON is that
//! of `SDL.fromString(…).manifestSortedJSON()` of Akash's package `@akashnetwork/chain-sdk`, byte
//! for byte; `tests/sdl` proves it on files of our own. The order says the same in the market's
//! terms; what the market cannot express is refused, because a provider would serve something else.

mod check;
mod error;
mod field;
pub mod manifest;
mod order;
mod parse;
mod quantity;
pub mod yaml;

pub use error::SdlError;
pub use order::{Terms, order};
pub use quantity::{Decimal, DecimalError};

use field::Spot;

/// A deployment file.
#[derive(Clone, Debug)]
pub struct Sdl {
    /// What runs, in the order of the file.
    pub services: Vec<Service>,
    /// What a service can ask for.
    pub computes: Vec<Compute>,
    /// Where it can run, in the order of the file.
    pub placements: Vec<Placement>,
}

/// A container.
#[derive(Clone, Debug)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// Its image.
    pub image: String,
    /// What it runs instead of the image's entry point.
    pub command: Option<Vec<String>>,
    /// The arguments.
    pub args: Option<Vec<String>>,
    /// Its environment, as `NAME=value`.
    pub env: Option<Vec<String>>,
    /// What can be reached.
    pub expose: Vec<Expose>,
    /// Volumes mounted, and permissions.
    pub params: Option<Params>,
    /// How its image is fetched.
    pub credentials: Option<Credentials>,
    /// Where how many of it run.
    pub runs: Vec<Run>,
    at: Spot,
}

/// Where and how often a service runs.
#[derive(Clone, Debug)]
pub struct Run {
    /// The placement's name.
    pub placement: String,
    /// The compute profile's name.
    pub profile: String,
    /// How many.
    pub count: u32,
    at: Spot,
}

/// A port that can be reached.
#[derive(Clone, Debug)]
pub struct Expose {
    /// The container's port.
    pub port: u16,
    /// The port outside; default the container's.
    pub external: Option<u16>,
    /// Over what.
    pub proto: Proto,
    /// From where.
    pub to: Vec<To>,
    /// Under which host names.
    pub accept: Option<Vec<String>>,
    /// What the ingress does.
    pub http: Http,
}

/// Over what a port is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proto {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// From where a port is reached.
#[derive(Clone, Debug)]
pub struct To {
    /// From another service.
    pub service: Option<String>,
    /// From everywhere.
    pub global: bool,
    /// At an address of its own, by the endpoint's name.
    pub ip: Option<String>,
    at: Spot,
}

/// What the ingress does with requests.
#[derive(Clone, Debug)]
pub struct Http {
    /// Bytes that a body may have.
    pub max_body_size: u64,
    /// Milliseconds.
    pub read_timeout: u64,
    /// Milliseconds.
    pub send_timeout: u64,
    /// How often it is tried elsewhere.
    pub next_tries: u64,
    /// Milliseconds.
    pub next_timeout: u64,
    /// In which cases.
    pub next_cases: Vec<String>,
}

/// Volumes mounted, and permissions.
#[derive(Clone, Debug)]
pub struct Params {
    /// Volumes in the order of the file; none without the section.
    pub storage: Option<Vec<Mount>>,
    /// What the container may read of its own deployment; none without the section.
    pub permissions: Option<Permissions>,
}

/// What the container may read of its own deployment.
#[derive(Clone, Debug)]
pub struct Permissions {
    /// `deployment`, `logs`.
    pub read: Option<Vec<String>>,
}

/// A volume in a container.
#[derive(Clone, Debug)]
pub struct Mount {
    /// The volume's name.
    pub name: String,
    /// Where it is mounted.
    pub mount: Option<String>,
    /// Whether it can only be read.
    pub read_only: bool,
    at: Spot,
}

/// How an image is fetched.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// The registry.
    pub host: String,
    /// Who.
    pub username: String,
    /// With what.
    pub password: String,
    /// Whose address.
    pub email: Option<String>,
}

/// What a service asks for.
#[derive(Clone, Debug)]
pub struct Compute {
    /// The profile's name.
    pub name: String,
    /// Thousandths of a cpu.
    pub cpu_milli: u64,
    /// Bytes.
    pub memory_bytes: u64,
    /// Storage.
    pub volumes: Vec<Volume>,
    /// Graphics processors.
    pub gpu: Gpu,
}

/// A piece of storage.
#[derive(Clone, Debug)]
pub struct Volume {
    /// Its name, by which a service mounts it.
    pub name: Option<String>,
    /// Bytes.
    pub bytes: u64,
    /// Its attributes as given; none without the section.
    pub attributes: Option<VolumeAttributes>,
    at: Spot,
}

/// Attributes of a volume, as the file writes them.
#[derive(Clone, Debug)]
pub struct VolumeAttributes {
    /// `default`, `beta1`, `beta2`, `beta3`, `ram`.
    pub class: Option<String>,
    /// `true`, or what stands for it.
    pub persistent: Option<String>,
}

/// Graphics processors.
#[derive(Clone, Debug)]
pub struct Gpu {
    /// How many.
    pub units: u32,
    /// Which, by vendor; none without the section.
    pub vendors: Option<Vec<GpuVendor>>,
}

/// Graphics processors of a vendor.
#[derive(Clone, Debug)]
pub struct GpuVendor {
    /// `nvidia`.
    pub name: String,
    /// Which; none means any.
    pub models: Option<Vec<GpuModel>>,
}

/// One kind of graphics processor.
#[derive(Clone, Debug)]
pub struct GpuModel {
    /// For instance `a100`.
    pub model: String,
    /// Its memory, for instance `80Gi`.
    pub ram: Option<String>,
    /// `pcie` or `sxm`.
    pub interface: Option<String>,
    at: Spot,
}

/// Where services can run.
#[derive(Clone, Debug)]
pub struct Placement {
    /// Its name, which the group gets.
    pub name: String,
    /// What the provider must say of itself.
    pub attributes: Vec<(String, String)>,
    /// Auditors that must all have signed that.
    pub all_of: Vec<String>,
    /// Auditors of whom one must have.
    pub any_of: Vec<String>,
    /// The most that is paid, by compute profile.
    pub pricing: Vec<Price>,
    at: Spot,
}

/// The most that is paid for one instance of a compute profile.
#[derive(Clone, Debug)]
pub struct Price {
    /// The compute profile.
    pub profile: String,
    /// In what.
    pub denom: String,
    /// Units of it per block of Akash.
    pub amount: Decimal,
    at: Spot,
}

impl Sdl {
    /// Reads and checks a deployment file.
    ///
    /// # Errors
    /// The first thing that is wrong, with line, column and field.
    pub fn parse(text: &str) -> Result<Self, SdlError> {
        let document = yaml::read(text)?;
        let (sdl, endpoints) = parse::document(&document)?;
        check::relations(&sdl, &endpoints)?;
        Ok(sdl)
    }

    /// The services that run at a placement, in the order of their names.
    fn running_at(&self, placement: &str) -> Vec<(&Service, &Run)> {
        let mut running = Vec::new();
        for service in &self.services {
            let runs = service.runs.iter().filter(|run| run.placement == placement);
            running.extend(runs.map(|run| (service, run)));
        }
        // Names are ASCII: their order is the same in every language.
        running.sort_by_key(|(service, _)| &service.name);
        running
    }

    fn compute(&self, profile: &str) -> Option<&Compute> {
        self.computes.iter().find(|compute| compute.name == profile)
    }
}

impl Service {
    fn mounts(&self) -> impl Iterator<Item = &Mount> {
        let params = self.params.iter();
        params.filter_map(|params| params.storage.as_ref()).flatten()
    }
}

impl Volume {
    /// The name that it has in the manifest.
    fn label(&self) -> &str {
        self.name.as_deref().filter(|name| !name.is_empty()).unwrap_or("default")
    }

    /// Whether it survives a restart. Akash reads these words so.
    fn persistent(&self) -> bool {
        let given = self.attributes.as_ref().and_then(|attributes| attributes.persistent.as_ref());
        given.is_some_and(|text| !matches!(text.to_lowercase().as_str(), "false" | "no" | "0" | ""))
    }
}

impl Expose {
    /// Whether the provider's shared HTTP ingress serves it.
    fn by_ingress(&self) -> bool {
        self.proto == Proto::Tcp && self.external.unwrap_or(self.port) == 80
    }
}
