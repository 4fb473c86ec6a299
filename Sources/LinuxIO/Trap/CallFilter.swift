import CLinux

/// Which calls of one kind are trapped: those whose arguments are all as said.
package struct CallRule: Hashable, Sendable {
    package enum Test: Hashable, Sendable {
        case equals(UInt32)
        case atLeast(UInt32)
        case below(UInt32)
        /// One bit of these at least.
        case hasAny(UInt32)
    }

    package struct Condition: Hashable, Sendable {
        /// Which argument; its lower 32 bits count.
        package var argument: Int
        package var test: Test

        package init(_ argument: Int, _ test: Test) {
            self.argument = argument
            self.test = test
        }
    }

    package var call: SystemCall
    package var conditions: [Condition]

    package init(_ call: SystemCall, _ conditions: [Condition]) {
        self.call = call
        self.conditions = conditions
    }
}

/// A filter of system calls in the kernel's machine language (classic BPF).
package struct CallFilter: Hashable, Sendable {
    package struct Instruction: Hashable, Sendable {
        package var code: UInt16
        /// How many instructions are skipped, where it is a jump.
        package var ifTrue: UInt8 = 0
        package var ifFalse: UInt8 = 0
        package var operand: UInt32

        fileprivate static func load(_ place: UInt32) -> Instruction {
            Instruction(code: UInt16(linuxio_load_word), operand: place)
        }

        fileprivate static func giveBack(_ verdict: UInt32) -> Instruction {
            Instruction(code: UInt16(linuxio_return), operand: verdict)
        }
    }

    package let instructions: [Instruction]

    /// Traps what one of `rules` is about, and lets everything else be, calls of other architectures too.
    package init(_ rules: [CallRule]) {
        let architecture = [
            Instruction.load(UInt32(linuxio_architecture_place)),
            Instruction(
                code: UInt16(linuxio_jump_if_equal), ifTrue: 1, operand: linuxio_trap_architecture()),
            .giveBack(linuxio_allow),
        ]
        instructions = architecture + rules.flatMap(Self.block) + [.giveBack(linuxio_allow)]
    }

    /// The instructions of one rule; what does not meet it goes on behind them.
    private static func block(_ rule: CallRule) -> [Instruction] {
        let length = 3 + 2 * rule.conditions.count
        var block: [Instruction] = []
        func require(_ place: UInt32, _ test: CallRule.Test) {
            block.append(.load(place))
            block.append(jump(test, leaving: length - block.count - 1))
        }
        require(UInt32(linuxio_number_place), .equals(UInt32(bitPattern: rule.call.number)))
        for condition in rule.conditions {
            require(UInt32(linuxio_argument_place + 8 * condition.argument), condition.test)
        }
        return block + [.giveBack(linuxio_ask)]
    }

    /// A jump over `rest` instructions where the test fails.
    private static func jump(_ test: CallRule.Test, leaving rest: Int) -> Instruction {
        let rest = UInt8(clamping: rest)
        return switch test {
        case .equals(let value):
            Instruction(code: UInt16(linuxio_jump_if_equal), ifFalse: rest, operand: value)
        case .atLeast(let value):
            Instruction(code: UInt16(linuxio_jump_if_at_least), ifFalse: rest, operand: value)
        case .below(let value):
            Instruction(code: UInt16(linuxio_jump_if_at_least), ifTrue: rest, operand: value)
        case .hasAny(let bits):
            Instruction(code: UInt16(linuxio_jump_if_any_bit), ifFalse: rest, operand: bits)
        }
    }
}
