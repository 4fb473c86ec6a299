// memory: safe
// max_len: 2048
import ProgramFormat

/// Files of programs: any octets are read or refused, in pieces within bounds, and the same way each time.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = [UInt8](UnsafeBufferPointer(start: start, count: count))
    var asked = 0
    let reading: ProgramFile.Reading<ProgramFileFailure> = { (offset, count) throws(ProgramFileFailure) in
        guard count >= 0, count <= 65_536 else { fatalError() }
        asked += 1
        return Array(bytes.dropFirst(Int(clamping: offset)).prefix(count))
    }
    do throws(ProgramFileFailure) {
        let file = try ProgramFile(reading: reading)
        guard asked <= 19 else { fatalError() }
        switch file {
        case .elf(let program): if program.interpreter?.isEmpty == true { fatalError() }
        case .script(let interpreter): if interpreter.isEmpty { fatalError() }
        }
    } catch {
        if error.description.isEmpty { fatalError() }
    }
    return 0
}
