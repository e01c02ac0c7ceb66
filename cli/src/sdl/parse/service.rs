//! `services`

use super::super::error::SdlError;
use super::super::field::{Field, Section};
use super::super::{Credentials, Expose, Http, Mount, Params, Permissions, Proto, Service, To};

const FIELDS: [&str; 8] =
    ["image", "command", "args", "env", "expose", "params", "credentials", "dependencies"];
const EXPOSE: [&str; 6] = ["port", "as", "proto", "to", "accept", "http_options"];
const HTTP: [&str; 6] =
    ["max_body_size", "read_timeout", "send_timeout", "next_tries", "next_timeout", "next_cases"];
const CASES: [&str; 10] =
    ["error", "timeout", "500", "502", "503", "504", "403", "404", "429", "off"];

pub(super) fn service(name: &str, field: &Field) -> Result<Service, SdlError> {
    if !is_name(name) {
        let reason = "a service's name has a-z, 0-9 and `-`, and begins with a letter";
        return Err(field.wrong(reason));
    }
    let mut section = field.section()?;
    let service = Service {
        name: name.into(),
        image: section.need("image")?.text_of(1)?,
        command: texts(&mut section, "command")?,
        args: texts(&mut section, "args")?,
        env: texts(&mut section, "env")?,
        expose: list(&mut section, "expose", expose)?,
        params: section.take("params").map(|field| params(&field)).transpose()?,
        credentials: section.take("credentials").map(|field| credentials(&field)).transpose()?,
        runs: Vec::new(),
        at: field.at(),
    };
    // They order the start in a local run; the manifest does not have them.
    list(&mut section, "dependencies", |field| {
        let mut section = field.section()?;
        section.take("service").map(|field| field.text()).transpose()?;
        section.finish(&["service"])
    })?;
    section.finish(&FIELDS)?;
    Ok(service)
}

/// Akash's rule for the names of services: they become names in Kubernetes.
fn is_name(name: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(inner)
        && !name.ends_with('-')
}

fn service_name(field: &Field) -> Result<String, SdlError> {
    let name = field.text()?;
    if !is_name(&name) {
        return Err(field.wrong(format!("`{name}` is no name of a service")));
    }
    Ok(name)
}

fn texts(section: &mut Section, key: &str) -> Result<Option<Vec<String>>, SdlError> {
    section.take_some(key).map(|field| field.texts()).transpose()
}

fn list<T>(
    section: &mut Section,
    key: &str,
    read: impl Fn(&Field) -> Result<T, SdlError>,
) -> Result<Vec<T>, SdlError> {
    let Some(field) = section.take(key) else { return Ok(Vec::new()) };
    field.list()?.iter().map(read).collect()
}

fn expose(field: &Field) -> Result<Expose, SdlError> {
    let mut section = field.section()?;
    let proto = section.take("proto").map(|field| field.one_of(&["TCP", "UDP", "tcp", "udp"]));
    let udp = proto.transpose()?.is_some_and(|proto| proto.eq_ignore_ascii_case("udp"));
    let http = section.take("http_options").map_or_else(|| Ok(Http::default()), |f| http(&f))?;
    let expose = Expose {
        port: port(&section.need("port")?)?,
        external: section.take("as").map(|field| port(&field)).transpose()?,
        proto: if udp { Proto::Udp } else { Proto::Tcp },
        to: list(&mut section, "to", to)?,
        accept: section.take("accept").map(|field| field.texts()).transpose()?,
        http,
    };
    section.finish(&EXPOSE)?;
    Ok(expose)
}

fn port(field: &Field) -> Result<u16, SdlError> {
    Ok(u16::try_from(field.integer(1, u64::from(u16::MAX))?).unwrap_or(u16::MAX))
}

fn to(field: &Field) -> Result<To, SdlError> {
    let mut section = field.section()?;
    let to = To {
        service: section.take("service").map(|field| service_name(&field)).transpose()?,
        global: section.take("global").map_or(Ok(false), |field| field.bool())?,
        ip: section.take("ip").map(|field| field.text_of(1)).transpose()?,
        at: field.at(),
    };
    section.finish(&["service", "global", "ip"])?;
    if to.ip.is_some() && !to.global {
        return Err(field.wrong("an address of its own needs `global: true`"));
    }
    Ok(to)
}

impl Default for Http {
    fn default() -> Self {
        Self {
            max_body_size: 1_048_576,
            read_timeout: 60_000,
            send_timeout: 60_000,
            next_tries: 3,
            next_timeout: 0,
            next_cases: vec!["error".into(), "timeout".into()],
        }
    }
}

fn http(field: &Field) -> Result<Http, SdlError> {
    let mut section = field.section()?;
    let default = Http::default();
    // Zero means the default, as in Akash's own tools.
    let mut number = |key: &str, max: u64, default: u64| -> Result<u64, SdlError> {
        let given = section.take(key).map_or(Ok(0), |field| field.integer(0, max))?;
        Ok(if given == 0 { default } else { given })
    };
    let any = u64::from(u32::MAX);
    let mut http = Http {
        max_body_size: number("max_body_size", 104_857_600, default.max_body_size)?,
        read_timeout: number("read_timeout", 60_000, default.read_timeout)?,
        send_timeout: number("send_timeout", 60_000, default.send_timeout)?,
        next_tries: number("next_tries", any, default.next_tries)?,
        next_timeout: number("next_timeout", any, default.next_timeout)?,
        next_cases: default.next_cases,
    };
    if let Some(field) = section.take("next_cases") {
        let cases = field.list()?;
        let cases = cases.iter().map(|field| field.one_of(&CASES));
        http.next_cases = cases.collect::<Result<_, _>>()?;
        if http.next_cases.is_empty() {
            return Err(field.wrong("is empty; write `off` to try nowhere else, or leave it out"));
        }
        if http.next_cases.len() > 1 && http.next_cases.iter().any(|case| case == "off") {
            return Err(field.wrong("`off` stands alone"));
        }
    }
    section.finish(&HTTP)?;
    Ok(http)
}

fn params(field: &Field) -> Result<Params, SdlError> {
    let mut section = field.section()?;
    let storage = section.take("storage").map(|field| {
        let mounts = field.named()?;
        mounts.into_iter().map(|(name, field)| mount(name, &field)).collect()
    });
    let params = Params {
        storage: storage.transpose()?,
        permissions: section.take("permissions").map(|field| permissions(&field)).transpose()?,
    };
    section.finish(&["storage", "permissions"])?;
    Ok(params)
}

fn permissions(field: &Field) -> Result<Permissions, SdlError> {
    let mut section = field.section()?;
    let read = section.take("read").map(|field| {
        let items = field.list()?;
        items.iter().map(|field| field.one_of(&["deployment", "logs"])).collect()
    });
    let permissions = Permissions { read: read.transpose()? };
    section.finish(&["read"])?;
    Ok(permissions)
}

fn mount(name: String, field: &Field) -> Result<Mount, SdlError> {
    let mut section = field.section()?;
    let path = section.take("mount").map(|field| {
        let path = field.text()?;
        if !path.starts_with('/') {
            return Err(field.wrong("expected an absolute path, such as `/data`"));
        }
        Ok(path)
    });
    let mount = Mount {
        name,
        mount: path.transpose()?,
        read_only: section.take("readOnly").map_or(Ok(false), |field| field.bool())?,
        at: field.at(),
    };
    section.finish(&["mount", "readOnly"])?;
    Ok(mount)
}

fn credentials(field: &Field) -> Result<Credentials, SdlError> {
    let mut section = field.section()?;
    let credentials = Credentials {
        host: section.need("host")?.text_of(1)?,
        username: section.need("username")?.text_of(1)?,
        password: section.need("password")?.text_of(6)?,
        email: section.take("email").map(|field| field.text_of(5)).transpose()?,
    };
    section.finish(&["host", "username", "password", "email"])?;
    Ok(credentials)
}
