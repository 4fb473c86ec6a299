import CLinux
import LinuxIO
import PFKeyLaunch
import Testing

/// The kernel's machine for filters, as far as ours use it.
private func isAsked(_ filter: CallFilter, _ call: Int32, _ arguments: [UInt64], foreign: Bool = false)
    -> Bool
{
    var words = [UInt32](repeating: 0, count: 16)
    words[0] = UInt32(bitPattern: call)
    words[1] = foreign ? 0x4000_0003 : linuxio_trap_architecture()
    for (index, argument) in arguments.enumerated() {
        words[4 + 2 * index] = UInt32(truncatingIfNeeded: argument)
        words[5 + 2 * index] = UInt32(truncatingIfNeeded: argument >> 32)
    }
    var place = 0
    var loaded: UInt32 = 0
    while true {
        let instruction = filter.instructions[place]
        place += 1
        let isTrue: Bool
        switch Int(instruction.code) {
        case Int(linuxio_load_word):
            loaded = words[Int(instruction.operand) / 4]
            continue
        case Int(linuxio_return): return instruction.operand == linuxio_ask
        case Int(linuxio_jump_if_equal): isTrue = loaded == instruction.operand
        case Int(linuxio_jump_if_at_least): isTrue = loaded >= instruction.operand
        default: isTrue = loaded & instruction.operand != 0
        }
        place += Int(isTrue ? instruction.ifTrue : instruction.ifFalse)
    }
}

/// A system call, and whether somebody is asked about it.
private struct Case: CustomTestStringConvertible {
    var call: SystemCall
    var arguments: [UInt64]
    var isAsked: Bool
    var testDescription: String { "\(call) \(arguments) is \(isAsked ? "" : "not ")asked about" }

    init(_ call: SystemCall, _ arguments: [UInt64], _ isAsked: Bool) {
        self.call = call
        self.arguments = arguments
        self.isAsked = isAsked
    }
}

@Suite struct CallFilterTests {
    private let filter = CallFilter(PFKeyCallRules.rules(DescriptorWindow(limit: 1024)))

    private static let others: [Case] = [
        Case(.socket, [15, 3, 2], true), Case(.socket, [2, 3, 2], false),
        // To the kernel an int; what is above does not count.
        Case(.socket, [0xffff_0000_0000_000f, 3, 2], true),
        Case(.setOption, [4, 0, 16, 1, 16], true), Case(.setOption, [4, 41, 34, 1, 16], true),
        Case(.setOption, [4, 0, 34, 1, 16], false), Case(.setOption, [4, 41, 16, 1, 16], false),
        Case(.setOption, [4, 0, 17, 1, 16], false), Case(.setOption, [1000, 1, 8, 1, 4], false),
        Case(.getOption, [1000, 1, 3, 1, 1], true), Case(.getOption, [1000, 1, 38, 1, 1], true),
        Case(.getOption, [1000, 1, 39, 1, 1], true), Case(.getOption, [1000, 1, 4, 1, 1], false),
        Case(.getOption, [1000, 0, 3, 1, 1], false), Case(.getOption, [4, 1, 3, 1, 1], false),
        Case(.receiveFrom, [1000, 1, 9, 0x40, 0, 0], false),
        Case(.receiveFrom, [1000, 1, 9, 0x100, 0, 0], true),
        Case(.receiveFrom, [1000, 1, 9, 0x142, 0, 0], true),
        Case(.receiveFrom, [4, 1, 9, 0x100, 0, 0], false),
        Case(.receiveMessage, [1000, 1, 0x62], false), Case(.receiveMessage, [1000, 1, 0x2000], true),
        Case(.control, [1000, 0, 3], true), Case(.control, [1000, 1030, 3], true),
        Case(.control, [1000, 1, 3], false), Case(.control, [4, 0, 3], false),
    ]

    @Test(arguments: others)
    private func asksAboutWhatConcernsPFKey(example: Case) {
        #expect(isAsked(filter, example.call.number, example.arguments) == example.isAsked)
        #expect(!isAsked(filter, example.call.number, example.arguments, foreign: true))
    }

    @Test(arguments: [
        SystemCall.sendTo, .sendMessage, .sendMessages, .write, .writeVector, .getSocketName, .getPeerName,
        .bind,
        .connect, .listen, .accept, .acceptWithFlags, .shutdown, .duplicate,
    ])
    func asksAboutCallsOnNumbersOfTheWindow(call: SystemCall) {
        for (number, isInside) in [(959, false), (960, true), (1023, true), (1024, false), (3, false)] {
            #expect(isAsked(filter, call.number, [UInt64(number), 0, 0, 0, 0, 0]) == isInside)
        }
        // -1, as the kernel gets it.
        #expect(!isAsked(filter, call.number, [.max, 0, 0, 0, 0, 0]))
    }

    @Test func letsAllOtherCallsBe() {
        let known = Set(SystemCall.allCases.map(\.number))
        #expect(known.count == SystemCall.allCases.count)
        for number: Int32 in -2..<1000 where !known.contains(number) {
            #expect(!isAsked(filter, number, [15, 16, 34, 1000, 1000, 1000]))
            #expect(SystemCall(number: number) == nil)
        }
        for call in SystemCall.allCases { #expect(SystemCall(number: call.number) == call) }
    }

    @Test(arguments: [
        (1024, 960..<1024), (1 << 20, 960..<1024), (256, 192..<256), (64, 32..<64), (3, 1..<3), (-1, 0..<0),
    ])
    func windowIsBelowTheLimit(limit: Int, numbers: Range<Int>) {
        #expect(
            DescriptorWindow(limit: limit).numbers == Int32(numbers.lowerBound)..<Int32(numbers.upperBound))
    }
}
