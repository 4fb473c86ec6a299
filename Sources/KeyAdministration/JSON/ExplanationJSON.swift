package import ControlProtocol
import IPsec

/// An explanation as JSON; the manual page documents the members.
package enum ExplanationJSON {
    package static func object(_ explanation: Explanation, keys: KeyDisplay) -> JSONValue {
        .object([
            .init("type", .string("explanation")),
            .init("direction", .string(SetkeyWords.direction(explanation.direction))),
            .init("policy", explanation.policy.map(PolicyJSON.object) ?? .null),
            .init("requests", .array(explanation.resolutions.map { request($0, explanation, keys) })),
            .init("default_policy", explanation.defaultAction.map { .string($0.rawValue) } ?? .null),
            .init("verdict", .string(explanation.verdict.rawValue)),
        ])
    }

    private static func request(
        _ resolution: TemplateResolution, _ explanation: Explanation, _ keys: KeyDisplay
    ) -> JSONValue {
        .object([
            .init("request", PolicyJSON.template(resolution.template)),
            .init("source", .string("\(resolution.source)")),
            .init("destination", .string("\(resolution.destination)")),
            .init("sa", resolution.association.map { AssociationJSON.object($0, keys: keys) } ?? .null),
            .init("near", .array(resolution.near.map { near($0, keys) })),
            .init(
                "statement",
                resolution.association == nil
                    ? .string(ExplanationText.statement(resolution, under: explanation.policy?.entry)) : .null
            ),
        ])
    }

    private static func near(_ near: TemplateResolution.NearMiss, _ keys: KeyDisplay) -> JSONValue {
        .object([
            .init("sa", AssociationJSON.object(near.association, keys: keys)),
            .init("obstacles", .array(near.obstacles.map(JSONValue.string))),
        ])
    }
}
