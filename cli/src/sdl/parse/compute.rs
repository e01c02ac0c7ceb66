//! `profiles.compute`

use super::super::error::SdlError;
use super::super::field::Field;
use super::super::quantity;
use super::super::yaml::Value;
use super::super::{Compute, Gpu, GpuModel, GpuVendor, Volume, VolumeAttributes};

pub(super) fn compute(name: &str, field: &Field) -> Result<Compute, SdlError> {
    let mut section = field.section()?;
    let resources = section.need("resources")?;
    section.finish(&["resources"])?;
    let mut section = resources.section()?;
    let compute = Compute {
        name: name.into(),
        cpu_milli: cpu(&section.need("cpu")?)?,
        memory_bytes: memory(&section.need("memory")?)?,
        volumes: storage(&section.need("storage")?)?,
        gpu: section.take("gpu").map_or(Ok(Gpu { units: 0, vendors: None }), |f| gpu(&f))?,
    };
    section.finish(&["cpu", "memory", "storage", "gpu"])?;
    Ok(compute)
}

fn cpu(field: &Field) -> Result<u64, SdlError> {
    let mut section = field.section()?;
    let units = section.need("units")?;
    if let Some(attributes) = section.take("attributes") {
        let reason = "the market knows no kinds of cpu; require an attribute of the provider \
                      under `profiles.placement` instead";
        return Err(attributes.wrong(reason));
    }
    section.finish(&["units"])?;
    match &units.node.value {
        Value::Number(text) | Value::Text(text) => {
            quantity::milli(text).map_err(|reason| units.wrong(reason))
        }
        other => Err(units.wrong(format!("expected cpus such as `500m`, got {}", other.kind()))),
    }
}

fn memory(field: &Field) -> Result<u64, SdlError> {
    let mut section = field.section()?;
    let size = size(&section.need("size")?)?;
    section.finish(&["size"])?;
    Ok(size)
}

fn size(field: &Field) -> Result<u64, SdlError> {
    quantity::bytes(&field.text()?).map_err(|reason| field.wrong(reason))
}

fn storage(field: &Field) -> Result<Vec<Volume>, SdlError> {
    match &field.node.value {
        Value::List(_) => field.list()?.iter().map(volume).collect(),
        _ => Ok(vec![volume(field)?]),
    }
}

fn volume(field: &Field) -> Result<Volume, SdlError> {
    let mut section = field.section()?;
    let volume = Volume {
        name: section.take("name").map(|field| field.text()).transpose()?,
        bytes: size(&section.need("size")?)?,
        attributes: section.take("attributes").map(|field| attributes(&field)).transpose()?,
        at: field.at(),
    };
    section.finish(&["name", "size", "attributes"])?;
    Ok(volume)
}

fn attributes(field: &Field) -> Result<VolumeAttributes, SdlError> {
    let mut section = field.section()?;
    let persistent = section.take("persistent").map(|field| match &field.node.value {
        Value::Number(_) => Err(field.wrong("expected true or false")),
        _ => field.scalar(),
    });
    let attributes = VolumeAttributes {
        class: section.take("class").map(|field| field.text()).transpose()?,
        persistent: persistent.transpose()?,
    };
    section.finish(&["class", "persistent"])?;
    let ram = attributes.class.as_deref() == Some("ram");
    if ram && attributes.persistent.as_deref() == Some("true") {
        return Err(field.wrong("storage of the class `ram` cannot be persistent"));
    }
    Ok(attributes)
}

fn gpu(field: &Field) -> Result<Gpu, SdlError> {
    let mut section = field.section()?;
    let units_field = section.need("units")?;
    let units = match &units_field.node.value {
        Value::Number(text) | Value::Text(text) => {
            text.parse().ok().filter(|units: &u32| units.to_string() == *text)
        }
        _ => None,
    };
    let units = units.ok_or_else(|| units_field.wrong("expected a whole number, such as `1`"))?;
    let attributes = section.take("attributes");
    section.finish(&["units", "attributes"])?;
    let Some(attributes) = attributes else {
        if units > 0 {
            return Err(field.wrong("`attributes.vendor` is missing: which processors will do"));
        }
        return Ok(Gpu { units, vendors: None });
    };
    if units == 0 {
        return Err(attributes.wrong("there are attributes but no units"));
    }
    let mut section = attributes.section()?;
    let vendors = section.need("vendor")?.named()?;
    section.finish(&["vendor"])?;
    if vendors.is_empty() {
        return Err(attributes.wrong("`vendor` is empty; write `nvidia:`"));
    }
    let vendors = vendors.into_iter().map(|(name, field)| vendor(name, &field));
    Ok(Gpu { units, vendors: Some(vendors.collect::<Result<_, _>>()?) })
}

fn vendor(name: String, field: &Field) -> Result<GpuVendor, SdlError> {
    if name != "nvidia" {
        return Err(field.wrong("the SDL knows only the vendor `nvidia`"));
    }
    if field.is_null() {
        return Ok(GpuVendor { name, models: None });
    }
    let models = field.list()?;
    let models = models.iter().map(|field| {
        let mut section = field.section()?;
        let model = GpuModel {
            model: section.need("model")?.text()?,
            ram: text_unless_empty(section.take("ram"))?,
            interface: section
                .take("interface")
                .map(|field| field.one_of(&["pcie", "sxm"]))
                .transpose()?,
            at: field.at(),
        };
        section.finish(&["model", "ram", "interface"])?;
        Ok(model)
    });
    Ok(GpuVendor { name, models: Some(models.collect::<Result<_, _>>()?) })
}

fn text_unless_empty(field: Option<Field>) -> Result<Option<String>, SdlError> {
    let text = field.map(|field| field.text()).transpose()?;
    Ok(text.filter(|text| !text.is_empty()))
}
