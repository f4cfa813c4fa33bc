import Basics
import Locations

/// One address-of-record as a page of prose would describe it: a list of bindings, and each
/// registration applied contact by contact to a copy that is kept only when nothing was wrong.
///
/// It is slow and obvious; `LocationTable` must do the same.
struct RegistrationModel {
    /// A binding with what a listing shows of it.
    struct Binding: Hashable {
        var uri: String
        /// What it was before the request at hand.
        var storedURI = ""
        var callID: String
        var cseq: UInt32
        var path: String
        var instance: String
        var regID: UInt32
        var q: Int
        var expires: Int
        var modified: Int
        /// Which contact of the request at hand touched it last, and whether that removed it.
        var touchedBy: Int?
        var isRemoved = false
        /// Which contact of the request touched it first, and so decides its place.
        var firstTouch = 0
        /// Tells it from bindings that look alike.
        var id: Int
        /// Whether the request at hand added it.
        var isNew = false
        /// Whether the request at hand merely repeats what made it.
        var isRepeated = false
    }

    /// A registration.
    struct Request {
        var offers: [Offer]
        var callID: String
        var cseq: UInt32
        var path: String
        var rules: RegistrationRules
        var now: Int
    }

    private(set) var bindings: [Binding] = []
    private var lastID = 0

    /// Applies a registration and says what must be answered.
    mutating func register(_ request: Request) -> RegistrationOutcome.Status {
        bindings.removeAll { $0.expires <= request.now }
        var copy = self
        let before = bindings.count
        for number in request.offers.indices {
            guard copy.apply(request, number) else { return .outOfOrder }
            let isKept = copy.bindings.contains {
                $0.touchedBy == number && !$0.isRemoved && !$0.isRepeated
            }
            if request.rules.singleContact, isKept {
                copy.bindings.removeAll { $0.touchedBy != number && !$0.isRepeated }
                break
            }
        }
        copy.arrange(bindings)
        let limit = request.rules.contactsMax
        if limit > 0, copy.bindings.count > limit, copy.bindings.count > before {
            return .tooManyContacts
        }
        copy.forgetMarks()
        self = copy
        return .accepted
    }

    private mutating func apply(_ request: Request, _ number: Int) -> Bool {
        let offer = request.offers[number]
        let touched = bindings.indices.filter { place in
            guard let other = bindings[place].touchedBy else { return false }
            return namesTheSame(request, offer, request.offers[other])
        }
        if let place = touched.max(by: { latest($0) < latest($1) }) {
            repeatNaming(request, number, place)
            return true
        }
        guard let place = bindings.firstIndex(where: { isMeant(request, offer, $0) }) else {
            if offer.expires > 0 {
                lastID += 1
                bindings.append(fresh(request, number, id: lastID))
            }
            return true
        }
        let old = bindings[place]
        if old.callID == request.callID {
            if request.cseq < old.cseq { return false }
            if request.cseq == old.cseq {
                bindings[place].touchedBy = number
                bindings[place].firstTouch = number
                bindings[place].isRepeated = true
                return request.now - old.modified < request.rules.cseqDelaySeconds
            }
        }
        change(place, request, number)
        return true
    }

    /// Puts the bindings into order: each that was touched keeps its place, unless its q does not
    /// fit there any more; then, and when it is new, it goes before the first with a smaller q.
    private mutating func arrange(_ before: [Binding]) {
        var list = before
        let touched = bindings.filter { $0.touchedBy != nil }
        for binding in touched.sorted(by: { $0.firstTouch < $1.firstTouch }) {
            let place = list.firstIndex { $0.id == binding.id }
            if let place, binding.isRemoved {
                list.remove(at: place)
                continue
            }
            if let place {
                list[place] = binding
                if zip(list, list.dropFirst()).allSatisfy({ $0.q >= $1.q }) { continue }
                list.remove(at: place)
            }
            list.insert(binding, at: list.firstIndex { $0.q < binding.q } ?? list.count)
        }
        bindings = list.filter { item in bindings.contains { $0.id == item.id } }
    }

    private func latest(_ place: Int) -> Int { bindings[place].touchedBy ?? -1 }

    private mutating func repeatNaming(_ request: Request, _ number: Int, _ place: Int) {
        if bindings[place].isRepeated { return }
        if bindings[place].isNew, request.offers[number].expires == 0 {
            bindings.remove(at: place)
        } else {
            change(place, request, number)
        }
    }

    private mutating func change(_ place: Int, _ request: Request, _ number: Int) {
        let old = bindings[place]
        var new = fresh(request, number, id: old.id)
        new.isNew = old.isNew
        new.storedURI = old.storedURI
        new.firstTouch = old.touchedBy == nil ? number : old.firstTouch
        if request.offers[number].expires == 0 {
            bindings[place].touchedBy = number
            bindings[place].firstTouch = new.firstTouch
            bindings[place].isRemoved = true
            return
        }
        bindings[place].isRemoved = false
        if request.rules.matching == .callID, new.instance.isEmpty, !old.isNew {
            new.uri = old.storedURI
        }
        bindings[place] = new
    }

    private func fresh(_ request: Request, _ number: Int, id: Int) -> Binding {
        let offer = request.offers[number]
        return Binding(
            uri: offer.uri, callID: request.callID, cseq: request.cseq, path: request.path,
            instance: offer.instance, regID: offer.regID, q: offer.q ?? -1,
            expires: request.now + offer.expires, modified: request.now, touchedBy: number,
            firstTouch: number, id: id, isNew: true)
    }

    private func isMeant(_ request: Request, _ offer: Offer, _ binding: Binding) -> Bool {
        if binding.touchedBy != nil { return false }
        if !offer.instance.isEmpty {
            return binding.instance == offer.instance && binding.regID == offer.regID
        }
        switch request.rules.matching {
        case .contact: return binding.uri == offer.uri
        case .contactAndCallID:
            return binding.uri == offer.uri && binding.callID == request.callID
        case .contactAndPath:
            return binding.uri == offer.uri
                && (request.path.isEmpty || binding.path == request.path)
        case .callID: return binding.callID == request.callID
        }
    }

    private func namesTheSame(_ request: Request, _ offer: Offer, _ other: Offer) -> Bool {
        if !offer.instance.isEmpty {
            return offer.instance == other.instance && offer.regID == other.regID
        }
        return request.rules.matching == .callID || offer.uri == other.uri
    }

    private mutating func forgetMarks() {
        for place in bindings.indices {
            bindings[place].touchedBy = nil
            bindings[place].isNew = false
            bindings[place].storedURI = bindings[place].uri
            bindings[place].isRepeated = false
        }
    }
}
