use super::varint;

#[test]
fn a_number_takes_seven_bits_a_byte_less_its_sign() {
    let sizes = [(0, 1), (63, 1), (64, 2), (8_191, 2), (8_192, 3), (100 << 20, 4), (1 << 27, 5)];
    for (number, bytes) in sizes {
        assert_eq!(varint(number), bytes, "{number}");
    }
}
