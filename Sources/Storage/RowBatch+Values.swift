internal import Basics

extension RowBatch {
    /// A cell as a value of its own, for statements that are run row by row.
    public func value(row: Int, column: Int) -> DatabaseValue {
        switch cell(row: row, column: column) {
        case .null: .null
        case .integer(let number): .integer(number)
        case .double(let number): .double(number)
        case .time(let time): .time(time)
        case .text(let range): .text(String(copying: bytes.span(range)))
        case .blob(let range): .bytes(Array(copying: bytes.span(range)))
        }
    }
}
