internal import CLibXML2

/// libxml2's own state, which is set once for the whole process.
enum XMLLibrary {
    /// Set before the first document is read; a static constant is made by one thread only.
    ///
    /// The loader of external entities is asked for whatever a document names outside of itself:
    /// ours has nothing. No document gets that far, as document types are refused before, but a
    /// later change of that rule must not open files or connections.
    static let isReady: Bool = {
        xmlInitParser()
        unsafe xmlSetExternalEntityLoader { _, _, _ in nil }
        return true
    }()
}
