import JSONValue
import Management
import ModuleKit
import Testing

@Suite("parameters of commands")
struct ParameterBindingTests {
    /// Parameters and what the command gets, or the code and the parameter that the error names.
    struct Case: Sendable, CustomTestStringConvertible {
        let method: String
        let parameters: String
        let result: JSONValue?
        var code: Int?
        var parameter: String?
        var testDescription: String { "\(method) \(parameters)" }

        init(_ method: String, _ parameters: String, gets result: JSONValue) {
            self.method = method
            self.parameters = parameters
            self.result = result
        }

        init(_ method: String, _ parameters: String, code: Int, names parameter: String?) {
            self.method = method
            self.parameters = parameters
            result = nil
            self.code = code
            self.parameter = parameter
        }
    }

    static let cases: [Case] = [
        Case("mixed", #"["t"]"#, gets: ["t", nil, nil]),
        Case("mixed", #"["t",0.5,7]"#, gets: ["t", 0.5, 7]),
        Case("mixed", #"["t",null,"x"]"#, gets: ["t", nil, "x"]),
        Case("mixed", #"[5,"0.5"]"#, gets: ["5", 0.5, nil]),
        Case("mixed", #"{"value":1,"table":"t"}"#, gets: ["t", nil, 1]),
        Case("mixed", #"{"table":"t","q":null}"#, gets: ["t", nil, nil]),
        Case("subtract", #"["42","0x10"]"#, gets: 26),
        Case("subtract", #"[42.0,2]"#, gets: 40), Case("subtract", #"["010","08"]"#, gets: 2),
        Case("sum", "[]", gets: 0), Case("sum", "{}", gets: 0),
        Case("sum", #"{"numbers":[1,2]}"#, gets: 3), Case("sum", #"{"numbers":4}"#, gets: 4),
        Case("mixed", "[]", code: 500, names: "table"),
        Case("mixed", "{}", code: 500, names: "table"),
        Case("mixed", #"{"q":1}"#, code: 500, names: "table"),
        Case("mixed", #"[null]"#, code: -32602, names: "table"),
        Case("mixed", #"[["t"]]"#, code: -32602, names: "table"),
        Case("mixed", #"[true]"#, code: -32602, names: "table"),
        Case("mixed", #"["t","high"]"#, code: -32602, names: "q"),
        Case("mixed", #"["t","nan"]"#, code: -32602, names: "q"),
        Case("mixed", #"["t",1,{}]"#, code: -32602, names: "value"),
        Case("mixed", #"["t",1,1,1]"#, code: -32602, names: nil),
        Case("mixed", #"{"table":"t","tabel":"t"}"#, code: -32602, names: "tabel"),
        Case("subtract", #"[1]"#, code: -32602, names: "subtrahend"),
        Case("subtract", #"{"minuend":1}"#, code: -32602, names: "subtrahend"),
        Case("subtract", #"[1,"x"]"#, code: -32602, names: "subtrahend"),
        Case("subtract", #"[1.5,1]"#, code: -32602, names: "minuend"),
        Case("subtract", #"[1e300,1]"#, code: -32602, names: "minuend"),
        Case("sum", #"[1,"x"]"#, code: -32602, names: "numbers"),
        Case("done", "[1]", code: -32602, names: nil),
        Case("done", #"{"a":1}"#, code: -32602, names: "a"),
    ]

    @Test(
        "parameters arrive in declared order, or the error names the one at fault", arguments: cases
    )
    func bind(_ this: Case) throws {
        let found = try answer(
            SampleCommands.dispatcher(),
            #"{"jsonrpc":"2.0","method":"\#(this.method)","params":\#(this.parameters),"id":1}"#)
        #expect(found?["result"] == this.result)
        #expect(found?["error"]?["code"]?.integer == this.code)
        #expect(found?["error"]?["data"]?["parameter"]?.text == this.parameter)
        if this.code != nil { #expect(found?["error"]?["data"]?["expected"] != nil) }
    }
}
