/// A large value that is kept apart on the heap, so that what has it stays small and cheap to move.
///
/// Owners share it until one of them changes it.
@propertyWrapper @usableFromInline
package struct Boxed<Value: Sendable>: Sendable {
    @usableFromInline
    final class Storage: Sendable {
        @usableFromInline let value: Value

        @inlinable
        init(_ value: Value) {
            self.value = value
        }
    }

    @usableFromInline var storage: Storage

    @inlinable
    package init(wrappedValue: Value) {
        storage = Storage(wrappedValue)
    }

    @inlinable package var wrappedValue: Value {
        get { storage.value }
        set { storage = Storage(newValue) }
    }
}

extension Boxed: Equatable where Value: Equatable {
    @inlinable package static func == (left: Self, right: Self) -> Bool {
        left.storage === right.storage || left.storage.value == right.storage.value
    }
}

extension Boxed: Hashable where Value: Hashable {
    @inlinable
    package func hash(into hasher: inout Hasher) {
        hasher.combine(storage.value)
    }
}
