internal import AppLua
internal import CTL
internal import CfgRPC
internal import CfgUtils
internal import Core
internal import Corex
internal import Counters
internal import DBMySQL
internal import DBSQLite
internal import Dialog
internal import Htable
internal import JSONRPC
internal import KEX
internal import MaxFwd
internal import MicroHTTPD
package import ModuleKit
internal import NATHelper
internal import PUA
internal import PUABLA
internal import PUADialoginfo
internal import PUARPC
internal import PUAReginfo
internal import PUAUsrloc
internal import PV
internal import Path
internal import Presence
internal import PresenceDialoginfo
internal import PresenceMWI
internal import PresenceReginfo
internal import PresenceXML
internal import RR
internal import Registrar
internal import SIPUtils
internal import SL
internal import Sanity
internal import TM
internal import TMX
internal import Textops
internal import TextopsX
internal import Usrloc
internal import XHTTPProm
internal import Xlog

/// The one list of modules: a module that is not named here does not exist.
///
/// Modules are linked in and not loaded from files: `loadmodule` chooses from this list, so a
/// typing error is found when the configuration is checked, and the documents that are generated
/// from the declarations know all of them.
package enum Catalogue {
    /// The module that is always there and holds the global parameters.
    ///
    /// Its parameters stand in a configuration without `modparam`: `debug=2`.
    package static let core = ModuleBlueprint(Core.self)

    /// The modules that a configuration can load, by name.
    package static let modules: [ModuleBlueprint] = [
        ModuleBlueprint(CfgRPC.self), ModuleBlueprint(Corex.self),
        ModuleBlueprint(CTL.self), ModuleBlueprint(MySQLModule.self),
        ModuleBlueprint(SQLiteModule.self), ModuleBlueprint(JSONRPC.self),
        ModuleBlueprint(KEX.self), ModuleBlueprint(MicroHTTPD.self),
        ModuleBlueprint(PVModule.self), ModuleBlueprint(RegistrarModule.self),
        ModuleBlueprint(SLModule.self), ModuleBlueprint(SIPUtilsModule.self),
        ModuleBlueprint(TextopsModule.self), ModuleBlueprint(TMModule.self),
        ModuleBlueprint(TMXModule.self),
        ModuleBlueprint(RRModule.self),
        ModuleBlueprint(MaxFwdModule.self),
        ModuleBlueprint(SanityModule.self),
        ModuleBlueprint(CfgUtilsModule.self),
        ModuleBlueprint(TextopsXModule.self),
        ModuleBlueprint(HtableModule.self),
        ModuleBlueprint(PathModule.self),
        ModuleBlueprint(NATHelperModule.self),
        ModuleBlueprint(AppLuaModule.self),
        ModuleBlueprint(PresenceModule.self), ModuleBlueprint(PresenceXMLModule.self),
        ModuleBlueprint(PresenceReginfoModule.self),
        ModuleBlueprint(PresenceDialoginfoModule.self), ModuleBlueprint(PresenceMWIModule.self),
        ModuleBlueprint(UsrlocModule.self), ModuleBlueprint(XlogModule.self),
        ModuleBlueprint(PUAModule.self),
        ModuleBlueprint(DialogModule.self),
        ModuleBlueprint(XHTTPPromModule.self),
        ModuleBlueprint(CountersModule.self),
        ModuleBlueprint(PUARPCModule.self),
        ModuleBlueprint(PUAUsrlocModule.self),
        ModuleBlueprint(PUABLAModule.self),
        ModuleBlueprint(PUADialoginfoModule.self),
        ModuleBlueprint(PUAReginfoModule.self),
    ]

    /// The name of the module that serves a scheme of database URLs, loaded or not.
    ///
    /// It is for the error that tells an operator which line is missing.
    static func databaseModule(serving scheme: String) -> String? {
        if MySQLModule.schemes.contains(scheme) { return MySQLModule.manifest.name }
        return SQLiteModule.schemes.contains(scheme) ? SQLiteModule.manifest.name : nil
    }
}
