internal import Basics
internal import Logging
internal import Management
internal import ModuleKit
internal import Synchronization

/// The transports beside HTTP.
///
/// What the configuration names must open, or the server does not start. What nobody has named,
/// the pipe and the socket that Kamailio's tools look for by themselves, is opened where it can be:
/// a second server on the machine, or one without a run directory, does without.
extension JSONRPC {
    /// Opens the pipe that kamctl writes to.
    func openPipe(_ channels: JSONChannels) throws(StartFailure) {
        let path = path(parameters.pipeName ?? "kamailio_rpc.fifo", in: services.runDirectory)
        let folder = parameters.replyFolder
        let access = FileAccess(
            mode: parameters.pipeMode, user: parameters.pipeUser, group: parameters.pipeGroup)
        try unlessByDefault(parameters.pipeName == nil, "fifo_name", 2) { () throws(StartFailure) in
            let pipe = try FIFOChannel(
                path: path, access, module: "jsonrpcs", logger: services.logger,
                announce: { [weak services] in services?.announceThread("jsonrpcs fifo") },
                take: { channels.take(&$0, from: path, repliesIn: folder) })
            open.withLock { $0.pipe = pipe }
            services.logger.info("jsonrpcs: FIFO \(path), answers in \(folder)")
        }
    }

    /// Opens the socket that kamcli sends to.
    func openDatagrams(_ channels: JSONChannels) throws(StartFailure) {
        let address = try datagramAddress()
        let access = FileAccess(
            mode: parameters.datagramMode, user: parameters.datagramUser,
            group: parameters.datagramGroup)
        try unlessByDefault(parameters.datagramSocket == nil, "dgram_socket", 4) {
            () throws(StartFailure) in
            let socket = try DatagramChannel(
                address, access, workers: parameters.datagramWorkers,
                timeoutMilliseconds: parameters.datagramTimeout, channel: "datagram",
                module: "jsonrpcs", logger: services.logger,
                announce: { [weak services] in services?.announceThread("jsonrpcs datagram") },
                answer: { channels.answer($0, from: $1) })
            open.withLock { $0.datagrams = socket }
            said(socket.address)
        }
    }

    /// Opens the socket for plain TCP.
    func openTCP(_ channels: JSONChannels) throws(StartFailure) {
        guard let text = parameters.tcpSocket else {
            // Whoever asks for all transports gets what there is an address for.
            guard parameters.transport != 0 else { return }
            throw StartFailure(
                "jsonrpcs: transport asks for TCP (8), so tcp_socket must say where: "
                    + "\"tcp:127.0.0.1:8228\"")
        }
        guard let address = try? ChannelAddress(text), case .tcp = address.place else {
            throw StartFailure(
                "jsonrpcs: tcp_socket \"\(text)\" is no address like \"tcp:127.0.0.1:8228\"")
        }
        let socket = try StreamChannel(
            address, FileAccess(mode: 0o600), channel: "tcp", module: "jsonrpcs",
            logger: services.logger,
            announce: { [weak services] in services?.announceThread("jsonrpcs tcp") },
            serve: channels.serve)
        open.withLock { $0.tcp = socket }
        said(socket.address)
    }

    private func datagramAddress() throws(StartFailure) -> ChannelAddress {
        let text = parameters.datagramSocket ?? "kamailio_rpc.sock"
        for other in ["tcp:", "unixs:"] where text.hasPrefix(other) {
            throw StartFailure("jsonrpcs: dgram_socket \"\(text)\": it is a path or udp:HOST:PORT")
        }
        do throws(ChannelAddress.Fault) {
            if text.hasPrefix("udp:") { return try ChannelAddress(text) }
            let name = text.hasPrefix("unixd:") ? String(text.dropFirst(6)) : text
            let folder = parameters.datagramFolder ?? services.runDirectory
            return try ChannelAddress("unixd:\(path(name, in: folder))")
        } catch {
            throw StartFailure("jsonrpcs: dgram_socket \"\(text)\" \(error.message)")
        }
    }

    private func path(_ name: String, in folder: String) -> String {
        name.hasPrefix("/") ? name : "\(folder)/\(name)"
    }

    private func unlessByDefault(
        _ isDefault: Bool, _ parameter: String, _ bit: Int,
        _ body: () throws(StartFailure) -> Void
    ) throws(StartFailure) {
        do throws(StartFailure) {
            try body()
        } catch {
            guard isDefault else { throw error }
            services.logger.warning(
                """
                \(error.message); set \(parameter) or -Y, or take \(bit) out of \
                jsonrpcs' transport
                """)
        }
    }

    private func said(_ address: ChannelAddress) {
        services.logger.info("jsonrpcs: \(address.text)")
        guard !address.isGuarded else { return }
        services.logger.warning(
            "jsonrpcs: whoever reaches \(address.text) controls the server; there is no password")
    }
}
