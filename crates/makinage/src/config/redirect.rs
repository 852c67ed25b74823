//! `redirect`: a configuration that lives elsewhere, in Consul's key-value store.

use std::path::{Path, PathBuf};

use super::{
    reader::{
        described,
        field::Field,
        problem::Findings,
        section::Section,
        shape::{Shaped, section},
        surroundings::Surroundings,
    },
    values::secret::{self, Secret},
};
use crate::{address, quoted::quoted, yaml::Node};

#[cfg(test)]
mod tests;

section! {
    /// The keys of the top level.
    pub struct TopKeys
    by hand {
        /// Where the whole configuration lives; this file only says where.
        redirect: "", "", schema described::section(&RedirectKeys::described()), example "";
    }
    keys {}
}

section! {
    /// The keys of the section.
    pub struct RedirectKeys
    by hand {
        /// Consul's key-value store.
        connector: "`consul`", "", schema described::words(["consul"]), example "consul";
        /// An agent's HTTP address.
        endpoint: "a URL", "", schema described::matching("^https?://[^/@?# ]+/*$"), example "\"http://localhost:8500\"";
        /// The key that holds the configuration.
        key: "a key", "", schema described::matching("^[^/](.*[^/])?$"), example "makinage/my_model_serving";
        /// An ACL token that may read the key: itself, `${env:NAME}` or `${file:PATH}`.
        token: "a secret", "as `CONSUL_HTTP_TOKEN` says", schema described::scalar(), example "${file:/run/secrets/consul_token}";
        /// The data centre, where it isn't the agent's own.
        datacenter: "a name", "the agent's own", schema described::matching("^[A-Za-z0-9_-]+$"), example "dc1";
    }
    keys {}
}

const TOKEN: &str = "CONSUL_HTTP_TOKEN";

/// Where a configuration is in Consul.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redirect {
    /// `http://host:port`, without a slash at its end.
    pub endpoint: String,
    /// The key, without a slash at its beginning.
    pub key: String,
    /// The ACL token.
    pub token: Option<Secret>,
    /// The data centre, where it isn't the agent's own.
    pub datacenter: Option<String>,
    /// The folder of the file that has the redirect: hooks and relative paths begin there.
    pub folder: PathBuf,
}

/// The redirect of a file that has nothing else; all that is wrong with it is noted.
pub(super) fn read(
    root: &Node,
    folder: &Path,
    surroundings: &dyn Surroundings,
    findings: &mut Findings,
) -> Option<Redirect> {
    let (others, redirect) = top(root, findings)?;
    if let Some(other) = others.first() {
        let message = "with `redirect` the whole configuration lives elsewhere, and nothing else is read from this file; move this key there";
        findings.problem(&other.place, message);
    }
    let section = Section::read(&redirect, &RedirectKeys::KEYS, findings)?;
    let connector = section.require("connector", "write `connector: consul`", findings).cloned();
    let connector = connector.and_then(|field| field.choice(&[("consul", ())], findings));
    let endpoint =
        section.require("endpoint", "name the agent, as `endpoint: \"http://localhost:8500\"`", findings).cloned();
    let endpoint = endpoint.and_then(|field| endpoint_of(&field, findings));
    let key = section.require("key", "name the key, as `key: makinage/my_model_serving`", findings).cloned();
    let key = key.and_then(|field| key_of(&field, findings));
    let token = section.get("token").map(|field| secret::read(field, folder, surroundings, findings));
    let datacenter = section.get("datacenter").map(|field| datacenter_of(field, findings));
    connector?;
    Some(Redirect {
        endpoint: endpoint?,
        key: key?,
        token: match token {
            Some(given) => Some(given?),
            None => secret::from_environment(TOKEN, surroundings),
        },
        datacenter: match datacenter {
            Some(given) => Some(given?),
            None => None,
        },
        folder: folder.to_owned(),
    })
}

/// The redirect, and what stands beside it.
fn top<'t>(root: &'t Node, findings: &mut Findings) -> Option<(Vec<Field<'t>>, Field<'t>)> {
    let (mut redirects, others): (Vec<_>, Vec<_>) =
        Field::root(root).named(findings)?.into_iter().partition(|(key, _)| TopKeys::KEYS.here.contains(key));
    let (_, redirect) = redirects.pop()?;
    Some((others.into_iter().map(|(_, field)| field).collect(), redirect))
}

fn endpoint_of(field: &Field, findings: &mut Findings) -> Option<String> {
    let text = field.text(findings)?.trim_end_matches('/');
    let host = ["http://", "https://"].iter().find_map(|scheme| text.strip_prefix(scheme));
    let wrong = match host {
        None => "has no scheme; write for example `http://localhost:8500`",
        Some(host) if host.contains('@') => "holds a user name; remove it, and give the ACL token as `token`",
        Some(host) if host.is_empty() || host.contains(['/', '?', '#', ' ']) || host.chars().any(char::is_control) => {
            "is no address of a Consul agent; write for example `http://localhost:8500`"
        }
        Some(_) => return Some(text.to_owned()),
    };
    let shown = if address::hides(text) { "this".to_owned() } else { quoted(text) };
    findings.problem(&field.place, format!("{shown} {wrong}"));
    None
}

fn key_of(field: &Field, findings: &mut Findings) -> Option<String> {
    let text = field.text(findings)?;
    if text.is_empty() || text.starts_with('/') || text.ends_with('/') {
        findings.problem(
            &field.place,
            format!("{} is no key of Consul: it neither begins nor ends with `/`; write for example `makinage/my_model_serving`", quoted(text)),
        );
        return None;
    }
    Some(text.to_owned())
}

fn datacenter_of(field: &Field, findings: &mut Findings) -> Option<String> {
    let text = field.text(findings)?;
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Some(text.to_owned());
    }
    findings.problem(
        &field.place,
        format!("{} can't be a data centre's name; Consul takes letters, digits, `-` and `_`", quoted(text)),
    );
    None
}
