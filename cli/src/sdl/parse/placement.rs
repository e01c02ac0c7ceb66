//! `profiles.placement`

use super::super::error::SdlError;
use super::super::field::{Field, Section};
use super::super::{Placement, Price};

pub(super) fn placement(name: &str, field: &Field) -> Result<Placement, SdlError> {
    let mut section = field.section()?;
    let attributes = section.take("attributes").map_or(Ok(Vec::new()), |field| field.named())?;
    let attributes = attributes.into_iter().map(|(key, field)| Ok((key, field.scalar()?)));
    let mut attributes: Vec<_> = attributes.collect::<Result<_, SdlError>>()?;
    attributes.sort();
    let (mut all_of, mut any_of) = (Vec::new(), Vec::new());
    if let Some(field) = section.take("signedBy") {
        let mut signed_by = field.section()?;
        all_of = auditors(&mut signed_by, "allOf")?;
        any_of = auditors(&mut signed_by, "anyOf")?;
        signed_by.finish(&["allOf", "anyOf"])?;
    }
    let pricing = section.need("pricing")?.named()?;
    let pricing = pricing.into_iter().map(|(profile, field)| price(profile, &field));
    let pricing = pricing.collect::<Result<_, _>>()?;
    section.finish(&["attributes", "signedBy", "pricing"])?;
    Ok(Placement { name: name.into(), attributes, all_of, any_of, pricing, at: field.at() })
}

fn auditors(section: &mut Section, key: &str) -> Result<Vec<String>, SdlError> {
    section.take(key).map_or(Ok(Vec::new()), |field| field.texts())
}

fn price(profile: String, field: &Field) -> Result<Price, SdlError> {
    let mut section = field.section()?;
    let price = Price {
        profile,
        denom: section.need("denom")?.text_of(1)?,
        amount: section.need("amount")?.decimal()?,
        at: field.at(),
    };
    section.finish(&["denom", "amount"])?;
    Ok(price)
}
