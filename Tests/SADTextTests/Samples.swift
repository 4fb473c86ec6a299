import Foundation
import IPsec
import SADText
import SetkeyScript
import SourceText
import TestSupport

/// A file beside this one.
func vector(_ name: String) throws -> SourceFile {
    let path = VectorFile.packageRoot.appending(path: "Tests/SADTextTests/Vectors/\(name)")
    return SourceFile(name: name, bytes: [UInt8](try Data(contentsOf: path)))
}

extension SADText {
    init(_ text: String, as format: SADFormat? = nil) {
        self.init(SourceFile(name: "f", text: text), Settings(format: format))
    }

    /// The entries as statements, whose text tells all that an entry has.
    var statements: [String] { entries.map(\.setkeyText) }
}
