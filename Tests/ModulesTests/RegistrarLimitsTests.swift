import Basics
import JSONValue
import Locations
import ModuleKit
import Testing

@testable import Usrloc

@Suite("save: lifetimes, numbers and sizes")
struct RegistrarLimitsTests {
    private let phone = "<sip:alice@192.0.2.1>"

    private func granted(
        _ settings: String, parameter: String? = nil, header: String? = nil
    ) throws -> String {
        let rig = try RegistrarRig(settings)
        let contact = parameter.map { "\(phone);expires=\($0)" } ?? phone
        return try rig.register(contact, expires: header).contact
    }

    // MARK: Lifetimes

    @Test("without Expires a binding lives for default_expires")
    func defaultExpires() throws {
        #expect(try granted("") == "\(phone);expires=3600")
        #expect(try granted("registrar default_expires 120") == "\(phone);expires=120")
    }

    @Test("the contact's parameter comes before the header field")
    func parameterFirst() throws {
        #expect(try granted("", parameter: "600", header: "900") == "\(phone);expires=600")
        #expect(try granted("", header: "900") == "\(phone);expires=900")
    }

    @Test(
        "what is no number of seconds counts as nothing said",
        arguments: ["abc", "-5", "12x", "4294967296", "99999999999999999999", ""])
    func malformed(text: String) throws {
        #expect(try granted("", header: text) == "\(phone);expires=3600")
        guard !text.isEmpty else { return }
        #expect(try granted("", parameter: text) == "\(phone);expires=3600")
        #expect(try granted("", parameter: text, header: "900") == "\(phone);expires=3600")
    }

    @Test("below the minimum it is raised, above the maximum cut")
    func bounds() throws {
        #expect(try granted("registrar min_expires 90", parameter: "5") == "\(phone);expires=90")
        #expect(try granted("registrar max_expires 70", parameter: "900") == "\(phone);expires=70")
        #expect(try granted("", parameter: "4294967295") == "\(phone);expires=4294967295")
    }

    @Test("with min_expires_mode 1 it is refused with 423 and the minimum")
    func tooBrief() throws {
        let rig = try RegistrarRig("registrar min_expires_mode 1; registrar min_expires 60")
        try rig.register("<sip:old@h>;expires=600")
        let reply = try rig.register("\(phone);expires=59, <sip:b@h>;expires=600")
        #expect(reply.status == 423)
        #expect(reply.reason == "Interval Too Brief")
        #expect(reply["Min-Expires"] == "60")
        #expect(reply.failure == "Interval too brief")
        #expect(reply.contact == "<sip:old@h>;expires=600")
        #expect(reply.code == -1)
        #expect(try rig.bindings().map(\.uri) == ["sip:old@h"])
        #expect(try rig.register("\(phone);expires=60").status == 200)
        #expect(try rig.register("\(phone);expires=0").status == 200)
    }

    @Test("ranges shorten at random, and flag 0x08 keeps what was asked for")
    func ranges() throws {
        let rig = try RegistrarRig("registrar expires_range 50", "save(\"location\");")
        var values: Set<String> = []
        for _ in 0..<40 { values.insert(try rig.register("\(phone);expires=1000").contact) }
        #expect(values.count > 5)
        for value in values {
            let seconds = try #require(Int(value.split(separator: "=").last ?? ""))
            #expect((500...1000).contains(seconds))
        }
        let exact = try RegistrarRig("registrar expires_range 50", "save(\"location\", \"8\");")
        for _ in 0..<5 {
            #expect(try exact.register("\(phone);expires=1000").contact == "\(phone);expires=1000")
        }
    }

    @Test("default_expires_range shortens what the request does not say, and nothing else")
    func defaultRange() throws {
        let rig = try RegistrarRig(
            "registrar default_expires 1000; registrar default_expires_range 40")
        var values: Set<String> = []
        for _ in 0..<40 { values.insert(try rig.register(phone).contact) }
        #expect(values.count > 5)
        for value in values {
            let seconds = try #require(Int(value.split(separator: "=").last ?? ""))
            #expect((600...1000).contains(seconds))
        }
        for _ in 0..<5 {
            #expect(try rig.register("\(phone);expires=1000").contact == "\(phone);expires=1000")
        }
    }

    // MARK: Numbers

    @Test("max_contacts refuses one too many with 503, Retry-After and the list")
    func tooMany() throws {
        let rig = try RegistrarRig("registrar max_contacts 2; registrar retry_after 30")
        try rig.register("<sip:a@h>, <sip:b@h>", expires: "600")
        let reply = try rig.register("<sip:c@h>", expires: "600")
        #expect(reply.status == 503)
        #expect(reply.reason == "Service Unavailable")
        #expect(reply["Retry-After"] == "30")
        #expect(reply.failure == "Too many registered contacts")
        #expect(reply.contacts.count == 2)
        #expect(reply.code == -2)
    }

    @Test("within the limit a refresh, and an exchange of one for another, are fine")
    func withinLimit() throws {
        let rig = try RegistrarRig("registrar max_contacts 2")
        try rig.register("<sip:a@h>, <sip:b@h>")
        #expect(try rig.register("<sip:b@h>").code == 2)
        #expect(try rig.register("<sip:b@h>;expires=0, <sip:c@h>").status == 200)
        #expect(try rig.bindings().map(\.uri).sorted() == ["sip:a@h", "sip:c@h"])
    }

    @Test("a first request above the limit binds none of its contacts")
    func tooManyAtOnce() throws {
        let rig = try RegistrarRig("registrar max_contacts 2")
        let reply = try rig.register("<sip:a@h>, <sip:b@h>, <sip:c@h>")
        #expect(reply.status == 503)
        #expect(reply["Retry-After"] == nil)
        #expect(reply["Contact"] == nil)
        #expect(try rig.bindings().isEmpty)
    }

    @Test("expired bindings do not count against the limit")
    func expiredLeaveRoom() throws {
        let rig = try RegistrarRig("registrar max_contacts 1")
        try rig.register("<sip:a@h>;expires=60")
        rig.now.seconds += 60
        #expect(try rig.register("<sip:b@h>").status == 200)
        #expect(try rig.bindings().map(\.uri) == ["sip:b@h"])
    }

    @Test("a request names at most as many contacts as the server takes")
    func contactsInOneRequest() throws {
        let rig = try RegistrarRig()
        func list(_ count: Int) -> String {
            (0..<count).map { "<sip:a\($0)@h>" }.joined(separator: ", ")
        }
        let reply = try rig.register(list(Limits.contactsPerRequestMax + 1))
        #expect(reply.status == 400)
        #expect(reply.failure == "Too many contacts in one request")
        #expect(try rig.bindings().isEmpty)
        #expect(try rig.register(list(Limits.contactsPerRequestMax)).status == 200)
        #expect(try rig.bindings().count == Limits.contactsPerRequestMax)
    }

    // MARK: Sizes

    @Test("a contact URI longer than contact_max_size is refused")
    func contactSize() throws {
        let rig = try RegistrarRig("registrar contact_max_size 20")
        let fits = "sip:" + String(repeating: "a", count: 14) + "@h"
        #expect(try rig.register("<\(fits)>").status == 200)
        let reply = try rig.register("<sip:b@h>, <\(fits)x>")
        #expect(reply.status == 400)
        #expect(reply.failure == "Contact/received too long")
        #expect(reply["Contact"] == nil)
        #expect(try rig.bindings().map(\.uri) == [fits])
    }

    @Test("a Call-ID longer than its column is refused, one that fits is not")
    func callIDSize() throws {
        let rig = try RegistrarRig()
        let fits = String(repeating: "c", count: Limits.callIDBytesMax)
        #expect(try rig.register(phone, callID: fits).status == 200)
        let reply = try rig.register("<sip:b@h>", callID: fits + "c")
        #expect(reply.status == 400)
        #expect(reply.failure == "Callid too long")
        #expect(try rig.bindings().count == 1)
    }

    @Test("an AoR longer than the server takes gets 500, with Retry-After when it is set")
    func aorSize() throws {
        let rig = try RegistrarRig("registrar retry_after 9")
        let user = String(repeating: "u", count: Limits.aorBytesMax + 1)
        let reply = try rig.register(phone, to: "<sip:\(user)@example.com>")
        #expect(reply.status == 500)
        #expect(reply.failure == "Address Of Record too long")
        #expect(reply["Retry-After"] == "9")
    }

    // MARK: Settings that change

    @Test("a setting that changes is seen by the next message, and by no earlier one")
    func runtime() throws {
        let rig = try RegistrarRig()
        func set(_ name: String, _ value: Int) throws {
            try rig.services.settings.set(group: "registrar", name: name, to: .integer(value))
        }
        #expect(try rig.register("\(phone);expires=5").contact == "\(phone);expires=60")
        try set("min_expires", 2)
        #expect(try rig.register("\(phone);expires=5").contact == "\(phone);expires=5")
        try set("max_expires", 3)
        #expect(try rig.register("\(phone);expires=5").contact == "\(phone);expires=3")
        try set("max_contacts", 1)
        try set("retry_after", 11)
        #expect(try rig.register("<sip:b@h>")["Retry-After"] == "11")
        try set("max_contacts", 0)
        #expect(try rig.register("<sip:b@h>").status == 200)
        try set("default_q", 700)
        #expect(try rig.register("<sip:b@h>").contact.contains("<sip:b@h>;q=0.7"))
        try set("case_sensitive", 1)
        #expect(try rig.register(to: "<sip:ALICE@example.com>")["Contact"] == nil)
    }

    @Test("the limits that a restart is needed for cannot be changed")
    func fixed() throws {
        let rig = try RegistrarRig()
        for name in ["contact_max_size", "min_expires_mode", "received_param"] {
            #expect(throws: ParameterError.self) {
                try rig.services.settings.set(group: "registrar", name: name, to: .integer(1))
            }
        }
    }

    @Test("statistics count what was carried out and refused, and show the settings of now")
    func statistics() throws {
        let rig = try RegistrarRig("registrar max_expires 7200")
        try rig.register("<sip:a@h>")
        try rig.register()
        try rig.register("*", expires: "7")
        try rig.services.settings.set(
            group: "registrar", name: "max_contacts", to: .integer(4))
        let module = try #require(
            rig.services.loadedModules.first { $0.name == "registrar" })
        var found: [String: Int] = [:]
        for reading in module.statistics {
            #expect(reading.group == "registrar")
            found[reading.name] = reading.value
        }
        #expect(
            found == [
                "accepted_regs": 2, "rejected_regs": 1, "max_expires": 7200, "max_contacts": 4,
                "default_expire": 3600, "default_expires_range": 0, "expires_range": 0,
            ])
        for reading in module.statistics { reading.reset?() }
        #expect(module.statistics.first { $0.name == "accepted_regs" }?.value == 0)
    }
}
