//! Images in their repositories.

use super::foreign::escaped;
use super::out::say;
use super::table;
use crate::inspection::images::InventoryEntry;

pub fn show(images: &[InventoryEntry]) {
    if images.is_empty() {
        say!("There are no images.");
        return;
    }
    say!("{}", rows(images));
    let unused = images.iter().filter(|entry| entry.is_unused()).count();
    match unused {
        0 => {}
        1 => say!("1 image is not needed: `deployer images gc` deletes it"),
        more => say!("{more} images are not needed: `deployer images gc` deletes them"),
    }
}

pub fn show_unused(images: &[InventoryEntry]) {
    say!("{} to delete, since nothing needs {}:", images.len(), if images.len() == 1 { "it" } else { "them" });
    say!("{}", rows(images));
}

fn rows(images: &[InventoryEntry]) -> comfy_table::Table {
    let mut table = table::with_header(["Repository", "Digest", "Pushed", "Size", "Tags", "Used by"]);
    for entry in images {
        let tags = entry.image.tags.join(", ");
        table.add_row([
            entry.image.repository.clone(),
            short(&entry.image.digest).to_string(),
            entry.pushed.clone().unwrap_or_else(|| "-".into()),
            entry.image.size_bytes.map(size).unwrap_or_else(|| "-".into()),
            if tags.is_empty() { "-".into() } else { escaped(&tags).into_owned() },
            if entry.is_unused() { "nothing".into() } else { entry.used_by.join("\n") },
        ]);
    }
    table
}

/// `sha256:` and twelve digits.
fn short(digest: &str) -> &str {
    digest.get(..19).unwrap_or(digest)
}

/// In megabytes of a million bytes, as ECR's console shows them.
fn size(bytes: i64) -> String {
    format!("{:.1} MB", bytes as f64 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_and_sizes_are_short() {
        assert_eq!(short("sha256:0123456789abcdef"), "sha256:0123456789ab");
        assert_eq!(short("odd"), "odd");
        assert_eq!(size(12_345_678), "12.3 MB");
    }
}
