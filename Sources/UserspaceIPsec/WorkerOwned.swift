/// State that one worker alone works with: no lock, and a check that it is that worker.
///
/// The state is made before anybody else knows of it, and `with` lets no other thread in.
final class WorkerOwned<State: ~Copyable>: @unchecked Sendable {  // why: its worker alone is let in
    /// The number of the worker.
    let owner: Int
    private var state: State

    init(_ state: consuming State, owner: Int) {
        self.owner = owner
        self.state = state
    }

    /// Lets worker `worker`, on its own thread, work with the state.
    @inline(__always)
    func with<Value, Failure: Error>(
        _ worker: Int, _ body: (inout State) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        precondition(worker == owner, "state of another worker")
        return try body(&state)
    }
}
