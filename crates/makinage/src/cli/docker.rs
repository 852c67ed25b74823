//! The `docker run` lines of Maki Nage's documentation put `-v …` after the image's name, where Docker hands it to the
//! program instead of mounting anything. Started so, the programs say what was meant.

use std::ffi::OsString;

/// Which image was started.
#[derive(Debug, Clone, Copy)]
pub(super) enum Image {
    /// `makinage/makinage`
    Serve,
    /// `makinage/model-publisher`
    Publish,
}

/// The corrected command, where the arguments are those of a mount.
pub(super) fn misplaced_mount(arguments: &[OsString], image: Image) -> Option<String> {
    let mount = |argument: &OsString| {
        let text = argument.to_string_lossy();
        matches!(&*text, "-v" | "--volume" | "--mount")
            || ((text.starts_with("-v") || text.starts_with("--volume=")) && text.contains(':'))
    };
    arguments.iter().skip(1).any(mount).then(|| {
        let (file, name) = match image {
            Image::Serve => ("config.serve.yaml", "makinage/makinage"),
            Image::Publish => ("config.publish.yaml", "makinage/model-publisher"),
        };
        format!(
            "-v came to this program, because it stands after the image's name in the docker command; start it so:\n  \
             docker run --network host -v \"$PWD/{file}:/opt/makinage/config.yaml:ro\" {name}"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<OsString> {
        line.split(' ').map(OsString::from).collect()
    }

    #[test]
    fn the_pages_own_docker_lines_are_answered_with_the_corrected_ones() {
        let line = "makinage -v config.publish.yaml:/opt/makinage/config.yaml:ro";
        let answer = misplaced_mount(&arguments(line), Image::Serve).expect("recognised");
        assert!(answer.ends_with(r#"docker run --network host -v "$PWD/config.serve.yaml:/opt/makinage/config.yaml:ro" makinage/makinage"#), "{answer}");
        let answer = misplaced_mount(&arguments(line), Image::Publish).expect("recognised");
        assert!(
            answer.ends_with(r#"-v "$PWD/config.publish.yaml:/opt/makinage/config.yaml:ro" makinage/model-publisher"#),
            "{answer}"
        );
    }

    #[test]
    fn ordinary_arguments_are_no_mount() {
        assert_eq!(misplaced_mount(&arguments("makinage --config a.yaml --version"), Image::Serve), None);
    }
}
