/// Whether two byte strings are equal, in time that depends on their lengths alone.
///
/// For values a peer sends (hashes, cookies, integrity check values), which are not secret themselves.
package func constantTimeEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for (l, r) in zip(left, right) { difference |= l ^ r }
    return difference == 0
}
