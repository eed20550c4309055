//! Security descriptors (MS-DTYP 2.4.6), as much of them as a test needs to grant a right.

/// Header of a descriptor that holds nothing but a DACL, and of a DACL.
const HEADER: usize = 20;
const ACL_HEADER: usize = 8;

/// A descriptor with these entries, for this account, before those that it holds.
///
/// # Panics
/// Where it is no descriptor, or an entry is none that is known here.
pub(super) fn with(descriptor: &[u8], entries: &[&str], sid: &[u8]) -> Vec<u8> {
    let dacl = usize::try_from(u32::from_le_bytes(descriptor[16..HEADER].try_into().unwrap())).unwrap();
    let [size, count] = [2, 4].map(|at| u16_at(descriptor, dacl + at));
    let held = &descriptor[dacl + ACL_HEADER..dacl + usize::from(size)];
    let new: Vec<Vec<u8>> = entries.iter().map(|entry| access_control_entry(entry, sid)).collect();
    let body = [new.concat(), held.to_vec()].concat();

    let mut changed = descriptor[..4].to_vec();
    // Owner, group, SACL: none.
    changed.extend([0; 12]);
    changed.extend(u32::try_from(HEADER).unwrap().to_le_bytes());
    // With entries that name objects, the revision is 4.
    changed.extend([4, 0]);
    changed.extend(u16::try_from(ACL_HEADER + body.len()).unwrap().to_le_bytes());
    changed.extend((count + u16::try_from(new.len()).unwrap()).to_le_bytes());
    changed.extend([0, 0]);
    changed.extend(body);
    changed
}

/// `(OA;CIIO;RIGHTS;OBJECT;CLASS;SID)`, or `OD` for a denial: of a property or an extended right, on entries of a class below the one that holds it.
fn access_control_entry(sddl: &str, sid: &[u8]) -> Vec<u8> {
    let fields: Vec<&str> = sddl.trim_matches(['(', ')']).split(';').collect();
    let [kind, "CIIO", rights, object, class, "SID"] = fields[..] else { panic!("{sddl}") };
    let kind = match kind {
        "OA" => 5,
        "OD" => 6,
        _ => panic!("{sddl}"),
    };
    let rights: u32 = match rights {
        "CR" => 0x100,
        "RP" => 0x10,
        "WP" => 0x20,
        "RPWP" => 0x30,
        _ => panic!("{sddl}"),
    };
    let mut body = rights.to_le_bytes().to_vec();
    // Both GUIDs are there.
    body.extend(3u32.to_le_bytes());
    body.extend(guid(object));
    body.extend(guid(class));
    body.extend(sid);
    // For what is below, and not for the entry itself.
    let mut entry = vec![kind, 2 | 8];
    entry.extend(u16::try_from(4 + body.len()).unwrap().to_le_bytes());
    entry.extend(body);
    entry
}

/// The first three groups stand in little-endian order.
fn guid(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (at, group) in text.split('-').enumerate() {
        let in_order = u64::from_str_radix(group, 16).unwrap().to_be_bytes();
        let mut group = in_order[8 - group.len() / 2..].to_vec();
        if at < 3 {
            group.reverse();
        }
        bytes.extend(group);
    }
    assert_eq!(bytes.len(), 16, "{text}");
    bytes
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap())
}
