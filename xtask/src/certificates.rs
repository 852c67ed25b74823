//! A broker's certificate, made with the JDK's own tool: for measurements, on this machine alone.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::tools;

/// It guards nothing: the key stands beside it.
const PASSWORD: &str = "for-this-machine";

/// A certificate that has issued itself.
pub(crate) struct Certificates {
    store: PathBuf,
    /// What clients trust.
    pub authority: PathBuf,
}

impl Certificates {
    /// Those in this folder, which are made where there are none.
    pub(crate) fn ensure(java: &Path, folder: &Path) -> Result<Self> {
        let made = Self { store: folder.join("broker.p12"), authority: folder.join("ca.pem") };
        if !made.authority.exists() {
            let keytool = java.with_file_name("keytool");
            let tell = |action: &str| {
                let mut command = tools::command(&keytool);
                command.args([action, "-alias", "broker", "-storetype", "PKCS12", "-storepass", PASSWORD]);
                command.arg("-keystore").arg(&made.store);
                command
            };
            tools::run(tell("-genkeypair").args([
                "-keyalg",
                "RSA",
                "-keysize",
                "2048",
                "-dname",
                "CN=broker",
                "-validity",
                "30",
                "-ext",
                "SAN=ip:127.0.0.1,dns:localhost",
                "-ext",
                "BC=ca:true",
            ]))?;
            tools::run(tell("-exportcert").args(["-rfc", "-file"]).arg(&made.authority))
                .context("the certificate can't be written")?;
        }
        Ok(made)
    }

    /// What the broker's settings say of them.
    pub(crate) fn settings(&self) -> String {
        format!(
            "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL\n\
             ssl.keystore.type=PKCS12\nssl.keystore.location={}\nssl.keystore.password={PASSWORD}\n",
            self.store.display()
        )
    }
}
