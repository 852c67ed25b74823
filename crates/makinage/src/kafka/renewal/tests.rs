use super::*;

const NOT_PEM: &[u8] = b"half of a certif";

fn watched(folder: &std::path::Path, text: &[u8]) -> Watch {
    let file = folder.join("ca.pem");
    fs::write(&file, text).unwrap();
    let properties = [("ssl.ca.location".to_owned(), file.display().to_string().into())].into();
    Watch::new(Security { properties, tokens: None, files: vec![file] })
}

fn authority() -> Vec<u8> {
    let pem = fs::read("/etc/ssl/certs/ca-certificates.crt");
    pem.unwrap_or_else(|_| panic!("this machine has a trust store"))
}

#[test]
fn new_files_are_used_once_they_stay_as_they_are_and_are_good() {
    let folder = tempfile::tempdir().unwrap();
    let mut watch = watched(folder.path(), b"the old one");
    let file = folder.path().join("ca.pem");
    assert_eq!(watch.look(), None);
    fs::write(&file, NOT_PEM).unwrap();
    assert_eq!(watch.look(), None, "it may still be written");
    assert!(watch.look().is_some_and(|looked| looked.is_err_and(|why| why.contains("isn't PEM"))));
    fs::write(&file, authority()).unwrap();
    assert_eq!(watch.look(), None);
    assert_eq!(watch.look(), Some(Ok(())));
    assert_eq!(watch.look(), None, "it is told once");
    fs::remove_file(&file).unwrap();
    assert_eq!(watch.look(), None);
    assert!(watch.look().is_some_and(|looked| looked.is_err_and(|why| why.contains("can't be read"))));
}

#[test]
fn a_client_is_out_of_date_from_the_next_change_on() {
    let renewal = Renewal::default();
    let before = renewal.now();
    assert!(!before.is_out_of_date());
    renewal.times.fetch_add(1, Ordering::Relaxed);
    assert!(before.is_out_of_date() && !renewal.now().is_out_of_date());
}
