#include "CLuaBridge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

enum { ERROR_BYTES = 4096, HOOK_EVERY = 1000 };

struct CLuaHost {
    lua_State *state;
    // The thread of the script that calls the server at the moment: a coroutine or the main one.
    lua_State *current;
    void *owner;
    CLuaCallback callback;
    size_t memory;
    size_t memoryMax;
    int64_t instructions;
    int64_t instructionsMax;
    // Processor time in nanoseconds at the first count of a run, 0 before; most that it may use.
    int64_t begin;
    int64_t nanosecondsMax;
    // Whether the run has used up its instructions: from then on every instruction is an error, so
    // that no pcall in a loop can go on.
    bool isExhausted;
    // Whether KSR.x.exit() was called in this run: pcall lets it through.
    bool isStopping;
    int depth;
    size_t errorLength;
    char error[ERROR_BYTES];
};

// Its address is the error value that ends a script.
static char exitMark;

static CLuaHost *hostOf(lua_State *L) { return *(CLuaHost **)lua_getextraspace(L); }

// Memory is counted, and refused beyond the limit: Lua then collects, and then raises an error.
static void *allocate(void *owner, void *block, size_t oldSize, size_t newSize) {
    CLuaHost *host = owner;
    size_t old = block == NULL ? 0 : oldSize;
    if (newSize == 0) {
        free(block);
        host->memory -= old;
        return NULL;
    }
    if (newSize > old && host->memory + (newSize - old) > host->memoryMax) return NULL;
    void *moved = realloc(block, newSize);
    if (moved != NULL) host->memory = host->memory - old + newSize;
    return moved;
}

static int64_t processorTime(void) {
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

// Counts instructions, and looks at the clock: some take long, such as an error far down the stack.
static void count(lua_State *L, lua_Debug *record) {
    (void)record;
    CLuaHost *host = hostOf(L);
    if (!host->isExhausted) {
        // A coroutine of an earlier run that was stopped.
        if (lua_gethookcount(L) != HOOK_EVERY) {
            lua_sethook(L, count, LUA_MASKCOUNT, HOOK_EVERY);
        }
        host->instructions += HOOK_EVERY;
        int64_t now = processorTime();
        if (host->begin == 0) host->begin = now;
        if (host->instructions <= host->instructionsMax
            && now - host->begin <= host->nanosecondsMax) {
            return;
        }
        host->isExhausted = true;
    }
    lua_sethook(L, count, LUA_MASKCOUNT, 1);
    luaL_error(L, "the script runs too long: it was stopped");
}

static bool isExit(lua_State *L, int index) {
    return lua_type(L, index) == LUA_TLIGHTUSERDATA && lua_touserdata(L, index) == &exitMark;
}

// Adds the traceback to an error. Metamethods of error values are not called: they could raise.
static int describe(lua_State *L) {
    if (isExit(L, 1)) return 1;
    const char *text;
    if (lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER) {
        text = lua_tostring(L, 1);
    } else {
        text = lua_pushfstring(L, "(the error is a %s value)", luaL_typename(L, 1));
    }
    luaL_traceback(L, L, text, 1);
    return 1;
}

static void keepError(CLuaHost *host, lua_State *L) {
    const char *text = "an error without words";
    size_t length = strlen(text);
    // A string only: converting a number would allocate, and that may raise.
    if (lua_type(L, -1) == LUA_TSTRING) text = lua_tolstring(L, -1, &length);
    if (length > ERROR_BYTES) length = ERROR_BYTES;
    memcpy(host->error, text, length);
    host->errorLength = length;
}

// What Lua calls for a function of the server. No Swift frame is left when something is raised.
static int callServer(lua_State *L) {
    CLuaHost *host = hostOf(L);
    CLuaValue arguments[CLUA_ARGUMENTS_MAX];
    int number = lua_gettop(L);
    if (number > CLUA_ARGUMENTS_MAX) return luaL_error(L, "too many arguments");
    for (int place = 0; place < number; place++) {
        CLuaValue *value = &arguments[place];
        *value = (CLuaValue){0};
        switch (lua_type(L, place + 1)) {
        case LUA_TNIL: value->kind = CLUA_NIL; break;
        case LUA_TBOOLEAN:
            value->kind = CLUA_BOOLEAN;
            value->integer = lua_toboolean(L, place + 1);
            break;
        case LUA_TNUMBER: {
            int isWhole = 0;
            value->integer = lua_tointegerx(L, place + 1, &isWhole);
            if (isWhole) {
                value->kind = CLUA_INTEGER;
                break;
            }
        }
        // A number with a fraction goes as its text.
        // fallthrough
        case LUA_TSTRING:
            value->kind = CLUA_TEXT;
            value->text = (const uint8_t *)lua_tolstring(L, place + 1, &value->length);
            break;
        default: value->kind = CLUA_OTHER;
        }
    }
    CLuaValue result = {0};
    if (host->callback == NULL) return luaL_error(L, "the server is not there yet");
    int32_t function = (int32_t)lua_tointeger(L, lua_upvalueindex(1));
    lua_State *outer = host->current;
    host->current = L;
    host->callback(host->owner, function, arguments, number, &result);
    host->current = outer;
    switch (result.kind) {
    case CLUA_BOOLEAN: lua_pushboolean(L, result.integer != 0); return 1;
    case CLUA_INTEGER: lua_pushinteger(L, result.integer); return 1;
    case CLUA_TEXT: lua_pushlstring(L, (const char *)result.text, result.length); return 1;
    case CLUA_EXIT:
        host->isStopping = true;
        lua_pushlightuserdata(L, &exitMark);
        return lua_error(L);
    case CLUA_ERROR:
        luaL_where(L, 1);
        lua_pushlstring(L, (const char *)result.text, result.length);
        lua_concat(L, 2);
        return lua_error(L);
    default: lua_pushnil(L); return 1;
    }
}

// ---- Functions of Lua's own libraries that are replaced -----------------------------------------

// What must not be caught goes on.
static void letThrough(lua_State *L, int index) {
    CLuaHost *host = hostOf(L);
    if (!host->isExhausted && !isExit(L, index)) return;
    lua_pushvalue(L, index);
    lua_error(L);
}

static int finishCall(lua_State *L, int status, lua_KContext extra) {
    if (status != LUA_OK && status != LUA_YIELD) {
        letThrough(L, -1);
        lua_pushboolean(L, 0);
        lua_pushvalue(L, -2);
        return 2;
    }
    return lua_gettop(L) - (int)extra;
}

// pcall that lets the end of the script and of its time through.
static int protectedCall(lua_State *L) {
    luaL_checkany(L, 1);
    lua_pushboolean(L, 1);
    lua_insert(L, 1);
    int status =
        lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 0, 0, finishCall);
    return finishCall(L, status, 0);
}

// The handler that xpcall installs: the script's own is not asked about what cannot be caught.
//
// Handlers run where the error is raised. One that is raised by the count of instructions is raised
// with the counting switched off, so a handler that loops would never end.
static int handle(lua_State *L) {
    if (hostOf(L)->isExhausted || isExit(L, 1)) return 1;
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, 1, 1);
    return 1;
}

// xpcall(f, handler, ...) with the same.
static int handledCall(lua_State *L) {
    int number = lua_gettop(L);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushvalue(L, 2);
    lua_pushcclosure(L, handle, 1);
    lua_replace(L, 2);
    // f, handler, true, f, arguments
    lua_pushboolean(L, 1);
    lua_pushvalue(L, 1);
    lua_rotate(L, 3, 2);
    int status = lua_pcallk(L, number - 2, LUA_MULTRET, 2, 2, finishCall);
    return finishCall(L, status, 2);
}

// Finalizers run with the counting switched off, so tables have none.
static int setMetatable(lua_State *L) {
    if (lua_type(L, 2) == LUA_TTABLE) {
        lua_pushliteral(L, "__gc");
        if (lua_rawget(L, 2) != LUA_TNIL) {
            return luaL_error(L, "finalizers (__gc) are not supported");
        }
        lua_pop(L, 1);
    }
    int number = lua_gettop(L);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, number, 1);
    return 1;
}

// load and loadfile of texts only: wrong bytecode can do anything.
static int loadText(lua_State *L) {
    int modeIndex = (int)lua_tointeger(L, lua_upvalueindex(2));
    int number = lua_gettop(L);
    while (number < modeIndex) {
        lua_pushnil(L);
        number++;
    }
    lua_pushliteral(L, "t");
    lua_replace(L, modeIndex);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_call(L, number, LUA_MULTRET);
    return lua_gettop(L);
}

static int doFile(lua_State *L) {
    const char *name = luaL_checkstring(L, 1);
    if (luaL_loadfilex(L, name, "t") != LUA_OK) return lua_error(L);
    lua_call(L, 0, LUA_MULTRET);
    return lua_gettop(L) - 1;
}

// Wraps a global function in one of ours, which gets it as its first upvalue.
static void wrap(lua_State *L, const char *name, lua_CFunction function, int second) {
    lua_getglobal(L, name);
    lua_pushinteger(L, second);
    lua_pushcclosure(L, function, 2);
    lua_setglobal(L, name);
}

static void removeField(lua_State *L, const char *library, const char *name) {
    lua_getglobal(L, library);
    lua_pushnil(L);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
}

// Opens the libraries and takes out what would stop the server or switch its limits off.
static int openLibraries(lua_State *L) {
    luaL_openlibs(L);
    wrap(L, "load", loadText, 3);
    wrap(L, "loadfile", loadText, 2);
    wrap(L, "setmetatable", setMetatable, 0);
    lua_register(L, "dofile", doFile);
    lua_register(L, "pcall", protectedCall);
    lua_register(L, "xpcall", handledCall);
    removeField(L, "os", "exit");
    removeField(L, "os", "setlocale");
    static const char *const kept[] = {"traceback", "getinfo", NULL};
    lua_newtable(L);
    for (int place = 0; kept[place] != NULL; place++) {
        lua_getglobal(L, "debug");
        lua_getfield(L, -1, kept[place]);
        lua_setfield(L, -3, kept[place]);
        lua_pop(L, 1);
    }
    // require("debug") must not find the whole library either.
    luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
    lua_pushvalue(L, -2);
    lua_setfield(L, -2, "debug");
    lua_pop(L, 1);
    lua_setglobal(L, "debug");
    lua_newtable(L);
    lua_setglobal(L, "KSR");
    return 0;
}

// ---- The door -----------------------------------------------------------------------------------

// Runs a function of ours with its arguments on the stack, protected and with its traceback.
static int32_t enter(CLuaHost *host, int arguments, int results) {
    lua_State *L = host->current;
    bool wasStopping = host->isStopping;
    int base = lua_gettop(L) - arguments;
    lua_pushcfunction(L, describe);
    lua_insert(L, base);
    if (host->depth == 0) {
        host->instructions = 0;
        host->begin = 0;
        host->isExhausted = false;
        host->isStopping = false;
        lua_sethook(L, count, LUA_MASKCOUNT, HOOK_EVERY);
    }
    host->depth++;
    int status = lua_pcall(L, arguments, results, base);
    host->depth--;
    lua_remove(L, base);
    bool hasStopped = host->isStopping;
    // A script within a script ends for itself.
    if (host->depth > 0) host->isStopping = wasStopping;
    if (status == LUA_OK) return hasStopped ? CLUA_STOPPED : CLUA_DONE;
    bool isEnd = isExit(L, -1);
    if (!isEnd) keepError(host, L);
    lua_pop(L, 1);
    return isEnd ? CLUA_STOPPED : CLUA_FAILED;
}

CLuaHost *clua_open(size_t memoryMax, int64_t instructionsMax, int64_t millisecondsMax) {
    CLuaHost *host = calloc(1, sizeof *host);
    if (host == NULL) return NULL;
    host->memoryMax = memoryMax;
    host->instructionsMax = instructionsMax;
    host->nanosecondsMax = millisecondsMax * 1000000;
    host->state = lua_newstate(allocate, host);
    if (host->state == NULL) {
        free(host);
        return NULL;
    }
    host->current = host->state;
    *(CLuaHost **)lua_getextraspace(host->state) = host;
    lua_pushcfunction(host->state, openLibraries);
    if (enter(host, 0, 0) != CLUA_DONE) {
        clua_close(host);
        return NULL;
    }
    return host;
}

void clua_close(CLuaHost *host) {
    lua_close(host->state);
    free(host);
}

void clua_set_owner(CLuaHost *host, void *owner, CLuaCallback callback) {
    host->owner = owner;
    host->callback = callback;
}

typedef struct {
    const char *object;
    const char *name;
    int32_t function;
} Definition;

static int define(lua_State *L) {
    const Definition *definition = lua_touserdata(L, 1);
    lua_getglobal(L, "KSR");
    if (definition->object[0] != '\0') luaL_getsubtable(L, -1, definition->object);
    lua_pushinteger(L, definition->function);
    lua_pushcclosure(L, callServer, 1);
    lua_setfield(L, -2, definition->name);
    return 0;
}

bool clua_define(CLuaHost *host, const char *object, const char *name, int32_t function) {
    Definition definition = {object, name, function};
    lua_pushcfunction(host->current, define);
    lua_pushlightuserdata(host->current, &definition);
    return enter(host, 1, 0) == CLUA_DONE;
}

typedef struct {
    const uint8_t *text;
    size_t length;
    const char *name;
    bool isRun;
} Chunk;

static int loadChunk(lua_State *L) {
    const Chunk *chunk = lua_touserdata(L, 1);
    int status =
        luaL_loadbufferx(L, (const char *)chunk->text, chunk->length, chunk->name, "t");
    if (status != LUA_OK) return lua_error(L);
    if (chunk->isRun) lua_call(L, 0, 0);
    return 0;
}

int32_t clua_load(
    CLuaHost *host, const uint8_t *text, size_t length, const char *name, bool isRun) {
    Chunk chunk = {text, length, name, isRun};
    if (!lua_checkstack(host->current, 8)) return CLUA_FAILED;
    lua_pushcfunction(host->current, loadChunk);
    lua_pushlightuserdata(host->current, &chunk);
    return enter(host, 1, 0);
}

typedef struct {
    const char *name;
    const CLuaValue *arguments;
    int32_t count;
    CLuaValue *result;
    bool isMissing;
} Call;

static int callGlobal(lua_State *L) {
    Call *call = lua_touserdata(L, 1);
    lua_pushglobaltable(L);
    lua_pushstring(L, call->name);
    if (lua_rawget(L, -2) != LUA_TFUNCTION) {
        call->isMissing = true;
        return 0;
    }
    for (int32_t place = 0; place < call->count; place++) {
        const CLuaValue *value = &call->arguments[place];
        if (value->kind == CLUA_TEXT) {
            lua_pushlstring(L, (const char *)value->text, value->length);
        } else if (value->kind == CLUA_INTEGER) {
            lua_pushinteger(L, value->integer);
        } else {
            lua_pushnil(L);
        }
    }
    lua_call(L, call->count, 1);
    if (call->result == NULL) return 0;
    if (lua_type(L, -1) == LUA_TBOOLEAN) {
        call->result->kind = CLUA_BOOLEAN;
        call->result->integer = lua_toboolean(L, -1);
    } else {
        int isWhole = 0;
        call->result->integer = lua_tointegerx(L, -1, &isWhole);
        call->result->kind = isWhole ? CLUA_INTEGER : CLUA_NIL;
    }
    return 0;
}

int32_t clua_run(
    CLuaHost *host, const char *name, const CLuaValue *arguments, int32_t count,
    CLuaValue *result) {
    Call call = {name, arguments, count, result, false};
    if (result != NULL) *result = (CLuaValue){0};
    if (!lua_checkstack(host->current, 8)) return CLUA_FAILED;
    lua_pushcfunction(host->current, callGlobal);
    lua_pushlightuserdata(host->current, &call);
    int32_t status = enter(host, 1, 0);
    return call.isMissing ? CLUA_MISSING : status;
}

bool clua_has(CLuaHost *host, const char *name) {
    lua_State *L = host->current;
    if (!lua_checkstack(L, 4)) return false;
    lua_pushglobaltable(L);
    // The name is compared with the keys: pushing it could raise.
    bool isThere = false;
    lua_pushnil(L);
    while (!isThere && lua_next(L, -2) != 0) {
        if (lua_type(L, -2) == LUA_TSTRING && lua_type(L, -1) == LUA_TFUNCTION) {
            isThere = strcmp(lua_tostring(L, -2), name) == 0;
        }
        lua_pop(L, 1);
        if (isThere) lua_pop(L, 1);
    }
    lua_pop(L, 1);
    return isThere;
}

const uint8_t *clua_error(const CLuaHost *host, size_t *length) {
    *length = host->errorLength;
    return (const uint8_t *)host->error;
}

size_t clua_place(CLuaHost *host, uint8_t *text, size_t lengthMax) {
    lua_Debug record;
    // Neither call allocates: nothing is raised.
    if (lua_getstack(host->current, 1, &record) == 0) return 0;
    if (lua_getinfo(host->current, "Sl", &record) == 0 || record.currentline < 0) return 0;
    int length =
        snprintf((char *)text, lengthMax, "%s:%d", record.short_src, record.currentline);
    if (length < 0) return 0;
    return (size_t)length < lengthMax ? (size_t)length : lengthMax - 1;
}

size_t clua_memory(const CLuaHost *host) { return host->memory; }

bool clua_is_running(const CLuaHost *host) { return host->depth > 0; }
