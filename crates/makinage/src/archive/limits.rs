//! What an archive may cost whoever unpacks it.

/// Bounds on a model archive. What exceeds one is refused; the defaults leave room for models of tens of gigabytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of the archive itself. 64 GiB.
    pub archive_bytes: u64,
    /// Members, folders included. 65,535, which is what a zip without its 64-bit extension can hold.
    pub members: usize,
    /// Bytes of the central directory, which is held in memory. 16 MiB: 250 bytes for each of 65,535 members.
    pub directory_bytes: u64,
    /// Bytes of one unpacked file. 64 GiB.
    pub file_bytes: u64,
    /// Bytes of all unpacked files. 64 GiB.
    pub total_bytes: u64,
    /// Unpacked bytes for each byte of the archive. 200: real weights rarely compress beyond 10, deflate can't beyond
    /// 1,032.
    pub ratio: u64,
    /// Below so many unpacked bytes the ratio isn't looked at: 64 MiB. A small archive of zeros harms nobody.
    pub ratio_free_bytes: u64,
    /// Bytes of the `MLmodel` file, which is held in memory. 16 MiB: a signature names each column.
    pub mlmodel_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            archive_bytes: 64 << 30,
            members: 65_535,
            directory_bytes: 16 << 20,
            file_bytes: 64 << 30,
            total_bytes: 64 << 30,
            ratio: 200,
            ratio_free_bytes: 64 << 20,
            mlmodel_bytes: 16 << 20,
        }
    }
}

impl Limits {
    /// How many bytes an archive of this size may unpack to.
    pub fn unpacked_bytes(&self, archive_bytes: u64) -> u64 {
        archive_bytes.saturating_mul(self.ratio).max(self.ratio_free_bytes).min(self.total_bytes)
    }
}
