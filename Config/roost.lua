-- A registrar in Lua: Config/lua.cfg loads it.
--
-- The functions of the server are in the table KSR: those of a module in the table of its name,
-- KSR.registrar.save(). docs/kemi.md describes them. After a change of this file
--
--     roostctl app_lua.reload
--
-- puts it in force without a restart; a file with an error is refused and the old one stays.

-- What a function such as save() wants to know of its module.
local TABLE = "location"

-- Each request. What it returns means nothing; a request that nobody answers gets no reply.
function ksr_request_route()
    -- Are you there? Phones and monitors ask.
    if KSR.is_OPTIONS() then
        KSR.sl.send_reply(200, "OK")
        return 1
    end
    if KSR.is_REGISTER() then return register() end

    -- An ACK is never answered (RFC 3261 17).
    if KSR.is_ACK() then return 1 end

    -- This server knows where users are; it does not carry calls to them.
    if KSR.is_method_in("IMSP") then
        KSR.sl.send_reply(404, "Not Found")
        return 1
    end
    KSR.sl.send_reply(405, "Method Not Allowed")
    return 1
end

-- save() answers by itself, whatever it decides: 1 new, 2 refreshed, 3 removed, 4 listed, or
-- negative when it refused.
function register()
    local code = KSR.registrar.save(TABLE, 0)
    if code < 0 then
        -- Pseudo-variables have the names that the configuration file knows. A nil from get() is
        -- what $null is there; gete() gives an empty string instead.
        KSR.warn("refused " .. KSR.pv.gete("$tu") .. " from " .. KSR.pv.gete("$si") .. "\n")
    end
    return 1
end

-- Each reply that comes in. This server sends no requests, so none belongs to it.
function ksr_reply_route()
    return 1
end

-- What modules tell, where the configuration has no event_route of that name.
function ksr_event_route(event)
    KSR.dbg("event " .. event .. "\n")
    return 1
end
