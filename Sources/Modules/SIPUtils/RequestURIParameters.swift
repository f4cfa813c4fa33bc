internal import Basics
internal import ModuleKit
internal import SIPSyntax

/// The parameters of the request URI, read and written.
enum RequestURIParameters {
    /// The value of a parameter, empty without `=`; nil without the parameter.
    static func value(_ context: ScriptContext, _ name: [UInt8]) -> [UInt8]? {
        context.withRequestURI { bytes in
            guard let uri = try? SIPURI(parsing: bytes),
                let pair = uri.parameter(named: name.span, in: bytes)
            else { return nil }
            return pair.value.map { Array(copying: bytes.part($0)) } ?? []
        }
    }

    /// `uri_param(name)` and `uri_param(name, value)`: the value must be the same, and without one
    /// the parameter must have none.
    static func has(_ context: ScriptContext, _ name: [UInt8], _ value: [UInt8]?) -> Bool {
        // As seen on Kamailio: without a value `;transport=tcp` is not the parameter asked for.
        self.value(context, name).map { $0 == value ?? [] } ?? false
    }

    /// Adds `name[=value]`; nothing to add is no fault.
    static func add(_ context: ScriptContext, _ text: [UInt8]) -> Int {
        if text.isEmpty { return 1 }
        // A leading `;` would make a parameter without a name.
        let parameter = text.first == UInt8(ascii: ";") ? Array(text.dropFirst()) : text
        let changed = context.withRequestURI { bytes -> [UInt8]? in
            guard let uri = try? SIPURI(parsing: bytes), uri.isSIP else { return nil }
            // Parameters stand in front of the headers (RFC 3261 19.1.1).
            let end = uri.headers.isEmpty ? bytes.count : uri.headers.start - 1
            return Array(copying: bytes.extracting(0..<end)) + [UInt8(ascii: ";")] + parameter
                + Array(copying: bytes.extracting(end..<bytes.count))
        }
        return changed.map { context.setRequestURI($0) ? 1 : -1 } ?? -1
    }

    /// Takes a parameter out; that it is not there is no fault.
    static func remove(_ context: ScriptContext, _ name: [UInt8]) -> Int {
        guard value(context, name) != nil else { return 1 }
        let changed = context.withRequestURI { Self.without(name, $0) }
        return changed.map { context.setRequestURI($0) ? 1 : -1 } ?? -1
    }

    /// A URI without a parameter; nil when it has none of the name.
    static func without(_ name: [UInt8], _ bytes: Span<UInt8>) -> [UInt8]? {
        guard let uri = try? SIPURI(parsing: bytes),
            let pair = uri.parameter(named: name.span, in: bytes)
        else { return nil }
        // With the `;` in front of it.
        let end = pair.value?.end ?? pair.name.end
        return Array(copying: bytes.extracting(0..<(pair.name.start - 1)))
            + Array(copying: bytes.extracting(end..<bytes.count))
    }
}

/// Changing parts of URIs that a script holds in variables.
enum URITexts {
    /// A SIP URI with another user, or without one when it is empty; nil for what is none.
    static func settingUser(_ uri: [UInt8], _ user: [UInt8]) -> [UInt8]? {
        guard let parsed = try? SIPURI(parsing: uri.span), parsed.isSIP else { return nil }
        // Cut and put together instead of edited in place: a user may come, go or change length.
        let scheme = uri[..<(parsed.schemeRange.end + 1)]
        let head = user.isEmpty ? [] : user + [UInt8(ascii: "@")]
        return checked(scheme + head + uri[parsed.host.start...])
    }

    /// A SIP URI with another host; nil for what is none.
    static func settingHost(_ uri: [UInt8], _ host: [UInt8]) -> [UInt8]? {
        guard let parsed = try? SIPURI(parsing: uri.span), parsed.isSIP, !host.isEmpty else {
            return nil
        }
        return checked(uri[..<parsed.host.start] + host + uri[parsed.host.end...])
    }

    private static func checked(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        let uri = Array(bytes)
        return (try? SIPURI(parsing: uri.span)) == nil ? nil : uri
    }

    /// A telephone URI as a SIP URI at a host (RFC 3261 19.1.6); nil for what is none.
    static func telToSIP(_ tel: [UInt8], _ host: [UInt8]) -> [UInt8]? {
        guard tel.count > 4, tel[..<4].elementsEqual(Array("tel:".utf8)), !host.isEmpty else {
            return nil
        }
        let number = tel[4...].prefix { $0 != UInt8(ascii: ";") }
        // Visual separators go, so that one number has one form.
        let digits = number.filter { !Array("-.()".utf8).contains($0) }
        // RFC 3261 19.1.6: parameters in lower case, so that equal numbers make equal URIs.
        let parameters = tel[(4 + number.count)...].map { byte in
            byte >= 65 && byte <= 90 ? byte | 0x20 : byte
        }
        guard !digits.isEmpty else { return nil }
        return Array("sip:".utf8) + digits + parameters + Array("@".utf8) + host
            + Array(";user=phone".utf8)
    }

    /// Whether two URIs have the same user and host, whatever port and parameters.
    static func sameAddressOfRecord(_ one: Span<UInt8>, _ two: Span<UInt8>) -> Bool? {
        guard let left = try? SIPURI(parsing: one), let right = try? SIPURI(parsing: two),
            left.isSIP, right.isSIP
        else { return nil }
        let users: Bool
        switch (left.user, right.user) {
        case (let user?, let other?):
            users = EscapedText.equals(one.part(user), two.part(other))
        // Two hosts without a user are one address-of-record; one with and one without are not.
        case (nil, nil): users = true
        default: users = false
        }
        return users && one.part(left.host).matches(two.part(right.host))
    }
}
