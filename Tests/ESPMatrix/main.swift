// The two sides of a comparison with a kernel's IPsec, for the guest's swiftesp-tests.sh; anybody knows its keys.
//
// esp-matrix plan                 what to do, a line each
// esp-matrix judge < LINES        whether we open, and make in the same octets, what the kernel sealed:
//                                 lines `wire NUMBER HEXADECIMAL` and `lacks NUMBER`, in order
import Glibc
import TestSupport

switch CommandLine.arguments.dropFirst().first {
case "plan":
    for sample in MatrixCases.all { for line in MatrixPlan.lines(sample) { print(line) } }
case "judge":
    var judge = MatrixJudge()
    while let line = readLine() { judge.take(line) }
    exit(judge.finish() ? 0 : 1)
default:
    print("usage: esp-matrix plan|judge")
    exit(64)
}
