/// A set that mostly has one element, for which it takes no memory of its own.
@usableFromInline
package struct SmallSet<Element: Hashable & Sendable>: Sendable {
    @usableFromInline
    enum Content: Sendable {
        case one(Element)
        /// None, or several that may have become fewer.
        case any(Set<Element>)
    }

    @usableFromInline var content: Content

    @inlinable
    package init() {
        content = .any([])
    }

    @inlinable package var isEmpty: Bool {
        switch content {
        case .one: false
        case .any(let elements): elements.isEmpty
        }
    }

    @inlinable package var count: Int {
        switch content {
        case .one: 1
        case .any(let elements): elements.count
        }
    }

    /// As a set like any other.
    @inlinable package var elements: Set<Element> {
        switch content {
        case .one(let element): [element]
        case .any(let elements): elements
        }
    }

    @inlinable
    package mutating func insert(_ element: Element) {
        switch content {
        case .one(element): break
        case .one(let other): content = .any([other, element])
        case .any(let elements) where elements.isEmpty: content = .one(element)
        case .any(var elements):
            // The set is not to be copied: it may be very large.
            content = .any([])
            elements.insert(element)
            content = .any(elements)
        }
    }

    @inlinable
    package mutating func remove(_ element: Element) {
        switch content {
        case .one(element): content = .any([])
        case .one: break
        case .any(var elements):
            content = .any([])
            elements.remove(element)
            content = .any(elements)
        }
    }
}

extension Dictionary {
    /// Takes an element out of the set of a key, and the key out with the last.
    @inlinable
    package mutating func remove<Element>(_ element: Element, for key: Key) where Value == SmallSet<Element> {
        self[key]?.remove(element)
        if self[key]?.isEmpty == true { self[key] = nil }
    }
}
