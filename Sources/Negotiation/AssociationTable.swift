/// The SAs of an endpoint by what names them; each stays in its place while it is worked on, however large it is.
///
/// A value like any other: what changes in one copy of the table does not change in another.
@usableFromInline
package struct AssociationTable<ID: Hashable & Sendable, Association> {
    /// Where one of them is kept.
    @usableFromInline
    package final class Place {
        @usableFromInline package var association: Association

        @inlinable
        init(_ association: Association) {
            self.association = association
        }
    }

    @usableFromInline var places: [ID: Place] = [:]

    @inlinable package init() {}

    @inlinable package var count: Int { places.count }

    @inlinable package var isEmpty: Bool { places.isEmpty }

    /// The names, in no order.
    @inlinable package var keys: [ID] { Array(places.keys) }

    /// All of them, in no order.
    @inlinable package var values: LazyMapSequence<Dictionary<ID, Place>.Values, Association> {
        places.values.lazy.map(\.association)
    }

    @inlinable package subscript(id: ID) -> Association? {
        get { places[id]?.association }
        set {
            switch consume newValue {
            case let association?: places[id] = Place(association)
            case nil: places[id] = nil
            }
        }
    }

    /// Where one of them is, to be changed there at once and by nobody else.
    @inlinable package mutating func place(of id: ID) -> Place? {
        guard let index = places.index(forKey: id) else { return nil }
        if !isKnownUniquelyReferenced(&places.values[index]) {
            places.values[index] = Place(places.values[index].association)
        }
        return places.values[index]
    }

    /// Where one of them is, to be looked at without a copy of it.
    @inlinable package func reading(_ id: ID) -> Place? { places[id] }
}
