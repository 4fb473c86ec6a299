/// Values by key that keep the order in which their keys came first.
struct OrderedTable<Key: Hashable, Value> {
    private var slots: [(key: Key, value: Value)?] = []
    private var positions: [Key: Int] = [:]

    var isEmpty: Bool { positions.isEmpty }
    var count: Int { positions.count }

    /// The values, oldest key first.
    var values: [Value] { slots.compactMap { $0?.value } }

    /// Setting a key that is there keeps its place.
    subscript(key: Key) -> Value? {
        get { positions[key].flatMap { slots[$0]?.value } }
        set {
            switch (positions[key], newValue) {
            case (let position?, let value?): slots[position] = (key, value)
            case (let position?, nil):
                slots[position] = nil
                positions[key] = nil
            case (nil, let value?):
                positions[key] = slots.count
                slots.append((key, value))
            case (nil, nil): break
            }
        }
    }

    mutating func removeAll(where isUnwanted: (Value) -> Bool) {
        for slot in slots {
            if let slot, isUnwanted(slot.value) { self[slot.key] = nil }
        }
    }
}
