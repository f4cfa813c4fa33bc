import Testing

@testable import EventDocuments
